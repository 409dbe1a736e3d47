//! The watchdog: sees trouble, and what has stopped happening, and tells the operators.

mod direct;
mod headers;
mod outside;
mod own;
mod tell;

use std::time::Duration;

use coatcheck_domain::Destination;

use super::fault::unstored;
use super::heartbeat::Heartbeats;
use super::stop::Stop;
use crate::store::outbox::incident::Seen;
use crate::store::outbox::signs::SIGNS;
use crate::store::{Db, StoreError};

pub use direct::Direct;
pub use outside::Outside;
pub use own::{Own, Room};

/// It tells what is known this often.
const TELL_EVERY: Duration = Duration::from_secs(2);
/// It looks for trouble this often.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// One instance looks and tells; another takes over this long after it was last heard of.
const LEASE: Duration = Duration::from_secs(15);

/// The watchdog of one instance.
#[derive(Debug)]
pub struct Watchdog {
    db: Db,
    operators: Vec<Destination>,
    /// Channels whose messages can be edited.
    editable: Vec<&'static str>,
    own: Own,
    holder: String,
}

impl Watchdog {
    /// A watchdog that tells these operators, in order until one takes it.
    #[must_use]
    pub fn new(db: Db, operators: Vec<Destination>, editable: Vec<&'static str>, own: Own, holder: String) -> Self {
        Self { db, operators, editable, own, holder }
    }

    /// Looks for trouble: in the database, where one instance does for all.
    pub async fn look(&mut self) -> Result<(), StoreError> {
        self.own.look(&self.db).await?;
        if self.is_first().await? {
            let signs: Vec<Seen> = self.db.signs().await?;
            self.db.set_incidents(&SIGNS, &signs).await?;
            self.db.set_incidents(&[headers::HEADER_EXPIRING], &headers::ending(&self.db).await?).await?;
        }
        Ok(())
    }

    /// Tells the operators what they have not heard yet.
    pub async fn tell(&self) -> Result<(), StoreError> {
        if self.operators.is_empty() || !self.is_first().await? {
            return Ok(());
        }
        tell::news(&self.db, &self.operators, &self.editable).await?;
        tell::hand_on(&self.db, &self.operators).await
    }

    async fn is_first(&self) -> Result<bool, StoreError> {
        Ok(self.db.take_lease("watchdog", &self.holder, LEASE).await?.is_some())
    }

    /// Looks and tells until the stop.
    pub async fn run(mut self, heartbeats: Heartbeats, mut stop: Stop) {
        let mut looked_at = None;
        while !stop.is_stopped() {
            heartbeats.beat("watchdog");
            let now = self.db.monotonic();
            if looked_at.is_none_or(|at| now.saturating_sub(at) >= LOOK_EVERY) {
                looked_at = Some(now);
                if let Err(error) = self.look().await {
                    unstored(&error, "watchdog could not look, retrying");
                }
            }
            if let Err(error) = self.tell().await {
                unstored(&error, "operators not notified yet, retrying");
            }
            stop.sleep(TELL_EVERY).await;
        }
        heartbeats.end("watchdog");
    }
}

/// What runs beside the database: it tells of trouble with the database itself, and somebody outside that all is well.
pub async fn beside(direct: Direct, outside: Option<Outside>, heartbeats: Heartbeats, stop: Stop) {
    let outside = async {
        if let Some(outside) = outside {
            outside.run(heartbeats.clone(), stop.clone()).await;
        }
    };
    tokio::join!(direct.run(heartbeats.clone(), stop.clone()), outside);
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
