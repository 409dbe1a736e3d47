//! What all parts of the poller share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::known::Now;
use super::schedule::At;
use super::state::PollerState;
use crate::engine::readings::Readings;
use crate::engine::rng::Rng;
use crate::store::Db;

/// The poller. Its clones are one poller.
#[derive(Debug, Clone)]
pub struct Poller {
    pub(super) db: Db,
    pub(super) shops: Arc<dyn Readings>,
    pub(super) rng: Arc<Rng>,
    /// Requests to one shop at the same time, at most.
    pub(super) slots: usize,
    pub(super) memory: Arc<Memory>,
}

/// What is held.
#[derive(Debug, Default)]
pub(super) struct Memory {
    state: Mutex<PollerState>,
    pub(super) holding: tokio::sync::Mutex<Holding>,
    tasks: Mutex<JoinSet<()>>,
    /// There is something to write down, or to begin.
    pub(super) nudge: Notify,
}

/// Under which name shops are held.
#[derive(Debug, Default)]
pub(super) struct Holding {
    pub(super) lease: Option<Lease>,
    /// Names that were given up, and may still hold shops.
    pub(super) former: Vec<String>,
    /// When shops were last shared with others, and ends looked for.
    pub(super) shared_at: Option<At>,
    pub(super) ended_at: Option<At>,
}

/// An instance's lease.
#[derive(Debug, Clone)]
pub(super) struct Lease {
    pub(super) name: Arc<str>,
    pub(super) renewed_at: At,
}

impl Poller {
    /// A poller of these shops, one request to each at a time.
    #[must_use]
    pub fn new(db: Db, shops: Arc<dyn Readings>, rng: Arc<Rng>) -> Self {
        Self { db, shops, rng, slots: 1, memory: Arc::default() }
    }

    /// The same with so many requests to one shop at a time.
    #[must_use]
    pub fn with_slots(self, slots: usize) -> Self {
        Self { slots, ..self }
    }

    /// Does it hold shops, and would its requests be over before its lease is?
    #[must_use]
    pub fn is_holding(&self) -> bool {
        let state = self.state();
        state.holder.is_some() && !state.is_over(self.db.monotonic())
    }

    pub(super) fn now(&self) -> Now {
        Now { wall: self.db.now(), at: self.db.monotonic() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, PollerState> {
        self.memory.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.memory.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
