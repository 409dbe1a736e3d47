//! What a reading changes: spans, restocks, and what has gone missing.
//!
//! [`observe`] compares what is known of one product with what one reading said of it. It is given successful
//! readings only; that a failed poll changes nothing follows from there being nothing to give.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Duration, Utc};

use crate::availability::Availability;
use crate::money::Money;
use crate::reading::{ProductReading, VariantReading};

/// How sure one must be.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Readings in a row that must say "buyable" before it is a restock: 1, or 2 where text is guessed at.
    pub confirmations: u32,
    /// Complete readings in a row that must lack a variant before it is Absent.
    pub absent_after: u32,
    /// A silence longer than this is a gap in the history: three intervals.
    pub gap_after: Duration,
}

impl Rules {
    /// The rules for a source that is polled every `interval`.
    #[must_use]
    pub fn for_interval(interval: std::time::Duration) -> Self {
        let gap_after = Duration::from_std(interval.saturating_mul(3)).unwrap_or(Duration::MAX);
        Self { confirmations: 1, absent_after: 3, gap_after }
    }
}

/// What is known of a product.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// Was it ever read completely? Until then a new variant may only have been overlooked.
    pub read_completely: bool,
    /// Its variants.
    pub variants: Vec<KnownVariant>,
}

/// What is known of one variant.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownVariant {
    /// Its key when it was last seen.
    pub key: String,
    /// Its options, folded.
    pub options_key: String,
    /// The open span, if anything definite was ever said.
    pub span: Option<OpenSpan>,
    /// Complete readings in a row that lacked it.
    pub missing: u32,
    /// Readings in a row that said "buyable" and were not yet believed.
    pub unconfirmed: u32,
}

/// What has been so since the last change.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenSpan {
    /// What is so.
    pub availability: Availability,
    /// What it costs.
    pub price: Option<Money>,
    /// The last reading that said so.
    pub last_seen: DateTime<Utc>,
}

/// What one reading changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// One for each variant of the reading, in its order.
    pub seen: Vec<Seen>,
    /// One for each known variant that the reading does not have.
    pub missed: Vec<Missed>,
    /// What [`Known::read_completely`] is from now on.
    pub read_completely: bool,
    /// Has the shop renamed everything? None of what was there is there, under any id or options: then the variants
    /// that are new came back from nowhere, and are a baseline.
    pub reshaped: bool,
}

/// A variant that the reading has.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Its index in [`Known::variants`]; `None` for a variant that is new.
    pub known: Option<usize>,
    /// The key it is known by from now on.
    pub key: String,
    /// What happens to its spans.
    pub change: Change,
    /// What it was before it came back, if this is a restock.
    pub restock_from: Option<Availability>,
    /// What [`KnownVariant::unconfirmed`] is from now on.
    pub unconfirmed: u32,
}

/// A known variant that the reading does not have.
#[derive(Debug, Clone, PartialEq)]
pub struct Missed {
    /// Its index in [`Known::variants`].
    pub known: usize,
    /// What happens to its spans.
    pub change: Change,
    /// What [`KnownVariant::missing`] is from now on.
    pub missing: u32,
}

/// What happens to a variant's spans.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The reading said nothing about it: the open span, if any, stays as it is.
    Silent,
    /// The open span holds on.
    Extend,
    /// A new span opens. An open one ends.
    Open {
        /// What is so now.
        availability: Availability,
        /// What it costs now.
        price: Option<Money>,
        /// When the open span ended: at this reading, or, across a gap, when it was last seen.
        previous_ended_at: Option<DateTime<Utc>>,
    },
}

impl Observation {
    /// Would the very same reading change anything more than the time it was last seen?
    #[must_use]
    pub fn is_settled(&self, rules: &Rules) -> bool {
        self.seen.iter().all(|seen| seen.unconfirmed == 0)
            && self.missed.iter().all(|missed| missed.missing == 0 || missed.missing >= rules.absent_after)
    }
}

/// What `reading`, complete in our hands at `at`, changes in what is `known`.
///
/// A product of which nothing is known yet gets its baseline: spans, no restock.
#[must_use]
pub fn observe(known: &Known, reading: &ProductReading, rules: &Rules, at: DateTime<Utc>) -> Observation {
    let keys = keys(&reading.variants);
    let matched = match_variants(&known.variants, &reading.variants, &keys);
    let reshaped = is_reshaped(&known.variants, &matched);
    let seen = keys
        .into_iter()
        .zip(&reading.variants)
        .zip(&matched)
        .map(|((key, variant), known_at)| {
            let seen = see(known, *known_at, key, variant, rules, at);
            if reshaped && known_at.is_none() { as_baseline(seen, variant, rules, at) } else { seen }
        })
        .collect();
    let present: HashSet<usize> = matched.iter().flatten().copied().collect();
    let missed = known
        .variants
        .iter()
        .enumerate()
        .filter(|(index, _)| !present.contains(index))
        .map(|(index, variant)| miss(index, variant, reading.complete, rules, at))
        .collect();
    Observation { seen, missed, read_completely: known.read_completely || reading.complete, reshaped }
}

/// What changes when a complete reading of the whole source lacks the product itself.
#[must_use]
pub fn observe_missing(known: &Known, rules: &Rules, at: DateTime<Utc>) -> Observation {
    let missed =
        known.variants.iter().enumerate().map(|(index, variant)| miss(index, variant, true, rules, at)).collect();
    Observation { seen: Vec::new(), missed, read_completely: known.read_completely, reshaped: false }
}

/// Fewer variants than this may all be replaced by others in earnest: the last two sizes sell out, another one comes.
const FEWEST_RENAMED: usize = 3;

fn is_reshaped(known: &[KnownVariant], matched: &[Option<usize>]) -> bool {
    let is_there = |variant: &KnownVariant| {
        variant.missing == 0 && variant.span.as_ref().is_some_and(|span| span.availability != Availability::Absent)
    };
    let kept = matched.iter().flatten().any(|index| known.get(*index).is_some_and(is_there));
    !kept && known.iter().filter(|variant| is_there(variant)).count() >= FEWEST_RENAMED
}

/// A new variant as at the first sight of its product.
fn as_baseline(seen: Seen, variant: &VariantReading, rules: &Rules, at: DateTime<Utc>) -> Seen {
    let is = variant.availability;
    let change = if is.is_definite() { change(None, is, variant.price.as_ref(), rules, at) } else { Change::Silent };
    Seen { change, restock_from: None, unconfirmed: 0, ..seen }
}

/// The variants' keys, made unique: shops reuse article numbers, and some give nothing at all.
#[must_use]
pub fn keys(variants: &[VariantReading]) -> Vec<String> {
    let mut count: HashMap<String, usize> = HashMap::new();
    for variant in variants {
        *count.entry(variant.key()).or_default() += 1;
    }
    let mut taken: HashSet<String> = HashSet::new();
    variants
        .iter()
        .map(|variant| {
            let mut key = variant.key();
            if count.get(&key).is_some_and(|n| *n > 1) {
                key = format!("{key}&{}", variant.options_key());
            }
            let mut unique = key.clone();
            let mut nth = 2;
            while !taken.insert(unique.clone()) {
                unique = format!("{key}#{nth}");
                nth += 1;
            }
            unique
        })
        .collect()
}

/// For each variant of the reading, the known one it is: by key, else by its options where a shop re-created it
/// under a new id and the old id is gone.
fn match_variants(known: &[KnownVariant], read: &[VariantReading], keys: &[String]) -> Vec<Option<usize>> {
    let by_key: HashMap<&str, usize> = known.iter().enumerate().map(|(i, v)| (v.key.as_str(), i)).collect();
    let mut matched: Vec<Option<usize>> = keys.iter().map(|key| by_key.get(key.as_str()).copied()).collect();
    let taken: HashSet<usize> = matched.iter().flatten().copied().collect();
    let mut orphans: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, variant) in known.iter().enumerate().filter(|(index, _)| !taken.contains(index)) {
        orphans.entry(variant.options_key.as_str()).or_default().push(index);
    }
    for (slot, variant) in matched.iter_mut().zip(read).filter(|(slot, _)| slot.is_none()) {
        if let Some(candidates) = orphans.get_mut(variant.options_key().as_str())
            && candidates.len() == 1
        {
            *slot = candidates.pop();
        }
    }
    matched
}

fn see(
    known: &Known,
    known_at: Option<usize>,
    key: String,
    variant: &VariantReading,
    rules: &Rules,
    at: DateTime<Utc>,
) -> Seen {
    let before = known_at.and_then(|index| known.variants.get(index));
    let span = before.and_then(|v| v.span.as_ref());
    let unconfirmed = before.map_or(0, |v| v.unconfirmed);
    let is = variant.availability;
    let silent = |unconfirmed| Seen {
        known: known_at,
        key: key.clone(),
        change: Change::Silent,
        restock_from: None,
        unconfirmed,
    };
    if !is.is_definite() {
        return silent(unconfirmed);
    }
    let restock_from = came_back_from(known, before, is);
    if restock_from.is_some() && unconfirmed + 1 < rules.confirmations {
        return silent(unconfirmed + 1);
    }
    Seen {
        known: known_at,
        change: change(span, is, variant.price.as_ref(), rules, at),
        restock_from,
        key,
        unconfirmed: 0,
    }
}

/// The state an edge into "buyable" came from, if this is such an edge and not the first sight of anything.
fn came_back_from(known: &Known, before: Option<&KnownVariant>, is: Availability) -> Option<Availability> {
    if !is.is_buyable() {
        return None;
    }
    match before {
        Some(KnownVariant { span: Some(span), .. }) => (!span.availability.is_buyable()).then_some(span.availability),
        // Seen before, but never anything definite: better silent than wrong, unless it was new and waits to be confirmed.
        Some(KnownVariant { span: None, unconfirmed, .. }) => (*unconfirmed > 0).then_some(Availability::Absent),
        None => known.read_completely.then_some(Availability::Absent),
    }
}

fn change(
    span: Option<&OpenSpan>,
    is: Availability,
    price: Option<&Money>,
    rules: &Rules,
    at: DateTime<Utc>,
) -> Change {
    let open = |previous_ended_at| Change::Open { availability: is, price: price.cloned(), previous_ended_at };
    let Some(span) = span else { return open(None) };
    let after_gap = at.signed_duration_since(span.last_seen) > rules.gap_after;
    if after_gap {
        open(Some(span.last_seen))
    } else if span.availability == is && span.price.as_ref() == price {
        Change::Extend
    } else {
        // A wall clock that went back must not end a span before its last sight.
        open(Some(at.max(span.last_seen)))
    }
}

fn miss(index: usize, variant: &KnownVariant, complete: bool, rules: &Rules, at: DateTime<Utc>) -> Missed {
    let Some(span) = variant.span.as_ref().filter(|_| complete) else {
        return Missed { known: index, change: Change::Silent, missing: variant.missing };
    };
    let missing = variant.missing.saturating_add(1).min(rules.absent_after);
    let change = if missing < rules.absent_after {
        Change::Silent
    } else {
        change(Some(span), Availability::Absent, None, rules, at)
    };
    Missed { known: index, change, missing }
}

#[cfg(test)]
#[path = "stock_tests.rs"]
mod tests;
