//! How often a source is polled: as was asked for, less often while nobody wants it or its shop pushes, more often in the
//! hours in which its products usually come back. Pure: the clock is an argument.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Timelike, Utc};

use crate::history::usual_hour;
use crate::poll::INTERVAL_FLOOR;

/// What nobody wants is polled at least this often.
pub const UNWATCHED: Duration = Duration::from_secs(15 * 60);
/// What a shop pushes is polled this often: polling makes good what a push missed.
pub const PUSHED: Duration = Duration::from_secs(5 * 60);
/// A shop whose last believed push is longer ago may have stopped pushing.
pub const PUSHES_LAST: Duration = Duration::from_secs(6 * 3600);
/// The interval doubles each time that nobody wanted a source for so long.
const DOUBLES_EACH: Duration = Duration::from_secs(3600);
/// Restocks further back than this do not say what is usual.
pub const REMEMBERED: Duration = Duration::from_secs(90 * 24 * 3600);

/// Why a source is polled as often as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// As was asked for.
    Asked,
    /// Nobody wants it.
    Unwatched,
    /// Its shop pushes.
    Pushed,
    /// Its products usually come back at this time of day.
    UsualHours,
}

impl Pace {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Asked, Self::Unwatched, Self::Pushed, Self::UsualHours];

    /// The name in tables and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Unwatched => "unwatched",
            Self::Pushed => "pushed",
            Self::UsualHours => "usual_hours",
        }
    }

    /// Why, for people.
    #[must_use]
    pub fn why(self) -> &'static str {
        match self {
            Self::Asked => "as asked",
            Self::Unwatched => "nobody watches it",
            Self::Pushed => "its shop pushes changes",
            Self::UsualHours => "its products usually come back at this time",
        }
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no pace.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a pace")]
pub struct NotAPace(String);

impl FromStr for Pace {
    type Err = NotAPace;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|pace| pace.as_str() == word).ok_or_else(|| NotAPace(word.to_owned()))
    }
}

/// What is known of a source.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The interval that was asked for.
    pub asked: Duration,
    /// Since when nobody wants it.
    pub unwanted_since: Option<DateTime<Utc>>,
    /// The last push of its shop that was believed.
    pub pushed_at: Option<DateTime<Utc>>,
    /// When its products came back, in any order.
    pub restocks: &'a [DateTime<Utc>],
}

/// How often it is polled now, and why.
///
/// What somebody wants is never polled less often than was asked for, unless its shop pushes; nothing is polled more often
/// than [`INTERVAL_FLOOR`] allows, but for what was asked for so.
#[must_use]
pub fn pace(known: &Known<'_>, now: DateTime<Utc>) -> (Pace, Duration) {
    let since = |at: Option<DateTime<Utc>>| at.map(|at| (now - at).to_std().unwrap_or_default());
    if let Some(passed) = since(known.unwanted_since) {
        let doublings = passed.as_secs() / DOUBLES_EACH.as_secs();
        let slower = known.asked.saturating_mul(1 << doublings.min(16)).min(UNWATCHED);
        return than_asked(known, Pace::Unwatched, slower.max(known.asked));
    }
    if since(known.pushed_at).is_some_and(|passed| passed < PUSHES_LAST) {
        return than_asked(known, Pace::Pushed, PUSHED.max(known.asked));
    }
    if is_usual(known.restocks, now) {
        let faster = (known.asked / 2).max(INTERVAL_FLOOR).min(known.asked);
        return than_asked(known, Pace::UsualHours, faster);
    }
    (Pace::Asked, known.asked)
}

fn than_asked(known: &Known<'_>, pace: Pace, interval: Duration) -> (Pace, Duration) {
    if interval == known.asked { (Pace::Asked, interval) } else { (pace, interval) }
}

/// Is it the time of day in which they come back, or a quarter of an hour before?
fn is_usual(restocks: &[DateTime<Utc>], now: DateTime<Utc>) -> bool {
    let lately: Vec<DateTime<Utc>> =
        restocks.iter().copied().filter(|at| (now - *at).to_std().is_ok_and(|passed| passed < REMEMBERED)).collect();
    let Some(first) = usual_hour(&lately) else { return false };
    let minutes = i64::from(now.hour() * 60 + now.minute());
    let since = (minutes - i64::from(first) * 60 + 15).rem_euclid(24 * 60);
    since < 15 + 120
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use proptest::prelude::*;

    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 10, day, hour, minute, 0).single().expect("a time")
    }

    fn known(restocks: &[DateTime<Utc>]) -> Known<'_> {
        Known { asked: MINUTE, unwanted_since: None, pushed_at: None, restocks }
    }

    #[test]
    fn what_nobody_wants_is_polled_ever_less_often() {
        let after = |minutes: u32| {
            let unwanted_since = Some(at(1, 0, 0));
            pace(&Known { unwanted_since, ..known(&[]) }, at(1, minutes / 60, minutes % 60))
        };
        assert_eq!(after(59), (Pace::Asked, MINUTE));
        assert_eq!(after(60), (Pace::Unwatched, MINUTE * 2));
        assert_eq!(after(180), (Pace::Unwatched, MINUTE * 8));
        assert_eq!(after(1200), (Pace::Unwatched, UNWATCHED));
    }

    #[test]
    fn a_shop_that_pushes_is_polled_less_often_until_its_pushes_stop() {
        let pushed = |hour| pace(&Known { pushed_at: Some(at(1, 8, 0)), ..known(&[]) }, at(1, hour, 0));
        assert_eq!(pushed(9), (Pace::Pushed, PUSHED));
        assert_eq!(pushed(13), (Pace::Pushed, PUSHED));
        assert_eq!(pushed(14), (Pace::Asked, MINUTE));
    }

    #[test]
    fn around_its_usual_hours_a_product_is_polled_twice_as_often() {
        let restocks: Vec<DateTime<Utc>> = (1..8).map(|day| at(day, 17, 20)).collect();
        let of = |hour, minute| pace(&known(&restocks), at(20, hour, minute));
        assert_eq!(of(17, 20), (Pace::UsualHours, MINUTE / 2));
        assert_eq!(of(3, 0), (Pace::Asked, MINUTE));
        let slow = Known { asked: MINUTE * 10, ..known(&restocks) };
        assert_eq!(pace(&slow, at(20, 17, 20)), (Pace::UsualHours, MINUTE * 5));
        let own = Known { asked: Duration::from_secs(5), ..known(&restocks) };
        assert_eq!(pace(&own, at(20, 17, 20)), (Pace::Asked, Duration::from_secs(5)), "no faster than was asked");
        assert_eq!(pace(&known(&restocks[..4]), at(20, 17, 20)), (Pace::Asked, MINUTE), "four days are no habit");
    }

    #[test]
    fn the_usual_hours_begin_a_quarter_before_the_window_and_end_with_it() {
        let usual = |hour, times: &[(u32, u32)]| {
            let restocks: Vec<DateTime<Utc>> = (1..8).map(|day| at(day, hour, 20)).collect();
            times.iter().map(|(hour, minute)| is_usual(&restocks, at(20, *hour, *minute))).collect::<Vec<_>>()
        };
        assert_eq!(usual(17, &[(15, 44), (15, 45), (17, 59), (18, 0)]), [false, true, true, false]);
        assert_eq!(usual(0, &[(23, 44), (23, 45), (1, 59), (2, 0)]), [false, true, true, false]);
    }

    #[test]
    fn a_restock_of_ninety_days_ago_is_forgotten() {
        let now = at(20, 17, 20);
        let days = |oldest: i64| [1, 2, 3, 4, oldest].map(|day| now - chrono::Duration::days(day));
        assert_eq!((is_usual(&days(89), now), is_usual(&days(90), now)), (true, false));
    }

    #[test]
    fn the_stated_times_are_these() {
        let seconds = [UNWATCHED, PUSHED, PUSHES_LAST, DOUBLES_EACH, REMEMBERED].map(|time| time.as_secs());
        assert_eq!(seconds, [900, 300, 21_600, 3_600, 7_776_000]);
    }

    #[test]
    fn each_pace_is_told_from_the_others() {
        let mut words: Vec<String> = Pace::ALL.iter().map(|pace| format!("{pace}: {}", pace.why())).collect();
        words.sort();
        assert_eq!(
            words.join("\n"),
            "asked: as asked\npushed: its shop pushes changes\nunwatched: nobody watches it\n\
            usual_hours: its products usually come back at this time"
        );
    }

    #[test]
    fn each_pace_is_read_back_from_its_name() {
        assert!(Pace::ALL.into_iter().all(|pace| pace.as_str().parse::<Pace>().is_ok_and(|same| same == pace)));
        assert!("quick".parse::<Pace>().is_err());
    }

    proptest! {
        #[test]
        fn no_pace_breaks_a_promise(
            asked in 1_u64..7200, unwanted in prop::option::of(-9_i64..99_999), pushed in prop::option::of(-9_i64..99_999),
            hours in prop::collection::vec(0_i64..2400, 0..40), minute in 0_i64..100_000,
        ) {
            let now = at(30, 0, 0) + chrono::Duration::minutes(minute);
            let ago = |minutes: i64| now - chrono::Duration::minutes(minutes);
            let restocks: Vec<DateTime<Utc>> = hours.iter().map(|hours| now - chrono::Duration::hours(*hours)).collect();
            let asked = Duration::from_secs(asked);
            let known = Known { asked, unwanted_since: unwanted.map(ago), pushed_at: pushed.map(ago), restocks: &restocks };
            let (why, interval) = pace(&known, now);
            prop_assert!(interval >= asked.min(INTERVAL_FLOOR), "never below the floor, but for what was asked for so");
            prop_assert!(interval <= asked.max(UNWATCHED));
            if known.unwanted_since.is_none() {
                prop_assert!(interval <= asked.max(PUSHED));
                prop_assert!(interval <= asked || why == Pace::Pushed, "what somebody wants is never polled less often");
            }
            prop_assert_eq!(why == Pace::Asked, interval == asked);
        }
    }
}
