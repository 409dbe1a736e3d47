//! One variant of a Shopify product: its options by name, its price, and whether it can be had.

use coatcheck_domain::fold::fold;
use coatcheck_domain::reading::Evidence;
use coatcheck_domain::{Availability, Money, VariantReading};
use serde_json::Value;
use url::Url;

use super::node::{Node, kind, raw};
use crate::shops::error::ReadError;

/// Reads a variant. `alone` says that it is the product's only one, `page` is the product's page.
pub(super) fn read(
    node: &Node<'_>,
    names: &[String],
    alone: bool,
    page: Option<&Url>,
) -> Result<VariantReading, ReadError> {
    if !node.value.is_object() {
        return Err(ReadError::shape(&node.path, format!("expected a variant, got {}", kind(node.value))));
    }
    let external_id = node.id("id");
    let (availability, evidence) = availability(node)?;
    let url = page.zip(external_id.as_deref()).map(|(page, id)| variant_page(page, id));
    Ok(VariantReading {
        sku: node.text("sku").map(str::to_owned),
        title: node.text("title").map(str::to_owned),
        options: options(node, names, alone)?,
        availability,
        quantity: quantity(node),
        price: price(node)?,
        cart_url: url.as_ref().and_then(cart_link),
        url,
        image: image(node, page.unwrap_or(&NOWHERE)),
        evidence: Some(evidence),
        external_id,
    })
}

/// Options are keyed by name; titles are never split, for "BLUE / WHITE" is one colour.
fn options(node: &Node<'_>, names: &[String], alone: bool) -> Result<Vec<(String, String)>, ReadError> {
    let listed = node.list("options");
    let mut options = Vec::new();
    for position in 0..names.len().max(3).max(listed.len()) {
        let field = format!("option{}", position + 1);
        let value = node.text(&field).or_else(|| listed.get(position)?.value.as_str().map(str::trim));
        let Some(value) = value.filter(|value| !value.is_empty()) else { continue };
        let Some(name) = names.get(position).filter(|name| !name.is_empty()) else {
            if alone && is_default(value) {
                continue;
            }
            let what = format!("{value:?} has no name: the product's options list is missing or too short");
            return Err(ReadError::shape(format!("{}.{field}", node.path), what));
        };
        options.push((name.clone(), value.to_owned()));
    }
    // Shopify's way to say that there is nothing to choose.
    let nothing_to_choose = alone
        && matches!(options.as_slice(), [(name, value)] if fold(value) == "default title" || (fold(name) == "title" && is_default(value)));
    Ok(if nothing_to_choose { Vec::new() } else { options })
}

fn is_default(value: &str) -> bool {
    matches!(fold(value).as_str(), "default title" | "default")
}

/// What the shop says outright, else what its numbers say, else Unknown.
fn availability(node: &Node<'_>) -> Result<(Availability, Evidence), ReadError> {
    if let Some(said) = node.field("available") {
        let Value::Bool(can_be_had) = said.value else {
            return Err(ReadError::shape(said.path, format!("expected true or false, got {}", kind(said.value))));
        };
        let availability = if *can_be_had { Availability::InStock } else { Availability::OutOfStock };
        return Ok((availability, Evidence { at: said.path.clone(), raw: raw(said.value) }));
    }
    Ok(derived(node))
}

/// Without `available`: stock that is not tracked, or sold beyond zero, can be had.
fn derived(node: &Node<'_>) -> (Availability, Evidence) {
    let evidence = |name: &str| Evidence {
        at: format!("{}.{name}", node.path),
        raw: node.value.get(name).map_or_else(|| "not told".to_owned(), raw),
    };
    let policy = node.text("inventory_policy");
    let management = node.value.get("inventory_management");
    match (node.value.get("inventory_quantity").and_then(Value::as_i64), management) {
        (Some(quantity), _) if quantity > 0 => (Availability::InStock, evidence("inventory_quantity")),
        _ if policy.is_some_and(|policy| policy.eq_ignore_ascii_case("continue")) => {
            (Availability::InStock, evidence("inventory_policy"))
        }
        (_, Some(Value::Null)) => (Availability::InStock, evidence("inventory_management")),
        (Some(_), Some(Value::String(_))) => (Availability::OutOfStock, evidence("inventory_quantity")),
        (Some(_), _) => (Availability::Unknown, evidence("inventory_management")),
        (None, _) => (Availability::Unknown, evidence("available")),
    }
}

/// A quantity means something only where the shop keeps count.
fn quantity(node: &Node<'_>) -> Option<i64> {
    node.text("inventory_management")?;
    node.value.get("inventory_quantity")?.as_i64().map(|quantity| quantity.max(0))
}

/// A whole number is in cents (`.js`), words are decimals (`.json`).
fn price(node: &Node<'_>) -> Result<Option<Money>, ReadError> {
    let Some(price) = node.field("price") else { return Ok(None) };
    let currency = node.text("price_currency");
    if let Some(cents) = price.value.as_i64() {
        return Ok(Some(Money::minor(cents, 2, currency)));
    }
    match price.value {
        Value::String(_) | Value::Number(_) => {
            let text = price.value.as_str().map_or_else(|| price.value.to_string(), str::to_owned);
            Money::parse(&text, currency).map(Some).map_err(|error| ReadError::shape(price.path, error.to_string()))
        }
        other => Err(ReadError::shape(&price.path, format!("expected a price, got {}", kind(other)))),
    }
}

fn variant_page(page: &Url, id: &str) -> Url {
    let mut url = page.clone();
    url.query_pairs_mut().append_pair("variant", id);
    url
}

/// The link that puts one piece of a variant into the shop's cart from its variant page.
/// Source: <https://shopify.dev/docs/apps/build/checkout/create-cart-permalinks>.
pub(super) fn cart_link(variant_page: &Url) -> Option<Url> {
    let (_, id) = variant_page.query_pairs().find(|(name, _)| name == "variant")?;
    let known = id.bytes().all(|b| b.is_ascii_digit()) && !id.is_empty();
    known.then(|| variant_page.join(&format!("/cart/{id}:1")).ok()).flatten()
}

/// The first picture: a link, an object with `src`, or the first of a list; links may lack their scheme.
pub(super) fn image(node: &Node<'_>, base: &Url) -> Option<Url> {
    let source = |value: &Value| -> Option<String> {
        let text = value.as_str().or_else(|| value.get("src")?.as_str())?;
        Some(text.to_owned())
    };
    let fields = ["featured_image", "image", "images"];
    let found = fields.iter().find_map(|name| {
        let value = node.value.get(name)?;
        value.as_array().map_or_else(|| source(value), |list| source(list.first()?))
    })?;
    let url = base.join(&found).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.host_str() != NOWHERE.host_str()).then_some(url)
}

/// Stands in for the page of a product without a handle: absolute links stay what they are, relative ones are dropped.
static NOWHERE: std::sync::LazyLock<Url> =
    std::sync::LazyLock::new(|| Url::parse("https://nowhere.invalid/").expect("a constant address"));
