//! The span of time that a picture shows, and where a moment falls in it.

use chrono::{DateTime, Duration, Utc};

/// More days than these are not legible on a phone.
const MOST_DAYS: i64 = 90;
/// And on a page of its own, where it can be chosen.
const MOST_YEARS: i64 = 5;
/// Less than this would show seconds as if they mattered.
const LEAST_MINUTES: i64 = 10;

/// From then until then, never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) from: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
}

impl Period {
    /// All that is known, but at most 90 days and at least ten minutes.
    pub(super) fn until(now: DateTime<Utc>, known_since: Option<DateTime<Utc>>) -> Self {
        let (earliest, latest) = (now - Duration::days(MOST_DAYS), now - Duration::minutes(LEAST_MINUTES));
        Self { from: known_since.unwrap_or(latest).clamp(earliest, latest), until: now }
    }

    /// Since then, or since something is known; five years at most.
    pub(super) fn since(since: Option<DateTime<Utc>>, now: DateTime<Utc>, known_since: Option<DateTime<Utc>>) -> Self {
        let (earliest, latest) = (now - Duration::days(MOST_YEARS * 365), now - Duration::minutes(LEAST_MINUTES));
        let known = known_since.unwrap_or(latest);
        Self { from: since.unwrap_or(known).max(known).clamp(earliest, latest), until: now }
    }

    /// In microseconds.
    pub(super) fn length(&self) -> i64 {
        // Five years at most.
        (self.until - self.from).num_microseconds().unwrap_or(i64::MAX)
    }

    pub(super) fn contains(&self, at: DateTime<Utc>) -> bool {
        (self.from..=self.until).contains(&at)
    }

    /// Where it falls, from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "a picture is less exact than that")]
    pub(super) fn fraction(&self, at: DateTime<Utc>) -> f32 {
        let passed = (at.clamp(self.from, self.until) - self.from).num_microseconds().unwrap_or(0);
        (passed as f64 / self.length() as f64) as f32
    }

    /// The column it falls in; the end falls in the last.
    pub(super) fn column(&self, at: DateTime<Utc>, columns: usize) -> usize {
        let passed = (at.clamp(self.from, self.until) - self.from).num_microseconds().unwrap_or(0);
        let column = i128::from(passed) * columns as i128 / i128::from(self.length());
        usize::try_from(column).unwrap_or(0).min(columns.saturating_sub(1))
    }

    /// When a column begins and ends.
    pub(super) fn of_column(&self, column: usize, columns: usize) -> (DateTime<Utc>, DateTime<Utc>) {
        let edge = |nth: usize| {
            let passed = i128::from(self.length()) * nth as i128 / columns.max(1) as i128;
            self.from + Duration::microseconds(i64::try_from(passed).unwrap_or(i64::MAX))
        };
        (edge(column), edge(column + 1))
    }
}
