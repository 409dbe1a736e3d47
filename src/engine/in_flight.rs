//! Polls under way, and what they hold: so that an end of the service can hand it back.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};

use super::fault::unstored;
use super::poll::Polled;
use crate::store::StoreError;
use crate::store::polls::claim::{Claimed, Room};
use crate::store::polls::ended::Unchanged;

/// Sources that are read at the same time, at most, while their shops answer.
const WIDTH: usize = 256;
/// Sources of failing shops that are read at the same time, at most.
const AILING: usize = 64;
/// A poll that takes longer than this gives its place to another: most of its time it only waits.
const SLOW: Duration = Duration::from_secs(1);
/// All polls under way, the slow ones too: each holds a socket, and a process may hold a thousand files.
const MOST: usize = 512;

/// Polls under way, and the claims they hold.
#[derive(Default)]
pub(super) struct Polls {
    pub(super) tasks: JoinSet<Result<Polled, StoreError>>,
    pub(super) held: HashMap<Id, Held>,
}

/// A poll's claim, and since when it is under way (monotonic).
pub(super) struct Held {
    pub(super) claim: Arc<Claimed>,
    pub(super) since: Duration,
}

/// The room beside polls under way, of which each is failing or not and so old.
fn room(under_way: impl Iterator<Item = (bool, Duration)>) -> Room {
    let (mut all, mut well, mut failing) = (0, 0, 0);
    for (is_failing, age) in under_way {
        all += 1;
        failing += usize::from(is_failing);
        well += usize::from(!is_failing && age <= SLOW);
    }
    // What failing shops may still take is kept free.
    let failing = AILING.saturating_sub(failing);
    Room { healthy: WIDTH.saturating_sub(well).min(MOST.saturating_sub(all + failing)), failing }
}

impl Polls {
    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// How many more polls may begin. Shops that hang take no places from those that answer: the first time for a
    /// second, from then on they are known to fail and have places of their own.
    pub(super) fn room(&self, now: Duration) -> Room {
        room(self.held.values().map(|held| (held.claim.is_failing(), now.saturating_sub(held.since))))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(polls: &[(usize, bool, u64)]) -> Room {
        let each = |(count, is_failing, seconds): &(usize, bool, u64)| {
            std::iter::repeat_n((*is_failing, Duration::from_secs(*seconds)), *count)
        };
        room(polls.iter().flat_map(each))
    }

    #[test]
    fn failing_shops_take_no_places_from_the_others() {
        assert_eq!(beside(&[]), Room { healthy: 256, failing: 64 });
        assert_eq!(beside(&[(64, true, 0)]), Room { healthy: 256, failing: 0 });
        assert_eq!(beside(&[(64, true, 9), (200, false, 0)]), Room { healthy: 56, failing: 0 });
        assert_eq!(beside(&[(256, false, 0)]), Room { healthy: 0, failing: 64 });
    }

    #[test]
    fn shops_that_begin_to_hang_give_their_places_back_after_a_second() {
        assert_eq!(beside(&[(256, false, 2)]), Room { healthy: 192, failing: 64 });
        assert_eq!(beside(&[(448, false, 2)]), Room { healthy: 0, failing: 64 });
        assert_eq!(beside(&[(448, false, 2), (64, true, 2)]), Room { healthy: 0, failing: 0 });
    }
}
