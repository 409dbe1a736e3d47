//! The port where readings come from: the shops, or a world that a test makes up.

use async_trait::async_trait;

use crate::shops::{PageAnswer, PageAsk, Progress, ReadError, ReadOutcome, Shops, SourceSpec};

/// Reads sources.
#[async_trait]
pub trait Readings: Send + Sync + std::fmt::Debug {
    /// Reads a source now. `progress` is notified of each page of a paged one.
    ///
    /// # Errors
    /// When there is no reading; [`ReadError`] says why.
    async fn read(&self, spec: &SourceSpec, progress: &dyn Progress) -> Result<ReadOutcome, ReadError>;

    /// Reads a page of a list, for all sources whose products stand in it.
    ///
    /// # Errors
    /// As [`Readings::read`].
    async fn page(&self, _ask: PageAsk, _progress: &dyn Progress) -> Result<PageAnswer, ReadError> {
        Err(ReadError::Shape { at: "$".to_owned(), what: "there are no lists here".to_owned() })
    }
}

#[async_trait]
impl Readings for Shops {
    async fn read(&self, spec: &SourceSpec, progress: &dyn Progress) -> Result<ReadOutcome, ReadError> {
        Self::read(self, spec, progress).await
    }

    async fn page(&self, ask: PageAsk, progress: &dyn Progress) -> Result<PageAnswer, ReadError> {
        Self::page(self, ask, progress).await
    }
}
