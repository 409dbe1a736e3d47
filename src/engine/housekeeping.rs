//! Housekeeping: deletes what is no longer needed, tells of pages that have been missing for a day, and notices a database
//! file that is gone.

use std::time::Duration;

use super::fault::unstored;
use super::heartbeat::Heartbeats;
use super::stop::Stop;
use crate::store::{Db, StoreError};

/// It looks at the file this often.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// It deletes this often.
const EVERY: Duration = Duration::from_secs(3600);
/// What ended longer ago is deleted. Until then a repetition of what was said is known, and deliveries are listed.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// Pages that have been missing for so long are told of.
const MISSING: Duration = Duration::from_secs(24 * 3600);
/// A restock that was set aside is shown among the troubles for this long.
const SHOWN: Duration = Duration::from_secs(24 * 3600);

/// The housekeeping of one database.
#[derive(Debug)]
pub struct Housekeeping {
    db: Db,
}

impl Housekeeping {
    /// Nothing was done yet.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Deletes what is old. Says how many rows those were.
    pub async fn tick(&self) -> Result<u64, StoreError> {
        self.db.close_aged(SHOWN).await?;
        self.tell_of_gone_pages().await?;
        let deleted =
            self.db.delete_old(KEPT).await? + self.db.clear_unverified().await? + self.db.forget_browsers(KEPT).await?;
        if deleted > 0 {
            tracing::info!(rows = deleted, "old rows deleted");
        }
        Ok(deleted)
    }

    async fn tell_of_gone_pages(&self) -> Result<(), StoreError> {
        let told = self.db.tell_of_gone_pages(MISSING).await?;
        if told > 0 {
            tracing::info!(people = told, "people were told of pages that are gone");
        }
        Ok(())
    }

    /// Ticks now and then, until the stop.
    pub async fn run(self, heartbeats: Heartbeats, mut stop: Stop) {
        let mut cleared_at = None;
        while !stop.is_stopped() {
            heartbeats.beat("housekeeping");
            self.db.look_after_file();
            let now = self.db.monotonic();
            if cleared_at.is_none_or(|at| now.saturating_sub(at) >= EVERY) {
                cleared_at = Some(now);
                if let Err(error) = self.tick().await {
                    unstored(&error, "housekeeping failed, retrying in an hour");
                }
            }
            stop.sleep(LOOK_EVERY).await;
        }
        heartbeats.end("housekeeping");
    }
}
