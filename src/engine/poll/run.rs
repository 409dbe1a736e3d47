//! The poller as a loop, as one step, and for one source.

use std::time::Duration;

use tokio::time::Instant;

use super::decide;
use super::holding::RENEW;
use super::poller::Poller;
use super::schedule::At;
use crate::engine::fault::unstored;
use crate::engine::heartbeat::Heartbeats;
use crate::engine::stop::Stop;
use crate::shops::{Progress, Read, ReadError, ReadOutcome};
use crate::store::StoreError;
use crate::store::db::wake::Topic;
use crate::store::polls::ended::Written;
use crate::store::polls::held::{HeldShop, HeldSource};
use crate::store::polls::instance::LEASE;

/// It looks this often for what others changed, if nobody wakes it.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A step of the database that takes longer has failed.
const STEP_TIMEOUT: Duration = Duration::from_secs(10);
/// Requests in flight are waited for this long when the service stops.
const FAREWELL: Duration = Duration::from_secs(2);
/// A stop is over before the lease, which is not renewed meanwhile.
const _: () = assert!(RENEW.as_secs() + FAREWELL.as_secs() < LEASE.as_secs());

/// How a poll ended.
#[derive(Debug)]
pub enum Polled {
    /// With what was known already.
    Unchanged,
    /// With a reading that was stored.
    Stored {
        /// The reading.
        read: Box<Read>,
        /// Restocks that it made.
        restocks: Vec<i64>,
    },
    /// With an error that was written down.
    Failed(ReadError),
    /// Somebody else took or changed the source before the end; the next poll says it again.
    Lost,
}

/// Gives up requests when nobody waits for them any more.
struct Requests<'a>(&'a Poller);

impl Drop for Requests<'_> {
    fn drop(&mut self) {
        self.0.state().until = None;
        self.0.tasks().abort_all();
    }
}

impl Poller {
    /// Polls all that is due and writes down how it ended. Says how many polls there were.
    ///
    /// # Errors
    /// When the store fails; what was not written down is polled again.
    pub async fn tick(&self) -> Result<usize, StoreError> {
        let _requests = Requests(self);
        self.look().await?;
        let now = self.now().at;
        self.state().until = Some(now);
        let before = self.state().begun();
        self.begin_all();
        while !self.state().is_quiet() {
            let nudged = self.memory.nudge.notified();
            self.write_down().await?;
            self.begin_all();
            if self.state().in_flight() > 0 {
                nudged.await;
            }
        }
        Ok(self.state().begun() - before)
    }

    /// Polls whatever is due whenever it is, until the stop. Then it hands on what it holds.
    pub async fn run(self, heartbeats: Heartbeats, mut stop: Stop) {
        let keeper = tokio::spawn(self.clone().keep());
        let mut look_at = Instant::now();
        let mut waker = self.db.wake().subscribe(Topic::Sources);
        while !stop.is_stopped() {
            heartbeats.beat("poll");
            if Instant::now() >= look_at {
                self.look_or_say().await;
                look_at = Instant::now() + LOOK_EVERY;
            }
            if tokio::time::timeout(STEP_TIMEOUT, self.write_down_or_say()).await.is_err() {
                self.memory.nudge.notify_one();
            }
            self.begin_all();
            tokio::select! {
                () = self.memory.nudge.notified() => {}
                () = waker.wait(look_at.saturating_duration_since(Instant::now())) => look_at = Instant::now(),
                () = tokio::time::sleep(self.next_step()) => {}
                () = stop.stopped() => {}
            }
        }
        keeper.abort();
        self.finish().await;
        heartbeats.end("poll");
    }

    /// Until something is due to begin or to be written down.
    fn next_step(&self) -> Duration {
        let now = self.db.monotonic();
        let wait = |at: Option<At>| at.map(|at| at.saturating_sub(now));
        let state = self.state();
        let begin = wait(state.next_at()).filter(|wait| !wait.is_zero());
        wait(state.write_at()).into_iter().chain(begin).min().unwrap_or(LOOK_EVERY)
    }

    async fn look_or_say(&self) {
        match tokio::time::timeout(STEP_TIMEOUT, self.look()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => unstored(&error, "polling will be tried again"),
            Err(_) => {
                tracing::warn!("the database takes too long; polling will be tried again");
                // What was stored by then is not known here.
                self.lose_everything(&mut *self.memory.holding.lock().await);
            }
        }
    }

    /// Keeps the lease beside all that may take its time, and gives everything up before it runs out.
    async fn keep(self) {
        loop {
            let renewed = tokio::time::timeout(RENEW, self.keep_lease()).await;
            if !matches!(renewed, Ok(Ok(_))) {
                self.let_go_in_time();
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Gives requests in flight a moment, then hands on what is held: its sources are due as before.
    async fn finish(&self) {
        self.state().is_stopping = true;
        let rest = async {
            while !self.state().is_quiet() {
                self.write_down_or_say().await;
                if self.state().in_flight() > 0 {
                    self.memory.nudge.notified().await;
                }
            }
        };
        if tokio::time::timeout(FAREWELL, rest).await.is_err() {
            self.tasks().abort_all();
            self.write_down_or_say().await;
        }
        let Some(holder) = self.holder() else { return };
        if let Err(error) = self.db.leave(&holder).await {
            tracing::error!(%error, "shops could not be handed on, they are free when the lease runs out: {error}");
        }
    }

    /// Polls this one source now, where no instance polls. `None`: one does, or somebody is at its shop, or the shop asked
    /// to be left alone.
    pub async fn poll_source(
        &self,
        source_id: i64,
        watcher: Option<&dyn Progress>,
    ) -> Result<Option<Polled>, StoreError> {
        if self.db.pollers().await? > 0 {
            return Ok(None);
        }
        let name = format!("{}-{}", std::process::id(), self.rng.token());
        self.db.join(&name, false, &[]).await?;
        let polled = self.poll_as(&name, source_id, watcher).await;
        self.db.leave(&name).await?;
        polled
    }

    async fn poll_as(
        &self,
        name: &str,
        source_id: i64,
        watcher: Option<&dyn Progress>,
    ) -> Result<Option<Polled>, StoreError> {
        let Some((shop, source)) = self.take_source(name, source_id).await? else { return Ok(None) };
        let renewing = async {
            loop {
                tokio::time::sleep(RENEW).await;
                if !matches!(self.db.renew(name).await, Ok(true)) {
                    return;
                }
            }
        };
        let began_at = self.db.now();
        let outcome = tokio::select! {
            outcome = self.read(name, &source, None, false, watcher) => outcome,
            () = renewing => return Ok(Some(Polled::Lost)),
        };
        let (read, error) = match &outcome {
            Ok(ReadOutcome::Read(read)) => (Some(read.clone()), None),
            Ok(ReadOutcome::NotModified { .. }) => (None, None),
            Err(ReadError::Stopped) => return Ok(Some(Polled::Lost)),
            Err(error) => (None, Some(error.clone())),
        };
        let moment = decide::Moment { began_at, now: self.db.now(), random: self.rng.draw() };
        let ended = decide::ended(source.into(), &shop, outcome, moment);
        let written = self.db.end_polls(name, std::slice::from_ref(&ended)).await?.pop();
        Ok(Some(match (written, read, error) {
            (Some(Written::NotOurs | Written::Edited(_)) | None, ..) => Polled::Lost,
            (_, _, Some(error)) => Polled::Failed(error),
            (Some(Written::Stored { stored, .. }), Some(read), _) => Polled::Stored { read, restocks: stored.restocks },
            _ => Polled::Unchanged,
        }))
    }

    async fn take_source(&self, name: &str, source_id: i64) -> Result<Option<(HeldShop, HeldSource)>, StoreError> {
        let Some(shop_id) = self.db.shop_of(source_id).await? else { return Ok(None) };
        self.db.free_shops().await?;
        let (shops, sources) = self.db.take_shops(name, &[shop_id]).await?;
        let now = self.db.now();
        let shop = shops.into_iter().find(|shop| shop.not_before <= now);
        let source = sources.into_iter().find(|source| source.source_id == source_id && source.next_poll_at <= now);
        Ok(shop.zip(source))
    }
}
