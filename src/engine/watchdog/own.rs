//! What only this process sees of itself: loops that hang, a disk that fills, errors in its log.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::super::heartbeat::Heartbeats;
use crate::store::{Db, StoreError};

/// Errors in [`LATELY`] that are too many.
const ERRORS: u64 = 30;
const LATELY: Duration = Duration::from_secs(300);
/// A disk with less room than this, or less than a twentieth of its size up to [`PLENTY`], is nearly full.
const LITTLE: u64 = 200 << 20;
const PLENTY: u64 = 2 << 30;

/// Room on a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// What can still be written.
    pub free: u64,
    /// All of it.
    pub size: u64,
}

impl Room {
    fn is_little(self) -> bool {
        self.free < LITTLE.min(self.size / 5) || (self.free < PLENTY && self.free < self.size / 20)
    }
}

/// Counts errors as they are logged.
pub(super) type Errors = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What an instance looks at of itself.
pub struct Own {
    name: String,
    heartbeats: Heartbeats,
    errors: Errors,
    room: Arc<dyn Fn() -> Option<Room> + Send + Sync>,
    /// The count of errors at earlier looks.
    counted: VecDeque<(Duration, u64)>,
    /// The incidents of ours that are open, as far as we know.
    open: BTreeSet<(&'static str, String)>,
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Own({})", self.name)
    }
}

impl Own {
    /// An instance of this name, that looks at these loops, this count of errors, and this disk.
    #[must_use]
    pub fn new(
        name: String,
        heartbeats: Heartbeats,
        errors: Errors,
        room: Arc<dyn Fn() -> Option<Room> + Send + Sync>,
    ) -> Self {
        Self { name, heartbeats, errors, room, counted: VecDeque::new(), open: BTreeSet::new() }
    }

    /// Opens and closes our incidents.
    pub(super) async fn look(&mut self, db: &Db) -> Result<(), StoreError> {
        let seen = self.seen(db.monotonic());
        let now: BTreeSet<(&'static str, String)> =
            seen.iter().map(|(kind, subject, _)| (*kind, subject.clone())).collect();
        for (kind, subject, text) in seen {
            if self.open.insert((kind, subject.clone())) {
                db.open_incident(kind, &subject, &text).await?;
            }
        }
        let over: Vec<_> = self.open.difference(&now).cloned().collect();
        for (kind, subject) in over {
            db.close_incident(kind, &subject).await?;
            self.open.remove(&(kind, subject));
        }
        Ok(())
    }

    fn seen(&mut self, now: Duration) -> Vec<(&'static str, String, String)> {
        let mut seen = Vec::new();
        for name in self.heartbeats.stuck() {
            seen.push(("loop_stuck", format!("{name} of {}", self.name), "it has not ticked for 15 s".to_owned()));
        }
        if let Some(room) = (self.room)().filter(|room| room.is_little()) {
            let text = format!("{} MB of {} MB are free", room.free >> 20, room.size >> 20);
            seen.push(("disk_full", self.name.clone(), text));
        }
        let errors = self.errors_lately(now);
        if errors >= ERRORS {
            seen.push(("own_errors", self.name.clone(), format!("{errors} in 5 min")));
        }
        seen
    }

    fn errors_lately(&mut self, now: Duration) -> u64 {
        let count = (self.errors)();
        self.counted.push_back((now, count));
        while self.counted.front().is_some_and(|(at, _)| now.saturating_sub(*at) > LATELY) {
            self.counted.pop_front();
        }
        count.saturating_sub(self.counted.front().map_or(count, |(_, before)| *before))
    }
}
