//! A subscriber's wish, and which restocks fulfil it.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::size::SizeKey;
use crate::style::StyleKey;

/// How often a watch wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Mode {
    /// Once, then it is silent until re-armed.
    #[default]
    Once,
    /// Every time, but of one product at most once per quiet time.
    Every,
}

impl Mode {
    /// The name in tables, commands and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Every => "every",
        }
    }
}

/// What a watch waits for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Wish {
    /// The size; any if empty.
    pub size: SizeKey,
    /// The style; any if empty.
    pub style: StyleKey,
}

/// What a variant is, as far as a wish cares.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// Every key that the variant's size answers to; none where it has no size.
    pub sizes: &'a [SizeKey],
    /// The variant's other option values in the shop's words.
    pub style: Option<&'a str>,
    /// The product's title.
    pub title: &'a str,
}

impl Wish {
    /// Is this what was wished for?
    #[must_use]
    pub fn matches(&self, offer: &Offer<'_>) -> bool {
        (self.size.is_any() || offer.sizes.contains(&self.size))
            && (self.style.is_any() || self.style.matches(offer.style.as_slice(), offer.title))
    }
}

/// One kind of wish among those that wait for a product, with the variants that are back and fulfil it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What is wished for, exactly as stored with the watches.
    pub wish: Wish,
    /// The rows of the variants that are back, in the shop's order. Never empty.
    pub variants: Vec<i64>,
}

/// Which of the `wishes` that exist for a product are fulfilled by its `restocks`, and by which of them.
///
/// The fan-out then looks watches up by equal keys: the words are compared once per kind of wish, not once per person.
#[must_use]
pub fn cases(wishes: &[Wish], restocks: &[(i64, Offer<'_>)]) -> Vec<Case> {
    wishes
        .iter()
        .filter_map(|wish| {
            let fulfilled: Vec<i64> =
                restocks.iter().filter(|(_, offer)| wish.matches(offer)).map(|(variant, _)| *variant).collect();
            (!fulfilled.is_empty()).then(|| Case { wish: wish.clone(), variants: fulfilled })
        })
        .collect()
}

/// May a watch that was last told at `last_notified_at` be notified of a restock at `at`? A `once` watch needs only be armed.
#[must_use]
pub fn is_quiet(mode: Mode, last_notified_at: Option<DateTime<Utc>>, at: DateTime<Utc>, quiet_for: Duration) -> bool {
    match (mode, last_notified_at) {
        (Mode::Every, Some(told)) => {
            at.signed_duration_since(told) < chrono::Duration::from_std(quiet_for).unwrap_or(chrono::Duration::MAX)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::size::names;

    fn wish(size: &str, style: &str) -> Wish {
        Wish { size: SizeKey::fold(size), style: StyleKey::fold(style) }
    }

    #[test]
    fn a_watch_says_how_often_it_notifies() {
        assert_eq!((Mode::Once.as_str(), Mode::Every.as_str()), ("once", "every"));
    }

    #[test]
    fn my_size_and_never_another() {
        let (m, l) = (names("M / 38"), names("L"));
        let black_m = Offer { sizes: &m, style: Some("Black / Slim"), title: "Corps Jacket" };
        let black_l = Offer { sizes: &l, ..black_m };
        assert!(wish("m", "black").matches(&black_m));
        assert!(wish("", "corps slim").matches(&black_m));
        assert!(wish("38", "black").matches(&black_m), "a label of two names answers to both");
        assert!(!wish("m", "black").matches(&black_l));
        assert!(!wish("m", "red").matches(&black_m));
    }

    #[test]
    fn each_kind_of_wish_is_answered_with_what_fulfils_it() {
        let (m, l) = (names("M"), names("L"));
        let offer = |sizes, style| Offer { sizes, style: Some(style), title: "Jacket" };
        let restocks = [(1, offer(m.as_slice(), "Black")), (2, offer(&m, "Red")), (3, offer(&l, "Black"))];
        let wishes = [wish("", ""), wish("M", ""), wish("L", "black"), wish("S", "")];
        let found: Vec<Vec<i64>> = cases(&wishes, &restocks).into_iter().map(|case| case.variants).collect();
        assert_eq!(found, [vec![1, 2, 3], vec![1, 2], vec![3]]);
    }

    #[test]
    fn an_every_watch_keeps_quiet_for_a_while_and_a_once_watch_needs_no_quiet() {
        let told = DateTime::from_timestamp(1_800_000_000, 0).expect("a date");
        let quiet_for = Duration::from_secs(900);
        let after = |seconds| told + chrono::Duration::seconds(seconds);
        assert!(is_quiet(Mode::Every, Some(told), after(899), quiet_for));
        assert!(!is_quiet(Mode::Every, Some(told), after(900), quiet_for));
        assert!(!is_quiet(Mode::Every, None, after(1), quiet_for));
        assert!(!is_quiet(Mode::Once, Some(told), after(1), quiet_for));
    }

    proptest! {
        /// P7: however a shop flickers, an `every` watch hears of it at most once per quiet time, and of the next
        /// restock after that.
        #[test]
        fn p7_no_storm_from_a_flickering_shop(waits in prop::collection::vec(1i64..2000, 1..60)) {
            let quiet_for = Duration::from_secs(900);
            let mut at = DateTime::from_timestamp(1_800_000_000, 0).expect("a date");
            let mut told: Option<DateTime<Utc>> = None;
            for wait in waits {
                at += chrono::Duration::seconds(wait);
                let since = told.map(|told| (at - told).num_seconds());
                let is_notified = !is_quiet(Mode::Every, told, at, quiet_for);
                prop_assert_eq!(is_notified, since.is_none_or(|since| since >= 900));
                if is_notified {
                    told = Some(at);
                }
            }
        }

        #[test]
        fn cases_say_exactly_what_matching_one_by_one_says(
            wished in prop::collection::vec((0usize..4, 0usize..4), 0..8),
            offered in prop::collection::vec((0usize..3, 0usize..3), 0..8),
        ) {
            let sizes = ["S", "M", "L", ""];
            let styles = ["Black", "Red", "Black / White", ""];
            let wishes: Vec<Wish> = wished.iter().map(|(a, b)| wish(sizes[*a], styles[*b])).collect();
            let keys: Vec<Vec<SizeKey>> = offered.iter().map(|(a, _)| names(sizes[*a])).collect();
            let restocks: Vec<(i64, Offer<'_>)> = (0i64..)
                .zip(offered.iter().zip(&keys))
                .map(|(id, ((_, b), sizes))| (id, Offer { sizes, style: Some(styles[*b]), title: "Jacket" }))
                .collect();
            let found = cases(&wishes, &restocks);
            for wish in &wishes {
                for (id, offer) in &restocks {
                    let told = found.iter().any(|case| case.wish == *wish && case.variants.contains(id));
                    prop_assert_eq!(told, wish.matches(offer));
                }
            }
        }
    }
}
