//! Turns restocks into deliveries, oldest first.

use std::time::Duration;

use super::fault::unstored;
use super::heartbeat::Heartbeats;
use super::stop::Stop;
use crate::store::db::wake::Topic;
use crate::store::outbox::fanout::FanoutRules;
use crate::store::{Db, StoreError};

/// Without a bell it looks by itself after this long.
const PATIENCE: Duration = Duration::from_millis(500);

/// The fan-out.
#[derive(Debug)]
pub struct Fanout {
    db: Db,
    rules: FanoutRules,
    /// Channels whose messages can be edited.
    editable: Vec<&'static str>,
}

impl Fanout {
    /// A fan-out by these rules.
    #[must_use]
    pub fn new(db: Db, rules: FanoutRules) -> Self {
        Self { db, rules, editable: Vec::new() }
    }

    /// The same; what is told on these channels is edited when it is sold out again.
    #[must_use]
    pub fn editing(self, editable: Vec<&'static str>) -> Self {
        Self { editable, ..self }
    }

    /// Fans out every open restock to its end. Says how many alerts were written.
    ///
    /// # Errors
    /// When the store fails; what was done stays done, the rest is done next time.
    pub async fn tick(&self) -> Result<u64, StoreError> {
        let mut alerts = self.tell().await?;
        while let Some(gone) = self.db.gone_restock().await? {
            let mut after = Some(0);
            while let Some(row) = after {
                after = self.db.edit_chunk(&gone, &self.editable, row).await?;
                // News first.
                alerts += self.tell().await?;
            }
        }
        Ok(alerts)
    }

    async fn tell(&self) -> Result<u64, StoreError> {
        let mut alerts = 0;
        while let Some(restock) = self.db.open_restock().await? {
            let cases = self.db.cases_of(&restock).await?;
            loop {
                let chunk = self.db.fan_out_chunk(&restock, &cases, &self.rules).await?;
                alerts += chunk.alerts;
                if chunk.done {
                    break;
                }
            }
            tracing::info!(restock = restock.id, product = %restock.alert.product, "restock {} is told to all who wait", restock.id);
        }
        Ok(alerts)
    }

    /// Ticks whenever there is something to do, until the stop.
    pub async fn run(self, heartbeats: Heartbeats, mut stop: Stop) {
        while !stop.is_stopped() {
            heartbeats.beat("fanout");
            if let Err(error) = self.tick().await {
                unstored(&error, "the fan-out will be tried again");
                stop.sleep(PATIENCE).await;
            }
            tokio::select! {
                () = self.db.wake().wait(Topic::Restocks, PATIENCE) => {}
                () = stop.stopped() => {}
            }
        }
        heartbeats.end("fanout");
    }
}
