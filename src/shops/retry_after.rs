//! `Retry-After`: how long a shop asks to be left alone, in every spelling that is met. Pure.

use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, Utc};

/// No shop is left alone for longer than this because of one header.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// A shop that asks for a wait in words nobody can read asks for a wait all the same.
const UNREADABLE_WAIT: Duration = Duration::from_secs(15 * 60);

/// The wait that the header asks for, at most a day: seconds (RFC 9110, 10.2.3), also with decimals or a unit, or a date
/// in any of the three forms of RFC 9110, 5.6.7. What cannot be read is a long wait; an empty header says nothing.
#[must_use]
pub fn retry_after(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim().trim_matches('"').trim();
    if value.is_empty() {
        return None;
    }
    let wait = seconds(value).or_else(|| Some((date(value)? - now).to_std().unwrap_or(Duration::ZERO)));
    Some(wait.unwrap_or(UNREADABLE_WAIT).min(LONGEST_WAIT))
}

/// `120`, `120.0`, `0.5`, `120s`, `120 seconds`; a part of a second counts as a whole one.
fn seconds(value: &str) -> Option<Duration> {
    let number =
        ["seconds", "secs", "sec", "s"].iter().find_map(|unit| value.strip_suffix(unit)).unwrap_or(value).trim();
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(part) {
        return None;
    }
    let more = u64::from(part.bytes().any(|b| b != b'0'));
    Some(whole.parse::<u64>().map_or(LONGEST_WAIT, |whole| Duration::from_secs(whole.saturating_add(more))))
}

/// The three dates of HTTP, and the one of everything else. The day of the week says nothing that the date does not.
pub(super) fn date(value: &str) -> Option<DateTime<Utc>> {
    if let Ok(at) = DateTime::parse_from_rfc3339(value).or_else(|_| DateTime::parse_from_rfc2822(value)) {
        return Some(at.with_timezone(&Utc));
    }
    let value = value.strip_suffix("GMT").or_else(|| value.strip_suffix("UTC")).unwrap_or(value).trim();
    let undated = value.split_once(',').map_or(value, |(_, date)| date.trim());
    // asctime has no comma: `Sun Nov  6 08:49:37 1994`.
    let without_day = value.split_once(' ').map_or(value, |(_, date)| date.trim());
    let forms = [
        (undated, "%d-%b-%y %H:%M:%S"),
        (undated, "%d-%b-%Y %H:%M:%S"),
        (undated, "%d %b %Y %H:%M:%S"),
        (without_day, "%b %e %H:%M:%S %Y"),
    ];
    let read = forms.iter().find_map(|(text, form)| NaiveDateTime::parse_from_str(text, form).ok())?;
    Some(read.and_utc())
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 10, 21, 7, 28, 0).single().expect("a time")
    }

    #[test]
    fn waits_are_seconds_or_dates_and_never_longer_than_a_day() {
        for (value, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("120.0", Some(120)),
            ("0.25", Some(1)),
            ("119.7", Some(120)),
            ("30s", Some(30)),
            ("30 seconds", Some(30)),
            ("Wed, 21 Oct 2026 07:30:00 GMT", Some(120)),
            ("Wednesday, 21-Oct-26 07:30:00 GMT", Some(120)),
            ("Wednesday, 21-Oct-2026 07:30:00 GMT", Some(120)),
            ("Sunday, 06-Nov-2044 08:49:37 GMT", Some(86_400)),
            ("Wed Oct 21 07:30:00 2026", Some(120)),
            ("Thu Oct  1 07:30:00 2026", Some(0)),
            ("2026-10-21T07:30:00Z", Some(120)),
            ("Wed, 21 Oct 2026 07:00:00 GMT", Some(0)),
            ("Tue, 21 Oct 2026 07:30:00 GMT", Some(120)),
            ("99999999999999999999999", Some(86_400)),
            ("soon", Some(900)),
            ("-5", Some(900)),
            ("1.2.3", Some(900)),
            ("Wed, 99 Oct 2026 07:30:00 GMT", Some(900)),
            ("", None),
        ] {
            assert_eq!(retry_after(value, now()), seconds.map(Duration::from_secs), "{value:?}");
        }
    }

    proptest! {
        #[test]
        fn every_header_is_a_wait_of_at_most_a_day(value in "\\PC{0,40}") {
            prop_assert!(retry_after(&value, now()).is_none_or(|wait| wait <= LONGEST_WAIT));
        }
    }
}
