//! Times on pages: short words, with the exact time behind them.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use chrono_tz::Tz;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// A time on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct Moment {
    /// For machines; the script counts on from it.
    pub(in crate::web) iso: String,
    /// `3 days ago`, `12 Mar`.
    pub(in crate::web) short: String,
    /// `Thu 12 Mar 2026, 14:02 UTC`.
    pub(in crate::web) exact: String,
}

impl Moment {
    pub(in crate::web) fn new(then: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> Self {
        Self {
            iso: then.to_rfc3339_opts(SecondsFormat::Secs, true),
            short: short(then, now, zone),
            exact: exact(then, zone),
        }
    }
}

/// How long ago, in so few letters that it fits under a size. The script says the same (`ago` in `live.js`).
pub(in crate::web) fn short(then: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> String {
    match (now - then).num_seconds() {
        ..5 => "just now".to_owned(),
        seconds @ 5..MINUTE => format!("{seconds} s ago"),
        seconds @ MINUTE..HOUR => format!("{} min ago", seconds / MINUTE),
        seconds @ HOUR..DAY => format!("{} h ago", seconds / HOUR),
        seconds if seconds < 2 * DAY => "1 day ago".to_owned(),
        seconds if seconds < 14 * DAY => format!("{} days ago", seconds / DAY),
        _ => day(then, now, zone),
    }
}

/// `12 Mar`; of another year `12 Mar 2025`.
pub(in crate::web) fn day(then: DateTime<Utc>, now: DateTime<Utc>, zone: Tz) -> String {
    let (then, now) = (then.with_timezone(&zone), now.with_timezone(&zone));
    let form = if then.year() == now.year() { "%-d %b" } else { "%-d %b %Y" };
    then.format(form).to_string()
}

/// `Thu 12 Mar 2026, 14:02 UTC`.
pub(in crate::web) fn exact(then: DateTime<Utc>, zone: Tz) -> String {
    then.with_timezone(&zone).format("%a %-d %b %Y, %H:%M %Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_short_and_never_zero_minutes() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a date");
        let said = |seconds: i64| short(now - chrono::Duration::seconds(seconds), now, Tz::UTC);
        let lines = [-9, 4, 7, 59, 60, 3599, 3600, 86_399, 86_400, 259_200, 1_209_600, 40_000_000].map(said);
        insta::assert_snapshot!(lines.join(", "), @"just now, just now, 7 s ago, 59 s ago, 1 min ago, 59 min ago, 1 h ago, 23 h ago, 1 day ago, 3 days ago, 1 Jan, 9 Oct 2025");
        insta::assert_snapshot!(exact(now, "Europe/Berlin".parse().expect("a zone")), @"Fri 15 Jan 2027, 09:00 CET");
    }
}
