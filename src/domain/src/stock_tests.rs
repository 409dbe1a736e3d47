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
                self.known
                    .variants
                    .push(KnownVariant { options_key: variant.options_key(), ..KnownVariant::default() });
                self.spans.push(Vec::new());
                self.known.variants.len() - 1
            });
            let known = &mut self.known.variants[index];
            known.key.clone_from(&seen.key);
            known.sku.clone_from(&variant.sku);
            known.options_key = variant.options_key();
            (known.missing, known.unconfirmed, known.rank) = (0, seen.unconfirmed, seen.rank);
            self.apply(index, &seen.change, when);
            if seen.restock_from.is_some() {
                self.restocks.push((index, when));
            }
        }
        for missed in &observation.missed {
            self.known.variants[missed.known].missing = missed.missing;
            self.known.variants[missed.known].vanished = missed.vanished;
            self.apply(missed.known, &missed.change, when);
        }
        self.known.read_completely = observation.read_completely;
        (self.known.shop_time, self.known.doubted_since) = (observation.shop_time, observation.doubted_since);
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
        assert!(!history.read(&only_m, at(minute * MINUTE)).is_settled());
        assert_eq!(history.known.variants[1].span.as_ref().expect("a span").availability, InStock);
    }
    assert!(history.read(&only_m, at(3 * MINUTE)).is_settled());
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
    let alike = keys(&[twin("M"), twin("M"), twin("M")]);
    assert_eq!(alike, ["sku:A&size=m", "sku:A&size=m#2", "sku:A&size=m#3"]);
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
    let mut history = History::default();
    for (minute, availability) in [OutOfStock, InStock, OutOfStock, InStock, InStock].into_iter().enumerate() {
        let when = at(MINUTE * i64::try_from(minute).expect("small"));
        history.read(&product(vec![VariantReading { rank: Rank::Text, ..variant("M", availability) }]), when);
    }
    assert_eq!(history.restocks, [(0, at(4 * MINUTE))]);
}

fn read(history: &mut History, minute: i64, variants: Vec<VariantReading>) {
    history.read(&product(variants), at(minute * MINUTE));
}

/// The event this program was made for.
#[test]
fn sizes_that_are_hidden_when_sold_out_and_return_together_are_a_restock_of_both() {
    let mut history = History::default();
    let all = || ["S", "M", "L"].map(|size| variant(size, InStock)).to_vec();
    read(&mut history, 0, all());
    for minute in 1..60 {
        read(&mut history, minute, vec![variant("S", InStock)]);
    }
    read(&mut history, 60, all());
    assert_eq!(history.restocks, [(1, at(60 * MINUTE)), (2, at(60 * MINUTE))]);
}

#[test]
fn a_variant_that_flickers_for_two_minutes_was_never_gone() {
    let mut history = History::default();
    let both = || vec![variant("S", InStock), variant("M", InStock)];
    history.read(&product(both()), at(0));
    for second in 1..120 {
        history.read(&product(vec![variant("S", InStock)]), at(second));
    }
    assert_eq!(history.known.variants[1].span.as_ref().expect("a span").availability, InStock);
    history.read(&product(both()), at(120));
    assert_eq!(history.restocks, [], "three readings agree, but not for two minutes");
    for second in 121..=241 {
        history.read(&product(vec![variant("S", InStock)]), at(second));
    }
    history.read(&product(both()), at(242));
    assert_eq!(history.restocks, [(1, at(242))]);
}

#[test]
fn what_was_sold_out_before_it_was_hidden_is_a_restock_whatever_lay_between() {
    let mut history = History::default();
    read(&mut history, 0, vec![variant("S", InStock), variant("M", OutOfStock)]);
    read(&mut history, 1, vec![variant("S", InStock)]);
    read(&mut history, 2, vec![variant("S", InStock), variant("M", InStock)]);
    assert_eq!(history.restocks, [(1, at(2 * MINUTE))], "hidden for one reading only");
    read(&mut history, 3, vec![variant("S", InStock), variant("M", OutOfStock)]);
    for minute in 4..10 {
        read(&mut history, minute, vec![variant("S", InStock)]);
    }
    history.known.variants[1].glitch = true;
    read(&mut history, 10, vec![variant("S", InStock), variant("M", InStock)]);
    assert_eq!(history.restocks.last(), Some(&(1, at(10 * MINUTE))), "a glitch hides no restock of what was out");
}

#[test]
fn what_comes_back_from_a_glitch_was_never_gone() {
    let mut history = History::default();
    let both = || product(vec![variant("S", InStock), variant("M", InStock)]);
    history.read(&both(), at(0));
    for minute in 1..=5 {
        read(&mut history, minute, vec![variant("S", InStock)]);
    }
    assert_eq!(returning(&history.known, &both()), [1]);
    history.known.variants[1].glitch = true;
    history.read(&both(), at(6 * MINUTE));
    assert_eq!(history.restocks, []);
    assert_eq!(returning(&history.known, &both()), Vec::<usize>::new());
}

#[test]
fn sizes_that_are_all_renamed_and_back_are_no_restock() {
    let mut history = History::default();
    let bare = |size: &str| VariantReading::bare(vec![("Size".into(), size.into())], InStock);
    let old = || ["40", "41", "42"].map(bare).to_vec();
    let new = || ["EU 40", "EU 41", "EU 42"].map(bare).to_vec();
    for round in 0..3 {
        for minute in 0..5 {
            read(&mut history, round * 10 + minute, old());
        }
        for minute in 5..10 {
            read(&mut history, round * 10 + minute, new());
        }
    }
    assert_eq!(history.restocks, []);
    let mut sold = new();
    sold[1].availability = OutOfStock;
    read(&mut history, 30, sold);
    read(&mut history, 31, new());
    assert_eq!(history.restocks.len(), 1, "under their new names they are watched as before");
}

#[test]
fn a_size_spelt_otherwise_is_the_same_size() {
    let mut history = History::default();
    let bare = |size: &str| VariantReading::bare(vec![("Size".into(), size.into())], InStock);
    for (minute, size) in ["M", "Medium", "m", "size M", "M"].into_iter().enumerate() {
        read(&mut history, i64::try_from(minute).expect("small"), vec![bare("S"), bare(size)]);
    }
    assert_eq!((history.restocks.len(), history.known.variants.len()), (0, 2));
}

#[test]
fn a_variant_under_another_id_is_the_same_by_its_article_number() {
    let mut history = History::default();
    let with = |id: &str, size: &str| VariantReading {
        external_id: Some(id.into()),
        sku: Some("A-1".into()),
        ..VariantReading::bare(vec![("Size".into(), size.into())], InStock)
    };
    read(&mut history, 0, vec![with("1", "40"), variant("S", InStock)]);
    read(&mut history, 1, vec![with("2", "EU 40"), variant("S", InStock)]);
    assert_eq!((history.restocks.len(), history.known.variants.len()), (0, 2));
}

#[test]
fn the_word_of_a_parent_is_no_size_s() {
    let mut history = History::default();
    let parent = || VariantReading { external_id: Some("p".into()), ..VariantReading::bare(vec![], InStock) };
    read(&mut history, 0, vec![variant("S", OutOfStock), variant("M", OutOfStock)]);
    for minute in 1..9 {
        read(&mut history, minute, vec![parent()]);
    }
    assert_eq!(history.restocks, []);
    read(&mut history, 9, vec![variant("S", InStock), variant("M", OutOfStock)]);
    assert_eq!(history.restocks, [(0, at(9 * MINUTE))]);
    // The other way round: a parent in stock whose sizes are told at last.
    let mut history = History::default();
    read(&mut history, 0, vec![parent()]);
    read(&mut history, 1, vec![variant("S", InStock), variant("M", InStock)]);
    assert_eq!(history.restocks, []);
}

#[test]
fn an_older_answer_says_nothing_for_a_quarter_of_an_hour() {
    let mut history = History::default();
    let told = |shop_minute: i64, is| ProductReading {
        updated_at: Some(at(shop_minute * MINUTE)),
        ..product(vec![variant("M", is)])
    };
    history.read(&told(0, OutOfStock), at(0));
    for minute in 1..=14 {
        let observation = history.read(&told(-20, InStock), at(minute * MINUTE));
        assert_eq!((observation.ignored, observation.is_settled()), (Some(Ignored::Older), false));
        // Each third answer is the newer one.
        if minute % 3 == 0 {
            history.read(&told(0, OutOfStock), at(minute * MINUTE + 1));
        }
    }
    assert_eq!(history.restocks, []);
    history.read(&told(15, InStock), at(15 * MINUTE));
    assert_eq!(history.restocks, [(0, at(15 * MINUTE))]);
}

#[test]
fn a_shop_whose_time_went_back_for_good_is_believed_in_the_end() {
    let mut history = History::default();
    let told = |shop_minute: i64, is| ProductReading {
        updated_at: Some(at(shop_minute * MINUTE)),
        ..product(vec![variant("M", is)])
    };
    history.read(&told(0, OutOfStock), at(0));
    for minute in 1..=16 {
        history.read(&told(-20, InStock), at(minute * MINUTE));
    }
    assert_eq!(history.restocks, [(0, at(16 * MINUTE))]);
    assert_eq!(history.known.shop_time, Some(at(-20 * MINUTE)));
    let ahead = told(60, InStock);
    history.read(&ahead, at(17 * MINUTE));
    assert_eq!(history.known.shop_time, Some(at(-20 * MINUTE)), "a clock far ahead says nothing");
}

#[test]
fn weaker_evidence_does_not_overrule_and_a_conclusion_opens_nothing() {
    let mut history = History::default();
    let of = |rank, is| vec![VariantReading { rank, ..variant("M", is) }];
    read(&mut history, 0, of(Rank::Variant, OutOfStock));
    for minute in 1..=15 {
        let observation = history.read(&product(of(Rank::JsonLd, InStock)), at(minute * MINUTE));
        assert_eq!(observation.ignored, Some(Ignored::Weaker), "{minute}");
    }
    assert_eq!(history.restocks, []);
    read(&mut history, 16, of(Rank::JsonLd, InStock));
    assert_eq!(history.restocks, [(0, at(16 * MINUTE))], "it counts after a quarter of an hour");
    read(&mut history, 17, of(Rank::Variant, OutOfStock));
    for minute in 18..60 {
        read(&mut history, minute, of(Rank::Derived, InStock));
    }
    assert_eq!(history.restocks.len(), 1, "stock that is not counted is no news");
    read(&mut history, 60, of(Rank::Variant, InStock));
    assert_eq!(history.restocks.len(), 2);
}

/// What came back, by the sizes in `last`, when they follow `first`, which was read completely.
fn back_after(first: Vec<VariantReading>, last: Vec<VariantReading>) -> Vec<usize> {
    let mut history = History::default();
    read(&mut history, 0, first);
    let observation = history.read(&product(last), at(MINUTE));
    let restocked = |(index, seen): (usize, &Seen)| seen.restock_from.map(|_| index);
    observation.seen.iter().enumerate().filter_map(restocked).collect()
}

fn sizes(names: &[&str], is: Availability) -> Vec<VariantReading> {
    names.iter().map(|size| VariantReading::bare(vec![("Size".into(), (*size).into())], is)).collect()
}

#[test]
fn about_as_many_others_are_a_renaming_and_a_few_are_new_sizes() {
    let of = |first: &[&str], last: &[&str]| back_after(sizes(first, InStock), sizes(last, InStock)).len();
    assert_eq!(of(&["40", "41", "42", "43"], &["EU 40", "EU 41"]), 0, "half of them, under other names");
    assert_eq!(of(&["40", "41", "42", "43", "44"], &["EU 40", "EU 41"]), 2, "less than half");
    let many: Vec<String> = (30..46).map(|size| size.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(of(&many, &["S", "M", "L", "XL", "2XL", "3XL", "4XL", "5XL"]), 0, "half of sixteen");
    assert_eq!(of(&["40", "41"], &["EU 40", "EU 41"]), 0);
    assert_eq!(of(&["40", "41"], &["42"]), 1, "one size alone is a new one");
    assert_eq!(of(&["40"], &["41"]), 1, "the last size is sold, and another one comes");
    assert_eq!(of(&["40"], &["41", "42"]), 2);
    assert_eq!(of(&["40", "41"], &["41", "EU 40"]), 1, "the others kept their names");
    let unknown = sizes(&["40", "41"], Unknown);
    assert_eq!(back_after(unknown, sizes(&["42", "43"], InStock)), [0, 1], "what nothing was known of was not renamed");
}

#[test]
fn a_parent_that_was_sold_out_says_nothing_against_the_restock_of_its_sizes() {
    let parent = |is| vec![VariantReading::bare(vec![], is)];
    assert_eq!(back_after(parent(OutOfStock), sizes(&["40", "41"], InStock)), [0, 1]);
    assert_eq!(back_after(parent(InStock), sizes(&["40", "41"], InStock)), Vec::<usize>::new());
    assert_eq!(back_after(parent(InStock), sizes(&["40"], InStock)), Vec::<usize>::new());
}

/// Names that went and came back are the old ones only if everything was renamed both times.
#[test]
fn a_size_that_was_renamed_away_and_comes_back_beside_the_new_names_is_a_restock() {
    let mut history = History::default();
    read(&mut history, 0, sizes(&["40", "41"], InStock));
    for minute in 1..5 {
        read(&mut history, minute, sizes(&["EU 40", "EU 41"], InStock));
    }
    let mut sold = sizes(&["EU 40", "EU 41"], InStock);
    sold.extend(sizes(&["40"], OutOfStock));
    read(&mut history, 5, sold);
    let mut back = sizes(&["EU 40", "EU 41"], InStock);
    back.extend(sizes(&["40"], InStock));
    read(&mut history, 6, back);
    assert_eq!(history.restocks, [(0, at(6 * MINUTE))]);
}

#[test]
fn twins_by_article_number_are_not_guessed_apart() {
    let with = |id: &str, size: &str| VariantReading {
        external_id: Some(id.into()),
        sku: Some("A".into()),
        ..VariantReading::bare(vec![("Size".into(), size.into())], InStock)
    };
    let mut history = History::default();
    read(&mut history, 0, vec![with("1", "40"), with("2", "41")]);
    let observation = history.read(&product(vec![with("3", "42"), with("4", "41")]), at(MINUTE));
    let known: Vec<_> = observation.seen.iter().map(|seen| seen.known).collect();
    assert_eq!(known, [None, Some(1)], "the number named two; 41 is the same by its options");
}

#[test]
fn a_new_size_that_text_is_guessed_from_must_be_seen_twice_too() {
    let rules = Rules { confirmations: 2, ..rules() };
    let mut history = History::default();
    history.read_by(&product(vec![variant("S", InStock)]), &rules, at(0));
    let both = product(vec![variant("S", InStock), variant("M", InStock)]);
    assert!(!history.read_by(&both, &rules, at(MINUTE)).is_settled(), "the same reading would say more");
    assert_eq!(history.restocks, []);
    assert!(history.read_by(&both, &rules, at(2 * MINUTE)).is_settled());
    assert_eq!(history.restocks, [(1, at(2 * MINUTE))]);
}

#[test]
fn a_variant_of_which_nothing_was_known_is_no_restock() {
    assert_eq!(back_after(vec![variant("M", Unknown)], vec![variant("M", InStock)]), Vec::<usize>::new());
}

#[test]
fn three_intervals_are_no_gap_yet() {
    let mut history = History::default();
    read(&mut history, 0, vec![variant("M", InStock)]);
    read(&mut history, 3, vec![variant("M", InStock)]);
    assert_eq!(history.spans[0].len(), 1);
    history.read(&product(vec![variant("M", InStock)]), at(6 * MINUTE + 1));
    assert_eq!((history.spans[0].len(), history.spans[0][0].ended_at), (2, Some(at(3 * MINUTE))));
}

#[test]
fn another_price_is_another_span() {
    let mut history = History::default();
    let at_price = |minor| VariantReading { price: Some(Money::minor(minor, 2, Some("EUR"))), ..variant("M", InStock) };
    read(&mut history, 0, vec![at_price(100)]);
    let observation = history.read(&product(vec![at_price(90)]), at(MINUTE));
    let opened = Change::Open {
        availability: InStock,
        price: Some(Money::minor(90, 2, Some("EUR"))),
        previous_ended_at: Some(at(MINUTE)),
    };
    assert_eq!((&observation.seen[0].change, observation.seen[0].restock_from), (&opened, None));
}

#[test]
fn each_time_a_variant_vanishes_is_counted_anew() {
    let mut history = History::default();
    let both = || vec![variant("S", InStock), variant("M", InStock)];
    let vanished = |history: &History| history.known.variants[1].vanished.map(|vanished| vanished.at);
    read(&mut history, 0, both());
    read(&mut history, 1, vec![variant("S", InStock)]);
    read(&mut history, 2, vec![variant("S", InStock)]);
    assert_eq!(vanished(&history), Some(at(MINUTE)), "the first reading that lacked it");
    read(&mut history, 3, both());
    read(&mut history, 4, vec![variant("S", InStock)]);
    assert_eq!(vanished(&history), Some(at(4 * MINUTE)));
}

#[test]
fn a_product_that_a_whole_list_lacks_is_absent_in_time() {
    let mut history = History::default();
    read(&mut history, 0, vec![variant("S", InStock), variant("M", OutOfStock)]);
    for minute in 1..=3 {
        let observation = observe_missing(&history.known, &rules(), at(minute * MINUTE));
        assert_eq!((observation.seen.len(), observation.missed.len()), (0, 2));
        assert_eq!(observation.is_settled(), minute == 3);
        for missed in &observation.missed {
            history.known.variants[missed.known].missing = missed.missing;
            history.known.variants[missed.known].vanished = missed.vanished;
            history.apply(missed.known, &missed.change, at(minute * MINUTE));
        }
    }
    let is = |index: usize| history.known.variants[index].span.as_ref().map(|span| span.availability);
    assert_eq!((is(0), is(1)), (Some(Absent), Some(Absent)));
    let again = product(vec![variant("S", OutOfStock), variant("M", InStock)]);
    assert_eq!(returning(&history.known, &again), Vec::<usize>::new(), "S is not back, and M was out");
    history.read(&again, at(4 * MINUTE));
    assert_eq!(history.restocks, [(1, at(4 * MINUTE))]);
}

#[test]
fn evidence_of_the_same_rank_and_silence_are_no_doubt() {
    let mut history = History::default();
    let of = |rank, is| product(vec![VariantReading { rank, ..variant("M", is) }]);
    history.read(&of(Rank::JsonLd, OutOfStock), at(0));
    assert_eq!(history.read(&of(Rank::Text, Unknown), at(1)).ignored, None);
    assert_eq!(history.read(&of(Rank::Text, InStock), at(2)).ignored, Some(Ignored::Weaker));
    let observation = history.read(&of(Rank::JsonLd, InStock), at(3));
    assert_eq!((observation.ignored, observation.doubted_since), (None, None));
    assert_eq!(history.restocks, [(0, at(3))]);
}

/// Both old sizes that were sold and a new one come when the rest is sold: that is a delivery, and no renaming.
#[test]
fn old_and_new_sizes_that_take_the_place_of_others_are_restocks() {
    let mut history = History::default();
    read(&mut history, 0, sizes(&["40", "41", "42", "43"], InStock));
    for minute in 1..5 {
        read(&mut history, minute, sizes(&["42", "43"], InStock));
    }
    read(&mut history, 5, sizes(&["40", "44"], InStock));
    assert_eq!(history.restocks, [(0, at(5 * MINUTE)), (4, at(5 * MINUTE))]);
}

#[test]
fn what_was_sold_out_under_its_old_name_is_a_restock_under_it() {
    let mut history = History::default();
    let mut old = sizes(&["40"], OutOfStock);
    old.extend(sizes(&["41"], InStock));
    read(&mut history, 0, old);
    for minute in 1..5 {
        read(&mut history, minute, sizes(&["EU 40", "EU 41"], OutOfStock));
    }
    let mut back = sizes(&["EU 40", "EU 41"], OutOfStock);
    back.extend(sizes(&["40"], InStock));
    read(&mut history, 5, back);
    assert_eq!(history.restocks, [(0, at(5 * MINUTE))]);
}

#[test]
fn a_clock_set_back_ends_no_span_before_it_was_last_seen() {
    let mut history = History::default();
    read(&mut history, 10, vec![variant("M", InStock)]);
    read(&mut history, 5, vec![variant("M", OutOfStock)]);
    assert_eq!(history.spans[0][0].ended_at, Some(at(10 * MINUTE)));
}

#[test]
fn a_product_that_was_read_completely_once_stays_so() {
    let mut history = History::default();
    read(&mut history, 0, vec![variant("S", InStock)]);
    let cut = ProductReading { complete: false, ..product(vec![variant("S", InStock)]) };
    history.read(&cut, at(MINUTE));
    read(&mut history, 2, vec![variant("S", InStock), variant("M", InStock)]);
    assert_eq!(history.restocks, [(1, at(2 * MINUTE))]);
}

#[test]
fn stock_that_is_not_counted_is_shown_as_what_it_is() {
    let mut history = History::default();
    let derived = |is| vec![VariantReading { rank: Rank::Derived, ..variant("M", is) }];
    for minute in 0..3 {
        read(&mut history, minute, derived(InStock));
    }
    assert_eq!((history.spans[0].len(), history.spans[0][0].last_seen), (1, at(2 * MINUTE)));
    read(&mut history, 3, derived(OutOfStock));
    assert_eq!(history.spans[0].len(), 2, "it may sell out");
    let new = VariantReading { rank: Rank::Derived, ..variant("L", InStock) };
    read(&mut history, 4, [derived(OutOfStock), vec![new]].concat());
    assert_eq!(history.restocks, [], "nor is a new size of which nothing is counted");
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
