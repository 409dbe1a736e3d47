//! Hands over what a destination does not get through to the next ranked one.

use std::time::Duration;

use super::fault::unstored;
use super::heartbeat::Heartbeats;
use super::stop::Stop;
use crate::store::{Db, StoreError};

/// It looks this often. Nothing calls it: what it looks for is that nothing happens.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The fallback.
#[derive(Debug)]
pub struct Fallback {
    db: Db,
    after: Duration,
}

impl Fallback {
    /// A fallback that lets a destination have this long (`COATCHECK_FALLBACK_AFTER`).
    #[must_use]
    pub fn new(db: Db, after: Duration) -> Self {
        Self { db, after }
    }

    /// Hands over what has waited long enough. Says how many alerts that were.
    pub async fn tick(&self) -> Result<u64, StoreError> {
        let handed_over = self.db.fall_back(self.after).await?;
        if handed_over > 0 {
            tracing::info!(
                handed_over,
                "{handed_over} alerts go to the next destination, for their first gets nothing"
            );
        }
        Ok(handed_over)
    }

    /// Ticks until the stop.
    pub async fn run(self, heartbeats: Heartbeats, mut stop: Stop) {
        while !stop.is_stopped() {
            heartbeats.beat("fallback");
            if let Err(error) = self.tick().await {
                unstored(&error, "the fallback will be tried again");
            }
            stop.sleep(LOOK_EVERY).await;
        }
        heartbeats.end("fallback");
    }
}
