//! Stories and properties of [`observe`], told over a small history kept in memory.

use proptest::prelude::*;

use super::*;

const MINUTE: i64 = 60;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("a date")
}

fn rules() -> Rules {
    Rules::for_interval(std::time::Duration::from_secs(60))
}

fn variant(size: &str, availability: Availability) -> VariantReading {
    VariantReading {
        external_id: Some(format!("id-{size}")),
        ..VariantReading::bare(vec![("Size".into(), size.into())], availability)
    }
}

fn product(variants: Vec<VariantReading>) -> ProductReading {
    ProductReading {
        external_id: Some("1".into()),
        handle: None,
        title: "Jacket".into(),
        url: None,
        image: None,
        complete: true,
        updated_at: None,
        variants,
    }
}

/// A closed or open span as the store would keep it.
#[derive(Debug, Clone, PartialEq)]
struct Span {
    availability: Availability,
    started_at: DateTime<Utc>,
    last_seen: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

/// What a store makes of observations.
#[derive(Debug, Default)]
struct History {
    known: Known,
    spans: Vec<Vec<Span>>,
    restocks: Vec<(usize, DateTime<Utc>)>,
}

impl History {
    fn read(&mut self, reading: &ProductReading, when: DateTime<Utc>) -> Observation {
        self.read_by(reading, &rules(), when)
    }

    fn read_by(&mut self, reading: &ProductReading, rules: &Rules, when: DateTime<Utc>) -> Observation {
        let observation = observe(&self.known, reading, rules, when);
        for (seen, variant) in observation.seen.iter().zip(&reading.variants) {
            let index = seen.known.unwrap_or_else(|| {
                self.known.variants.push(KnownVariant {
                    key: seen.key.clone(),
                    options_key: variant.options_key(),
                    span: None,
                    missing: 0,
                    unconfirmed: 0,
                });
                self.spans.push(Vec::new());
                self.known.variants.len() - 1
            });
            self.known.variants[index].key.clone_from(&seen.key);
            self.known.variants[index].missing = 0;
            self.known.variants[index].unconfirmed = seen.unconfirmed;
            self.apply(index, &seen.change, when);
            if seen.restock_from.is_some() {
                self.restocks.push((index, when));
            }
        }
        for missed in &observation.missed {
            self.known.variants[missed.known].missing = missed.missing;
            self.apply(missed.known, &missed.change, when);
        }
        self.known.read_completely = observation.read_completely;
        observation
    }

    fn apply(&mut self, index: usize, change: &Change, when: DateTime<Utc>) {
        let spans = &mut self.spans[index];
        match change {
            Change::Silent => return,
            Change::Extend => spans.last_mut().expect("an open span").last_seen = when,
            Change::Open { availability, previous_ended_at, .. } => {
                if let Some(open) = spans.last_mut() {
                    open.ended_at = *previous_ended_at;
                }
                spans.push(Span { availability: *availability, started_at: when, last_seen: when, ended_at: None });
            }
        }
        let open = spans.last().expect("an open span");
        self.known.variants[index].span =
            Some(OpenSpan { availability: open.availability, price: None, last_seen: open.last_seen });
    }
}

use Availability::{Absent, BackOrder, InStock, LowStock, OutOfStock, PreOrder, Unknown};

#[test]
fn first_sight_of_a_product_tells_nobody() {
    let mut history = History::default();
    history.read(&product(vec![variant("M", InStock), variant("L", OutOfStock)]), at(0));
    assert_eq!(history.restocks, []);
}

#[test]
fn a_size_that_comes_back_is_a_restock_once() {
    let mut history = History::default();
    for (minute, availability) in [OutOfStock, InStock, InStock, LowStock, InStock].into_iter().enumerate() {
        let when = at(MINUTE * i64::try_from(minute).expect("small"));
        history.read(&product(vec![variant("M", availability)]), when);
    }
    assert_eq!(history.restocks, [(0, at(MINUTE))]);
}

#[test]
fn preorder_is_no_restock_and_leaving_it_is() {
    let mut history = History::default();
    for (minute, availability) in [OutOfStock, PreOrder, BackOrder, InStock].into_iter().enumerate() {
        let when = at(MINUTE * i64::try_from(minute).expect("small"));
        history.read(&product(vec![variant("M", availability)]), when);
    }
    assert_eq!(history.restocks, [(0, at(3 * MINUTE))]);
}

#[test]
fn unknown_changes_nothing_and_hides_no_restock() {
    let mut history = History::default();
    for (minute, availability) in [OutOfStock, Unknown, InStock, Unknown, InStock].into_iter().enumerate() {
        let when = at(MINUTE * i64::try_from(minute).expect("small"));
        history.read(&product(vec![variant("M", availability)]), when);
    }
    assert_eq!(history.restocks, [(0, at(2 * MINUTE))]);
    assert_eq!(history.spans[0].len(), 2);
}

#[test]
fn a_variant_is_absent_after_three_readings_that_agree_and_comes_back_as_a_restock() {
    let mut history = History::default();
    let both = product(vec![variant("M", InStock), variant("L", InStock)]);
    let only_m = product(vec![variant("M", InStock)]);
    history.read(&both, at(0));
    for minute in 1..=2 {
        assert!(!history.read(&only_m, at(minute * MINUTE)).is_settled(&rules()));
        assert_eq!(history.known.variants[1].span.as_ref().expect("a span").availability, InStock);
    }
    assert!(history.read(&only_m, at(3 * MINUTE)).is_settled(&rules()));
    assert_eq!(history.known.variants[1].span.as_ref().expect("a span").availability, Absent);
    history.read(&both, at(4 * MINUTE));
    assert_eq!(history.restocks, [(1, at(4 * MINUTE))]);
}

#[test]
fn an_incomplete_reading_makes_nothing_absent() {
    let mut history = History::default();
    history.read(&product(vec![variant("M", InStock), variant("L", InStock)]), at(0));
    let cut = ProductReading { complete: false, ..product(vec![variant("M", InStock)]) };
    for minute in 1..=9 {
        history.read(&cut, at(minute * MINUTE));
    }
    assert_eq!(history.known.variants[1].span.as_ref().expect("a span").availability, InStock);
}

#[test]
fn a_new_size_that_can_be_bought_is_a_restock_only_when_all_was_known_before() {
    let mut history = History::default();
    let cut = ProductReading { complete: false, ..product(vec![variant("S", OutOfStock)]) };
    history.read(&cut, at(0));
    history.read(&product(vec![variant("S", OutOfStock), variant("M", InStock)]), at(MINUTE));
    assert_eq!(history.restocks, []);
    let three = product(vec![variant("S", OutOfStock), variant("M", InStock), variant("L", InStock)]);
    history.read(&three, at(2 * MINUTE));
    assert_eq!(history.restocks, [(2, at(2 * MINUTE))]);
}

#[test]
fn a_variant_re_created_under_a_new_id_is_the_same_variant() {
    let mut history = History::default();
    history.read(&product(vec![variant("M", InStock)]), at(0));
    let again = VariantReading { external_id: Some("other".into()), ..variant("M", InStock) };
    let observation = history.read(&product(vec![again]), at(MINUTE));
    assert_eq!(observation.seen[0].known, Some(0));
    assert_eq!(observation.seen[0].change, Change::Extend);
    assert_eq!(history.restocks, []);
}

#[test]
fn variants_that_share_an_article_number_stay_apart() {
    let twin = |size: &str| VariantReading { external_id: None, sku: Some("A".into()), ..variant(size, OutOfStock) };
    assert_eq!(keys(&[twin("M"), twin("L"), twin("L")]), ["sku:A&size=m", "sku:A&size=l", "sku:A&size=l#2"]);
}

#[test]
fn a_silence_is_a_gap_and_never_out_of_stock() {
    let mut history = History::default();
    history.read(&product(vec![variant("M", InStock)]), at(0));
    history.read(&product(vec![variant("M", InStock)]), at(60 * MINUTE));
    assert_eq!(history.spans[0][0].ended_at, Some(at(0)));
    assert_eq!((history.spans[0][1].availability, history.spans[0][1].started_at), (InStock, at(60 * MINUTE)));
    assert_eq!(history.restocks, []);
}

#[test]
fn text_that_is_guessed_at_must_say_it_twice() {
    let rules = Rules { confirmations: 2, ..rules() };
    let mut history = History::default();
    for (minute, availability) in [OutOfStock, InStock, OutOfStock, InStock, InStock].into_iter().enumerate() {
        let when = at(MINUTE * i64::try_from(minute).expect("small"));
        history.read_by(&product(vec![variant("M", availability)]), &rules, when);
    }
    assert_eq!(history.restocks, [(0, at(4 * MINUTE))]);
}

fn any_availability() -> impl Strategy<Value = Availability> {
    prop::sample::select(vec![InStock, LowStock, PreOrder, OutOfStock, Unknown])
}

/// A poll: seconds since the one before, and what it said of three sizes; `None` for the poll itself is an error.
type Poll = (i64, Option<Vec<Option<Availability>>>);

fn polls() -> impl Strategy<Value = Vec<Poll>> {
    let said = prop::collection::vec(proptest::option::weighted(0.85, any_availability()), 3);
    prop::collection::vec((1i64..300, proptest::option::weighted(0.9, said)), 1..40)
}

proptest! {
    /// P6: spans are disjoint, in order, and cover exactly the readings.
    #[test]
    fn p6_history_is_true(polls in polls()) {
        let mut history = History::default();
        let mut said: Vec<(usize, DateTime<Utc>, Availability)> = Vec::new();
        let mut clock = 0;
        for (wait, poll) in polls {
            clock += wait;
            let Some(sizes) = poll else { continue };
            let variants: Vec<_> = sizes
                .iter()
                .enumerate()
                .filter_map(|(i, a)| a.map(|a| variant(["S", "M", "L"][i], a)))
                .collect();
            if variants.is_empty() { continue }
            let reading = product(variants);
            history.read(&reading, at(clock));
            for read in &reading.variants {
                let index = history.known.variants.iter().position(|k| k.key == read.key()).expect("stored");
                if read.availability.is_definite() {
                    said.push((index, at(clock), read.availability));
                }
            }
        }
        for spans in &history.spans {
            for pair in spans.windows(2) {
                let ended = pair[0].ended_at.expect("a span before another is closed");
                prop_assert!(pair[0].started_at <= pair[0].last_seen && pair[0].last_seen <= ended);
                prop_assert!(ended <= pair[1].started_at);
            }
            prop_assert!(spans.last().is_none_or(|open| open.ended_at.is_none()));
        }
        for (index, when, availability) in said {
            let covering: Vec<_> = history.spans[index]
                .iter()
                .filter(|s| s.started_at <= when && when <= s.last_seen)
                .map(|s| s.availability)
                .collect();
            prop_assert_eq!(covering, vec![availability]);
        }
    }

    /// A restock is an edge: between two restocks of a variant something definite and not buyable was so.
    #[test]
    fn the_same_restock_is_never_notified_twice(polls in polls()) {
        let mut history = History::default();
        let mut clock = 0;
        for (wait, poll) in polls {
            clock += wait;
            let Some(sizes) = poll else { continue };
            let variants: Vec<_> = sizes
                .iter()
                .enumerate()
                .filter_map(|(i, a)| a.map(|a| variant(["S", "M", "L"][i], a)))
                .collect();
            if !variants.is_empty() {
                history.read(&product(variants), at(clock));
            }
        }
        for (index, spans) in history.spans.iter().enumerate() {
            let told: Vec<_> = history.restocks.iter().filter(|r| r.0 == index).map(|r| r.1).collect();
            for pair in told.windows(2) {
                let between = |s: &Span| pair[0] < s.started_at && s.started_at < pair[1];
                let went_out = spans.iter().any(|s| !s.availability.is_buyable() && between(s));
                prop_assert!(went_out);
            }
        }
    }
}
