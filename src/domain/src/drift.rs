//! When a reading lacks so much that the shop is more likely broken than sold out. Pure.
//!
//! A catalogue that loses half of its products between two readings has lost a page, a filter or a cache; goods sell
//! out one by one. Such a reading is believed for what it has, for that names ids and sizes as before. What it lacks is
//! left as it was for some hours: the trouble passes, the goods are there again, and nobody is notified of a restock that was none.

use std::fmt;

use chrono::{DateTime, Duration, Utc};

/// Fewer products than this may vanish at once without suspicion: small shops do sell out.
const FEWEST: usize = 3;
/// A shop that says the same for as long means it.
const BELIEVED_AFTER: Duration = Duration::hours(6);

/// What a complete reading has of what its source told so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// Products that the source has told of and that are not known to be absent.
    pub known: usize,
    /// Those of them that the reading lacks.
    pub lacking: usize,
}

/// What a reading makes of the products that it lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendOutcome {
    /// It lacks few: those are missing, and will be absent once three readings agree.
    Missing,
    /// It lacks many: they are left as they were; the source is in trouble.
    LeftAlone,
    /// It lacks many, and has for hours: they are missing like few, and the trouble ends once they are absent.
    Believed,
}

/// Judges a complete reading at `at`. `since` is when its source was first seen to lack this much, if it did last time.
#[must_use]
pub fn judge(coverage: Coverage, since: Option<DateTime<Utc>>, at: DateTime<Utc>) -> SendOutcome {
    let much = coverage.lacking >= FEWEST && coverage.lacking * 2 >= coverage.known;
    // A clock that was set back begins anew rather than never.
    let for_long = since.is_some_and(|since| at.signed_duration_since(since) >= BELIEVED_AFTER);
    match (much, for_long) {
        (false, _) => SendOutcome::Missing,
        (true, false) => SendOutcome::LeftAlone,
        (true, true) => SendOutcome::Believed,
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} products are missing at once; the others are read as usual, the missing ones are taken for \
             absent if it stays so for {} hours",
            self.lacking,
            self.known,
            BELIEVED_AFTER.num_hours()
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a date") + Duration::minutes(minutes)
    }

    #[test]
    fn half_a_catalogue_does_not_sell_out_in_a_minute() {
        for (lacking, known, outcome) in [
            (5, 10, SendOutcome::LeftAlone),
            (10, 10, SendOutcome::LeftAlone),
            (4, 10, SendOutcome::Missing),
            (3, 6, SendOutcome::LeftAlone),
            (3, 7, SendOutcome::Missing),
            (2, 2, SendOutcome::Missing),
            (0, 0, SendOutcome::Missing),
        ] {
            assert_eq!(judge(Coverage { known, lacking }, None, at(0)), outcome, "{lacking} of {known}");
        }
    }

    #[test]
    fn what_a_shop_says_for_hours_it_means() {
        let half = Coverage { known: 10, lacking: 5 };
        assert_eq!(judge(half, Some(at(0)), at(359)), SendOutcome::LeftAlone);
        assert_eq!(judge(half, Some(at(0)), at(360)), SendOutcome::Believed);
        assert_eq!(judge(half, Some(at(0)), at(-1000)), SendOutcome::LeftAlone);
    }

    proptest! {
        #[test]
        fn the_more_is_missing_the_more_is_suspected(known in 0usize..200, lacking in 0usize..200) {
            let lacking = lacking.min(known);
            let outcome = |lacking| judge(Coverage { known, lacking }, None, at(0));
            if outcome(lacking) == SendOutcome::LeftAlone {
                prop_assert_eq!(outcome(known), SendOutcome::LeftAlone);
            }
        }
    }
}
