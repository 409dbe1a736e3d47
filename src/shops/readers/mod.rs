//! Readers: each turns a document of one platform into a reading. Pure.
//!
//! A new reader is one folder with a [`Reader`] in it, and one line in [`READERS`].

mod doubts;
mod follow;
mod graphql;
pub mod html;
pub mod jq;
pub mod json;
mod node;
mod preset;
mod reader;
pub mod shopify;
mod signs;
pub mod woocommerce;

use std::str::FromStr;

pub use reader::{Attempt, Reader, ReaderKind};

/// Every reader, in the order in which they are asked whether they know a document. The last takes what no other knows.
pub static READERS: [&'static dyn Reader; 19] = [
    &shopify::Shopify,
    &html::Html,
    &woocommerce::WooCommerce,
    &preset::OSCAR,
    &preset::SAP_OCC,
    &preset::SQUARESPACE,
    &preset::MAGENTO,
    &preset::SHOPIFY_GRAPHQL,
    &preset::VENDURE,
    &preset::BIGCOMMERCE,
    &preset::SALEOR,
    &preset::SHOPWARE,
    &preset::PRESTASHOP,
    &preset::MEDUSA,
    &preset::SFCC,
    &preset::ECWID,
    &preset::WIX,
    &preset::ZARA,
    &json::GenericJson,
];

/// A word that names no reader.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no reader {word:?}; readers are {}", READERS.map(Reader::name).join(", "))]
pub struct NoSuchReader {
    word: String,
}

impl FromStr for ReaderKind {
    type Err = NoSuchReader;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let found = READERS.into_iter().find(|reader| reader.name() == word);
        found.map(Self::of).ok_or_else(|| NoSuchReader { word: word.to_owned() })
    }
}
