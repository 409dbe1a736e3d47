//! The offers of a product: which are told apart, what each says, and what all say together. Pure.

use std::collections::HashSet;

use coatcheck_domain::{Availability, Money};
use serde_json::Value;

use super::Graph;
use super::field::{Thing, field, id, list, price, text, types, words};

/// So many levels of offers within offers.
const LEVELS: usize = 4;

/// One offer.
#[derive(Debug, Clone)]
pub(super) struct Offer<'a> {
    pub(super) thing: &'a Thing,
    pub(super) at: String,
    pub(super) availability: Availability,
    /// The shop's word for it.
    pub(super) word: Option<String>,
    pub(super) price: Option<Money>,
    pub(super) currency: Option<String>,
    pub(super) quantity: Option<i64>,
}

/// What the offers of a product are.
pub(super) enum Offers<'a> {
    /// None.
    None,
    /// One, or several that say the same of the same thing.
    One(Box<Offer<'a>>),
    /// Each is for a variant of its own.
    Each(Vec<Offer<'a>>),
    /// Several that nothing tells apart, or a summary of several.
    Many {
        /// Where.
        at: String,
        /// The lowest price.
        price: Option<Money>,
        currency: Option<String>,
    },
}

/// The offers of a product.
pub(super) fn of<'a>(product: &'a Thing, at: &str, graph: &Graph<'a>) -> Offers<'a> {
    let mut all = Vec::new();
    let mut summary = None;
    for (index, value) in list(product, "offers").into_iter().enumerate() {
        gather(value, &format!("{at}.offers[{index}]"), None, graph, &mut all, &mut summary, LEVELS);
    }
    match (all.len(), summary) {
        (0, None) => Offers::None,
        (0, Some(summary)) => summary.many(),
        (1, None) => Offers::One(Box::new(all.remove(0))),
        // A summary of one: that one.
        (1, Some(summary)) if summary.count.is_none_or(|count| count <= 1) => Offers::One(Box::new(all.remove(0))),
        (1, Some(summary)) => summary.many(),
        (_, summary) => several(all, summary, at),
    }
}

fn several<'a>(all: Vec<Offer<'a>>, summary: Option<Summary>, at: &str) -> Offers<'a> {
    if are_told_apart(&all) {
        return Offers::Each(all);
    }
    let lowest = all.iter().filter_map(|offer| offer.price.clone()).min_by_key(|price| price.minor);
    let said: HashSet<Availability> = all.iter().map(|offer| offer.availability).collect();
    let mut first = all.into_iter().next();
    match (said.len(), summary, first.take()) {
        // Several sellers of the same thing who agree.
        (1, None, Some(offer)) if offer.availability.is_definite() => {
            Offers::One(Box::new(Offer { price: lowest.or(offer.price.clone()), ..offer }))
        }
        (_, Some(summary), _) => summary.many(),
        (_, None, first) => {
            Offers::Many { at: format!("{at}.offers"), price: lowest, currency: first.and_then(|offer| offer.currency) }
        }
    }
}

/// What an AggregateOffer says of all its offers.
struct Summary {
    at: String,
    price: Option<Money>,
    currency: Option<String>,
    count: Option<u64>,
}

impl Summary {
    fn many<'a>(self) -> Offers<'a> {
        Offers::Many { at: self.at, price: self.price, currency: self.currency }
    }
}

fn gather<'a>(
    value: &'a Value,
    at: &str,
    currency: Option<&str>,
    graph: &Graph<'a>,
    all: &mut Vec<Offer<'a>>,
    summary: &mut Option<Summary>,
    levels: usize,
) {
    let Some(thing) = graph.thing(value).filter(|_| levels > 0) else { return };
    let currency = text(thing, "priceCurrency").or_else(|| currency.map(str::to_owned));
    let nested = list(thing, "offers");
    let is_summary = types(thing).iter().any(|one| one == "aggregateoffer")
        || (field(thing, "lowPrice").is_some() && field(thing, "price").is_none());
    if is_summary {
        let of = |name: &str| field(thing, name).and_then(|value| price(value, currency.as_deref()));
        let count = text(thing, "offerCount").and_then(|count| count.parse().ok());
        let summed = Summary {
            at: at.to_owned(),
            price: of("lowPrice").or_else(|| of("price")),
            currency: currency.clone(),
            count,
        };
        // A summary of a single offer is that offer.
        if count == Some(1) && nested.is_empty() {
            return all.push(offer(thing, at, currency));
        }
        summary.get_or_insert(summed);
    }
    for (index, value) in nested.iter().enumerate() {
        gather(value, &format!("{at}.offers[{index}]"), currency.as_deref(), graph, all, summary, levels - 1);
    }
    if !is_summary && nested.is_empty() {
        all.push(offer(thing, at, currency));
    }
}

fn offer<'a>(thing: &'a Thing, at: &str, currency: Option<String>) -> Offer<'a> {
    let specified = specified_price(thing, currency.as_deref());
    let price = field(thing, "price").and_then(|value| price(value, currency.as_deref())).or(specified.0);
    let price =
        price.or_else(|| field(thing, "lowPrice").and_then(|value| super::field::price(value, currency.as_deref())));
    let (availability, word) = availability(thing);
    let level = field(thing, "inventoryLevel");
    let level = level.and_then(|level| level.as_object().map_or(Some(level), |level| field(level, "value")));
    let quantity = level.and_then(words).and_then(|level| level.parse().ok());
    Offer { thing, at: at.to_owned(), availability, word, price, currency: currency.or(specified.1), quantity }
}

/// The word for availability, and what it means. Several that differ mean nothing.
pub(super) fn availability(thing: &Thing) -> (Availability, Option<String>) {
    let said: Vec<String> = list(thing, "availability").into_iter().filter_map(words).collect();
    let meanings: HashSet<Availability> = said.iter().map(|word| Availability::from_shop_word(word)).collect();
    let word = (!said.is_empty()).then(|| said.join(", "));
    match meanings.into_iter().collect::<Vec<_>>().as_slice() {
        [one] => (*one, word),
        _ => (Availability::Unknown, word),
    }
}

/// The price of a `priceSpecification`: what is asked now, not a list price that is crossed out.
fn specified_price(thing: &Thing, currency: Option<&str>) -> (Option<Money>, Option<String>) {
    for value in list(thing, "priceSpecification") {
        let Some(specified) = value.as_object() else { continue };
        let kind = text(specified, "priceType").unwrap_or_default().to_lowercase();
        if ["list", "strikethrough", "srp", "msrp", "regular"].iter().any(|other| kind.contains(other)) {
            continue;
        }
        let own = text(specified, "priceCurrency").or_else(|| currency.map(str::to_owned));
        if let Some(read) = field(specified, "price").and_then(|value| price(value, own.as_deref())) {
            return (Some(read), own);
        }
    }
    (None, None)
}

/// Does each name a thing of its own: an article, an item, a variant's address?
fn are_told_apart(all: &[Offer<'_>]) -> bool {
    type Name = fn(&Thing) -> Option<String>;
    let names: [Name; 4] = [article, item_key, variant_address, |thing| text(thing, "name")];
    names.iter().any(|name| {
        let all_named: Option<HashSet<String>> = all.iter().map(|offer| name(offer.thing)).collect();
        all_named.is_some_and(|named| named.len() == all.len())
    })
}

/// The number by which a shop calls an article.
pub(super) fn article(thing: &Thing) -> Option<String> {
    ["sku", "mpn", "gtin13", "gtin", "gtin12", "gtin14", "gtin8"].iter().find_map(|name| text(thing, name))
}

fn item_key(thing: &Thing) -> Option<String> {
    let item = field(thing, "itemOffered")?.as_object()?;
    let size = [text(item, "size"), text(item, "color")].into_iter().flatten().collect::<Vec<_>>().join("/");
    article(item)
        .or_else(|| id(item).map(str::to_owned))
        .or_else(|| Some(size).filter(|size| !size.is_empty()))
        .or_else(|| text(item, "name"))
}

/// An address that names a variant in its query. Other addresses may be those of sellers.
pub(super) fn variant_address(thing: &Thing) -> Option<String> {
    let address = text(thing, "url").or_else(|| id(thing).map(str::to_owned))?;
    let (_, query) = address.split_once('?')?;
    query
        .split(['&', ';', '#'])
        .any(|pair| is_of_variant(pair.split('=').next().unwrap_or_default()))
        .then_some(address)
}

fn is_of_variant(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["variant", "variation", "sku", "vid", "size", "color", "colour", "attribute_", "option", "article"]
        .iter()
        .any(|part| name.contains(part))
}
