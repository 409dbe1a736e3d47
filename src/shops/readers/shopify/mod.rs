//! Shopify: `/products/<handle>.js` and `.json`, `products.json` page by page, and bare product objects.

pub mod address;
mod product;
pub mod variant;

use coatcheck_domain::Reading;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use super::doubts::Doubts;
use super::node::{Node, holds};
use super::reader::{Attempt, Reader, ReaderKind};
use crate::shops::error::ReadError;
use address::{ShopifyAddress, ShopifyKind};

/// The page size that is asked for, and the most that Shopify gives. Shops may give less; only an empty page is the end.
pub const PAGE: usize = 250;

/// Reads what Shopify's storefronts answer.
#[derive(Debug, Clone, Copy)]
pub struct Shopify;

impl Reader for Shopify {
    fn name(&self) -> &'static str {
        "shopify"
    }

    fn attempts(&self, url: &Url) -> Vec<Attempt> {
        let this = ReaderKind::of(&Self);
        let at = |path: &str| Attempt::Document { url: with_path(url, path), reader: Some(this) };
        let list = |path: &str| vec![Attempt::List { url: list_address(url, path), reader: this }];
        match ShopifyAddress::of(url) {
            Some(ShopifyAddress { kind: ShopifyKind::Product { document: Some(_), .. }, .. }) => {
                vec![Attempt::Document { url: url.clone(), reader: None }]
            }
            Some(ShopifyAddress { prefix, kind: ShopifyKind::Product { handle, document: None } }) => {
                ["js", "json"].map(|kind| at(&format!("{prefix}/products/{handle}.{kind}"))).to_vec()
            }
            // A page that was asked for by number is one document, and what is missing in it says nothing.
            Some(ShopifyAddress { kind: ShopifyKind::List { path }, .. }) => list(&path),
            None if is_front(url) => list(&format!("{}/products.json", url.path().trim_end_matches('/'))),
            None => Vec::new(),
        }
    }

    fn recognises(&self, document: &Value) -> bool {
        product::is_surely(document)
            || document.get("product").is_some_and(product::is_surely)
            || document
                .get("products")
                .and_then(Value::as_array)
                .is_some_and(|list| list.iter().any(product::is_surely))
    }

    fn read(&self, document: &Value, url: &Url) -> Result<Reading, ReadError> {
        read(document, url)
    }

    fn identity(&self, asked: &Url, answered: &Url) -> Option<bool> {
        let ShopifyAddress { kind, prefix } = ShopifyAddress::of(asked)?;
        Some(match (kind, ShopifyAddress::of(answered)) {
            (ShopifyKind::Product { .. }, Some(_)) => {
                ShopifyAddress::handle_of(asked) == ShopifyAddress::handle_of(answered)
            }
            // The same list, maybe in another language.
            (
                ShopifyKind::List { path },
                Some(ShopifyAddress { kind: ShopifyKind::List { path: to }, prefix: other }),
            ) => path[prefix.len()..] == to[other.len()..],
            _ => false,
        })
    }

    fn page_url(&self, list: &Url, number: usize) -> Url {
        let mut url = list.clone();
        url.query_pairs_mut().append_pair("limit", &PAGE.to_string()).append_pair("page", &number.to_string());
        url
    }

    fn read_page(&self, document: &Value, url: &Url) -> Result<Reading, ReadError> {
        match document.get("products").and_then(Value::as_array) {
            Some(list) if list.is_empty() => Ok(Reading { products: Vec::new(), complete: true, doubts: Vec::new() }),
            _ => read(document, url),
        }
    }

    fn items<'a>(&self, page: &'a str) -> Option<Vec<&'a RawValue>> {
        #[derive(Deserialize)]
        struct List<'a> {
            #[serde(borrow)]
            products: Vec<&'a RawValue>,
        }
        serde_json::from_str::<List<'a>>(page).ok().map(|list| list.products)
    }

    fn list_of(&self, product: &Url) -> Option<Url> {
        let ShopifyAddress { prefix, kind: ShopifyKind::Product { .. } } = ShopifyAddress::of(product)? else {
            return None;
        };
        Some(with_path(product, &format!("{prefix}/products.json")))
    }

    fn page_of(&self, items: &[String]) -> String {
        format!("{{\"products\":[{}]}}", items.join(","))
    }
}

/// Reads one document. `url` is where it came from: it gives the links their host and locale.
///
/// # Errors
/// When it is not JSON, holds no product or no variant, or has another shape; the error names the place.
pub fn parse(body: &[u8], url: &Url) -> Result<Reading, ReadError> {
    let document: Value = serde_json::from_slice(body).map_err(|error| ReadError::not_json(&error))?;
    read(&document, url)
}

/// Reads one document that is already JSON. A product that cannot be read is left out, and the reading is not complete.
fn read(document: &Value, url: &Url) -> Result<Reading, ReadError> {
    let root = Node::root(document);
    // Bare objects have whole numbers of cents (`.js`); wrapped ones have decimals.
    let (nodes, cents) = if document.get("products").is_some() {
        (root.filled_list("products")?, false)
    } else if let Some(product) = root.field("product") {
        (vec![product], false)
    } else if document.get("variants").is_some() {
        (vec![root], true)
    } else {
        let what = format!("expected a product or a list of products, got {}", holds(document));
        return Err(ReadError::shape("$", what));
    };
    let mut doubts = Doubts::default();
    let mut products = Vec::with_capacity(nodes.len());
    for node in &nodes {
        let read = product::read(node, url, cents, &mut doubts);
        products.extend(doubts.keep(read));
    }
    if products.is_empty() {
        return Err(doubts.first_error().unwrap_or_else(|| ReadError::shape("$", "there is no product")));
    }
    let complete = products.len() == nodes.len() && products.iter().all(|product| product.complete);
    Ok(Reading { products, complete, doubts: doubts.into_list() })
}

/// The list's own address: filters stay, `limit` is ours.
fn list_address(url: &Url, path: &str) -> Url {
    let mut list = url.clone();
    list.set_fragment(None);
    list.set_path(path);
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(name, _)| name != "limit").map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
    list.set_query(None);
    if !kept.is_empty() {
        list.query_pairs_mut().extend_pairs(kept);
    }
    list
}

fn with_path(url: &Url, path: &str) -> Url {
    let mut to = url.clone();
    to.set_query(None);
    to.set_fragment(None);
    to.set_path(path);
    to
}

/// The shop's front door, maybe in a language: `/`, `/en`, `/en-gb/`.
fn is_front(url: &Url) -> bool {
    let path = url.path().trim_matches('/');
    let letters = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
    path.is_empty() || path.split_once('-').map_or_else(|| letters(path), |(a, b)| letters(a) && letters(b))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
