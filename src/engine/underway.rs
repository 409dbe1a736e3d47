//! Polls under way, and what they hold: so that an end of the service can hand it back.

use std::collections::HashMap;

use tokio::task::{Id, JoinError, JoinSet};

use super::fault::unstored;
use super::poll::Polled;
use crate::store::StoreError;
use crate::store::claim::{Claimed, Unchanged};

/// Polls under way, and the claims they hold.
#[derive(Default)]
pub(super) struct Polls {
    pub(super) tasks: JoinSet<Result<Polled, StoreError>>,
    pub(super) held: HashMap<Id, Claimed>,
}

impl Polls {
    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// The next one that ends; never, while there are none.
    pub(super) async fn next(&mut self) -> Option<Unchanged> {
        match self.tasks.join_next_with_id().await {
            Some(joined) => self.end(joined),
            None => std::future::pending().await,
        }
    }

    /// All that have ended by now.
    pub(super) fn ended(&mut self) -> Vec<Unchanged> {
        let mut unchanged = Vec::new();
        while let Some(joined) = self.tasks.try_join_next_with_id() {
            unchanged.extend(self.end(joined));
        }
        unchanged
    }

    fn end(&mut self, joined: Result<(Id, Result<Polled, StoreError>), JoinError>) -> Option<Unchanged> {
        let (id, polled) = match joined {
            Ok((id, polled)) => (id, polled),
            Err(error) => {
                tracing::error!(%error, "a poll broke off, its claim runs out: {error}");
                (error.id(), Ok(Polled::Lost))
            }
        };
        self.held.remove(&id);
        match polled {
            Ok(Polled::Unchanged(unchanged)) => Some(unchanged),
            Ok(_) => None,
            Err(error) => {
                unstored(&error, "a poll could not be written down, its claim runs out");
                None
            }
        }
    }
}
