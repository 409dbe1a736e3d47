//! Wake-ups: each step starts at once when the step before it has left something to do.
//!
//! A hint, never the truth: whoever waits also looks by itself after a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

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
}

impl Topic {
    /// Every topic.
    const ALL: [Self; 4] = [Self::Sources, Self::Restocks, Self::Deliveries, Self::Inbox];

    /// Its name on the wire between processes.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sources => "sources",
            Self::Restocks => "restocks",
            Self::Deliveries => "deliveries",
            Self::Inbox => "inbox",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|topic| topic.name() == name)
    }
}

/// Wake-ups, one bell a topic.
#[derive(Debug, Clone, Default)]
pub struct Wake(Arc<Bells>);

#[derive(Debug, Default)]
struct Bells {
    here: [Notify; 4],
    /// What was rung since it was last passed on to other processes.
    rung: [AtomicBool; 4],
    passing_on: Notify,
}

impl Wake {
    /// Rings the bell. A ring while nobody waits is kept for the next one who does.
    pub fn ring(&self, topic: Topic) {
        self.ring_here(topic);
        self.0.rung[topic as usize].store(true, Ordering::SeqCst);
        self.0.passing_on.notify_one();
    }

    /// Rings the bell in this process only: for what another one has rung.
    pub(crate) fn ring_here(&self, topic: Topic) {
        self.bell(topic).notify_one();
    }

    /// Waits until something was rung that is to be passed on. However often it was, it is named once.
    pub(crate) async fn rung(&self) -> Vec<Topic> {
        self.0.passing_on.notified().await;
        let was_rung = |topic: &Topic| self.0.rung[*topic as usize].swap(false, Ordering::SeqCst);
        Topic::ALL.into_iter().filter(was_rung).collect()
    }

    /// Waits for the bell, at most `patience`.
    pub async fn wait(&self, topic: Topic, patience: Duration) {
        // Running out of patience is as good as the bell: both mean "look again".
        let _ = tokio::time::timeout(patience, self.bell(topic).notified()).await;
    }

    fn bell(&self, topic: Topic) -> &Notify {
        &self.0.here[topic as usize]
    }
}
