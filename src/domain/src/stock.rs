//! What a reading changes: spans, restocks, and what has gone missing.
//!
//! [`observe`] compares what is known of one product with what one reading said of it. It is given successful
//! readings only; that a failed poll changes nothing follows from there being nothing to give.

pub mod glitch;
pub mod identity;
mod matching;
pub mod older;
mod returns;

use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};

use crate::availability::Availability;
use crate::money::Money;
use crate::reading::{ProductReading, Rank, VariantReading};
pub use matching::keys;
use matching::{is_parent, is_reshaped, match_variants};
pub use returns::returning;

/// How sure one must be.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Readings in a row that must say "buyable" before it is a restock: 1, or 2 where text is guessed at.
    pub confirmations: u32,
    /// Complete readings in a row that must lack a variant before it is Absent.
    pub absent_after: u32,
    /// And so long must have passed since the first of them.
    pub absent_within: Duration,
    /// A silence longer than this is a gap in the history: three intervals.
    pub gap_after: Duration,
}

impl Rules {
    /// The rules for a source that is polled every `interval`.
    #[must_use]
    pub fn for_interval(interval: std::time::Duration) -> Self {
        let gap_after = Duration::from_std(interval.saturating_mul(3)).unwrap_or(Duration::MAX);
        Self { confirmations: 1, absent_after: 3, absent_within: Duration::minutes(2), gap_after }
    }
}

/// What is known of a product.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// Was it ever read completely? Until then a new variant may only have been overlooked.
    pub read_completely: bool,
    /// The shop's own time of the last answer that counted.
    pub shop_time: Option<DateTime<Utc>>,
    /// Since when answers were older or weaker than what is known, each of them.
    pub doubted_since: Option<DateTime<Utc>>,
    /// Its variants.
    pub variants: Vec<KnownVariant>,
}

/// What is known of one variant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KnownVariant {
    /// Its key when it was last seen.
    pub key: String,
    /// Its article number, if it has one.
    pub sku: Option<String>,
    /// Its options, folded.
    pub options_key: String,
    /// The open span, if anything definite was ever said.
    pub span: Option<OpenSpan>,
    /// How well that is founded.
    pub rank: Rank,
    /// Complete readings in a row that lacked it.
    pub missing: u32,
    /// When it was last missed for the first time, and as what.
    pub vanished: Option<Vanished>,
    /// Was that a glitch? See [`glitch::Round`].
    pub glitch: bool,
    /// Readings in a row that said "buyable" and were not yet believed.
    pub unconfirmed: u32,
}

/// How a variant vanished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vanished {
    /// The first complete reading that lacked it.
    pub at: DateTime<Utc>,
    /// What it was until then.
    pub was: Availability,
    /// Did the shop rename everything in that reading?
    pub renamed: bool,
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
    /// One for each variant of the reading, in its order. None at all where the answer is ignored.
    pub seen: Vec<Seen>,
    /// One for each known variant that the reading does not have.
    pub missed: Vec<Missed>,
    /// What [`Known::read_completely`] is from now on.
    pub read_completely: bool,
    /// What [`Known::shop_time`] is from now on.
    pub shop_time: Option<DateTime<Utc>>,
    /// What [`Known::doubted_since`] is from now on.
    pub doubted_since: Option<DateTime<Utc>>,
    /// Why the answer, or a part of it, does not count.
    pub ignored: Option<Ignored>,
    /// Has the shop renamed everything? Then the variants that are new came back from nowhere, and are a baseline.
    pub reshaped: bool,
}

/// Why an answer does not count, for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Ignored {
    /// It is older than the last one, by the shop's own time.
    #[error("this answer is older than the last one by the shop's own time; it is ignored for 15 minutes")]
    Older,
    /// It rests on weaker evidence than what is known.
    #[error("this answer is less certain than the last one; it is ignored for 15 minutes")]
    Weaker,
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
    /// What [`KnownVariant::rank`] is from now on.
    pub rank: Rank,
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
    /// What [`KnownVariant::vanished`] is from now on.
    pub vanished: Option<Vanished>,
    /// Will the same reading, later, make it Absent?
    pub pending: bool,
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
    pub fn is_settled(&self) -> bool {
        self.ignored.is_none()
            && self.seen.iter().all(|seen| seen.unconfirmed == 0)
            && self.missed.iter().all(|missed| !missed.pending)
    }
}

/// What `reading`, complete in our hands at `at`, changes in what is `known`.
///
/// A product of which nothing is known yet gets its baseline: spans, no restock.
#[must_use]
pub fn observe(known: &Known, reading: &ProductReading, rules: &Rules, at: DateTime<Utc>) -> Observation {
    let shop_time = older::believed(reading.updated_at, at);
    let counts = older::counts_after_all(known.doubted_since, at);
    if older::is_older(known.shop_time, shop_time) && !counts {
        return ignored(known, at);
    }
    let keys = keys(&reading.variants);
    let matched = match_variants(&known.variants, &reading.variants, &keys);
    let reshaped = is_reshaped(&known.variants, &reading.variants, &matched);
    let view = View { known, rules, at, reshaped, counts };
    let seen: Vec<Seen> = keys
        .into_iter()
        .zip(&reading.variants)
        .zip(&matched)
        .map(|((key, variant), known_at)| view.see(*known_at, key, variant))
        .collect();
    let is_weaker = matched.iter().zip(&reading.variants).any(|(known_at, variant)| view.is_weaker(*known_at, variant));
    let present: HashSet<usize> = matched.iter().flatten().copied().collect();
    let lacking = (0..known.variants.len()).filter(|index| !present.contains(index));
    let missed = lacking.map(|index| view.miss(index, reading.complete)).collect();
    Observation {
        seen,
        missed,
        read_completely: known.read_completely || reading.complete,
        shop_time: shop_time.or(known.shop_time),
        doubted_since: is_weaker.then(|| known.doubted_since.unwrap_or(at)),
        ignored: is_weaker.then_some(Ignored::Weaker),
        reshaped,
    }
}

/// An answer that changes nothing but the doubt in it.
fn ignored(known: &Known, at: DateTime<Utc>) -> Observation {
    Observation {
        seen: Vec::new(),
        missed: Vec::new(),
        read_completely: known.read_completely,
        shop_time: known.shop_time,
        doubted_since: Some(known.doubted_since.unwrap_or(at)),
        ignored: Some(Ignored::Older),
        reshaped: false,
    }
}

/// What changes when a complete reading of the whole source lacks the product itself.
#[must_use]
pub fn observe_missing(known: &Known, rules: &Rules, at: DateTime<Utc>) -> Observation {
    let view = View { known, rules, at, reshaped: false, counts: false };
    Observation {
        seen: Vec::new(),
        missed: (0..known.variants.len()).map(|index| view.miss(index, true)).collect(),
        read_completely: known.read_completely,
        shop_time: known.shop_time,
        doubted_since: known.doubted_since,
        ignored: None,
        reshaped: false,
    }
}

/// One reading, seen from what is known.
struct View<'a> {
    known: &'a Known,
    rules: &'a Rules,
    at: DateTime<Utc>,
    reshaped: bool,
    /// Do older and weaker answers count by now?
    counts: bool,
}

impl View<'_> {
    fn known(&self, at: Option<usize>) -> Option<&KnownVariant> {
        at.and_then(|index| self.known.variants.get(index))
    }

    /// Is this less certain than what is known, and not for long enough yet?
    fn is_weaker(&self, known_at: Option<usize>, variant: &VariantReading) -> bool {
        let before = self.known(known_at).filter(|known| known.span.is_some());
        !self.counts && variant.availability.is_definite() && before.is_some_and(|known| variant.rank < known.rank)
    }

    fn see(&self, known_at: Option<usize>, key: String, variant: &VariantReading) -> Seen {
        let before = self.known(known_at);
        let unconfirmed = before.map_or(0, |v| v.unconfirmed);
        let is = variant.availability;
        let rank = before.map_or(variant.rank, |known| known.rank);
        let silent = |key, unconfirmed| Seen {
            known: known_at,
            key,
            change: Change::Silent,
            restock_from: None,
            rank,
            unconfirmed,
        };
        let parent = before.is_none() && is_parent(&self.known.variants, variant);
        if !is.is_definite() || parent || self.is_weaker(known_at, variant) {
            return silent(key, unconfirmed);
        }
        let span = before.and_then(|v| v.span.as_ref());
        let restock_from = self.came_back_from(before, is);
        // A conclusion from what is not said opens nothing: what was out stays out until somebody says otherwise.
        let opens =
            restock_from.is_some() || span.is_some_and(|span| is.is_buyable() && !span.availability.is_buyable());
        if opens && variant.rank == Rank::Derived {
            return silent(key, 0);
        }
        // Words and buttons are guessed at: two readings must agree.
        let due = if variant.rank == Rank::Text { self.rules.confirmations.max(2) } else { self.rules.confirmations };
        if restock_from.is_some() && unconfirmed + 1 < due {
            return silent(key, unconfirmed + 1);
        }
        let change = self.change(span, is, variant.price.as_ref());
        Seen { known: known_at, key, change, restock_from, rank: variant.rank, unconfirmed: 0 }
    }

    fn change(&self, span: Option<&OpenSpan>, is: Availability, price: Option<&Money>) -> Change {
        let open = |previous_ended_at| Change::Open { availability: is, price: price.cloned(), previous_ended_at };
        let Some(span) = span else { return open(None) };
        let after_gap = self.at.signed_duration_since(span.last_seen) > self.rules.gap_after;
        if after_gap {
            open(Some(span.last_seen))
        } else if span.availability == is && span.price.as_ref() == price {
            Change::Extend
        } else {
            // A wall clock that went back must not end a span before its last sight.
            open(Some(self.at.max(span.last_seen)))
        }
    }

    fn miss(&self, index: usize, complete: bool) -> Missed {
        let variant = &self.known.variants[index];
        let kept = |change| Missed {
            known: index,
            change,
            missing: variant.missing,
            vanished: variant.vanished,
            pending: false,
        };
        let Some(span) = variant.span.as_ref().filter(|_| complete) else { return kept(Change::Silent) };
        if span.availability == Availability::Absent {
            return kept(self.change(Some(span), Availability::Absent, None));
        }
        let missing = variant.missing.saturating_add(1).min(self.rules.absent_after);
        let fresh = Vanished { at: self.at, was: span.availability, renamed: self.reshaped };
        let vanished = variant.vanished.filter(|_| variant.missing > 0).unwrap_or(fresh);
        let for_long = self.at.signed_duration_since(vanished.at) >= self.rules.absent_within;
        let is_absent = missing >= self.rules.absent_after && for_long;
        let change = if is_absent { self.change(Some(span), Availability::Absent, None) } else { Change::Silent };
        Missed { known: index, change, missing, vanished: Some(vanished), pending: !is_absent }
    }
}

#[cfg(test)]
#[path = "stock_tests.rs"]
mod tests;
