//! One product of Shopify's: what it is called, whether it is for sale at all, and its variants.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use coatcheck_domain::{Availability, ProductReading, Rank, VariantReading};
use serde_json::Value;
use url::Url;

use super::address::ShopifyAddress;
use super::variant::{self, Context};
use crate::shops::error::ReadError;
use crate::shops::readers::doubts::Doubts;
use crate::shops::readers::node::{Node, kind};

/// Is this a product of Shopify's, and not just any object with a title and variants?
pub(super) fn is_surely(value: &Value) -> bool {
    let Some(variants) = value.get("variants").and_then(Value::as_array) else { return false };
    let has = |value: &Value, fields: &[&str]| fields.iter().any(|name| value.get(name).is_some());
    // Medusa's products have a handle, too.
    if variants.iter().any(|variant| has(variant, &["manage_inventory"])) {
        return false;
    }
    value.get("handle").is_some_and(Value::is_string)
        || (has(value, &["title"])
            && variants.iter().any(|variant| has(variant, &["option1", "inventory_policy", "requires_shipping"])))
}

/// Reads a product. A variant that cannot be read is left out, and the product is not complete.
pub(super) fn read(node: &Node<'_>, url: &Url, cents: bool, doubts: &mut Doubts) -> Result<ProductReading, ReadError> {
    if !node.value.is_object() {
        return Err(ReadError::shape(&node.path, format!("expected a product, got {}", kind(node.value))));
    }
    let title = node
        .text("title")
        .ok_or_else(|| ReadError::shape(format!("{}.title", node.path), "the product has no title"))?;
    let handle = node.text("handle").map(str::to_owned);
    let page = handle.as_deref().and_then(|handle| ShopifyAddress::product_page(url, handle));
    let nodes = node.filled_list("variants")?;
    let names = option_names(node);
    let is_sure = is_surely(node.value);
    let context = Context {
        names: &names,
        alone: nodes.len() == 1,
        page: page.as_ref(),
        cents: cents && is_sure,
        is_sure,
        not_for_sale: not_for_sale(node),
    };
    if let Some(why) = context.not_for_sale {
        doubts.add(&node.path, format!("{why}, so nobody can buy it: what it says of stock does not count"));
    }
    let variants = variants(node, &nodes, &context, doubts)?;
    Ok(ProductReading {
        external_id: node.id("id"),
        title: title.to_owned(),
        image: variant::image(node, url),
        url: page,
        // Shopify cuts long lists of variants at one of these without saying so.
        complete: variants.1 && !matches!(nodes.len(), 100 | 250),
        updated_at: updated_at(node, &nodes),
        handle,
        variants: variants.0,
    })
}

/// The variants, and whether these are all. When none can be read, the first error.
fn variants(
    product: &Node<'_>,
    nodes: &[Node<'_>],
    context: &Context<'_>,
    doubts: &mut Doubts,
) -> Result<(Vec<VariantReading>, bool), ReadError> {
    let (mut read, mut failed): (Vec<VariantReading>, Vec<ReadError>) = (Vec::new(), Vec::new());
    let mut places: HashMap<String, usize> = HashMap::new();
    for node in nodes {
        let variant = match variant::read(node, context, doubts) {
            Ok(variant) => variant,
            Err(error) => {
                failed.push(error);
                continue;
            }
        };
        match places.get(&variant.key()) {
            None => {
                places.insert(variant.key(), read.len());
                read.push(variant);
            }
            Some(place) => agree(&mut read[*place], &variant, &product.path, doubts),
        }
    }
    if read.is_empty() {
        return Err(failed.swap_remove(0));
    }
    let complete = failed.is_empty();
    failed.into_iter().for_each(|error| doubts.leave_out(error));
    Ok((read, complete))
}

/// The same variant twice: where the two do not say the same, nothing is known.
fn agree(first: &mut VariantReading, second: &VariantReading, at: &str, doubts: &mut Doubts) {
    if first.availability != second.availability {
        let what = format!(
            "two variants are {}, one is {} and one {}; neither is believed",
            first.key(),
            first.availability.words(),
            second.availability.words()
        );
        doubts.add(format!("{at}.variants"), what);
        first.availability = Availability::Unknown;
        first.rank = Rank::Derived;
    }
}

/// Why nobody can buy it, as documents of the Admin API say: it is a draft, archived or not published.
fn not_for_sale(product: &Node<'_>) -> Option<&'static str> {
    match product.text("status") {
        Some("draft") => return Some("this product is a draft"),
        Some("archived") => return Some("this product is archived"),
        _ => {}
    }
    product.value.get("published_at").is_some_and(Value::is_null).then_some("this product is not published")
}

/// The newest change of the product and its variants.
fn updated_at(product: &Node<'_>, variants: &[Node<'_>]) -> Option<DateTime<Utc>> {
    let of = |node: &Node<'_>| {
        let at = DateTime::parse_from_rfc3339(node.text("updated_at")?).ok()?;
        Some(at.with_timezone(&Utc))
    };
    variants.iter().chain([product]).filter_map(of).max()
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
