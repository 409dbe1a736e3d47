//! Until when somebody wants quiet, as people say it: `until tomorrow`, `until 18:00`, `until monday`. Pure.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

/// A day ends the quiet in the morning: at this hour.
const MORNING: u32 = 8;
const LONGEST_DAYS: u64 = 366;

/// The moment that the words say, in this zone; always ahead of `now`, a year at most.
pub(crate) fn until(words: &[&str], now: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let words: Vec<&str> =
        lower.iter().map(String::as_str).filter(|word| !matches!(*word, "until" | "till" | "at")).collect();
    let here = now.with_timezone(&zone);
    let today = here.date_naive();
    let morning = NaiveTime::from_hms_opt(MORNING, 0, 0)?;
    let ahead = |at: &NaiveDateTime| *at > here.naive_local();
    let at = match words.as_slice() {
        [one] => match time(one) {
            Some(time) => {
                [today, today.checked_add_days(Days::new(1))?].map(|day| day.and_time(time)).into_iter().find(ahead)?
            }
            None => day(one, today)?.and_time(morning),
        },
        [first, second] => match time(second) {
            Some(time) => day(first, today)?.and_time(time),
            None => return None,
        },
        _ => return None,
    };
    let is_near = at.date() <= today.checked_add_days(Days::new(LONGEST_DAYS))?;
    // A time that summer time leaves out is an hour later.
    let at = zone
        .from_local_datetime(&at)
        .earliest()
        .or_else(|| zone.from_local_datetime(&(at + chrono::Duration::hours(1))).earliest())?;
    Some(at.with_timezone(&Utc)).filter(|at| *at > now && is_near)
}

/// `18:00`, `18h`, `6pm`.
fn time(word: &str) -> Option<NaiveTime> {
    if let Some((hour, minute)) = word.split_once(':') {
        return NaiveTime::from_hms_opt(number(hour)?, number(minute)?, 0);
    }
    let (digits, later) = match (word.strip_suffix("pm"), word.strip_suffix("am")) {
        (Some(digits), _) => (digits, 12),
        (_, Some(digits)) => (digits, 0),
        _ => return NaiveTime::from_hms_opt(number(word.strip_suffix('h')?)?, 0, 0),
    };
    let hour = number(digits).filter(|hour| (1..=12).contains(hour))?;
    NaiveTime::from_hms_opt(hour % 12 + later, 0, 0)
}

fn number(digits: &str) -> Option<u32> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// `tomorrow`, `monday`, `2027-02-01`.
fn day(word: &str, today: NaiveDate) -> Option<NaiveDate> {
    match word {
        "tomorrow" => return today.checked_add_days(Days::new(1)),
        "today" | "tonight" => return Some(today),
        _ => {}
    }
    if let Ok(date) = word.parse::<NaiveDate>() {
        return Some(date);
    }
    let weekday: Weekday = word.parse().ok()?;
    let days = (7 + u64::from(weekday.num_days_from_monday()) - u64::from(today.weekday().num_days_from_monday())) % 7;
    today.checked_add_days(Days::new(if days == 0 { 7 } else { days }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A Monday, nine in the morning in Berlin.
    fn said(text: &str) -> String {
        let now = "2027-01-18T08:00:00Z".parse().expect("a time");
        let zone = chrono_tz::Europe::Berlin;
        let words: Vec<&str> = text.split_whitespace().collect();
        until(&words, now, zone)
            .map_or_else(|| "?".to_owned(), |at| at.with_timezone(&zone).format("%a %d %H:%M").to_string())
    }

    #[test]
    fn the_end_is_understood_as_people_say_it() {
        let lines = [
            "until tomorrow",
            "tomorrow",
            "until 18:00",
            "until 6pm",
            "until 7am",
            "until tomorrow 18:00",
            "until friday",
            "until Monday at 12:30",
            "till 2027-02-01",
            "until yesterday",
            "until 2027-01-01",
            "until 25:00",
            "until 2029-01-01",
            "soon",
        ]
        .map(|text| format!("{text} → {}", said(text)));
        insta::assert_snapshot!(lines.join("\n"), @"
        until tomorrow → Tue 19 08:00
        tomorrow → Tue 19 08:00
        until 18:00 → Mon 18 18:00
        until 6pm → Mon 18 18:00
        until 7am → Tue 19 07:00
        until tomorrow 18:00 → Tue 19 18:00
        until friday → Fri 22 08:00
        until Monday at 12:30 → Mon 25 12:30
        till 2027-02-01 → Mon 01 08:00
        until yesterday → ?
        until 2027-01-01 → ?
        until 25:00 → ?
        until 2029-01-01 → ?
        soon → ?
        ");
    }

    proptest! {
        #[test]
        fn whatever_is_said_the_end_lies_ahead(text in "(until |)([a-z]{3,8}|[0-9:pamh-]{1,12})( [0-9:pm]{1,6}|)", seconds in 0i64..4_000_000_000) {
            let now = DateTime::from_timestamp(seconds, 0).expect("a date");
            let words: Vec<&str> = text.split_whitespace().collect();
            for zone in [Tz::UTC, chrono_tz::Europe::Berlin, chrono_tz::Pacific::Apia] {
                prop_assert!(until(&words, now, zone).is_none_or(|at| at > now));
            }
        }
    }
}
