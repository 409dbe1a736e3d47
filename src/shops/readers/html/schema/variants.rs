//! A product of schema.org as a finding: its variants where it tells of them, else the product as a whole. Pure.

use std::collections::HashSet;

use coatcheck_domain::fold::fold;
use coatcheck_domain::reading::Evidence;
use coatcheck_domain::{Availability, Rank, VariantReading, size};
use serde_json::Value;

use super::super::about::About;
use super::super::finding::{Finding, Scope};
use super::field::{Thing, addresses, field, id, list, local, text, types, words};
use super::offers::{self, Offer, Offers};
use super::{Candidate, Graph};

/// Fields that make variants differ.
const VARYING: [&str; 5] = ["size", "color", "material", "pattern", "suggestedAge"];
/// More variants than this of one product are not read.
const MOST: usize = 2_000;

/// Everything of the product, and of what the page says of its variants.
pub(super) fn finding<'a>(
    main: &Candidate<'a>,
    candidates: &[Candidate<'a>],
    graph: &Graph<'a>,
    rank: Rank,
    about: &About<'_>,
) -> Finding {
    let family = Family::of(main, candidates, graph);
    let mut finding = match &family {
        Some(family) => family.finding(graph, rank, about),
        None => alone(main, graph, rank, about),
    };
    let group = family.as_ref().and_then(|family| family.group);
    finding.title = group.and_then(|group| text(group, "name")).or_else(|| text(main.thing, "name"));
    finding.image = image(main.thing, about);
    finding
}

/// A product without a group: one offer speaks for it, or each of several for a variant.
fn alone<'a>(main: &Candidate<'a>, graph: &Graph<'a>, rank: Rank, about: &About<'_>) -> Finding {
    let mut finding = Finding::new(rank, Scope::Whole);
    finding.id = text(main.thing, "productID").map(|id| local(&id).to_owned()).filter(|id| !id.is_empty());
    let mut maker = Maker { rank, about, finding: &mut finding };
    let sku = text(main.thing, "sku");
    match offers::of(main.thing, &main.at, graph) {
        Offers::Each(offers) => {
            for offer in offers.iter().take(MOST) {
                let variant = maker.of_offer(offer, Vec::new(), None);
                maker.finding.variants.push(variant);
            }
            finding.scope = Scope::Variants;
        }
        Offers::One(offer) => {
            let mut variant = maker.of_offer(&offer, Vec::new(), sku);
            variant.options = Vec::new();
            finding.variants.push(variant);
        }
        Offers::Many { at, price, currency } => {
            finding.scope = Scope::Aggregate;
            finding.currency = currency;
            let variant = VariantReading { sku, price, rank, ..silent(&at, "many offers at once") };
            finding.variants.push(variant);
        }
        Offers::None => {
            let (availability, word) = offers::availability(main.thing);
            let evidence = word.map(|raw| Evidence { at: format!("{}.availability", main.at), raw });
            let bare = silent(&main.at, "no offer");
            let variant =
                VariantReading { sku, availability, rank, evidence: evidence.or(bare.evidence.clone()), ..bare };
            finding.variants.push(variant);
        }
    }
    finding
}

/// A group and its variants, however the page ties them together.
struct Family<'a> {
    group: Option<&'a Thing>,
    members: Vec<(&'a Thing, String)>,
}

impl<'a> Family<'a> {
    fn of(main: &Candidate<'a>, candidates: &[Candidate<'a>], graph: &Graph<'a>) -> Option<Self> {
        let is_group =
            types(main.thing).iter().any(|one| one == "productgroup") || field(main.thing, "hasVariant").is_some();
        let group = if is_group { Some(main.thing) } else { group_of(main.thing, graph) };
        let mut family = Self { group, members: Vec::new() };
        let mut seen = HashSet::new();
        if !is_group {
            family.add(main.thing, main.at.clone(), &mut seen);
        }
        if let Some(group) = group {
            for (index, value) in list(group, "hasVariant").into_iter().enumerate() {
                if let Some(variant) = graph.thing(value) {
                    family.add(variant, format!("{}.hasVariant[{index}]", main.at), &mut seen);
                }
            }
        }
        let key =
            group.and_then(|group| group_key(group, main.thing)).or_else(|| text(main.thing, "inProductGroupWithID"));
        if group.is_none() && key.is_none() {
            return None;
        }
        for candidate in candidates.iter().filter(|candidate| !std::ptr::eq(candidate.thing, main.thing)) {
            let its = group_of(candidate.thing, graph).and_then(|group| group_key(group, candidate.thing));
            let its = its.or_else(|| text(candidate.thing, "inProductGroupWithID"));
            if key.is_some() && its == key && types(candidate.thing).iter().all(|one| one != "productgroup") {
                family.add(candidate.thing, candidate.at.clone(), &mut seen);
            }
        }
        let has_variants = family.members.len() > usize::from(!is_group);
        (has_variants || (!is_group && key.is_some())).then_some(family)
    }

    /// The same variant may stand in several places; the first tells most.
    fn add(&mut self, variant: &'a Thing, at: String, seen: &mut HashSet<String>) {
        let mut names: Vec<String> =
            offers::article(variant).map(|number| format!("sku:{number}")).into_iter().collect();
        names.extend(addresses(variant).into_iter().map(|address| format!("at:{address}")));
        let known = names.iter().any(|name| seen.contains(name));
        seen.extend(names);
        if !known && self.members.len() < MOST {
            self.members.push((variant, at));
        }
    }

    fn finding(&self, graph: &Graph<'a>, rank: Rank, about: &About<'_>) -> Finding {
        let mut finding = Finding::new(rank, Scope::Variants);
        // One that says it has brothers, and does not name them.
        finding.partial = self.members.len() == 1;
        finding.id = self.group.and_then(|group| text(group, "productGroupID"));
        let varies = self.varying();
        let mut maker = Maker { rank, about, finding: &mut finding };
        for (thing, at) in &self.members {
            let own = options(thing, &varies);
            let sku = text(thing, "sku");
            match self.offers_of(thing, at, graph) {
                Offers::One(offer) => {
                    let variant = maker.of_offer(&offer, own, sku.or_else(|| offers::article(thing)));
                    maker.push(variant, thing);
                }
                Offers::Each(offers) => {
                    for offer in &offers {
                        let variant = maker.of_offer(offer, own.clone(), None);
                        maker.push(variant, thing);
                    }
                }
                Offers::Many { at, price, .. } => {
                    let variant =
                        VariantReading { options: own, sku, price, rank, ..silent(&at, "many offers at once") };
                    maker.push(variant, thing);
                }
                Offers::None => {
                    let variant = VariantReading { options: own, sku, rank, ..silent(at, "no offer") };
                    maker.push(variant, thing);
                }
            }
        }
        finding
    }

    /// A variant's own offers, else those of the group that name it.
    fn offers_of(&self, variant: &'a Thing, at: &str, graph: &Graph<'a>) -> Offers<'a> {
        let own = offers::of(variant, at, graph);
        let (Offers::None, Some(group)) = (&own, self.group) else { return own };
        let Offers::Each(all) = offers::of(group, at, graph) else { return own };
        let names = |offer: &Offer<'a>| {
            let item = field(offer.thing, "itemOffered").and_then(Value::as_object);
            let same_id = item.and_then(id).is_some_and(|its| Some(its) == id(variant));
            let number = text(offer.thing, "sku").or_else(|| text(item?, "sku"));
            same_id || (number.is_some() && number == text(variant, "sku"))
        };
        all.into_iter().find(names).map_or(own, |offer| Offers::One(Box::new(offer)))
    }

    /// What makes the variants differ: what the group says, else whatever some of them have.
    fn varying(&self) -> Vec<String> {
        let said: Vec<String> =
            self.group.map(|group| list(group, "variesBy")).unwrap_or_default().into_iter().filter_map(words).collect();
        if !said.is_empty() {
            return said.iter().map(|name| local(name).to_owned()).collect();
        }
        let differs = |name: &&&str| {
            let values: HashSet<Option<String>> = self.members.iter().map(|(thing, _)| text(thing, name)).collect();
            matches!(**name, "size" | "color") || values.len() > 1
        };
        VARYING.iter().filter(differs).map(|name| (*name).to_owned()).collect()
    }
}

fn group_of<'a>(thing: &'a Thing, graph: &Graph<'a>) -> Option<&'a Thing> {
    list(thing, "isVariantOf").into_iter().find_map(|value| graph.thing(value))
}

fn group_key(group: &Thing, member: &Thing) -> Option<String> {
    text(group, "productGroupID")
        .or_else(|| text(member, "inProductGroupWithID"))
        .or_else(|| id(group).map(str::to_owned))
}

/// The options of a variant by the names of its fields, and of its properties that are sizes or varied by.
fn options(thing: &Thing, varies: &[String]) -> Vec<(String, String)> {
    let mut options: Vec<(String, String)> = Vec::new();
    for name in varies {
        if let Some(value) = text(thing, name) {
            options.push((name.clone(), value));
        }
    }
    for property in list(thing, "additionalProperty") {
        let Some(property) = property.as_object() else { continue };
        let Some(pair) = text(property, "name").zip(text(property, "value")) else { continue };
        let is_new = !options.iter().any(|(known, _)| fold(known) == fold(&pair.0));
        let counts = varies.iter().any(|name| fold(name) == fold(&pair.0))
            || size::position(std::slice::from_ref(&pair)).is_some();
        if is_new && counts && options.len() < 8 {
            options.push(pair);
        }
    }
    options
}

fn silent(at: &str, raw: &str) -> VariantReading {
    let evidence = Evidence { at: at.to_owned(), raw: raw.to_owned() };
    VariantReading { evidence: Some(evidence), ..VariantReading::bare(Vec::new(), Availability::Unknown) }
}

fn image(thing: &Thing, about: &About<'_>) -> Option<url::Url> {
    let of = |value: &Value| {
        value.as_object().map_or_else(|| words(value), |image| text(image, "url").or_else(|| text(image, "contentUrl")))
    };
    list(thing, "image").into_iter().find_map(of).and_then(|text| about.link(&text))
}

/// Makes variants, and notes words that are not known.
struct Maker<'f, 'p> {
    rank: Rank,
    about: &'f About<'p>,
    finding: &'f mut Finding,
}

impl Maker<'_, '_> {
    fn of_offer(
        &mut self,
        offer: &Offer<'_>,
        mut options: Vec<(String, String)>,
        sku: Option<String>,
    ) -> VariantReading {
        let item = field(offer.thing, "itemOffered").and_then(Value::as_object);
        let varies: Vec<String> = VARYING.iter().map(|name| (*name).to_owned()).collect();
        for pair in item
            .map(|item| self::options(item, &varies))
            .unwrap_or_default()
            .into_iter()
            .chain(self::options(offer.thing, &varies))
        {
            if !options.iter().any(|(known, _)| fold(known) == fold(&pair.0)) {
                options.push(pair);
            }
        }
        let at = format!("{}.availability", offer.at);
        if let Some(word) = offer.word.as_ref().filter(|_| !offer.availability.is_definite()) {
            self.finding.doubt(&at, format!("the word {word:?} is not known, so nothing is concluded"));
        }
        self.finding.currency = self.finding.currency.take().or_else(|| offer.currency.clone());
        let address = text(offer.thing, "url");
        let id = offers::variant_address(offer.thing).and_then(|address| variant_id(&address));
        VariantReading {
            external_id: id,
            sku: sku.or_else(|| text(offer.thing, "sku")).or_else(|| text(item?, "sku")),
            title: text(offer.thing, "name").or_else(|| text(item?, "name")),
            options,
            availability: offer.availability,
            rank: self.rank,
            quantity: offer.quantity,
            price: offer.price.clone(),
            url: address.and_then(|text| self.about.link(&text)),
            cart_url: None,
            image: None,
            evidence: Some(Evidence { at, raw: offer.word.clone().unwrap_or_else(|| "not told".to_owned()) }),
        }
    }

    fn push(&mut self, mut variant: VariantReading, thing: &Thing) {
        variant.title = text(thing, "name").or(variant.title);
        variant.url = text(thing, "url").and_then(|text| self.about.link(&text)).or(variant.url);
        variant.image = image(thing, self.about);
        self.finding.variants.push(variant);
    }
}

/// The number of a variant in its address: `?variant=123`.
fn variant_id(address: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let pairs = query.split(['&', '#']).filter_map(|pair| pair.split_once('='));
    let mut numbered = pairs.filter(|(name, value)| name.eq_ignore_ascii_case("variant") && !value.is_empty());
    numbered.next().map(|(_, value)| value.to_owned())
}
