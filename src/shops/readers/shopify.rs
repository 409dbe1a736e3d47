//! Shopify's product documents: `/products/<handle>.js` and `.json`, `products.json`, and bare product objects.

use std::collections::HashSet;

use coatcheck_domain::{ProductReading, Reading};
use serde_json::Value;
use url::Url;

use super::node::{Node, kind};
use super::shopify_variant;
use crate::shops::address_parts::ShopifyAddress;
use crate::shops::error::ReadError;

/// The page size that is asked for, and the most that Shopify gives.
pub const PAGE: usize = 250;

/// Reads one document. `url` is where it came from: it gives the links their host and locale.
///
/// # Errors
/// When it is not JSON, holds no product or no variant, or has another shape; the error names the place.
pub fn parse(body: &[u8], url: &Url) -> Result<Reading, ReadError> {
    let document: Value = serde_json::from_slice(body).map_err(|error| not_json(&error))?;
    read(&document, url)
}

/// Reads one document that is already JSON.
///
/// # Errors
/// As [`parse`].
pub fn read(document: &Value, url: &Url) -> Result<Reading, ReadError> {
    let root = Node::root(document);
    let nodes = if document.get("products").is_some() {
        root.filled_list("products")?
    } else if let Some(product) = root.field("product") {
        vec![product]
    } else if document.get("variants").is_some() {
        vec![root]
    } else {
        return Err(ReadError::shape(
            "$",
            format!("expected a product or a list of products, got {}", holds(document)),
        ));
    };
    let products = nodes.iter().map(|node| product(node, url)).collect::<Result<Vec<_>, _>>()?;
    let complete = products.iter().all(|product| product.complete);
    Ok(Reading { products, complete })
}

/// One page of `products.json`. An empty page is an answer here: it is the end.
///
/// # Errors
/// As [`parse`].
pub fn parse_page(body: &[u8], url: &Url) -> Result<Vec<ProductReading>, ReadError> {
    let document: Value = serde_json::from_slice(body).map_err(|error| not_json(&error))?;
    match document.get("products").and_then(Value::as_array) {
        Some(list) if list.is_empty() => Ok(Vec::new()),
        _ => read(&document, url).map(|reading| reading.products),
    }
}

/// Does this look like a document of Shopify's?
#[must_use]
pub fn recognises(document: &Value) -> bool {
    let is_product = |value: &Value| {
        value.get("variants").is_some_and(Value::is_array)
            && (value.get("title").is_some() || value.get("handle").is_some())
    };
    is_product(document)
        || document.get("product").is_some_and(is_product)
        || document.get("products").and_then(Value::as_array).is_some_and(|list| list.first().is_some_and(is_product))
}

fn product(node: &Node<'_>, url: &Url) -> Result<ProductReading, ReadError> {
    if !node.value.is_object() {
        return Err(ReadError::shape(&node.path, format!("expected a product, got {}", kind(node.value))));
    }
    let title = node
        .text("title")
        .ok_or_else(|| ReadError::shape(format!("{}.title", node.path), "the product has no title"))?;
    let handle = node.text("handle").map(str::to_owned);
    let page = handle.as_deref().and_then(|handle| ShopifyAddress::product_page(url, handle));
    let variants = node.filled_list("variants")?;
    let names = option_names(node);
    let alone = variants.len() == 1;
    let variants: Vec<_> = variants
        .iter()
        .map(|variant| shopify_variant::read(variant, &names, alone, page.as_ref()))
        .collect::<Result<_, _>>()?;
    let mut seen = HashSet::new();
    if let Some(twice) = variants.iter().find(|variant| !seen.insert(variant.key())) {
        return Err(ReadError::shape(format!("{}.variants", node.path), format!("two variants are {}", twice.key())));
    }
    Ok(ProductReading {
        external_id: node.id("id"),
        title: title.to_owned(),
        image: shopify_variant::image(node, url),
        url: page,
        // Shopify cuts long lists of variants at one of these without saying so.
        complete: !matches!(variants.len(), 100 | 250),
        handle,
        variants,
    })
}

/// The names of the options by their position: objects with a position, or plain words in order.
fn option_names(product: &Node<'_>) -> Vec<String> {
    let mut named: Vec<(u64, String)> = Vec::new();
    for (index, option) in product.list("options").iter().enumerate() {
        let at = option.value.get("position").and_then(Value::as_u64).unwrap_or(index as u64 + 1);
        let name = option.value.as_str().map(str::trim).or_else(|| option.text("name"));
        named.push((at, name.unwrap_or_default().to_owned()));
    }
    named.sort_by_key(|(at, _)| *at);
    named.into_iter().map(|(_, name)| name).collect()
}

pub(crate) fn not_json(error: &serde_json::Error) -> ReadError {
    let what = if error.is_eof() { "the JSON ends too early; the answer was cut" } else { "this is not JSON" };
    ReadError::shape(format!("line {} column {}", error.line(), error.column()), what)
}

/// What a document holds at its top, for people.
pub(crate) fn holds(document: &Value) -> String {
    match document {
        Value::Object(fields) if fields.is_empty() => "an empty object".to_owned(),
        Value::Object(fields) => {
            let keys: Vec<&str> = fields.keys().take(8).map(String::as_str).collect();
            format!("an object with {}{}", keys.join(", "), if fields.len() > 8 { ", …" } else { "" })
        }
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(items) => format!("a list of {}, the first is {}", items.len(), holds(&items[0])),
        other => kind(other).to_owned(),
    }
}

#[cfg(test)]
#[path = "shopify_tests.rs"]
mod tests;
