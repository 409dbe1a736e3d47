//! Times as people say them, never rounded to nothing.

use std::time::Duration;

use chrono::{DateTime, Utc};

/// How long ago: `just now`, `40 s ago`, `31 min ago`, `2 h 5 min ago`, `3 days ago`, `on 2026-03-02`.
/// A moment that lies ahead (clocks differ) is now.
#[must_use]
pub fn ago(then: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let passed = (now - then).to_std().unwrap_or_default();
    match passed.as_secs() {
        0..5 => "just now".to_owned(),
        seconds @ 5..MINUTE => format!("{seconds} s ago"),
        seconds if seconds < 14 * DAY => format!("{} ago", lasting(passed)),
        _ => format!("on {}", then.format("%Y-%m-%d")),
    }
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How long: `12 ms`, `0.4 s`, `1 s`, `40 s`, `4 min`, `2 h 5 min`, `1 day`, `3 days`. Each unit is rounded down.
#[must_use]
pub fn lasting(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0 if time < Duration::from_millis(100) => format!("{} ms", time.as_millis().max(1)),
        0..2 => format!("{:.1} s", time.as_secs_f64()).replace(".0 s", " s"),
        2..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        HOUR..DAY if seconds % HOUR < MINUTE => format!("{} h", seconds / HOUR),
        HOUR..DAY => format!("{} h {} min", seconds / HOUR, seconds % HOUR / MINUTE),
        _ if seconds < 2 * DAY => "1 day".to_owned(),
        _ => format!("{} days", seconds / DAY),
    }
}

/// What an alert says when it is over: `Sold out again after 4 min`.
#[must_use]
pub fn gone_after(seconds: u64) -> String {
    match seconds {
        0 => "Sold out again within a second".to_owned(),
        _ => format!("Sold out again after {}", lasting(Duration::from_secs(seconds))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_an_hour_is_never_zero_minutes() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a date");
        let said = |seconds: i64| ago(now - chrono::Duration::seconds(seconds), now);
        let lines = [-30, 2, 7, 40, 60, 240, 1860, 3600, 7500, 86_399, 90_000, 300_000, 3_000_000].map(said);
        insta::assert_snapshot!(lines.join(", "), @"just now, just now, 7 s ago, 40 s ago, 1 min ago, 4 min ago, 31 min ago, 1 h ago, 2 h 5 min ago, 23 h 59 min ago, 1 day ago, 3 days ago, on 2026-12-11");
        assert_eq!(lasting(Duration::from_millis(412)), "0.4 s");
        assert_eq!(lasting(Duration::from_micros(300)), "1 ms");
        assert_eq!([gone_after(0), gone_after(250)], ["Sold out again within a second", "Sold out again after 4 min"]);
    }
}
