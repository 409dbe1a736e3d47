//! One item of the Store API: a product, or a variation of one.

use std::collections::HashMap;

use coatcheck_domain::reading::Evidence;
use coatcheck_domain::{Availability, Money, ProductReading, Rank, Reading, VariantReading};
use serde_json::Value;
use url::Url;

use crate::shops::error::ReadError;
use crate::shops::html::decoded;
use crate::shops::readers::doubts::Doubts;
use crate::shops::readers::node::{Node, plain, raw};

/// What stands where the evidence of a variation will be: its product only names it.
const OPEN: &str = "availability is not told";
/// No currency's minor unit has more digits.
const MOST_DIGITS: u64 = 6;

/// Is this an item of the Store API, for sure?
pub(super) fn is_surely(value: &Value) -> bool {
    let has = |name: &str| value.get(name).is_some();
    has("is_in_stock") && has("permalink") && value.get("prices").is_some_and(|prices| prices.get("price").is_some())
}

/// Is it a variation of a product?
pub(super) fn is_variation(node: &Node<'_>) -> bool {
    node.text("type") == Some("variation") || parent(node).is_some()
}

/// Is the stock of this variant told by another document?
pub(super) fn is_open(variant: &VariantReading) -> bool {
    variant.evidence.as_ref().is_some_and(|evidence| evidence.raw == OPEN)
}

/// Reads a product.
///
/// # Errors
/// When it has neither id nor name.
pub(super) fn product(node: &Node<'_>, url: &Url, doubts: &mut Doubts) -> Result<ProductReading, ReadError> {
    let named = node.list("variations");
    let mut product = bare(node, node.id("id"), url)?;
    if !named.is_empty() {
        let labels = labels(node);
        for one in &named {
            match variation_of(one, &labels) {
                Some(variant) => product.variants.push(variant),
                None => product.complete = false,
            }
        }
        if product.variants.len() < named.len() {
            doubts.add(&node.path, "some of its variations have no id; they are left out");
        }
    } else if is_parent(node) {
        product.complete = false;
        doubts.add(&product.title, "its variants are hidden; nothing is known of them");
    } else {
        let mut variant = stock(node, url, doubts);
        // The product's own page and picture.
        (variant.url, variant.image) = (None, None);
        product.variants.push(variant);
    }
    Ok(product)
}

/// Reads a variation that stands alone, as a product of its parent's.
///
/// # Errors
/// When it has neither a parent nor a name.
pub(super) fn variation(node: &Node<'_>, url: &Url, doubts: &mut Doubts) -> Result<ProductReading, ReadError> {
    let mut product = bare(node, parent(node), url)?;
    // These are the variation's.
    (product.url, product.image) = (None, None);
    let mut variant = stock(node, url, doubts);
    variant.options = parts(node.text("variation").unwrap_or_default());
    product.variants.push(variant);
    Ok(product)
}

/// Puts the stock of a variation into the product that named it.
pub(super) fn fill(reading: &mut Reading, node: &Node<'_>, url: &Url) {
    let Some(id) = node.id("id").filter(|_| is_variation(node)) else { return };
    let parent = parent(node);
    let is_parent = |product: &&mut ProductReading| parent.is_none() || product.external_id == parent;
    let mut doubts = Doubts::default();
    let mut said = stock(node, url, &mut doubts);
    for product in reading.products.iter_mut().filter(is_parent) {
        if let Some(known) = product.variants.iter_mut().find(|variant| variant.external_id.as_ref() == Some(&id)) {
            if !is_open(known) && known.availability != said.availability {
                (said.availability, said.rank) = (Availability::Unknown, Rank::Derived);
                doubts.add(&node.path, format!("variation {id} is said twice, and not the same; neither is believed"));
            }
            said.options = std::mem::take(&mut known.options);
            *known = said;
            break;
        }
        // A product that names none of its variations: these are some of them.
        if parent.is_some() && !product.complete && !product.variants.iter().any(is_open) {
            said.options = parts(node.text("variation").unwrap_or_default());
            product.variants.push(said);
            break;
        }
    }
    reading.doubts.extend(doubts.into_list());
}

/// The product without its variants.
fn bare(node: &Node<'_>, id: Option<String>, url: &Url) -> Result<ProductReading, ReadError> {
    let title = node.text("name").map(|name| decoded(name).trim().to_owned()).filter(|name| !name.is_empty());
    let title = title.or_else(|| id.clone()).ok_or_else(|| {
        ReadError::shape(&node.path, "the product has neither id nor name; the shop's answer has changed its shape")
    })?;
    Ok(ProductReading {
        external_id: id,
        handle: None,
        title,
        url: link(node, "permalink", url),
        image: image(node, url),
        complete: true,
        updated_at: None,
        variants: Vec::new(),
    })
}

/// What has parts speaks for none of them.
fn is_parent(node: &Node<'_>) -> bool {
    node.text("type").is_some_and(|kind| kind == "grouped" || kind.starts_with("variable"))
}

fn parent(node: &Node<'_>) -> Option<String> {
    node.id("parent").filter(|parent| parent != "0")
}

/// A variation as its product names it: an id, and a slug of each option. An option without a value means any.
fn variation_of(node: &Node<'_>, labels: &HashMap<(&str, &str), &str>) -> Option<VariantReading> {
    let option = |attribute: &Node<'_>| {
        let (name, slug) = (attribute.text("name")?, plain(attribute.value.get("value")?)?);
        let label = labels.get(&(name, slug.as_str())).map(|label| (*label).to_owned());
        let label = label.unwrap_or(slug);
        Some((decoded(name).into_owned(), decoded(&label).into_owned()))
    };
    let options = node.list("attributes").iter().filter_map(option).collect();
    Some(VariantReading {
        external_id: Some(node.id("id")?),
        rank: Rank::Variant,
        evidence: Some(Evidence { at: node.path.clone(), raw: OPEN.to_owned() }),
        ..VariantReading::bare(options, Availability::Unknown)
    })
}

/// Attribute and slug → what people see of it.
fn labels<'a>(product: &Node<'a>) -> HashMap<(&'a str, &'a str), &'a str> {
    let mut labels = HashMap::new();
    for attribute in product.list("attributes") {
        let Some(name) = attribute.text("name") else { continue };
        for term in attribute.list("terms") {
            if let (Some(slug), Some(label)) = (term.text("slug"), term.text("name")) {
                labels.insert((name, slug), label);
            }
        }
    }
    labels
}

/// The item as a variant, without options.
fn stock(node: &Node<'_>, url: &Url, doubts: &mut Doubts) -> VariantReading {
    let (availability, name) = availability(node);
    let field = node.value.get(name);
    let evidence =
        Evidence { at: format!("{}.{name}", node.path), raw: field.map_or_else(|| "not told".to_owned(), raw) };
    if !availability.is_definite() {
        doubts.add(&evidence.at, format!("it cannot be concluded from {} whether this can be bought", evidence.raw));
    }
    VariantReading {
        external_id: node.id("id"),
        sku: node.text("sku").map(str::to_owned),
        title: None,
        options: Vec::new(),
        availability,
        rank: Rank::Variant,
        quantity: node.value.get("low_stock_remaining").and_then(Value::as_i64),
        price: price(node),
        url: link(node, "permalink", url),
        cart_url: None,
        image: image(node, url),
        evidence: Some(evidence),
    }
}

/// `is_in_stock` is true on backorder, too, and `is_purchasable` stays true when a product is sold out: the first counts
/// only where the others do not speak against it.
fn availability(node: &Node<'_>) -> (Availability, &'static str) {
    let is = |name: &str| node.value.get(name).and_then(Value::as_bool);
    let class = node.field("stock_availability").and_then(|said| said.text("class"));
    let on_backorder = is("is_on_backorder");
    if on_backorder == Some(true) {
        return (Availability::BackOrder, "is_on_backorder");
    }
    if class == Some("available-on-backorder") {
        return (Availability::BackOrder, "stock_availability");
    }
    match is("is_in_stock") {
        Some(false) => (Availability::OutOfStock, "is_in_stock"),
        Some(true) if class == Some("out-of-stock") => (Availability::Unknown, "stock_availability"),
        Some(true) if on_backorder.is_none() => (Availability::Unknown, "is_on_backorder"),
        Some(true) if node.value.get("low_stock_remaining").and_then(Value::as_i64).is_some_and(|left| left > 0) => {
            (Availability::LowStock, "low_stock_remaining")
        }
        Some(true) => (Availability::InStock, "is_in_stock"),
        None => (Availability::Unknown, "is_in_stock"),
    }
}

/// A whole number of the smallest unit that the shop shows, which need not be the currency's.
fn price(node: &Node<'_>) -> Option<Money> {
    let prices = node.field("prices")?;
    let digits =
        prices.id("price").filter(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))?;
    let currency = prices.text("currency_code");
    let unit = match prices.value.get("currency_minor_unit") {
        Some(Value::Number(unit)) => unit.as_u64().filter(|unit| *unit <= MOST_DIGITS)?,
        _ => u64::from(coatcheck_domain::money::exponent_of(currency)),
    };
    Money::decimal(&format!("{digits}e-{unit}"), currency).ok()
}

fn link(node: &Node<'_>, name: &str, url: &Url) -> Option<Url> {
    let address = decoded(node.text(name)?);
    url.join(&address).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

fn image(node: &Node<'_>, url: &Url) -> Option<Url> {
    link(node.list("images").first()?, "src", url)
}

/// `Size: 28, Long, Colour: Navy`: a comma may be part of a value.
fn parts(text: &str) -> Vec<(String, String)> {
    let text = decoded(text);
    let mut parts: Vec<String> = Vec::new();
    for part in text.split(", ") {
        match parts.last_mut() {
            Some(last) if !part.contains(": ") => {
                last.push_str(", ");
                last.push_str(part);
            }
            _ => parts.push(part.to_owned()),
        }
    }
    let pair = |part: &String| part.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
    parts.iter().filter_map(pair).filter(|(name, value)| !name.is_empty() && !value.is_empty()).collect()
}
