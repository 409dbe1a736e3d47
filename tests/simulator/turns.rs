//! Who goes next: whatever others could come in between waits here, until the player lets one of them go on.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use coatcheck::store::{Held, Turn};
use tokio::sync::{Notify, oneshot};

/// Real time after which a turn that does not end is a bug of the simulator or a deadlock of the service.
const PATIENCE: Duration = Duration::from_secs(60);

/// Those who wait.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    inner: Mutex<Inner>,
    over: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    number: u64,
    waiting: Vec<Waiting>,
    going: bool,
}

/// One who waits.
#[derive(Debug)]
struct Waiting {
    ticket: Ticket,
    open: oneshot::Sender<Held>,
}

/// What the player knows of one who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// In the order of arrival.
    pub(crate) number: u64,
    /// Which instance.
    pub(crate) who: usize,
    /// For what.
    pub(crate) what: String,
    /// Not before this monotonic time.
    pub(crate) not_before: Duration,
}

impl Turns {
    /// Waits for a turn. It lasts until what is given is dropped.
    pub(crate) fn wait(self: &Arc<Self>, who: usize, what: String, not_before: Duration) -> Turn {
        let turns = Arc::clone(self);
        Box::pin(async move {
            let opened = turns.arrive(who, what, not_before);
            // A sink that closes means that the player is gone; then nothing matters any more.
            opened.await.unwrap_or_else(|_| Arc::new(()))
        })
    }

    fn arrive(&self, who: usize, what: String, not_before: Duration) -> oneshot::Receiver<Held> {
        let (open, opened) = oneshot::channel();
        let mut inner = self.lock();
        inner.number += 1;
        let ticket = Ticket { number: inner.number, who, what, not_before };
        inner.waiting.push(Waiting { ticket, open });
        opened
    }

    /// All who wait, in the order of their arrival.
    pub(crate) fn waiting(&self) -> Vec<Ticket> {
        let mut inner = self.lock();
        inner.waiting.retain(|waiting| !waiting.open.is_closed());
        inner.waiting.iter().map(|waiting| waiting.ticket.clone()).collect()
    }

    /// Lets one go on, until its turn is over and all have come as far as they can without another turn.
    pub(crate) async fn let_go(self: &Arc<Self>, number: u64) {
        let open = self.leave(number);
        // Whoever was aborted in the meantime restocks its turn unused.
        let _ = open.send(Arc::new(Going(Arc::clone(self))));
        let over = async {
            while self.lock().going {
                self.over.notified().await;
            }
        };
        tokio::time::timeout(PATIENCE, over).await.expect("a turn that does not end");
        settle().await;
    }

    fn leave(&self, number: u64) -> oneshot::Sender<Held> {
        let mut inner = self.lock();
        let at = inner.waiting.iter().position(|waiting| waiting.ticket.number == number).expect("it waits");
        inner.going = true;
        inner.waiting.remove(at).open
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no panic while it is held")
    }
}

/// Lets every task come as far as it can. One thread runs them all; the longest chain is a request that ends, its
/// lane that notices, and the step that follows.
pub(crate) async fn settle() {
    for _ in 0..16 {
        tokio::task::yield_now().await;
    }
}

/// A turn that is held.
#[derive(Debug)]
struct Going(Arc<Turns>);

impl Drop for Going {
    fn drop(&mut self) {
        if let Ok(mut inner) = self.0.inner.lock() {
            inner.going = false;
        }
        self.0.over.notify_one();
    }
}
