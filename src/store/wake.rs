//! Wake-ups: each step starts at once when the step before it has left something to do.
//!
//! A hint, never the truth: whoever waits also looks by itself after a while.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

/// What there may be to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// A source may be due, or a slot of its shop is free.
    Sources,
    /// A drop waits for its fan-out.
    Drops,
    /// A delivery waits for its lane.
    Deliveries,
    /// Somebody said something.
    Inbox,
}

/// In-process wake-ups, one bell a topic.
#[derive(Debug, Clone, Default)]
pub struct Wake {
    bells: Arc<[Notify; 4]>,
}

impl Wake {
    /// Rings the bell. A ring while nobody waits is kept for the next one who does.
    pub fn ring(&self, topic: Topic) {
        self.bell(topic).notify_one();
    }

    /// Waits for the bell, at most `patience`.
    pub async fn wait(&self, topic: Topic, patience: Duration) {
        // Running out of patience is as good as the bell: both mean "look again".
        let _ = tokio::time::timeout(patience, self.bell(topic).notified()).await;
    }

    fn bell(&self, topic: Topic) -> &Notify {
        match topic {
            Topic::Sources => &self.bells[0],
            Topic::Drops => &self.bells[1],
            Topic::Deliveries => &self.bells[2],
            Topic::Inbox => &self.bells[3],
        }
    }
}
