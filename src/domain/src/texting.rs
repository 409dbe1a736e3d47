//! When a phone may be texted: by day, where its owner may be.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, DurationRound, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

/// The hours in which texts are sent, on the clock of whoever gets them: from the first on, before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    from: u8,
    to: u8,
}

/// Not hours of a day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("hours are two whole ones of a day, the earlier first, like 9-21, not {0:?}")]
pub struct NotHours(String);

impl Default for Hours {
    fn default() -> Self {
        Self { from: 9, to: 21 }
    }
}

impl FromStr for Hours {
    type Err = NotHours;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let not_hours = || NotHours(text.trim().chars().take(60).collect());
        let (from, to) = text.split_once('-').ok_or_else(not_hours)?;
        let hour = |text: &str| text.trim().parse::<u8>().map_err(|_| not_hours());
        let (from, to) = (hour(from)?, hour(to)?);
        if from < to && to <= 24 { Ok(Self { from, to }) } else { Err(not_hours()) }
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from, self.to)
    }
}

/// Whether a text may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// It is day.
    Now,
    /// It is day from then on.
    At(DateTime<Utc>),
}

/// All offsets from UTC are whole quarters of an hour, so days begin and end at those.
const STEP: TimeDelta = TimeDelta::minutes(15);
/// A day that does not come within this time does not come at all. A change of the clocks can take it away once.
const AHEAD: usize = 2 * 24 * 4;

/// Is it day in *all* of `zones`? If not, when will it be?
///
/// Zones so far apart that this is never true are given a wider day, one hour at each end at a time, until there is a
/// moment for all of them. Where no zone is known, the clock of UTC counts.
#[must_use]
pub fn day(now: DateTime<Utc>, zones: &[Tz], hours: Hours) -> Day {
    let zones = if zones.is_empty() { &[Tz::UTC] } else { zones };
    for wider in 0..24 {
        let wide = hours.wider_by(wider);
        if is_day(now, zones, wide) {
            return Day::Now;
        }
        if let Some(at) = moments_after(now).find(|at| is_day(*at, zones, wide)) {
            return Day::At(at);
        }
    }
    // By now the day had all its hours.
    Day::Now
}

fn is_day(at: DateTime<Utc>, zones: &[Tz], hours: Hours) -> bool {
    zones.iter().all(|zone| (u32::from(hours.from)..u32::from(hours.to)).contains(&at.with_timezone(zone).hour()))
}

fn moments_after(now: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    let quarter = now.duration_trunc(STEP).ok();
    std::iter::successors(quarter, |at| at.checked_add_signed(STEP)).skip(1).take(AHEAD)
}

impl Hours {
    /// When texts begin, on the clock of whoever gets them: `9:00`.
    #[must_use]
    pub fn begin(self) -> String {
        format!("{}:00", self.from)
    }

    fn wider_by(self, hours: u8) -> Self {
        Self { from: self.from.saturating_sub(hours), to: self.to.saturating_add(hours).min(24) }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America, Asia, TZ_VARIANTS};
    use proptest::prelude::*;

    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        format!("{text}Z").parse().expect(text)
    }

    fn hours(text: &str) -> Hours {
        text.parse().expect(text)
    }

    #[test]
    fn hours_are_read_and_shown() {
        assert_eq!(hours("9-21"), Hours::default());
        assert_eq!(hours(" 0 - 24 ").to_string(), "0-24");
        assert_eq!(hours("9-21").begin(), "9:00");
        let error = |text: &str| text.parse::<Hours>().expect_err(text).to_string();
        insta::assert_snapshot!(error("21-9"), @r#"hours are two whole ones of a day, the earlier first, like 9-21, not "21-9""#);
        for wrong in ["", "9", "9-9", "8-25", "9:00-21:00", "-1-5"] {
            assert_eq!(wrong.parse::<Hours>(), Err(NotHours(wrong.to_owned())));
        }
    }

    #[test]
    fn a_night_ends_in_the_morning() {
        let new_york = [America::New_York];
        assert_eq!(day(utc("2027-01-15T14:00:00"), &new_york, Hours::default()), Day::Now);
        assert_eq!(day(utc("2027-01-16T01:59:59"), &new_york, Hours::default()), Day::Now);
        let morning = Day::At(utc("2027-01-16T14:00:00"));
        assert_eq!(day(utc("2027-01-16T02:00:00"), &new_york, Hours::default()), morning);
        assert_eq!(day(utc("2027-01-16T13:59:59.999"), &new_york, Hours::default()), morning);
    }

    #[test]
    fn it_must_be_day_on_both_sides_of_a_border() {
        let florida = [America::Chicago, America::New_York];
        assert_eq!(day(utc("2027-01-15T14:30:00"), &florida, Hours::default()), Day::At(utc("2027-01-15T15:00:00")));
        assert_eq!(day(utc("2027-01-16T02:30:00"), &florida, Hours::default()), Day::At(utc("2027-01-16T15:00:00")));
    }

    #[test]
    fn clocks_that_change_overnight_are_known() {
        // On March 14, 2027 the clocks of New York go forward, on November 7 back.
        let new_york = [America::New_York];
        assert_eq!(day(utc("2027-03-14T05:00:00"), &new_york, Hours::default()), Day::At(utc("2027-03-14T13:00:00")));
        assert_eq!(day(utc("2027-11-07T05:00:00"), &new_york, Hours::default()), Day::At(utc("2027-11-07T14:00:00")));
        // The hour from which on texts are sent does not exist on that day.
        assert_eq!(day(utc("2027-03-14T06:30:00"), &new_york, hours("2-6")), Day::At(utc("2027-03-14T07:00:00")));
    }

    #[test]
    fn a_day_that_a_change_of_clocks_takes_away_comes_on_the_next() {
        // There is no 14 March, 2:00, in New York.
        let at = Day::At(utc("2027-03-15T06:00:00"));
        assert_eq!(day(utc("2027-03-13T08:00:00"), &[America::New_York], hours("2-3")), at);
    }

    #[test]
    fn zones_without_a_common_day_meet_half_way() {
        let apart = [America::Los_Angeles, Asia::Kolkata];
        let Day::At(at) = day(utc("2027-01-15T00:00:00"), &apart, hours("9-17")) else { panic!("it is night in one") };
        let clocks = apart.map(|zone| at.with_timezone(&zone).format("%H:%M").to_string());
        assert_eq!(clocks, ["17:30", "07:00"]);
        assert_eq!(day(at, &apart, hours("9-17")), Day::Now);
    }

    #[test]
    fn where_no_zone_is_known_the_clock_of_utc_counts() {
        assert_eq!(day(utc("2027-01-15T05:00:00"), &[], Hours::default()), Day::At(utc("2027-01-15T09:00:00")));
    }

    fn some_hours() -> impl Strategy<Value = Hours> {
        (0u8..24).prop_flat_map(|from| (Just(from), from + 1..=24)).prop_map(|(from, to)| Hours { from, to })
    }

    fn near_zones() -> impl Strategy<Value = Vec<Tz>> {
        let near = [
            America::New_York,
            America::Chicago,
            America::Denver,
            America::Phoenix,
            America::Los_Angeles,
            America::St_Johns,
            America::Anchorage,
            America::Adak,
        ];
        prop::collection::vec(prop::sample::select(near.to_vec()), 1..5)
    }

    proptest! {
        /// What is promised is kept: at that moment it is day, and at no quarter before it was.
        #[test]
        fn the_morning_is_the_first_moment_that_is_day_for_all(
            seconds in 1_780_000_000i64..1_860_000_000, zones in near_zones(),
        ) {
            let now = DateTime::from_timestamp(seconds, 0).expect("a date");
            let by_hand = |at: DateTime<Utc>| zones.iter().all(|zone| (9..21).contains(&at.with_timezone(zone).hour()));
            match day(now, &zones, Hours::default()) {
                Day::Now => prop_assert!(by_hand(now)),
                Day::At(at) => {
                    prop_assert!(by_hand(at));
                    let mut before = now;
                    while before < at {
                        prop_assert!(!by_hand(before), "{before} was day already");
                        before += TimeDelta::minutes(1);
                    }
                    prop_assert!(at - now < TimeDelta::hours(25));
                }
            }
        }

        /// Whatever the zones and hours: a day comes within two, and what was told then holds then.
        #[test]
        fn for_any_zones_and_hours_a_day_comes(
            seconds in 1_780_000_000i64..1_860_000_000, hours in some_hours(),
            zones in prop::collection::vec(prop::sample::select(TZ_VARIANTS.to_vec()), 0..4),
        ) {
            let mut now = DateTime::from_timestamp(seconds, 0).expect("a date");
            let mut asked = 0;
            while let Day::At(at) = day(now, &zones, hours) {
                prop_assert!(at > now && at - now <= TimeDelta::hours(48));
                now = at;
                asked += 1;
                // Around a change of the clocks a better moment may come into sight.
                prop_assert!(asked <= 3);
            }
        }
    }
}
