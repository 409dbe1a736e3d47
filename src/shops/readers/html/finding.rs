//! What one kind of evidence says of the page's product, and what follows when several speak.

use coatcheck_domain::reading::Evidence;
use coatcheck_domain::{Availability, Doubt, Money, ProductReading, Rank, Reading, VariantReading};
use url::Url;

use super::about::About;

/// Of what a finding speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Of each variant, by its own data.
    Variants,
    /// Of the product as a whole: one variant without options stands for it.
    Whole,
    /// Of many offers at once: nothing is known of any, nor of the whole.
    Aggregate,
    /// That there are variants which are not shown.
    Hidden,
}

/// What was found.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    pub(super) rank: Rank,
    pub(super) scope: Scope,
    pub(super) id: Option<String>,
    pub(super) title: Option<String>,
    pub(super) image: Option<Url>,
    pub(super) currency: Option<String>,
    pub(super) variants: Vec<VariantReading>,
    /// There are more variants than these.
    pub(super) partial: bool,
    pub(super) doubts: Vec<Doubt>,
}

impl Finding {
    pub(super) fn new(rank: Rank, scope: Scope) -> Self {
        Self {
            rank,
            scope,
            id: None,
            title: None,
            image: None,
            currency: None,
            variants: Vec::new(),
            partial: false,
            doubts: Vec::new(),
        }
    }

    pub(super) fn doubt(&mut self, at: impl Into<String>, what: impl Into<String>) {
        self.doubts.push(Doubt { at: at.into(), what: what.into() });
    }
}

/// The kind of evidence, for people.
pub(super) fn named(rank: Rank) -> &'static str {
    match rank {
        Rank::Variant | Rank::Platform => "the shop's variant data",
        Rank::JsonLd => "JSON-LD",
        Rank::Microdata => "microdata",
        Rank::OpenGraph => "OpenGraph",
        Rank::Text => "the text of the page",
        Rank::Derived => "a conclusion",
    }
}

/// The reading that all findings make: the best founded counts, and the others fill what it leaves open.
pub(super) fn reading(mut findings: Vec<Finding>, about: &About<'_>) -> Option<Reading> {
    // Variants before wholes, then by rank; the sort keeps the order of the page.
    findings.sort_by_key(|finding| (finding.scope != Scope::Variants, std::cmp::Reverse(finding.rank)));
    let hidden = findings.iter().any(|finding| finding.scope == Scope::Hidden);
    let best = findings.iter().find(|finding| finding.scope != Scope::Hidden || !finding.variants.is_empty());
    let best = best.or(findings.first())?.clone();
    let mut doubts: Vec<Doubt> = Vec::new();
    for finding in &findings {
        doubts.extend(finding.doubts.iter().cloned());
    }
    let first = |of: &dyn Fn(&Finding) -> Option<String>| of(&best).or_else(|| findings.iter().find_map(of));
    let title = first(&|finding| finding.title.clone()).or_else(|| about.name().map(str::to_owned))?;
    let currency = first(&|finding| finding.currency.clone());
    let image = best.image.clone().or_else(|| findings.iter().find_map(|finding| finding.image.clone()));
    let is_of_variants = best.scope == Scope::Variants;
    let mut variants = best.variants.clone();
    if !is_of_variants {
        whole(&mut variants, &findings, hidden, &mut doubts);
    }
    for price in variants.iter_mut().filter_map(|variant| variant.price.as_mut()) {
        *price = with_currency(price, currency.as_deref());
    }
    let complete =
        is_of_variants && !hidden && !best.partial && variants.iter().all(|variant| variant.availability.is_definite());
    let product = ProductReading {
        external_id: best.id.clone(),
        handle: None,
        title,
        url: Some(crate::shops::canonical(about.url.clone())),
        image,
        complete,
        updated_at: None,
        variants,
    };
    Some(Reading { products: vec![product], complete, doubts })
}

/// One product as a whole: the first evidence that says anything counts, for stock and for the price.
fn whole(variants: &mut Vec<VariantReading>, findings: &[Finding], hidden: bool, doubts: &mut Vec<Doubt>) {
    if variants.is_empty() {
        variants.push(VariantReading::bare(Vec::new(), Availability::Unknown));
    }
    let [variant] = variants.as_mut_slice() else { return };
    let said: Vec<(&Finding, &VariantReading)> =
        findings.iter().filter_map(|finding| Some((finding, finding.variants.first()?))).collect();
    variant.price = said.iter().find_map(|(_, of)| of.price.clone());
    let silent = if hidden || findings.iter().any(|finding| finding.scope == Scope::Hidden) {
        Some("this product comes in variants that the page does not show; nothing is said of any of them")
    } else if findings.iter().any(|finding| finding.scope == Scope::Aggregate) {
        Some("this page tells only about all offers at once; that says nothing of any of them")
    } else {
        None
    };
    if let Some(why) = silent {
        variant.availability = Availability::Unknown;
        let evidence = said.iter().find_map(|(_, of)| of.evidence.clone());
        variant.evidence = evidence.or_else(|| Some(Evidence { at: "page".to_owned(), raw: "not told".to_owned() }));
        doubts.push(Doubt { at: "page".to_owned(), what: why.to_owned() });
        return;
    }
    let mut definite = said.iter().filter(|(_, of)| of.availability.is_definite());
    if let Some((finding, of)) = definite.next() {
        (variant.availability, variant.rank, variant.quantity) = (of.availability, finding.rank, of.quantity);
        variant.evidence.clone_from(&of.evidence);
        for (other, says) in definite.filter(|(_, says)| says.availability.is_buyable() != of.availability.is_buyable())
        {
            let (one, two) = (named(finding.rank), named(other.rank));
            let what = format!(
                "{one} says {}, {two} says {}; {one} counts",
                of.availability.words(),
                says.availability.words()
            );
            doubts.push(Doubt { at: "page".to_owned(), what });
        }
    }
    let what = "this page tells only about the product as a whole, and nothing of single sizes";
    doubts.push(Doubt { at: "page".to_owned(), what: what.to_owned() });
}

fn with_currency(price: &Money, currency: Option<&str>) -> Money {
    let unknown = price.currency.is_none() && price.exponent == 2;
    match currency.filter(|_| unknown) {
        Some(currency) => {
            let text = format!("{}.{:02}", price.minor / 100, price.minor % 100);
            Money::decimal(&text, Some(currency)).unwrap_or_else(|_| price.clone())
        }
        None => price.clone(),
    }
}
