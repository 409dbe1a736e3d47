//! What HTTP itself says, whoever is on the other side: how long to wait, and why a request came to nothing.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::delivery::SendOutcome;
use reqwest::Response;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Bytes of an answer, unpacked, at most: a hundred updates of Telegram are the largest there is.
const LARGEST: usize = 8 << 20;

/// The whole answer. One that is larger than any of a platform, like a bomb of compressed blanks, is none.
pub(crate) async fn whole<R>(mut answer: Response) -> Result<Vec<u8>, Failure<R>> {
    let mut all = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(Failure::of_error)? {
        if all.len() + piece.len() > LARGEST {
            return Err(Failure::NoAnswer("it is larger than 8 MiB".to_owned()));
        }
        all.extend_from_slice(&piece);
    }
    Ok(all)
}

/// Why a request came to nothing. `R` is the platform's own refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure<R> {
    /// The platform said no.
    Refused(R),
    /// It could not even be made.
    Unmade(String),
    /// It certainly did not leave.
    NotConnected(String),
    /// It may have arrived; no answer came.
    NoAnswer(String),
}

impl<R> Failure<R> {
    /// Without the address: a token, or somebody's number, is in it.
    pub(crate) fn of_error(error: reqwest::Error) -> Self {
        let (is_unmade, is_connect) = (error.is_builder(), error.is_connect());
        let why = in_full(&error.without_url());
        match (is_unmade, is_connect) {
            (true, _) => Self::Unmade(why),
            (_, true) => Self::NotConnected(why),
            _ => Self::NoAnswer(why),
        }
    }
}

impl<R: fmt::Display> Failure<R> {
    /// What it means for a message that was to be sent.
    pub(crate) fn outcome(&self, of_refusal: impl FnOnce(&R, String) -> SendOutcome) -> SendOutcome {
        let why = self.to_string();
        match self {
            Self::Refused(refusal) => of_refusal(refusal, why),
            Self::Unmade(_) => SendOutcome::GiveUp { why },
            Self::NotConnected(_) => SendOutcome::Retry { after: None, why },
            Self::NoAnswer(_) => SendOutcome::Unknown { why },
        }
    }
}

impl<R: fmt::Display> fmt::Display for Failure<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Unmade(why) => write!(f, "the request cannot be made: {why}"),
            Self::NotConnected(why) => write!(f, "no connection: {why}"),
            Self::NoAnswer(why) => write!(f, "no answer: {why}"),
        }
    }
}

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
