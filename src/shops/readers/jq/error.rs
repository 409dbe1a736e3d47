//! Why a jq program gave no rows.

use serde::{Deserialize, Serialize};

/// Why a program gave no rows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum JqError {
    /// It is no jq program.
    #[error("line {line} column {column}, at {piece:?}: {what}")]
    Compile {
        /// Counted from 1.
        line: usize,
        /// Characters, counted from 1.
        column: usize,
        /// What stands there.
        piece: String,
        /// What is wrong.
        what: String,
    },
    /// It stopped with an error of its own.
    #[error("it stopped: {0}")]
    Failed(String),
    /// It gave more than is taken.
    #[error("it gives more than {0}")]
    TooMuch(String),
    /// There is no process to run it in.
    #[error("no worker process could be started: {0}")]
    NotStarted(String),
}
