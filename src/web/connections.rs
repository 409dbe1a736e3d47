//! How many connections there may be, and which one ends when there is one too many.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// All connections of a server.
#[derive(Clone)]
pub(super) struct Connections {
    most: usize,
    all: Arc<Mutex<HashMap<u64, Connection>>>,
    steps: Arc<AtomicU64>,
}

/// One of them. Ordered by what it is worth: one that never made a whole request, one that waits for its next, one that is
/// being answered; among equals the one where something happened last is worth most.
struct Connection {
    use_: Use,
    /// The step at which something happened last.
    at: u64,
    evict: Arc<Notify>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Fresh,
    Idle,
    Busy,
}

/// A connection's place among the others, until it is dropped.
pub(super) struct Seat {
    id: u64,
    connections: Connections,
    evict: Arc<Notify>,
}

/// A mark on an answer that goes on for as long as its reader stays. Its connection takes no place of the others: whoever
/// marks it has a bound of their own. It ends with the answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lasting;

/// While it lives, the connection's request is being answered.
pub(super) struct Busy {
    id: u64,
    connections: Connections,
}

impl Connections {
    pub(super) fn new(most: usize) -> Self {
        Self { most: most.max(1), all: Arc::default(), steps: Arc::default() }
    }

    /// A place for one more; the one that is worth least makes room if there is none.
    pub(super) fn enter(&self) -> Seat {
        let id = self.step();
        let evict = Arc::new(Notify::new());
        let mut all = self.lock();
        if all.len() >= self.most
            && let Some(least) = all.iter().min_by_key(|(_, it)| (it.use_, it.at)).map(|(id, _)| *id)
            && let Some(gone) = all.remove(&least)
        {
            gone.evict.notify_one();
        }
        all.insert(id, Connection { use_: Use::Fresh, at: id, evict: Arc::clone(&evict) });
        drop(all);
        Seat { id, connections: self.clone(), evict }
    }

    fn mark(&self, id: u64, use_: Use) {
        let at = self.step();
        if let Some(connection) = self.lock().get_mut(&id) {
            (connection.use_, connection.at) = (use_, at);
        }
    }

    fn step(&self) -> u64 {
        self.steps.fetch_add(1, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Connection>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// A request has come, and is being answered as long as this lives.
    pub(super) fn busy(&self) -> Busy {
        self.connections.mark(self.id, Use::Busy);
        Busy { id: self.id, connections: self.connections.clone() }
    }

    /// Its answer is [`Lasting`]: the place is free for others.
    pub(super) fn lasts(&self) {
        self.connections.lock().remove(&self.id);
    }

    /// Waits until another connection needs the place.
    pub(super) async fn evicted(&self) {
        self.evict.notified().await;
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.connections.lock().remove(&self.id);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.connections.mark(self.id, Use::Idle);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn evicted(seats: &[&Seat]) -> Vec<bool> {
        seats.iter().map(|seat| seat.evicted().now_or_never().is_some()).collect()
    }

    #[test]
    fn who_never_asked_anything_makes_room_first() {
        let connections = Connections::new(3);
        let (served, silent, newer) = (connections.enter(), connections.enter(), connections.enter());
        drop(served.busy());
        let _busy = newer.busy();
        let next = connections.enter();
        assert_eq!(evicted(&[&served, &silent, &newer, &next]), [false, true, false, false]);
        drop(next.busy());
        let last = connections.enter();
        assert_eq!(evicted(&[&served, &newer, &next, &last]), [true, false, false, false], "the longest idle");
    }

    #[test]
    fn who_reads_a_stream_takes_no_place_of_the_others() {
        let connections = Connections::new(1);
        let reader = connections.enter();
        drop(reader.busy());
        reader.lasts();
        let other = connections.enter();
        assert_eq!(evicted(&[&reader, &other]), [false, false]);
    }

    #[test]
    fn a_place_is_free_again_when_its_connection_ends() {
        let connections = Connections::new(1);
        drop(connections.enter());
        let seat = connections.enter();
        assert_eq!(evicted(&[&seat]), [false]);
    }
}
