//! One variant of a Shopify product: its options by name, its price, and whether it can be had.

use coatcheck_domain::fold::fold;
use coatcheck_domain::reading::Evidence;
use coatcheck_domain::{Availability, Money, Rank, VariantReading};
use serde_json::Value;
use url::Url;

use crate::shops::error::ReadError;
use crate::shops::readers::doubts::Doubts;
use crate::shops::readers::node::{Node, kind, raw};

/// What a variant shares with its product.
pub(super) struct Context<'a> {
    /// The names of the options by their position.
    pub(super) names: &'a [String],
    /// Is it the product's only one?
    pub(super) alone: bool,
    /// The product's page.
    pub(super) page: Option<&'a Url>,
    /// Are whole numbers prices in cents?
    pub(super) cents: bool,
    /// Is this Shopify for sure? Otherwise what is not said is not concluded.
    pub(super) is_sure: bool,
    /// Why nobody can buy it, if nobody can.
    pub(super) not_for_sale: Option<&'static str>,
}

/// Reads a variant.
pub(super) fn read(node: &Node<'_>, context: &Context<'_>, doubts: &mut Doubts) -> Result<VariantReading, ReadError> {
    if !node.value.is_object() {
        return Err(ReadError::shape(&node.path, format!("expected a variant, got {}", kind(node.value))));
    }
    let options = options(node, context.names, context.alone)?;
    let external_id = node.id("id");
    let (availability, rank, evidence) = availability(node, context, doubts);
    let url = context.page.zip(external_id.as_deref()).map(|(page, id)| variant_page(page, id));
    Ok(VariantReading {
        sku: node.text("sku").map(str::to_owned),
        title: node.text("title").map(str::to_owned),
        options,
        availability,
        rank,
        quantity: quantity(node),
        price: price(node, context.cents, doubts),
        cart_url: url.as_ref().and_then(cart_link),
        url,
        image: image(node, context.page.unwrap_or(&NOWHERE)),
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
fn availability(node: &Node<'_>, context: &Context<'_>, doubts: &mut Doubts) -> (Availability, Rank, Evidence) {
    let (availability, rank, evidence) = match node.field("available") {
        Some(said) => {
            let evidence = Evidence { at: said.path.clone(), raw: raw(said.value) };
            (outright(&said, doubts), Rank::Variant, evidence)
        }
        None => derived(node, context.is_sure),
    };
    // A draft counts its stock like any product, but it is in no shop.
    let is =
        if context.not_for_sale.is_some() && availability.is_buyable() { Availability::Unknown } else { availability };
    (is, rank, evidence)
}

fn outright(said: &Node<'_>, doubts: &mut Doubts) -> Availability {
    let is = match said.value {
        Value::Bool(true) => Availability::InStock,
        Value::Bool(false) => Availability::OutOfStock,
        Value::String(word) => Availability::from_shop_word(word),
        _ => Availability::Unknown,
    };
    if is == Availability::Unknown {
        doubts.add(&said.path, format!("expected true or false, got {}; nothing is concluded", raw(said.value)));
    }
    is
}

/// Without `available`: stock that is not counted, or sold beyond zero, can be had. That is a conclusion, not a word.
fn derived(node: &Node<'_>, is_sure: bool) -> (Availability, Rank, Evidence) {
    let evidence = |name: &str| Evidence {
        at: format!("{}.{name}", node.path),
        raw: node.value.get(name).map_or_else(|| "not told".to_owned(), raw),
    };
    let said = |is, name| (is, Rank::Variant, evidence(name));
    let concluded = |is, name| (is, Rank::Derived, evidence(name));
    if !is_sure {
        return concluded(Availability::Unknown, "available");
    }
    let quantity = node.value.get("inventory_quantity").and_then(Value::as_i64);
    let continues = node.text("inventory_policy").is_some_and(|policy| policy.eq_ignore_ascii_case("continue"));
    // Null and an empty word both mean that nobody counts.
    let not_counted = match node.value.get("inventory_management") {
        Some(Value::Null) => true,
        Some(Value::String(word)) => word.trim().is_empty(),
        _ => false,
    };
    match quantity {
        Some(quantity) if quantity > 0 => said(Availability::InStock, "inventory_quantity"),
        _ if continues => concluded(Availability::InStock, "inventory_policy"),
        _ if not_counted => concluded(Availability::InStock, "inventory_management"),
        Some(_) if node.text("inventory_management").is_some() => said(Availability::OutOfStock, "inventory_quantity"),
        Some(_) => concluded(Availability::Unknown, "inventory_management"),
        None => concluded(Availability::Unknown, "available"),
    }
}

/// A quantity means something only where the shop keeps count.
fn quantity(node: &Node<'_>) -> Option<i64> {
    node.text("inventory_management")?;
    node.value.get("inventory_quantity")?.as_i64().map(|quantity| quantity.max(0))
}

/// A whole number is in cents (`.js`), everything else is a decimal of a machine. One that cannot be read costs itself.
fn price(node: &Node<'_>, cents: bool, doubts: &mut Doubts) -> Option<Money> {
    let price = node.field("price")?;
    let currency = node.text("price_currency");
    let text = match price.value {
        Value::Number(number) if cents && number.is_i64() => {
            return number.as_i64().map(|minor| Money::minor(minor, 2, currency));
        }
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        other => {
            doubts.add(&price.path, format!("expected a price, got {}; it is left out", kind(other)));
            return None;
        }
    };
    let read = Money::decimal(&text, currency).or_else(|_| Money::parse(&text, currency));
    read.map_err(|error| doubts.add(&price.path, format!("{error}; it is left out"))).ok()
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
