//! When what vanished and came back was never gone: the shop lost a page, a filter or a cache for a while. Pure.
//!
//! One product that loses sizes has sold them. Goods of many products that vanish in one round, and are nearly all back
//! within half an hour, were there all the time.

use chrono::{DateTime, Duration, Utc};

/// Fewer products than this may lose sizes in one round without suspicion: small shops do sell out.
const FEWEST_PRODUCTS: usize = 3;
/// What is back only after this was gone.
const BACK_WITHIN: Duration = Duration::minutes(30);

/// What vanished between two readings of one source, and what of it is back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Round {
    /// The first reading that lacked it.
    pub at: DateTime<Utc>,
    /// Products that the shop has.
    pub products: usize,
    /// Those of them that lost variants which were in stock.
    pub losing: usize,
    /// Variants that were in stock and vanished.
    pub lost: usize,
    /// Those of them that are there again.
    pub back: usize,
}

impl Round {
    /// Was it a glitch, as far as is known at `now`? Then what is back was never gone, and is no restock.
    #[must_use]
    pub fn is_glitch(&self, now: DateTime<Utc>) -> bool {
        self.may_be_glitch(now) && self.back * 5 >= self.lost * 4
    }

    /// Would it be one if more of it were back? Where only a part of the shop was read, nobody knows yet.
    #[must_use]
    pub fn may_be_glitch(&self, now: DateTime<Utc>) -> bool {
        let many = self.losing >= FEWEST_PRODUCTS && self.losing * 4 >= self.products;
        many && now.signed_duration_since(self.at) <= BACK_WITHIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a date") + Duration::minutes(minutes)
    }

    #[test]
    fn many_products_that_are_nearly_all_back_within_half_an_hour_were_never_gone() {
        let round = Round { at: at(0), products: 12, losing: 3, lost: 10, back: 8 };
        assert!(round.is_glitch(at(30)));
        for (round, minutes, why) in [
            (Round { losing: 2, ..round }, 30, "two products"),
            (Round { products: 13, ..round }, 30, "less than a quarter of the products"),
            (Round { back: 7, ..round }, 30, "less than four fifths are back"),
            (round, 31, "it took longer"),
        ] {
            assert!(!round.is_glitch(at(minutes)), "{why}");
        }
        assert!(Round { products: 3, losing: 3, lost: 3, back: 3, ..round }.is_glitch(at(1)), "a small shop");
    }
}
