//! What is said of a source whose document or program took too much.

use std::time::Duration;

/// A source whose document or program took more than it may.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {how}; the source is read again in {}", minutes(.wait))]
pub struct Overran {
    /// A page or a program.
    pub what: &'static str,
    /// Time or memory.
    pub how: String,
    /// So long the source should wait.
    pub wait: Duration,
}

fn minutes(wait: &Duration) -> String {
    match wait.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}
