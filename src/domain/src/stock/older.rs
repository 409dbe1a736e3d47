//! Answers that are older than the last one, or rest on weaker evidence: caches disagree, and documents come and go. Pure.

use chrono::{DateTime, Duration, Utc};

/// What keeps saying the same for this long counts, however old or weak it is.
const IGNORED_FOR: Duration = Duration::minutes(15);
/// A shop whose clock is further ahead than this has none.
const AHEAD: Duration = Duration::minutes(5);
/// Clocks of one shop's machines may differ by this.
const SLACK: Duration = Duration::seconds(2);

/// The shop's own time of an answer, if it can be believed at `now`.
#[must_use]
pub fn believed(shop_time: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    shop_time.filter(|time| time.signed_duration_since(now) <= AHEAD)
}

/// Is an answer with the time `read` older than one with the time `known`? Without a time on both sides nobody knows.
#[must_use]
pub fn is_older(known: Option<DateTime<Utc>>, read: Option<DateTime<Utc>>) -> bool {
    known.zip(read).is_some_and(|(known, read)| known.signed_duration_since(read) > SLACK)
}

/// Has it been like this for long enough to count? A clock that was set back begins anew rather than never.
#[must_use]
pub fn counts_after_all(doubted_since: Option<DateTime<Utc>>, at: DateTime<Utc>) -> bool {
    doubted_since.is_some_and(|since| at.signed_duration_since(since) >= IGNORED_FOR)
}

/// Every so many polls, and at least so often, a shop is asked without conditions: some never move their validators.
const FULL_EVERY: u32 = 10;
const FULL_WITHIN: std::time::Duration = std::time::Duration::from_secs(15 * 60);

/// May a source be asked conditionally now? `polls` were made since the last unconditional request that brought a
/// reading, which is `since` ago; never so far means no.
#[must_use]
pub fn may_ask_conditionally(polls: u32, since: Option<std::time::Duration>) -> bool {
    polls + 1 < FULL_EVERY && since.is_some_and(|since| since < FULL_WITHIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("a date")
    }

    #[test]
    fn an_answer_is_older_only_if_both_sides_have_a_time() {
        assert!(is_older(Some(at(3)), Some(at(0))));
        assert!(!is_older(Some(at(2)), Some(at(0))), "machines of one shop differ by a moment");
        assert!(!is_older(Some(at(0)), Some(at(3))));
        assert!(!is_older(None, Some(at(0))) && !is_older(Some(at(0)), None));
    }

    #[test]
    fn a_time_that_is_far_ahead_is_none() {
        assert_eq!(believed(Some(at(300)), at(0)), Some(at(300)));
        assert_eq!(believed(Some(at(301)), at(0)), None);
        assert_eq!(believed(None, at(0)), None);
    }

    #[test]
    fn what_stays_so_for_a_quarter_of_an_hour_counts() {
        assert!(!counts_after_all(None, at(0)));
        assert!(!counts_after_all(Some(at(0)), at(899)));
        assert!(counts_after_all(Some(at(0)), at(900)));
        assert!(!counts_after_all(Some(at(0)), at(-5000)));
    }

    #[test]
    fn every_tenth_poll_and_each_quarter_of_an_hour_asks_without_conditions() {
        let soon = Some(std::time::Duration::from_secs(1));
        assert!(!may_ask_conditionally(0, None));
        assert!((0..9).all(|polls| may_ask_conditionally(polls, soon)));
        assert!(!may_ask_conditionally(9, soon) && !may_ask_conditionally(50, soon));
        assert!(may_ask_conditionally(0, Some(std::time::Duration::from_secs(899))));
        assert!(!may_ask_conditionally(0, Some(std::time::Duration::from_secs(900))));
    }
}
