//! Where the axis is marked: full hours, days, Mondays or firsts of the month, in the reader's zone.

use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

use super::period::Period;

/// Labels that stand beside one another on a phone.
const MOST: usize = 5;

/// A marked moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tick {
    pub(super) at: DateTime<Utc>,
    pub(super) label: String,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Minutes(i64),
    Days(i32),
    Weeks(i32),
    Months(u32),
}

const STEPS: [Step; 14] = [
    Step::Minutes(5),
    Step::Minutes(15),
    Step::Minutes(30),
    Step::Minutes(60),
    Step::Minutes(3 * 60),
    Step::Minutes(6 * 60),
    Step::Minutes(12 * 60),
    Step::Days(1),
    Step::Days(3),
    Step::Weeks(1),
    Step::Weeks(2),
    Step::Months(1),
    Step::Months(3),
    Step::Months(12),
];

impl Step {
    /// About how long it is.
    fn length(self) -> Duration {
        match self {
            Self::Minutes(minutes) => Duration::minutes(minutes),
            Self::Days(days) => Duration::days(days.into()),
            Self::Weeks(weeks) => Duration::weeks(weeks.into()),
            Self::Months(months) => Duration::days(30 * i64::from(months)),
        }
    }
}

/// The closest marks that leave room for their labels.
pub(super) fn ticks(period: &Period, zone: Tz) -> Vec<Tick> {
    let passed = period.until - period.from;
    let most = i32::try_from(MOST).unwrap_or(i32::MAX);
    let fitting = STEPS.iter().filter(|step| step.length() * most >= passed || matches!(step, Step::Months(_)));
    fitting.map(|step| marks(*step, period, zone)).find(|marks| marks.len() <= MOST).unwrap_or_default()
}

fn marks(step: Step, period: &Period, zone: Tz) -> Vec<Tick> {
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    let last = day(period.until);
    let days = day(period.from).iter_days().take_while(|date| *date <= last);
    let moments = days.flat_map(|date| times(step, date).into_iter().map(move |time| (date, time)));
    moments
        .filter_map(|(date, time)| {
            let at = zone.from_local_datetime(&date.and_time(time)).earliest()?.to_utc();
            period.contains(at).then(|| Tick { at, label: label(date, time) })
        })
        .collect()
}

/// The times of this day that are marked; a day that is not has none.
fn times(step: Step, date: NaiveDate) -> Vec<NaiveTime> {
    let days = date.num_days_from_ce();
    let is_marked = match step {
        Step::Minutes(minutes) => {
            let nth = |n: i64| NaiveTime::MIN.overflowing_add_signed(Duration::minutes(n * minutes)).0;
            return (0..24 * 60 / minutes).map(nth).collect();
        }
        Step::Days(every) => days % every == 0,
        Step::Weeks(every) => date.weekday() == Weekday::Mon && (days / 7) % every == 0,
        Step::Months(every) => date.day() == 1 && date.month0().is_multiple_of(every),
    };
    is_marked.then_some(NaiveTime::MIN).into_iter().collect()
}

fn label(date: NaiveDate, time: NaiveTime) -> String {
    if time == NaiveTime::MIN { date.format("%-d %b").to_string() } else { time.format("%H:%M").to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(hours: i64, zone: Tz) -> String {
        let now = Utc.with_ymd_and_hms(2027, 3, 30, 14, 20, 0).single().expect("a date");
        let period = Period { from: now - Duration::hours(hours), until: now };
        ticks(&period, zone).into_iter().map(|tick| tick.label).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn marks_are_those_a_person_would_choose() {
        let periods = [1, 4, 12, 24, 72, 24 * 10, 24 * 30, 24 * 90];
        let all: Vec<String> = periods.iter().map(|hours| labels(*hours, Tz::UTC)).collect();
        insta::assert_snapshot!(all.join("\n"), @"
        13:30, 13:45, 14:00, 14:15
        11:00, 12:00, 13:00, 14:00
        03:00, 06:00, 09:00, 12:00
        18:00, 30 Mar, 06:00, 12:00
        28 Mar, 29 Mar, 30 Mar
        21 Mar, 24 Mar, 27 Mar, 30 Mar
        1 Mar, 8 Mar, 15 Mar, 22 Mar, 29 Mar
        1 Jan, 1 Feb, 1 Mar
        ");
    }

    #[test]
    fn midnight_is_that_of_the_zone_also_across_a_change_of_clocks() {
        let now = Utc.with_ymd_and_hms(2027, 3, 29, 12, 0, 0).single().expect("a date");
        let period = Period { from: now - Duration::days(3), until: now };
        let marks = ticks(&period, Tz::Europe__Berlin);
        let times: Vec<String> = marks.iter().map(|tick| tick.at.format("%d %H:%M").to_string()).collect();
        assert_eq!(times, ["26 23:00", "27 23:00", "28 22:00"]);
    }
}
