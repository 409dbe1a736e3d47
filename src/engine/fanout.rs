//! Turns restocks into deliveries, oldest first.

use std::time::Duration;

use coatcheck_domain::watch::Case;
use futures_util::future::join_all;

use super::fault::unstored;
use super::heartbeat::Heartbeats;
use super::stop::Stop;
use crate::store::db::class::{Class, Classed};
use crate::store::db::wake::Topic;
use crate::store::outbox::fanout::{FanoutRules, OpenRestock};
use crate::store::{Db, StoreError};

/// Without a bell it looks by itself after this long.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Restocks that are fanned out in one transaction, at most.
const TOGETHER: usize = 64;

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
    pub async fn tick(&self) -> Result<u64, StoreError> {
        let mut alerts = self.notify().await?;
        while let Some(gone) = self.db.gone_restock().await? {
            let mut after = Some(0);
            while let Some(row) = after {
                after = self.db.edit_chunk(&gone, &self.editable, row).await?;
                // News first.
                alerts += self.notify().await?;
            }
        }
        Ok(alerts)
    }

    /// Fans out all that is open, the oldest first and many at once. One that cannot be fanned out holds up no other.
    async fn notify(&self) -> Result<u64, StoreError> {
        let (mut alerts, mut after) = (0, 0);
        loop {
            let open = self.db.open_restocks(after, TOGETHER).await?;
            let Some(last) = open.last() else { return Ok(alerts) };
            after = last.id;
            let mut group = self.with_cases(open).await?;
            match self.notify_all(&mut group).await {
                Ok(written) => alerts += written,
                Err(error) if error.class() == Class::Unavailable => return Err(error),
                // One of them breaks the whole: which one, and which can go on without it?
                Err(_) => {
                    for one in group.chunks_mut(1) {
                        let id = one[0].0.id;
                        let notified = self.notify_all(one).await;
                        alerts += self.or_note(id, notified).await?.unwrap_or_default();
                    }
                }
            }
        }
    }

    /// The wishes that each of them fulfils.
    async fn with_cases(&self, open: Vec<OpenRestock>) -> Result<Vec<(OpenRestock, Vec<Case>)>, StoreError> {
        let found = join_all(open.iter().map(|restock| self.db.cases_of(restock))).await;
        let mut group = Vec::with_capacity(open.len());
        for (restock, cases) in open.into_iter().zip(found) {
            if let Some(cases) = self.or_note(restock.id, cases.map_err(StoreError::from)).await? {
                group.push((restock, cases));
            }
        }
        Ok(group)
    }

    async fn notify_all(&self, mut group: &mut [(OpenRestock, Vec<Case>)]) -> Result<u64, StoreError> {
        let mut alerts = 0;
        while !group.is_empty() {
            let chunks = self.db.fan_out(group, &self.rules).await?;
            alerts += chunks.iter().map(|chunk| chunk.alerts).sum::<u64>();
            for ((restock, _), chunk) in group.iter_mut().zip(&chunks) {
                restock.cursor = chunk.cursor;
            }
            let (done, rest) = group.split_at_mut(chunks.iter().filter(|chunk| chunk.done).count());
            for (restock, _) in done {
                tracing::info!(restock = restock.id, product = %restock.alert.product, "fan-out complete");
            }
            group = rest;
        }
        Ok(alerts)
    }

    /// A failure that is not the database's is noted at its restock.
    async fn or_note<T>(&self, restock_id: i64, done: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match done {
            Ok(done) => Ok(Some(done)),
            Err(error) if error.class() == Class::Unavailable => Err(error),
            Err(error) => {
                self.db.fan_out_failed(restock_id, &error.to_string()).await?;
                Ok(None)
            }
        }
    }

    /// Ticks whenever there is something to do, until the stop.
    pub async fn run(self, heartbeats: Heartbeats, mut stop: Stop) {
        let mut waker = self.db.wake().subscribe(Topic::Restocks);
        while !stop.is_stopped() {
            heartbeats.beat("fanout");
            if let Err(error) = self.tick().await {
                unstored(&error, "the fan-out will be tried again");
                stop.sleep(LOOK_EVERY).await;
            }
            tokio::select! {
                () = waker.wait(LOOK_EVERY) => {}
                () = stop.stopped() => {}
            }
        }
        heartbeats.end("fanout");
    }
}

#[cfg(test)]
#[path = "fanout_tests.rs"]
mod tests;
