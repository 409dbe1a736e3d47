//! Collects what a reader leaves out: one bad item costs itself, never the document.

use coatcheck_domain::Doubt;

use crate::shops::error::ReadError;

/// So many are listed one by one; the rest is counted.
const LISTED: usize = 20;

/// What was left out so far, and the first error of it.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    listed: Vec<Doubt>,
    more: usize,
    first: Option<ReadError>,
}

impl Doubts {
    /// Something that is not understood, or not believed.
    pub(super) fn add(&mut self, at: impl Into<String>, what: impl Into<String>) {
        if self.listed.len() < LISTED {
            self.listed.push(Doubt { at: at.into(), what: what.into() });
        } else {
            self.more += 1;
        }
    }

    /// An item that could not be read, and is left out.
    pub(super) fn leave_out(&mut self, error: ReadError) {
        let (at, what) = match &error {
            ReadError::Shape { at, what } => (at.clone(), what.clone()),
            other => ("the document".to_owned(), other.to_string()),
        };
        self.add(at, format!("{what}; left out"));
        self.first.get_or_insert(error);
    }

    /// The value, or nothing and a doubt.
    pub(super) fn keep<T>(&mut self, read: Result<T, ReadError>) -> Option<T> {
        read.map_err(|error| self.leave_out(error)).ok()
    }

    /// Nothing could be read: the first error says why.
    pub(super) fn first_error(&mut self) -> Option<ReadError> {
        self.first.take()
    }

    /// All of them, for the reading.
    pub(super) fn into_list(mut self) -> Vec<Doubt> {
        if self.more > 0 {
            self.listed.push(Doubt { at: "further".to_owned(), what: format!("{} more like these", self.more) });
        }
        self.listed
    }
}
