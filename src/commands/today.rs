//! Today's stock in words: what answers a wish now. Pure.

use chrono::{DateTime, Utc};
use coatcheck_bots::message::AlertVariant;
use coatcheck_bots::words;
use coatcheck_domain::Availability;
use coatcheck_domain::watch::{Offer, Wish};

use super::why::why;
use crate::store::stock::catalogue::{Product, Variant};
use url::Url;

/// Variants that are named one by one.
const NAMED: usize = 4;

/// What there is today for a wish.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Today<'a> {
    /// It can be bought.
    Here(Vec<&'a Variant>),
    /// It could be bought when the shop was last read; that is too long ago to say "now".
    WasHere(DateTime<Utc>),
    /// It is listed, and cannot be bought.
    Away {
        /// What the first one is: sold out, pre-order, …
        availability: Availability,
        /// The last reading that said it could be bought.
        last_in_stock: Option<DateTime<Utc>>,
    },
    /// The shop lists nothing like it.
    NotListed,
}

/// What of the product's stock answers the wish, and how.
pub(crate) fn today<'a>(product: &Product, stock: &'a [Variant], wish: &Wish, now: DateTime<Utc>) -> Today<'a> {
    let matching: Vec<&Variant> = stock.iter().filter(|variant| fulfils(product, variant, wish)).collect();
    let here: Vec<&Variant> = matching.iter().copied().filter(|variant| variant.availability.is_buyable()).collect();
    let listed = matching.iter().find(|variant| !is_unlisted(variant));
    let last_in_stock = matching.iter().filter_map(|variant| variant.last_in_stock).max();
    match (here.is_empty(), product.is_fresh(now), listed) {
        (false, true, _) => Today::Here(here),
        (false, false, _) => Today::WasHere(last_in_stock.unwrap_or(now)),
        (true, _, Some(first)) => Today::Away { availability: first.availability, last_in_stock },
        (true, _, None) => Today::NotListed,
    }
}

/// The variants of a product's stock that fulfil a wish.
pub(crate) fn matching<'a>(
    product: &'a Product,
    stock: &'a [Variant],
    wish: &'a Wish,
) -> impl Iterator<Item = &'a Variant> {
    stock.iter().filter(|variant| fulfils(product, variant, wish))
}

/// The same, as far as they can be bought.
pub fn in_stock<'a>(product: &'a Product, stock: &'a [Variant], wish: &'a Wish) -> impl Iterator<Item = &'a Variant> {
    matching(product, stock, wish).filter(|variant| variant.availability.is_buyable())
}

/// Is the variant what is wished for?
pub(crate) fn fulfils(product: &Product, variant: &Variant, wish: &Wish) -> bool {
    let offer = Offer { sizes: &variant.size_keys, style: variant.style.as_deref(), title: &product.title };
    variant.product_id == product.id && wish.matches(&offer)
}

fn is_unlisted(variant: &Variant) -> bool {
    matches!(variant.availability, Availability::Absent | Availability::Discontinued)
}

impl Today<'_> {
    /// In a list: "in stock now, 129.00 EUR", "sold out, last in stock 3 days ago".
    pub(crate) fn short(&self, now: DateTime<Utc>) -> String {
        match self {
            Self::Here(variants) => match variants.as_slice() {
                [one] => format!("in stock now{}", details(one)),
                several => format!("in stock now ({} variants)", several.len()),
            },
            Self::WasHere(seen) => format!("in stock at the last check, {}", words::ago(*seen, now)),
            Self::Away { availability, last_in_stock: Some(last) } => {
                format!("{}, last in stock {}", availability.words(), words::ago(*last, now))
            }
            Self::Away { availability, last_in_stock: None } => availability.words().to_owned(),
            Self::NotListed => "not listed now".to_owned(),
        }
    }

    /// Where it can be bought: the variant's own page, else the product's.
    pub(crate) fn link<'b>(&'b self, product: &'b Product) -> Option<&'b Url> {
        match self {
            Self::Here(variants) => variants.first().and_then(|variant| variant.url.as_ref()).or(product.url.as_ref()),
            _ => None,
        }
    }

    fn here(&self) -> Option<&[&Variant]> {
        match self {
            Self::Here(variants) => Some(variants),
            _ => None,
        }
    }

    /// The answer to a new watch.
    pub(crate) fn answer(&self, product: &Product, wanted: &str, now: DateTime<Utc>) -> String {
        match self {
            Self::Here(variants) => format!("In stock now: {}{}", here(variants), link(product, variants)),
            Self::WasHere(seen) => format!(
                "It was in stock at the last check, {}. I'll notify you when it is back.",
                words::ago(*seen, now)
            ),
            Self::Away { availability: Availability::OutOfStock | Availability::Unknown, last_in_stock } => {
                format!("Sold out now. I'll notify you when it is back ({}).", last(*last_in_stock, now))
            }
            Self::Away { availability, last_in_stock } => format!(
                "The shop says: {}. I'll notify you when it is in stock ({}).",
                availability.words(),
                last(*last_in_stock, now)
            ),
            Self::NotListed => {
                let listed = listed(product);
                format!("{wanted} isn't listed now. I'll notify you if it appears.{listed}")
            }
        }
    }
}

/// The answer to a watch of several sizes: those of which the same is to be said share a line. Links and what is listed
/// stand below, once.
pub(crate) fn answer_of_many(product: &Product, days: &[(String, Today<'_>)], now: DateTime<Utc>) -> String {
    let mut lines: Vec<(Vec<&str>, String)> = Vec::new();
    for (name, day) in days {
        let line = match day {
            Today::Here(variants) => format!("In stock now: {}", here(variants)),
            Today::NotListed => "Not listed now. I'll notify you if it appears.".to_owned(),
            other => other.answer(product, name, now),
        };
        match lines.iter_mut().find(|(_, known)| *known == line) {
            Some((names, _)) => names.push(name),
            None => lines.push((vec![name], line)),
        }
    }
    let mut text: String = lines.iter().map(|(names, line)| format!("\n{}: {line}", names.join(", "))).collect();
    let here: Vec<&Variant> = days.iter().filter_map(|(_, day)| day.here()).flatten().copied().collect();
    if !here.is_empty() {
        text.push_str(&link(product, &here));
    }
    if days.iter().any(|(_, day)| *day == Today::NotListed) {
        text.push_str(&format!("\n{}", listed(product).trim_start().replace('\n', ". ")));
    }
    text
}

fn last(last_in_stock: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    last_in_stock
        .map_or_else(|| "not seen in stock yet".to_owned(), |last| format!("last in stock {}", words::ago(last, now)))
}

/// What the shop does list, so that a slip is noticed.
fn listed(product: &Product) -> String {
    let sizes: Vec<String> = product.sizes.iter().take(20).map(|(_, size)| words::plain(size)).collect();
    let styles: Vec<String> = product.styles.iter().take(20).map(|style| words::plain(style)).collect();
    let mut text = String::new();
    for (name, values) in [("Sizes", sizes), ("Styles", styles)] {
        if !values.is_empty() {
            text.push_str(&format!("\n{name} listed: {}", values.join(", ")));
        }
    }
    text
}

fn here(variants: &[&Variant]) -> String {
    let mut lines: Vec<String> = variants.iter().take(NAMED).map(|variant| bought(variant)).collect();
    if variants.len() > NAMED {
        lines.push(format!("and {} more", variants.len() - NAMED));
    }
    lines.join("; ")
}

/// Where it can be bought, on a line of its own.
fn link(product: &Product, variants: &[&Variant]) -> String {
    let link = match variants {
        [one] => one.url.as_ref().or(product.url.as_ref()),
        _ => product.url.as_ref().or_else(|| variants.iter().find_map(|variant| variant.url.as_ref())),
    };
    link.map(|url| format!("\n{url}")).unwrap_or_default()
}

fn bought(variant: &Variant) -> String {
    let label = label(variant).unwrap_or_else(|| "one variant".to_owned());
    format!("{label}{}", details(variant))
}

/// `, 129.00 EUR (3 left)`.
pub(crate) fn details(variant: &Variant) -> String {
    let price = variant.price.as_ref().map(|price| format!(", {price}")).unwrap_or_default();
    format!("{price}{}", remark(variant))
}

/// ` (3 left)`, ` (almost gone)` or nothing.
pub(crate) fn remark(variant: &Variant) -> String {
    match (variant.availability, variant.quantity) {
        (availability, Some(left)) if availability.is_buyable() && left > 0 => format!(" ({left} left)"),
        (Availability::LowStock, _) => " (almost gone)".to_owned(),
        _ => String::new(),
    }
}

/// `M / Black`, made harmless.
pub(crate) fn label(variant: &Variant) -> Option<String> {
    words::variant_label(&as_told(variant))
}

/// The variant as alerts tell it.
pub(crate) fn as_told(variant: &Variant) -> AlertVariant {
    AlertVariant {
        variant: variant.id,
        size: variant.size.clone(),
        style: variant.style.clone(),
        options: variant.options.clone(),
        sku: variant.sku.clone(),
        url: variant.url.clone(),
        cart_url: None,
        availability: variant.availability,
        quantity: variant.quantity,
        price: variant.price.clone(),
    }
}

/// What is wanted, as it was said: `M / black`, `M`, `any size`.
#[must_use]
pub fn wanted(size: Option<&str>, style: Option<&str>) -> String {
    let said: Vec<String> = size.into_iter().chain(style).map(words::plain).filter(|part| !part.is_empty()).collect();
    if said.is_empty() { "any size".to_owned() } else { said.join(" / ") }
}

/// A line when the shop does not answer; nothing when it does.
pub(crate) fn trouble(product: &Product, now: DateTime<Utc>) -> Option<String> {
    use coatcheck_domain::poll::State;
    if product.source.state == State::Paused {
        return Some("Checks of this shop are paused right now.".to_owned());
    }
    let error = product.source.last_error.as_ref().filter(|_| !product.is_fresh(now))?;
    Some(format!(
        "I can't check the shop right now ({}). I keep trying.",
        why(product.source.fault.as_deref(), Some(error))
    ))
}
