//! Why a source gave no reading. A reading is never made of less than what is due: silence would look like "sold out".

use std::time::Duration;

use super::fetch_error::{FetchError, FetchErrorKind};
use super::overran::Overran;
use super::readers::jq::JqError;

/// A source that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The shop gave no document.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The document has not the shape that its reader knows.
    #[error("{at}: {what}")]
    Shape {
        /// A path into the document, like `$.products[0].variants`.
        at: String,
        /// What is wrong there.
        what: String,
    },
    /// No reader knows this document.
    #[error("no reader knows this document ({holds}); give it a jq program, like --jq '{example}'")]
    Unrecognised {
        /// What the document holds at its top.
        holds: String,
        /// A program to begin with.
        example: &'static str,
    },
    /// The answer is about something else than what was asked for.
    #[error("asked for {asked} but got {got}; the address may have changed hands, check it")]
    Identity {
        /// What was asked for.
        asked: String,
        /// What the answer is about.
        got: String,
    },
    /// The source's jq program failed.
    #[error("the jq program: {0}")]
    Program(#[from] JqError),
    /// The source's page or program took too much time or memory.
    #[error(transparent)]
    Overran(#[from] Overran),
    /// Other documents took all the time or memory there is for such ones.
    #[error("other large documents are being read; this one is read soon")]
    Busy,
    /// The caller stopped it between two pages.
    #[error("reading was stopped before its end")]
    Stopped,
    /// A paged source that does not come to its end.
    #[error("the shop's pages took longer than {} s; nothing of them is used", .0.as_secs())]
    TooLong(Duration),
}

/// The failure that says most of several ways to read a source, with what the others said. "Not here" says the least.
pub(crate) fn most_telling(mut errors: Vec<ReadError>) -> ReadError {
    let telling = errors.iter().position(|error| !error.is_gone()).unwrap_or(0);
    let last = errors.iter().rposition(|error| matches!(error, ReadError::Unrecognised { .. }));
    let mut error = errors.swap_remove(last.unwrap_or(telling));
    if let ReadError::Unrecognised { holds, .. } = &mut error {
        let others = errors.iter().filter(|other| matches!(other, ReadError::Fetch(_) | ReadError::Shape { .. }));
        for other in others.map(|other| format!("; tried before: {other}")) {
            if !holds.contains(&other) {
                holds.push_str(&other);
            }
        }
    }
    error
}

impl ReadError {
    /// A document that has not the shape that is due.
    pub(crate) fn shape(at: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Shape { at: at.into(), what: what.into() }
    }

    /// A text that is no JSON.
    pub(crate) fn not_json(error: &serde_json::Error) -> Self {
        let what = if error.is_eof() { "the JSON ends too early; the answer was cut" } else { "this is not JSON" };
        Self::shape(format!("line {} column {}", error.line(), error.column()), what)
    }

    /// How long the shop asked us to stay away.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.fetch().and_then(FetchError::retry_after)
    }

    /// How long this source alone should be left alone.
    #[must_use]
    pub fn source_wait(&self) -> Option<Duration> {
        match self {
            Self::Overran(overran) => Some(overran.wait),
            error => error.retry_after(),
        }
    }

    /// Did a bot wall stop us?
    #[must_use]
    pub fn is_bot_wall(&self) -> bool {
        self.fetch().is_some_and(FetchError::is_bot_wall)
    }

    /// Does the shop say that there is nothing at this address?
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.fetch().is_some_and(FetchError::is_gone)
    }

    /// Did our own guard refuse the address?
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.fetch().is_some_and(|error| matches!(error.kind, FetchErrorKind::Refused(_)))
    }

    /// Would the same thing at another address of the shop make sense?
    pub(crate) fn may_be_elsewhere(&self) -> bool {
        match self {
            Self::Fetch(error) => error.may_be_elsewhere(),
            Self::Shape { .. } | Self::Unrecognised { .. } => true,
            _ => false,
        }
    }

    /// The failed request, if it was one.
    pub(crate) fn into_fetch(self) -> Option<FetchError> {
        match self {
            Self::Fetch(error) => Some(error),
            _ => None,
        }
    }

    fn fetch(&self) -> Option<&FetchError> {
        match self {
            Self::Fetch(error) => Some(error),
            _ => None,
        }
    }
}
