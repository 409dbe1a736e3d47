//! What HTTP itself says, whoever is on the other side: how long to wait, and why a request came to nothing.

use std::error::Error;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// How long to wait: seconds, or a date. No wait at all, or a date that has passed, leaves it to our own backoff.
pub(crate) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => (DateTime::parse_from_rfc2822(text).ok()?.to_utc() - now).to_std().ok()?,
    };
    (!wait.is_zero()).then_some(wait)
}

/// An error and what lies behind it.
pub(crate) fn sources<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// The error with its sources, each once: the outermost alone says only "error sending request". What holds a secret
/// in its address goes without it: [`reqwest::Error::without_url`].
pub(crate) fn in_full(error: &(dyn Error + 'static)) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in sources(error).map(ToString::to_string) {
        if parts.last() != Some(&part) {
            parts.push(part);
        }
    }
    parts.join(": ")
}
