//! What a poller knows of each shop and source that it holds, and of each request. No I/O.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::push;

use super::batch::ListOf;
use super::schedule::At;
use crate::shops::{ItemDigest, PageMemory};
use crate::store::polls::held::{HeldShop, HeldSource};

/// Both clocks at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) wall: DateTime<Utc>,
    pub(super) at: At,
}

impl Now {
    /// When the monotonic clock will be (or was) at that wall time.
    pub(super) fn at(self, wall: DateTime<Utc>) -> At {
        match (wall - self.wall).to_std() {
            Ok(ahead) => self.at + ahead,
            Err(_) => self.at.saturating_sub((self.wall - wall).to_std().unwrap_or_default()),
        }
    }
}

/// A request that begins.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) number: u64,
    pub(super) began_at: DateTime<Utc>,
    pub(super) source: Arc<HeldSource>,
    /// The pages of a list, as they were at its last reading.
    pub(super) pages: Option<Arc<PageMemory>>,
    /// May the shop answer "not modified"?
    pub(super) is_conditional: bool,
    /// What was held when it began is held no more when this number has changed.
    pub(super) life: u64,
    /// Under which name its shop is held.
    pub(super) holder: Arc<str>,
    /// The list by which it is read together with others.
    pub(super) list: Option<ListOf>,
}

#[derive(Debug)]
pub(super) struct Shop {
    pub(super) held: HeldShop,
    pub(super) taken_at: At,
    pub(super) sources: BTreeSet<i64>,
    /// Requests a minute, times a thousand.
    pub(super) weight: i64,
    /// Failures that are not written down yet.
    pub(super) untold: usize,
}

#[derive(Debug)]
pub(super) struct Source {
    pub(super) held: Arc<HeldSource>,
    /// The pages of a list at its last reading, and at one that is not written down yet.
    pub(super) pages: Option<Arc<PageMemory>>,
    pub(super) new_pages: Option<Arc<PageMemory>>,
    /// The same of its product in a list that many sources share.
    pub(super) item: Option<ItemDigest>,
    pub(super) new_item: Option<ItemDigest>,
    /// When it was last asked without conditions, and how often with them since.
    pub(super) full_at: Option<At>,
    pub(super) since_full: u32,
    /// No list has its product: it is read alone until then.
    pub(super) alone_until: At,
    /// What its shop pushed, and what is still owed for it.
    pub(super) push: Owed,
    /// While it waits: until when. Else it is in flight, or waits to be written down.
    pub(super) waits_until: Option<At>,
}

/// What a push asks of a source beside the poll that it makes due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owed {
    Nothing,
    /// If the reading says nothing new, another: the shop's pages may be older than its push.
    Echo,
    /// Another reading: this one may have begun before the push.
    Another,
}

impl Source {
    pub(super) fn new(held: Arc<HeldSource>, due: At) -> Self {
        let alone_until = Duration::ZERO;
        let (pages, new_pages, item, new_item, full_at) = (None, None, None, None, None);
        let (since_full, push, waits_until) = (0, Owed::Nothing, Some(due));
        Self { held, pages, new_pages, item, new_item, full_at, since_full, alone_until, push, waits_until }
    }

    /// It was polled. How soon is it polled again, for a push?
    pub(super) fn owes(&mut self, is_unchanged: bool) -> Option<Duration> {
        match std::mem::replace(&mut self.push, Owed::Nothing) {
            Owed::Another => {
                self.push = Owed::Echo;
                Some(push::FLOOR)
            }
            Owed::Echo if is_unchanged => Some(push::ECHO),
            Owed::Echo | Owed::Nothing => None,
        }
    }

    /// It has answered. Validators are not trusted for ever.
    pub(super) fn asked(&mut self, is_conditional: bool, now: At) {
        if is_conditional {
            self.since_full += 1;
        } else {
            (self.since_full, self.full_at) = (0, Some(now));
        }
    }
}

/// Requests a minute, times a thousand.
pub(super) fn weight(source: &HeldSource) -> i64 {
    let micros = i64::try_from(source.schedule.interval.as_micros()).unwrap_or(i64::MAX).max(1);
    60_000_000_000 / micros
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    /// What is owed after each of these readings (`true`: nothing new), for a push that came before or during the first.
    async fn owed(push: Owed, readings: &[bool]) -> Vec<Option<u64>> {
        let (db, _place) = testing::db(testing::Engine::Sqlite).await;
        let id = testing::follow(&db, "https://shop.example/products/jacket").await;
        let mut source = Source::new(Arc::new(testing::hold(&db, id).await), Duration::ZERO);
        source.push = push;
        readings.iter().map(|same| source.owes(*same).map(|wait| wait.as_secs())).collect()
    }

    #[tokio::test]
    async fn a_push_that_brought_nothing_new_is_looked_after_once_more() {
        assert_eq!(owed(Owed::Echo, &[true, true]).await, [Some(10), None]);
        assert_eq!(owed(Owed::Echo, &[false, true]).await, [None, None]);
    }

    #[tokio::test]
    async fn a_reading_that_was_under_way_is_repeated() {
        assert_eq!(owed(Owed::Another, &[false, true, true]).await, [Some(5), Some(10), None]);
    }
}
