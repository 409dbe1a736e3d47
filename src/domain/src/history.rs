//! What a history comes to: last in stock, how often, how long, when usually. Gaps stay gaps.

use std::time::Duration;

use chrono::{DateTime, Datelike, NaiveDate, TimeZone, Timelike, Utc, Weekday};

use crate::availability::Availability;
use crate::money::Money;

/// An interval during which a variant was and cost the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// What it was.
    pub availability: Availability,
    /// What it cost.
    pub price: Option<Money>,
    /// The first reading that said so.
    pub started_at: DateTime<Utc>,
    /// The last reading that said so.
    pub last_seen: DateTime<Utc>,
    /// As far as it is known to reach. Where the next span begins later, nothing is known in between.
    pub ended_at: DateTime<Utc>,
    /// Is it still so, as far as is known?
    pub is_open: bool,
}

/// A time of which nothing is known: nobody looked, or the shop did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The last thing known before.
    pub from: DateTime<Utc>,
    /// The first thing known after.
    pub until: DateTime<Utc>,
}

/// What a history comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// The first thing known.
    pub known_since: Option<DateTime<Utc>>,
    /// Can it be bought, by the last reading?
    pub in_stock: bool,
    /// The last reading that said it could be bought.
    pub last_in_stock: Option<DateTime<Utc>>,
    /// Times it came back in the last 30 days. What came back in one reading came back once.
    pub restocks_30: usize,
    /// Times it came back in the last 90 days.
    pub restocks_90: usize,
    /// How long it stays, typically: the median of the times whose beginning and end were both seen.
    pub median: Option<Duration>,
    /// The longest of those.
    pub longest: Option<Duration>,
    /// When it usually comes.
    pub usual: Usual,
    /// Times of which nothing is known, the oldest first.
    pub gaps: Vec<Gap>,
}

/// When it usually comes; empty unless that is clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usual {
    /// On this day of the week.
    pub weekday: Option<Weekday>,
    /// Within two hours from this full hour.
    pub hour: Option<u32>,
}

/// Days with a restock before anything is "usual".
const ENOUGH_DAYS: usize = 5;
/// Of ten restocks so many must agree: with five, rng alone does it to weekdays once in eighty times.
const AGREE_OF_TEN: usize = 7;
/// Hours that count as one time of day.
const WINDOW: u32 = 2;

/// Summarises the histories of one variant or several (then: of any of them).
///
/// `restocks` may come in any order; `gap_after` is the silence after which an open span is no longer believed;
/// weekdays and hours are those of `zone`.
#[must_use]
pub fn summarize<Z: TimeZone>(
    variants: &[Vec<Span>],
    restocks: &[DateTime<Utc>],
    now: DateTime<Utc>,
    gap_after: Duration,
    zone: &Z,
) -> Summary {
    let mut restocks = restocks.to_vec();
    restocks.sort_unstable();
    restocks.dedup();
    let within = |days| restocks.iter().filter(|at| now - **at <= chrono::Duration::days(days)).count();
    let mut lengths: Vec<Duration> = stays(variants, &restocks).iter().filter_map(Stay::length).collect();
    lengths.sort_unstable();
    let spans = || variants.iter().flatten();
    Summary {
        known_since: spans().map(|span| span.started_at).min(),
        in_stock: spans().any(|span| span.is_open && span.availability.is_buyable()),
        last_in_stock: spans().filter(|span| span.availability.is_buyable()).map(|span| span.last_seen).max(),
        restocks_30: within(30),
        restocks_90: within(90),
        median: median(&lengths),
        longest: lengths.last().copied(),
        usual: usual(&restocks, zone),
        gaps: gaps(variants, now, gap_after),
    }
}

/// A time in stock, and whether its two ends were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stay {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    start_seen: bool,
    end_seen: bool,
}

impl Stay {
    fn length(&self) -> Option<Duration> {
        (self.start_seen && self.end_seen).then(|| (self.until - self.from).to_std().unwrap_or_default())
    }

    /// The two as one, where they touch: each end is as well known as that of the stay it comes from.
    fn joined(self, later: Self) -> Self {
        let start_seen = self.start_seen || (later.from == self.from && later.start_seen);
        let (until, end_seen) = match later.until.cmp(&self.until) {
            std::cmp::Ordering::Less => (self.until, self.end_seen),
            std::cmp::Ordering::Equal => (self.until, self.end_seen && later.end_seen),
            std::cmp::Ordering::Greater => (later.until, later.end_seen),
        };
        Self { from: self.from, until, start_seen, end_seen }
    }
}

/// The times during which any of the variants could be bought.
fn stays(variants: &[Vec<Span>], restocks: &[DateTime<Utc>]) -> Vec<Stay> {
    let mut all: Vec<Stay> = variants.iter().flat_map(|spans| stays_of_one(spans, restocks)).collect();
    all.sort_by_key(|stay| stay.from);
    let mut joined: Vec<Stay> = Vec::new();
    for stay in all {
        match joined.last_mut() {
            Some(last) if stay.from <= last.until => *last = last.joined(stay),
            _ => joined.push(stay),
        }
    }
    joined
}

fn stays_of_one<'a>(spans: &'a [Span], restocks: &'a [DateTime<Utc>]) -> impl Iterator<Item = Stay> + 'a {
    spans.iter().enumerate().filter(|(_, span)| span.availability.is_buyable()).map(|(at, span)| Stay {
        from: span.started_at,
        until: span.ended_at,
        start_seen: restocks.binary_search(&span.started_at).is_ok()
            || at.checked_sub(1).is_some_and(|before| spans[before].ended_at == span.started_at),
        end_seen: spans.get(at + 1).is_some_and(|next| next.started_at == span.ended_at),
    })
}

fn median(sorted: &[Duration]) -> Option<Duration> {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[middle]),
        _ => Some((sorted[middle - 1] + sorted[middle]) / 2),
    }
}

/// Only the first restock of each day counts: a shop that flickers all Tuesday says nothing about Tuesdays.
fn usual<Z: TimeZone>(restocks: &[DateTime<Utc>], zone: &Z) -> Usual {
    let mut days: Vec<(NaiveDate, u32)> = restocks
        .iter()
        .map(|at| at.with_timezone(zone).naive_local())
        .map(|local| (local.date(), local.hour()))
        .collect();
    days.sort_unstable();
    days.dedup_by_key(|(date, _)| *date);
    if days.len() < ENOUGH_DAYS {
        return Usual::default();
    }
    let agree = |count: usize| count * 10 >= days.len() * AGREE_OF_TEN;
    let weekday = most(
        [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun],
        |weekday| days.iter().filter(|(date, _)| date.weekday() == *weekday).count(),
    );
    let hour = most(0..24, |first| days.iter().filter(|(_, hour)| (hour + 24 - first) % 24 < WINDOW).count());
    Usual {
        weekday: weekday.filter(|(_, count)| agree(*count)).map(|(weekday, _)| weekday),
        hour: hour.filter(|(_, count)| agree(*count)).map(|(hour, _)| hour),
    }
}

/// The full hour (UTC) from which on, for two hours, most restocks come; nothing unless that is clear.
#[must_use]
pub fn usual_hour(restocks: &[DateTime<Utc>]) -> Option<u32> {
    usual(restocks, &Utc).hour
}

/// The first of those that count most.
fn most<T>(of: impl IntoIterator<Item = T>, count: impl Fn(&T) -> usize) -> Option<(T, usize)> {
    of.into_iter()
        .map(|one| {
            let n = count(&one);
            (one, n)
        })
        .reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// What no span of any variant covers, from the first thing known until now.
fn gaps(variants: &[Vec<Span>], now: DateTime<Utc>, gap_after: Duration) -> Vec<Gap> {
    let mut covered: Vec<(DateTime<Utc>, DateTime<Utc>)> =
        variants.iter().flatten().map(|span| (span.started_at, span.ended_at)).collect();
    covered.sort_unstable();
    let mut gaps = Vec::new();
    let Some(mut reached) = covered.first().map(|(_, until)| *until) else { return gaps };
    for (from, until) in covered {
        if from > reached {
            gaps.push(Gap { from: reached, until: from });
        }
        reached = reached.max(until);
    }
    if now - reached > chrono::Duration::from_std(gap_after).unwrap_or(chrono::Duration::MAX) {
        gaps.push(Gap { from: reached, until: now });
    }
    gaps
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
