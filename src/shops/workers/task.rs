//! What a worker does, and how both sides write it down: a line of JSON, then as many bytes as it says.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::shops::page;
use crate::shops::readers::html;
use crate::shops::readers::jq::{JqBounds, JqError, evaluate};

/// One piece of work on a document that a stranger wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Task {
    /// Takes the JSON out of a web page.
    Page,
    /// Reads a web page of a shop.
    Shop {
        /// Where it is.
        url: Url,
    },
    /// Runs a jq program over a JSON document.
    Jq {
        /// The program.
        program: String,
        /// What it may give.
        bounds: JqBounds,
    },
}

impl Task {
    /// Its name, for people.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Page | Self::Shop { .. } => "the web page",
            Self::Jq { .. } => "the jq program",
        }
    }

    /// Does it: the result is JSON text.
    pub(super) fn perform(&self, document: &str) -> Result<String, JqError> {
        match self {
            Self::Page => match page::read(document) {
                Ok(carried) => Ok(carried.to_string()),
                Err(error) => Err(JqError::Failed(error.to_string())),
            },
            Self::Shop { url } => as_text(&html::read(document, url)),
            Self::Jq { program, bounds } => {
                let rows = evaluate(program, document, *bounds)?;
                as_text(&rows)
            }
        }
    }
}

fn as_text(result: &impl Serialize) -> Result<String, JqError> {
    serde_json::to_string(result).map_err(|error| JqError::Failed(error.to_string()))
}

/// The line before a document.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Question {
    pub(super) task: Task,
    /// Processor time that it may take.
    pub(super) time: Duration,
    /// Bytes of the document.
    pub(super) length: usize,
}

/// The line before a result: its bytes, or why there is none.
pub(super) type Answer = Result<usize, JqError>;
