//! WooCommerce's Store API: products, whose variations are only named there, and by further requests the stock of each
//! variation.

pub(super) mod address;
mod collected;
mod item;

use coatcheck_domain::Reading;
use serde_json::Value;
use url::Url;

use super::node::Node;
use super::reader::{Attempt, Reader, ReaderKind};
use crate::shops::error::ReadError;
use collected::Collected;

/// Items of a page when nobody asks for more or fewer.
const USUAL_PAGE: usize = 10;

/// Reads what WooCommerce's Store API answers.
#[derive(Debug, Clone, Copy)]
pub struct WooCommerce;

impl Reader for WooCommerce {
    fn name(&self) -> &'static str {
        "woocommerce"
    }

    fn attempts(&self, url: &Url) -> Vec<Attempt> {
        let list = address::list(url).map(|url| Attempt::List { url, reader: ReaderKind::of(&Self) });
        list.into_iter().collect()
    }

    fn told(&self, url: &Url) -> Vec<Url> {
        address::of_page(url)
    }

    fn recognises(&self, document: &Value) -> bool {
        items(document).iter().any(item::is_surely)
    }

    fn read(&self, document: &Value, url: &Url) -> Result<Reading, ReadError> {
        let reading = self.read_page(document, url)?;
        if reading.products.is_empty() {
            let what = "the list is empty; the product may be hidden, nothing is concluded from that";
            return Err(ReadError::shape("$", what));
        }
        let is_cut = may_be_cut(items(document).len(), url);
        Ok(Reading { complete: reading.complete && !is_cut, ..reading })
    }

    fn read_page(&self, document: &Value, url: &Url) -> Result<Reading, ReadError> {
        let items = items(document);
        if let [only] = items
            && only.get("code").is_some()
            && let Some(why) = only.get("message").and_then(Value::as_str)
        {
            return Err(ReadError::shape("$", format!("the shop refuses: {why}")));
        }
        let is_cut = may_be_cut(items.len(), url);
        let mut collected = Collected::default();
        for (index, value) in items.iter().enumerate() {
            collected.take(&Node { value, path: format!("woocommerce[{index}]") }, url, is_cut);
        }
        collected.finish()
    }

    fn identity(&self, _asked: &Url, _answered: &Url) -> Option<bool> {
        None
    }

    fn open(&self, reading: &Reading, round: usize, url: &Url) -> Vec<Url> {
        let variants = reading.products.iter().flat_map(|product| &product.variants);
        let open: Vec<&str> =
            variants.filter(|v| item::is_open(v)).filter_map(|variant| variant.external_id.as_deref()).collect();
        match round {
            0 => {
                let parents = reading.products.iter().filter_map(|product| {
                    let open = product.variants.iter().filter(|variant| item::is_open(variant)).count();
                    let is_hidden = product.variants.is_empty();
                    Some((product.external_id.as_deref()?, open)).filter(|_| open > 0 || is_hidden)
                });
                address::of_parents(url, &parents.collect::<Vec<_>>())
            }
            1 => address::of_variations(url, &open),
            2 => address::one_by_one(url, &open),
            _ => Vec::new(),
        }
    }

    fn fill(&self, reading: &mut Reading, document: &Value, url: &Url) {
        for (index, value) in items(document).iter().enumerate() {
            item::fill(reading, &Node { value, path: format!("woocommerce.variations[{index}]") }, url);
        }
    }

    fn page_url(&self, list: &Url, number: usize) -> Url {
        address::page(list, number)
    }

    fn list_of(&self, product: &Url) -> Option<Url> {
        address::list_of(product)
    }

    fn ids_url(&self, list: &Url, ids: &[String]) -> Option<Url> {
        address::of_ids(list, ids)
    }
}

/// A list of items, or one.
fn items(document: &Value) -> &[Value] {
    document.as_array().map_or_else(|| std::slice::from_ref(document), Vec::as_slice)
}

/// Has a page as many items as one may have? Then there may be more.
fn may_be_cut(items: usize, url: &Url) -> bool {
    let asked = url.query_pairs().find(|(name, _)| name == "per_page").and_then(|(_, number)| number.parse().ok());
    items > 1 && items >= asked.filter(|asked| *asked > 0).unwrap_or(USUAL_PAGE)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
