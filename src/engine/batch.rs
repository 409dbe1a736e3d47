//! Many claims at once, many ends at once: a transaction for each poll would cost more than the poll itself.

use std::time::Duration;

use tokio::time::Instant;

use crate::store::polls::claim::Room;
use crate::store::polls::ended::Unchanged;

/// As many are worth a transaction of their own.
const GROUP: usize = 64;
/// Fewer wait so long for others, and no longer.
const LINGER: Duration = Duration::from_millis(20);

/// When to look for what is due, and what waits to be written down.
#[derive(Debug)]
pub(super) struct Batch {
    /// Polls that brought nothing new, not written down yet.
    pub(super) unchanged: Vec<Unchanged>,
    write_at: Option<Instant>,
    look_at: Instant,
    /// More was due than there was room for, when last looked: until then a look for a few is not worth it.
    behind_until: Option<Instant>,
}

impl Batch {
    /// Nothing waits; look at once.
    pub(super) fn new(now: Instant) -> Self {
        Self { unchanged: Vec::new(), write_at: None, look_at: now, behind_until: None }
    }

    /// Is it time to look for what is due?
    pub(super) fn is_time_to_look(&self, now: Instant, room: impl FnOnce() -> Room) -> bool {
        now >= self.look_at && self.behind_until.is_none_or(|until| now >= until || room().healthy >= GROUP)
    }

    /// Somebody rang: there may be more to do.
    pub(super) fn look_soon(&mut self, now: Instant) {
        self.look_at = now;
    }

    /// All that was due is claimed; the next is due after so long.
    pub(super) fn look_after(&mut self, now: Instant, patience: Duration) {
        (self.look_at, self.behind_until) = (now + patience, None);
    }

    /// More may be due than there was room for.
    pub(super) fn look_when_there_is_room(&mut self, now: Instant) {
        (self.look_at, self.behind_until) = (now, Some(now + LINGER));
    }

    /// How long to wait for a bell before looking.
    pub(super) fn patience(&self, now: Instant) -> Duration {
        self.behind_until.unwrap_or(self.look_at).saturating_duration_since(now)
    }

    /// Takes in what ended.
    pub(super) fn take(&mut self, now: Instant, unchanged: impl IntoIterator<Item = Unchanged>) {
        self.unchanged.extend(unchanged);
        if !self.unchanged.is_empty() {
            self.write_at.get_or_insert(now + LINGER);
        }
    }

    /// Is it time to write them down? At once when nothing is under way that could join them.
    pub(super) fn is_time_to_write(&self, now: Instant, under_way: usize) -> bool {
        let waited = self.write_at.is_some_and(|at| now >= at);
        waited || self.unchanged.len() >= GROUP || (under_way == 0 && !self.unchanged.is_empty())
    }

    /// They are written down, or have to wait for the store.
    pub(super) fn tried(&mut self, now: Instant) {
        self.write_at = (!self.unchanged.is_empty()).then(|| now + LINGER);
    }

    /// Until those that have ended are to be written down; never, while there are none.
    pub(super) async fn lingered(write_at: Option<Instant>) {
        match write_at {
            Some(at) => tokio::time::sleep_until(at).await,
            None => std::future::pending().await,
        }
    }

    /// When they are to be written down.
    pub(super) fn write_at(&self) -> Option<Instant> {
        self.write_at
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use coatcheck_domain::poll::{self, Outcome, Schedule};

    use super::*;

    fn ended(count: usize) -> Vec<Unchanged> {
        let at = DateTime::UNIX_EPOCH;
        let schedule = Schedule { scheduled_at: at, interval: Duration::from_secs(60), failures: 0, not_found: 0 };
        let plan = poll::after(&schedule, Outcome::Read, at, 0.0);
        let one = Unchanged { source_id: 1, shop_id: 1, slot_id: 1, token: String::new(), read_at: at, plan };
        vec![one; count]
    }

    fn room(healthy: usize) -> impl FnOnce() -> Room {
        move || Room { healthy, failing: 0 }
    }

    #[test]
    fn a_lone_poll_is_written_down_at_once_and_one_beside_others_after_a_moment() {
        let now = Instant::now();
        let mut batch = Batch::new(now);
        assert!(!batch.is_time_to_write(now, 0));
        batch.take(now, ended(1));
        assert!(batch.is_time_to_write(now, 0) && !batch.is_time_to_write(now, 1));
        batch.take(now + LINGER / 2, ended(1));
        assert!(batch.is_time_to_write(now + LINGER, 1), "the first one has waited long enough");
    }

    #[test]
    fn a_group_waits_for_nobody_and_what_could_not_be_written_waits_for_the_store() {
        let now = Instant::now();
        let mut batch = Batch::new(now);
        batch.take(now, ended(GROUP));
        assert!(batch.is_time_to_write(now, 1));
        batch.tried(now + LINGER);
        assert_eq!(batch.write_at(), Some(now + LINGER * 2), "it is still there");
        batch.unchanged.clear();
        batch.tried(now + LINGER);
        assert!(batch.write_at().is_none() && !batch.is_time_to_write(now + LINGER * 3, 0));
    }

    #[test]
    fn who_is_behind_looks_when_there_is_room_for_many_or_after_a_moment() {
        let now = Instant::now();
        let mut batch = Batch::new(now);
        assert!(batch.is_time_to_look(now, room(1)));
        batch.look_when_there_is_room(now);
        assert!(batch.is_time_to_look(now, room(GROUP)) && !batch.is_time_to_look(now, room(1)));
        batch.look_soon(now);
        assert!(!batch.is_time_to_look(now, room(1)), "more due is no news");
        assert!(batch.is_time_to_look(now + LINGER, room(0)));
    }

    #[test]
    fn who_is_not_behind_looks_when_it_is_time_or_when_somebody_rings() {
        let now = Instant::now();
        let mut batch = Batch::new(now);
        batch.look_after(now, Duration::from_secs(1));
        assert!(!batch.is_time_to_look(now, room(GROUP)));
        assert_eq!(batch.patience(now), Duration::from_secs(1));
        batch.look_soon(now);
        assert!(batch.is_time_to_look(now, room(1)));
    }
}
