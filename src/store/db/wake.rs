//! Wake-ups: each step starts at once when the step before it has left something to do.
//!
//! A hint, never the truth: whoever waits also looks by itself after a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, watch};

/// What there may be to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// A source was added or changed, or a shop is free.
    Sources,
    /// A restock waits for its fan-out.
    Restocks,
    /// A delivery waits for its lane.
    Deliveries,
    /// Somebody said something.
    Inbox,
    /// What is known of some product changed.
    Stock,
}

impl Topic {
    /// Every topic.
    const ALL: [Self; 5] = [Self::Sources, Self::Restocks, Self::Deliveries, Self::Inbox, Self::Stock];

    /// Its name on the wire between processes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sources => "sources",
            Self::Restocks => "restocks",
            Self::Deliveries => "deliveries",
            Self::Inbox => "inbox",
            Self::Stock => "stock",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name() == name)
    }
}

/// Wake-ups by topic, for all who wait.
#[derive(Debug, Clone, Default)]
pub struct Wake(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    here: [watch::Sender<()>; Topic::ALL.len()],
    /// What was rung since it was last passed on to other processes.
    rung: [AtomicBool; Topic::ALL.len()],
    passing_on: Notify,
}

/// Somebody who waits for a topic. What is rung while they are busy is not lost: their next wait ends at once.
#[derive(Debug, Clone)]
pub struct Waker(watch::Receiver<()>);

impl Waker {
    /// Waits for the next ring, at most this long.
    pub async fn wait(&mut self, at_most: Duration) {
        // A timeout is as good as a ring: both mean "look again".
        let _ = tokio::time::timeout(at_most, self.0.changed()).await;
    }
}

impl Wake {
    /// Wakes all who wait for the topic, here and in other processes.
    pub fn ring(&self, topic: Topic) {
        self.ring_here(topic);
        self.0.rung[topic as usize].store(true, Ordering::SeqCst);
        self.0.passing_on.notify_one();
    }

    /// Wakes those of this process only: for what another one has rung.
    pub(crate) fn ring_here(&self, topic: Topic) {
        self.0.here[topic as usize].send_replace(());
    }

    /// Hears of the topic from now on. Subscribe before you look for the first time.
    #[must_use]
    pub fn subscribe(&self, topic: Topic) -> Waker {
        Waker(self.0.here[topic as usize].subscribe())
    }

    /// Waits until something was rung that is to be passed on. However often it was, it is named once.
    pub(crate) async fn rung(&self) -> Vec<Topic> {
        self.0.passing_on.notified().await;
        let was_rung = |topic: &Topic| self.0.rung[*topic as usize].swap(false, Ordering::SeqCst);
        Topic::ALL.into_iter().filter(was_rung).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[tokio::test]
    async fn all_who_wait_are_woken_and_who_was_busy_is_not_left_waiting() {
        let wake = Wake::default();
        let (mut one, mut other, mut busy) =
            (wake.subscribe(Topic::Inbox), wake.subscribe(Topic::Inbox), wake.subscribe(Topic::Inbox));
        let woken = async { tokio::join!(one.wait(LONG), other.wait(LONG)) };
        let ring = async {
            tokio::task::yield_now().await;
            wake.ring(Topic::Inbox);
        };
        tokio::time::timeout(Duration::from_secs(5), async { tokio::join!(woken, ring) }).await.expect("both woke");
        tokio::time::timeout(Duration::from_secs(5), busy.wait(LONG)).await.expect("it was rung meanwhile");
    }
}
