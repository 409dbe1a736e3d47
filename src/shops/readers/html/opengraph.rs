//! OpenGraph: `product:availability` and `product:price:amount`, the last resort among tags. Pure.

use std::collections::HashSet;

use coatcheck_domain::reading::Evidence;
use coatcheck_domain::{Availability, Money, Rank, VariantReading};

use super::about::About;
use super::finding::{Finding, Scope};

const AVAILABILITY: [&str; 3] = ["product:availability", "og:availability", "og:product:availability"];
const PRICE: [&str; 6] = [
    "product:sale_price:amount",
    "product:price:amount",
    "og:price:amount",
    "product:price-amount",
    "og:product:price:amount",
    "product:price",
];
const CURRENCY: [&str; 6] = [
    "product:sale_price:currency",
    "product:price:currency",
    "og:price:currency",
    "product:price-currency",
    "og:product:price:currency",
    "product:currency",
];

/// What the tags say of the page's product, if they speak of stock or price at all.
pub(super) fn find(about: &About<'_>) -> Option<Finding> {
    let first = |names: &[&str]| names.iter().find_map(|name| about.tag(name));
    let said: Vec<&(String, String)> =
        about.tags.iter().filter(|(name, _)| AVAILABILITY.contains(&name.as_str())).collect();
    let (price, currency) = (first(&PRICE), first(&CURRENCY));
    let (tag, word) = match said.first() {
        Some((tag, word)) => (tag.as_str(), word.as_str()),
        None => ("product:availability", price.map(|_| "not told")?),
    };
    let mut finding = Finding::new(Rank::OpenGraph, Scope::Whole);
    // One tag for each of several variants says nothing of the whole.
    let meanings: HashSet<Availability> = said.iter().map(|(_, word)| Availability::from_shop_word(word)).collect();
    let availability = match meanings.into_iter().collect::<Vec<_>>().as_slice() {
        [one] => *one,
        _ => Availability::Unknown,
    };
    if !said.is_empty() && !availability.is_definite() {
        finding.doubt(tag, format!("the word {word:?} is not known or contradicts another, so nothing is concluded"));
    }
    let price = price.and_then(|text| Money::decimal(text, currency).or_else(|_| Money::parse(text, currency)).ok());
    finding.title = about.tag("og:title").filter(|_| about.headings.is_empty()).map(str::to_owned);
    finding.image = about.tag("og:image").and_then(|text| about.link(text));
    finding.currency = currency.map(str::to_owned);
    finding.variants.push(VariantReading {
        rank: Rank::OpenGraph,
        price: price.filter(|price| price.minor > 0),
        evidence: Some(Evidence { at: tag.to_owned(), raw: word.to_owned() }),
        ..VariantReading::bare(Vec::new(), availability)
    });
    Some(finding)
}
