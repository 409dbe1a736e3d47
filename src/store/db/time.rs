//! Times in tables are microseconds since 1970, UTC (see `docs/decisions/0003-times-are-microseconds.md`).

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::DeriveValueType;

/// A time in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, DeriveValueType)]
pub struct Micros(i64);

impl Micros {
    /// The time.
    #[must_use]
    pub fn at(self) -> DateTime<Utc> {
        at(self.0)
    }
}

impl From<DateTime<Utc>> for Micros {
    fn from(at: DateTime<Utc>) -> Self {
        Self(micros(at))
    }
}

/// The column's value.
#[must_use]
pub fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros()
}

/// The time in a column. A value no calendar has (only a broken database holds one) reads as 1970.
#[must_use]
pub fn at(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

/// A length of time as a column's value, at most some 290,000 years.
#[must_use]
pub fn span(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 2)
}
