//! A reading on its way into the store, and what came of it.

use chrono::{DateTime, Utc};
use coatcheck_domain::Reading;

/// A reading that is to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewReading {
    /// What was said.
    pub reading: Reading,
    /// A list that was read to its end, whatever was left out of it.
    pub to_its_end: bool,
    /// Keys of products that are there, and byte for byte as they were at the last reading.
    pub same: Vec<String>,
    /// By which reader.
    pub reader: String,
    /// When it was begun to be asked for: a long list takes minutes, which are no gap.
    pub began_at: DateTime<Utc>,
    /// When the shop's answer was complete in our hands.
    pub read_at: DateTime<Utc>,
    /// Of the answer's bytes.
    pub body_digest: String,
    /// As sent.
    pub etag: Option<String>,
    /// As sent.
    pub last_modified: Option<String>,
    /// Did the slow worker read it?
    pub slow: bool,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoredReading {
    /// Restocks that were made.
    pub restocks: Vec<i64>,
    /// Products of which something was written.
    pub changed: usize,
}
