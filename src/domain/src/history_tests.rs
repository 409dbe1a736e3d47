//! Stories of what a history comes to.

use proptest::prelude::*;

use super::*;

const GAP: Duration = Duration::from_secs(180);

/// 2027-03-01 is a Monday.
fn monday() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2027, 3, 1, 0, 0, 0).single().expect("a date")
}

fn minute(n: i64) -> DateTime<Utc> {
    monday() + chrono::Duration::minutes(n)
}

fn span(availability: Availability, from: i64, until: i64) -> Span {
    let (started_at, ended_at) = (minute(from), minute(until));
    Span { availability, price: None, started_at, last_seen: ended_at, ended_at, is_open: false }
}

fn open(availability: Availability, from: i64, until: i64) -> Span {
    Span { is_open: true, ..span(availability, from, until) }
}

use Availability::{InStock, LowStock, OutOfStock};

#[test]
fn four_minutes_in_stock_are_four_minutes() {
    let spans = vec![span(OutOfStock, 0, 60), span(InStock, 60, 62), span(LowStock, 62, 64), open(OutOfStock, 64, 100)];
    let told = summarize(&[spans], &[minute(60)], minute(100), GAP, &Utc);
    assert_eq!((told.median, told.longest), (Some(Duration::from_secs(240)), Some(Duration::from_secs(240))));
    assert_eq!((told.in_stock, told.last_in_stock), (false, Some(minute(64))));
    assert_eq!((told.restocks_30, told.restocks_90, told.known_since), (1, 1, Some(minute(0))));
    assert!(told.gaps.is_empty());
}

#[test]
fn a_time_whose_beginning_or_end_nobody_saw_has_no_length() {
    let in_stock_when_first_seen = vec![span(InStock, 0, 10), open(OutOfStock, 10, 20)];
    let ended_in_a_gap = vec![span(OutOfStock, 0, 5), span(InStock, 5, 10), open(OutOfStock, 90, 99)];
    let still_there = vec![span(OutOfStock, 0, 5), open(InStock, 5, 99)];
    for (spans, in_stock) in [(in_stock_when_first_seen, false), (ended_in_a_gap, false), (still_there, true)] {
        let told = summarize(&[spans], &[], minute(99), GAP, &Utc);
        assert_eq!((told.median, told.longest, told.in_stock), (None, None, in_stock));
    }
}

#[test]
fn a_gap_is_a_gap_and_never_sold_out() {
    let spans = vec![span(InStock, 0, 10), open(InStock, 50, 60)];
    let told = summarize(&[spans], &[], minute(100), GAP, &Utc);
    let gap = |from, until| Gap { from: minute(from), until: minute(until) };
    assert_eq!(told.gaps, [gap(10, 50), gap(60, 100)]);
    assert_eq!(told.last_in_stock, Some(minute(60)));
}

#[test]
fn an_end_of_a_joined_stay_is_seen_where_somebody_saw_it() {
    let stay =
        |from, until, start_seen, end_seen| Stay { from: minute(from), until: minute(until), start_seen, end_seen };
    let seen = |stay: Stay| (stay.start_seen, stay.end_seen);
    assert_eq!(seen(stay(5, 10, false, true).joined(stay(7, 12, true, false))), (false, false));
    assert_eq!(seen(stay(5, 10, false, true).joined(stay(5, 10, true, true))), (true, true));
    assert_eq!(seen(stay(5, 10, true, true).joined(stay(6, 10, false, false))), (true, false));
    assert_eq!(seen(stay(5, 10, true, false).joined(stay(6, 9, false, true))), (true, false));
    let apart = [vec![span(InStock, 0, 5)], vec![span(InStock, 50, 60)]];
    assert_eq!(stays(&apart, &[]).len(), 2);
    let begun = [span(OutOfStock, 0, 5), span(InStock, 5, 8), span(OutOfStock, 8, 9), span(InStock, 20, 30)];
    assert_eq!(stays_of_one(&begun, &[]).map(seen).collect::<Vec<_>>(), [(true, true), (false, false)]);
}

#[test]
fn the_median_lies_in_the_middle_and_what_touches_has_no_gap() {
    let seconds = |all: &[u64]| all.iter().map(|n| Duration::from_secs(*n)).collect::<Vec<_>>();
    assert_eq!(median(&seconds(&[1, 3])), Some(Duration::from_secs(2)));
    assert_eq!(median(&seconds(&[1, 3, 9])), Some(Duration::from_secs(3)));
    let told = [vec![span(InStock, 0, 10), span(OutOfStock, 10, 20)]];
    assert_eq!(gaps(&told, minute(23), GAP), [], "three minutes are no gap yet");
    assert_eq!(gaps(&told, minute(24), GAP), [Gap { from: minute(20), until: minute(24) }]);
}

#[test]
fn two_sizes_are_one_stay_while_either_is_there() {
    let m = vec![span(OutOfStock, 0, 10), span(InStock, 10, 20), open(OutOfStock, 20, 60)];
    let l = vec![span(OutOfStock, 0, 15), span(InStock, 15, 40), open(OutOfStock, 40, 60)];
    let told = summarize(&[m, l], &[minute(15), minute(10)], minute(60), GAP, &Utc);
    assert_eq!(told.longest, Some(Duration::from_secs(30 * 60)));
    assert_eq!(told.restocks_30, 2);
}

#[test]
fn a_new_size_begins_with_its_restock() {
    let spans = vec![span(InStock, 10, 20), open(OutOfStock, 20, 60)];
    assert_eq!(summarize(std::slice::from_ref(&spans), &[], minute(60), GAP, &Utc).longest, None);
    let told = summarize(&[spans], &[minute(10)], minute(60), GAP, &Utc);
    assert_eq!(told.longest, Some(Duration::from_secs(600)));
}

#[test]
fn tuesdays_at_nine_are_usual_and_a_flickering_tuesday_is_not() {
    let weekly: Vec<DateTime<Utc>> = (0..5).map(|week| minute((1 + 7 * week) * 1440 + 9 * 60 + week * 20)).collect();
    let usual = |restocks: &[DateTime<Utc>]| summarize(&[], restocks, minute(50 * 1440), GAP, &Utc).usual;
    assert_eq!(usual(&weekly), Usual { weekday: Some(Weekday::Tue), hour: Some(9) });
    assert_eq!(usual(&weekly[..4]), Usual::default());
    let flickering: Vec<DateTime<Utc>> = (0..20).map(|n| minute(1440 + 9 * 60 + n)).collect();
    assert_eq!(usual(&flickering), Usual::default());
    let any_day_at_midnight: Vec<DateTime<Utc>> = (0..7).map(|day| minute(day * 1440 - 30 + day * 10)).collect();
    assert_eq!(usual(&any_day_at_midnight), Usual { weekday: None, hour: Some(23) });
}

#[test]
fn the_hour_is_that_of_the_zone() {
    let daily: Vec<DateTime<Utc>> = (0..6).map(|day| minute(day * 1440 + 9 * 60)).collect();
    let east = chrono::FixedOffset::east_opt(2 * 3600).expect("a zone");
    assert_eq!(summarize(&[], &daily, minute(9 * 1440), GAP, &east).usual.hour, Some(10));
}

/// Spans as readings make them: each piece is a state, how many minutes it lasted, and the silence behind it.
fn histories() -> impl Strategy<Value = Vec<Span>> {
    let piece = (
        prop::sample::select(vec![InStock, LowStock, OutOfStock]),
        1i64..90,
        prop::sample::select(vec![0i64, 0, 0, 30]),
    );
    prop::collection::vec(piece, 0..12).prop_map(|pieces| {
        let mut at = 0;
        let mut spans: Vec<Span> = Vec::new();
        for (availability, minutes, silence) in pieces {
            spans.push(span(availability, at, at + minutes));
            at += minutes + silence;
        }
        if let Some(last) = spans.last_mut() {
            last.is_open = true;
        }
        spans
    })
}

proptest! {
    #[test]
    fn a_summary_invents_nothing(variants in prop::collection::vec(histories(), 0..4), later in 0i64..600) {
        let end = variants.iter().flatten().map(|span| span.ended_at).max().unwrap_or_else(monday);
        let now = end + chrono::Duration::minutes(later);
        let told = summarize(&variants, &[], now, GAP, &Utc);
        prop_assert!(told.median <= told.longest);
        prop_assert!(told.restocks_30 <= told.restocks_90);
        // Each minute is either in a span or, past the tolerated silence at the end, in a gap.
        let start = told.known_since.unwrap_or(now);
        for n in 0..(now - start).num_minutes() {
            let at = start + chrono::Duration::minutes(n) + chrono::Duration::seconds(30);
            let known = variants.iter().flatten().any(|span| span.started_at <= at && at < span.ended_at);
            let in_gap = told.gaps.iter().any(|gap| gap.from <= at && at < gap.until);
            prop_assert!(!(known && in_gap));
            prop_assert!(known || in_gap || (at >= end && now - end <= chrono::Duration::seconds(180)));
        }
        // No stay is longer than all the time in stock, and only what was in stock was last in stock.
        if let Some(longest) = told.longest {
            let in_stock: i64 = variants.iter().flatten().filter(|s| s.availability.is_buyable())
                .map(|s| (s.ended_at - s.started_at).num_seconds()).sum();
            prop_assert!(i64::try_from(longest.as_secs()).expect("small") <= in_stock);
        }
        prop_assert_eq!(told.last_in_stock.is_some(), variants.iter().flatten().any(|s| s.availability.is_buyable()));
    }

    #[test]
    fn the_order_of_sizes_does_not_matter(mut variants in prop::collection::vec(histories(), 0..4)) {
        let now = minute(5000);
        let told = summarize(&variants, &[], now, GAP, &Utc);
        variants.reverse();
        prop_assert_eq!(summarize(&variants, &[], now, GAP, &Utc), told);
    }
}
