//! Each time a variant came back, and how long it stayed. Pure: a history in, rows out.

use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_bots::words;
use coatcheck_domain::Money;
use coatcheck_domain::history::Span;

use crate::store::stock::history::VariantHistory;

/// How long it stayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stayed {
    /// It is still there.
    Still,
    /// Its end was seen.
    For(Duration),
    /// Nobody looked when it went.
    AtLeast(Duration),
}

/// A variant came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Restock {
    pub(super) variant: i64,
    pub(super) at: DateTime<Utc>,
    pub(super) size: Option<String>,
    pub(super) style: Option<String>,
    pub(super) price: Option<Money>,
    pub(super) stayed: Stayed,
}

/// All restocks, the last first.
pub(super) fn restocks(history: &[VariantHistory]) -> Vec<Restock> {
    let mut all: Vec<Restock> = history.iter().flat_map(of_variant).collect();
    all.sort_by(|one, other| (other.at, one.variant).cmp(&(one.at, other.variant)));
    all
}

fn of_variant(variant: &VariantHistory) -> impl Iterator<Item = Restock> + '_ {
    variant.restocks.iter().filter_map(|at| {
        let first = variant.spans.iter().position(|span| span.started_at == *at)?;
        let spans = &variant.spans[first..];
        Some(Restock {
            variant: variant.variant_id,
            at: *at,
            size: variant.size.clone(),
            style: variant.style.clone(),
            price: spans[0].price.clone(),
            stayed: stayed(spans),
        })
    })
}

/// As long as one buyable span follows the other.
fn stayed(spans: &[Span]) -> Stayed {
    let mut last = &spans[0];
    let mut end_seen = false;
    for span in &spans[1..] {
        if span.started_at != last.ended_at {
            break;
        }
        if !span.availability.is_buyable() {
            end_seen = true;
            break;
        }
        last = span;
    }
    let lasted = (last.ended_at - spans[0].started_at).to_std().unwrap_or_default();
    match (last.is_open, end_seen) {
        (true, _) => Stayed::Still,
        (false, true) => Stayed::For(lasted),
        (false, false) => Stayed::AtLeast(lasted),
    }
}

impl Stayed {
    /// For people.
    pub(super) fn words(self) -> String {
        match self {
            Self::Still => "still there".to_owned(),
            Self::For(time) => words::lasting(time),
            Self::AtLeast(time) => format!("at least {}", words::lasting(time)),
        }
    }
}

impl Restock {
    /// Which variant.
    pub(super) fn what(&self) -> String {
        what(self.size.as_deref(), self.style.as_deref())
    }
}

/// `M / Black`; nothing of a product without options.
pub(in crate::web) fn what(size: Option<&str>, style: Option<&str>) -> String {
    let parts = size.into_iter().chain(style).map(|part| words::shortened_within(&words::plain(part), 60));
    parts.collect::<Vec<_>>().join(" / ")
}

#[cfg(test)]
mod tests {
    use coatcheck_domain::Availability::{self, InStock, LowStock, OutOfStock};

    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + 60 * minute, 0).expect("a date")
    }

    fn span(availability: Availability, from: i64, until: i64, is_open: bool) -> Span {
        Span { availability, price: None, started_at: at(from), last_seen: at(until), ended_at: at(until), is_open }
    }

    fn told(spans: Vec<Span>, came_back: &[i64]) -> Vec<String> {
        let restocks_at = came_back.iter().map(|minute| at(*minute)).collect();
        let history = VariantHistory {
            variant_id: 1,
            size: Some("M".to_owned()),
            style: None,
            size_keys: Vec::new(),
            spans,
            restocks: restocks_at,
        };
        restocks(&[history]).iter().map(|restock| restock.stayed.words()).collect()
    }

    #[test]
    fn a_stay_goes_on_while_it_can_be_bought_and_a_gap_ends_only_what_is_known_of_it() {
        let seen = vec![
            span(OutOfStock, 0, 10, false),
            span(InStock, 10, 15, false),
            span(LowStock, 15, 17, false),
            span(OutOfStock, 17, 20, true),
        ];
        assert_eq!(told(seen, &[10]), ["7 min"]);
        let gap = vec![span(InStock, 10, 15, false), span(OutOfStock, 30, 40, true)];
        assert_eq!(told(gap, &[10]), ["at least 5 min"]);
        let now = vec![span(InStock, 10, 15, true)];
        assert_eq!(told(now, &[10]), ["still there"]);
    }
}
