//! Products as schema.org describes them, whether JSON-LD, microdata or RDFa says so. Pure.

pub(super) mod field;
mod offers;
mod variants;

use std::collections::HashMap;

use coatcheck_domain::fold::fold;
use coatcheck_domain::{Availability, Rank, VariantReading};
use serde_json::Value;

use super::about::About;
use super::finding::{Finding, Scope};
use field::{Thing, addresses, field, id, list, text, types};

/// What a shop sells. Events, services and articles are none.
const PRODUCTS: [&str; 12] = [
    "product",
    "productgroup",
    "productmodel",
    "individualproduct",
    "someproducts",
    "vehicle",
    "car",
    "motorcycle",
    "book",
    "videogame",
    "musicalbum",
    "clothing",
];

/// Fields that lead from a page to what it is about. Related and similar things, reviews and breadcrumbs are not.
const LEADING: [&str; 3] = ["@graph", "mainEntity", "mainEntityOfPage"];

/// So many things are remembered by their `@id`.
const THINGS: usize = 20_000;

/// So many things of one name are compared.
const TWINS: usize = 20;

/// Things by their `@id`, where others may refer to them.
#[derive(Default)]
pub(super) struct Graph<'a> {
    by_id: HashMap<&'a str, &'a Thing>,
}

impl<'a> Graph<'a> {
    fn learn(&mut self, value: &'a Value) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| self.learn(value)),
            Value::Object(thing) => {
                // A reference has nothing but its id and perhaps a type.
                if let Some(id) = id(thing).filter(|_| thing.len() > 2 && self.by_id.len() < THINGS) {
                    let kept = self.by_id.entry(id).or_insert(thing);
                    if kept.len() < thing.len() {
                        *kept = thing;
                    }
                }
                thing.values().for_each(|value| self.learn(value));
            }
            _ => {}
        }
    }

    /// The thing that a value is or refers to.
    pub(super) fn thing(&self, value: &'a Value) -> Option<&'a Thing> {
        match value {
            Value::Object(thing) if thing.len() <= 2 => {
                Some(id(thing).and_then(|id| self.by_id.get(id).copied()).unwrap_or(thing))
            }
            Value::Object(thing) => Some(thing),
            Value::String(id) => self.by_id.get(id.trim()).copied(),
            _ => None,
        }
    }
}

/// A product that the page may be about.
#[derive(Clone)]
struct Candidate<'a> {
    thing: &'a Thing,
    at: String,
    /// One of a list of products, as categories show them.
    listed: bool,
}

/// A document of schema.org, and where it stands.
pub(super) struct Block {
    pub(super) at: String,
    pub(super) value: Value,
}

/// What the blocks say of the page's product.
pub(super) fn find(blocks: &[Block], rank: Rank, about: &About<'_>) -> Option<Finding> {
    let mut graph = Graph::default();
    blocks.iter().for_each(|block| graph.learn(&block.value));
    let mut candidates = Vec::new();
    for block in blocks {
        collect(&block.value, &block.at, false, &mut candidates);
    }
    let main = main(&candidates, rank, about)?;
    let mut finding = variants::finding(main, &candidates, &graph, rank, about);
    dispute(&mut finding, main, &candidates, &graph, about);
    Some(finding)
}

/// Two blocks that are as surely of this product and of the same name, and say the opposite, say nothing.
fn dispute<'a>(
    finding: &mut Finding,
    main: &Candidate<'a>,
    candidates: &[Candidate<'a>],
    graph: &Graph<'a>,
    about: &About<'_>,
) {
    let [variant] = finding.variants.as_mut_slice() else { return };
    if finding.scope != Scope::Whole || !variant.availability.is_definite() {
        return;
    }
    let named = |candidate: &Candidate<'a>| text(candidate.thing, "name").map(|name| fold(&name));
    let is_twin = |other: &&Candidate<'a>| {
        !std::ptr::eq(other.thing, main.thing)
            && named(other).is_some_and(|name| Some(name) == named(main))
            && score(other, about).sure >= score(main, about).sure
    };
    for other in candidates.iter().filter(is_twin).take(TWINS) {
        let says = variants::finding(other, &[], graph, finding.rank, about);
        let opposite = |its: &&VariantReading| {
            its.availability.is_definite() && its.availability.is_buyable() != variant.availability.is_buyable()
        };
        if let Some(its) = says.variants.iter().find(opposite) {
            let (one, two) = (variant.availability.words(), its.availability.words());
            let what =
                format!("{} says {one}, {} says {two} of the same product; nothing is concluded", main.at, other.at);
            variant.availability = Availability::Unknown;
            return finding.doubt(&main.at, what);
        }
    }
}

fn collect<'a>(value: &'a Value, at: &str, listed: bool, into: &mut Vec<Candidate<'a>>) {
    match value {
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                collect(value, &format!("{at}[{index}]"), listed, into);
            }
        }
        // What a reference refers to is found where it stands.
        Value::Object(thing) if thing.len() <= 2 && id(thing).is_some() => {}
        Value::Object(thing) => {
            let types = types(thing);
            if types.iter().any(|one| PRODUCTS.contains(&one.as_str())) {
                return into.push(Candidate { thing, at: at.to_owned(), listed });
            }
            for name in LEADING {
                if let Some(inner) = field_or_keyword(thing, name) {
                    collect(inner, &format!("{at}.{name}"), listed, into);
                }
            }
            let is_list = types.iter().any(|one| matches!(one.as_str(), "itemlist" | "listitem" | "offercatalog"));
            if is_list {
                for name in ["itemListElement", "item"] {
                    if let Some(inner) = field(thing, name) {
                        collect(inner, &format!("{at}.{name}"), true, into);
                    }
                }
            }
        }
        _ => {}
    }
}

fn field_or_keyword<'a>(thing: &'a Thing, name: &str) -> Option<&'a Value> {
    if name.starts_with('@') { thing.get(name) } else { field(thing, name) }
}

/// How surely a product is the page's.
struct Score {
    /// By what it says of itself: its address, article number and name.
    sure: u8,
    /// And by how much it tells.
    total: u8,
    is_elsewhere: bool,
}

fn score(candidate: &Candidate<'_>, about: &About<'_>) -> Score {
    let own = addresses(candidate.thing);
    let is_here = own.iter().any(|address| about.is_at(address)) || has_variant_at(candidate.thing, about);
    let is_article = offers::article(candidate.thing).is_some_and(|number| about.has_article(&number));
    let is_called = text(candidate.thing, "name").is_some_and(|name| about.is_called(&name));
    let has_offers = field(candidate.thing, "offers").is_some() || field(candidate.thing, "hasVariant").is_some();
    let group = types(candidate.thing).iter().any(|one| one == "productgroup");
    let sure = u8::from(is_here) * 16 + u8::from(is_article) * 8 + u8::from(is_called) * 4;
    let total = sure + u8::from(has_offers) * 2 + u8::from(group);
    let is_elsewhere = !own.is_empty() && own.iter().all(|address| about.is_elsewhere(address));
    Score { sure, total, is_elsewhere }
}

/// The product that the page is about: the one at its address, else of its article number, else of its name, else the
/// first at the top. One of a list must be at the page's address.
fn main<'c, 'a>(candidates: &'c [Candidate<'a>], rank: Rank, about: &About<'_>) -> Option<&'c Candidate<'a>> {
    let scored: Vec<_> = candidates.iter().map(|candidate| (candidate, score(candidate, about))).collect();
    let alone = scored.iter().filter(|(candidate, _)| !candidate.listed).count() == 1;
    let may_be = |(candidate, score): &&(&Candidate<'a>, Score)| {
        if candidate.listed {
            return score.sure >= 16;
        }
        // Several cards of microdata that the page does not name are other products.
        score.sure > 0 || alone || (rank == Rank::JsonLd && !score.is_elsewhere)
    };
    let mut best: Option<(&Candidate<'a>, u8)> = None;
    for (candidate, score) in scored.iter().filter(may_be) {
        if best.is_none_or(|(_, most)| score.total > most) {
            best = Some((candidate, score.total));
        }
    }
    best.map(|(candidate, _)| candidate)
}

fn has_variant_at(thing: &Thing, about: &About<'_>) -> bool {
    let at_page =
        |value: &&Value| value.as_object().is_some_and(|variant| addresses(variant).iter().any(|a| about.is_at(a)));
    list(thing, "hasVariant").iter().take(500).any(at_page)
}
