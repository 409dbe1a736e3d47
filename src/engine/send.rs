//! Sends: one task a lane. A lane that hangs or fails holds up nobody but itself.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_bots::{Channel, Found};
use coatcheck_domain::delivery::SendOutcome;
use coatcheck_domain::{Clock, Destination};
use futures_util::FutureExt;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use url::Url;

use super::begun::{self, Begun};
use super::counted;
use super::envelope::envelope;
use super::fault::unstored;
use super::health::Health;
use super::heartbeat::Heartbeats;
use super::lane::{Lane, channel_of};
use super::rng::Rng;
use super::stop::Stop;
use crate::store::db::wake::Topic;
use crate::store::outbox::{Chosen, Finished, Started};
use crate::store::{Db, StoreError};

/// A lane is free this long after its holder was last heard of.
const LEASE: Duration = Duration::from_secs(15);
/// The holder says so this often.
const RENEW: Duration = Duration::from_secs(5);
/// Without a bell it looks by itself after this long.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// An idle lane's task ends after this long; the next delivery starts another.
const LINGER: Duration = Duration::from_secs(30);
/// Requests in flight are waited for this long at a stop: with the time since the last renewal, less than a lease lasts.
const FAREWELL: Duration = Duration::from_secs(6);

/// The channels by their names.
pub type Channels = HashMap<&'static str, Arc<dyn Channel>>;

/// The sender.
#[derive(Clone)]
pub struct Sender {
    db: Db,
    channels: Arc<Channels>,
    rng: Arc<Rng>,
    clock: Arc<dyn Clock>,
    /// Who we are among those who could hold a lane.
    holder: String,
    /// The address the world sees.
    site: Option<Url>,
}

impl Sender {
    /// A sender through these channels.
    #[must_use]
    pub fn new(db: Db, channels: Channels, rng: Arc<Rng>, clock: Arc<dyn Clock>, holder: String) -> Self {
        Self { db, channels: Arc::new(channels), rng, clock, holder, site: None }
    }

    /// The same for a service that the world sees at this address: alerts say where their watches are managed.
    #[must_use]
    pub fn seen_at(mut self, site: Option<Url>) -> Self {
        self.site = site;
        self
    }

    /// Sends all that is due and waits for the last outcome. Says how many requests were made.
    pub async fn tick(&self) -> Result<usize, StoreError> {
        let mut sent = 0;
        let mut lanes = self.db.lanes_held().await?;
        lanes.extend(self.db.lanes_due().await?);
        lanes.sort();
        lanes.dedup();
        for name in lanes {
            let Some(mut lane) = self.take(&name).await? else { continue };
            loop {
                let started = self.step(&mut lane).await?;
                sent += started;
                if lane.lost || (started == 0 && lane.is_quiet()) {
                    break;
                }
                lane.wait_for_some().await;
            }
            self.let_go(lane).await;
        }
        Ok(sent)
    }

    /// Keeps a task for each lane with something to send, until the stop.
    pub async fn run(self, heartbeats: Heartbeats, mut stop: Stop) {
        let mut lanes: HashMap<String, (Arc<Notify>, JoinHandle<()>)> = HashMap::new();
        let mut looked_at = None;
        let mut bell_of_all = self.db.wake().subscribe(Topic::Deliveries);
        while !stop.is_stopped() {
            heartbeats.beat("send");
            let wanted = self.wanted(&mut looked_at).await.unwrap_or_else(|error| {
                unstored(&error, "sending will be tried again");
                Vec::new()
            });
            lanes.retain(|_, (_, task)| !task.is_finished());
            for name in wanted {
                let (bell, _) = lanes.entry(name.clone()).or_insert_with(|| {
                    let bell = Arc::new(Notify::new());
                    let task = self.clone().run_lane(name, Arc::clone(&bell), stop.clone());
                    (bell, tokio::spawn(task))
                });
                bell.notify_one();
            }
            tokio::select! {
                () = bell_of_all.wait(LOOK_EVERY) => {}
                () = stop.stopped() => {}
            }
        }
        for (_, (bell, task)) in lanes {
            bell.notify_one();
            // A lane that broke has been reported where it broke.
            let _ = task.await;
        }
        heartbeats.end("send");
    }

    /// The lanes with something due. Now and then also those that hold rows of whoever sent before and went away.
    async fn wanted(&self, looked_at: &mut Option<Duration>) -> Result<Vec<String>, StoreError> {
        let mut wanted = self.db.lanes_due().await?;
        let now = self.clock.monotonic();
        if looked_at.is_none_or(|at| now.saturating_sub(at) >= RENEW) {
            wanted.extend(self.db.lanes_held().await?);
            *looked_at = Some(now);
        }
        Ok(wanted)
    }

    async fn run_lane(self, name: String, bell: Arc<Notify>, mut stop: Stop) {
        let mut lane = match self.take(&name).await {
            Ok(Some(lane)) => lane,
            Ok(None) => return,
            Err(error) => return report(&name, "cannot be taken", &error),
        };
        let mut busy_at = self.clock.monotonic();
        // A outcome that is not written down yet is never left behind, however long the store is away: the next holder
        // would have to take it for Unknown, and tell again.
        let is_idle = |lane: &Lane, busy_at| {
            // Who forgets that the lane was told to wait would not wait.
            let now = self.clock.monotonic();
            lane.is_quiet() && !lane.limits.is_held(now) && now.saturating_sub(busy_at) >= LINGER
        };
        while !stop.is_stopped() && !is_idle(&lane, busy_at) {
            match self.step(&mut lane).await {
                Ok(_) if lane.lost || (lane.doubtful && lane.is_quiet()) => break,
                Ok(_) if lane.is_quiet() => lane.idle(&bell, &mut stop, RENEW).await,
                Ok(_) => {
                    busy_at = self.clock.monotonic();
                    lane.work(&bell, &mut stop, LOOK_EVERY).await;
                }
                Err(error) => {
                    // What was finished is kept and written down as soon as the store is back.
                    lane.doubtful = true;
                    report(&name, "waits for the store", &error);
                    stop.sleep(LOOK_EVERY).await;
                }
            }
        }
        self.let_go(lane).await;
    }

    /// Takes a lane and looks after what its holder before left behind. Each taking is a holder of its own, with an
    /// epoch of its own: what an earlier one of ours left behind is looked after all the same.
    async fn take(&self, name: &str) -> Result<Option<Lane>, StoreError> {
        let holder = format!("{}/{}", self.holder, self.rng.token());
        let held_since = self.clock.monotonic();
        let lease = self.db.take_lease(&format!("lane:send:{name}"), &holder, LEASE).await?;
        let Some(lease) = lease else { return Ok(None) };
        let left = self.db.take_over_lane(&lease, name, self.rng.draw()).await?;
        if left > 0 {
            tracing::info!(lane = name, left, "lane {name} had {left} deliveries under way when it stopped");
        }
        let health = Health::known(&self.db, name).await?;
        Ok(Some(Lane::new(lease, name, held_since, health, self.channels.get(channel_of(name)))))
    }

    /// One transaction: what came back is written down, what is due and wanted is started. Then the requests are made.
    async fn step(&self, lane: &mut Lane) -> Result<usize, StoreError> {
        self.renew(lane).await?;
        lane.collect();
        let now = self.clock.monotonic();
        for done in &lane.finished {
            lane.limits.heard(now, done);
            lane.health.heard(now, &done.outcome);
        }
        let step = if lane.doubtful || lane.lost {
            self.db.step_lane(&lane.lease, &lane.name, &lane.finished, &Chosen::default()).await?
        } else {
            // Programs and logs want each restock for itself; people want few messages.
            let bundles = !matches!(channel_of(&lane.name), "webhook" | "console");
            let mut permits = lane.limits.permits(now, lane.requests.len());
            let due = match permits.look() {
                0 => Ok(Vec::new()),
                look => self.db.due(&lane.name, look).await,
            };
            let chosen = due.as_deref().map(|due| permits.choose(due, bundles)).unwrap_or_default();
            let step = self.db.step_lane(&lane.lease, &lane.name, &lane.finished, &chosen).await;
            lane.limit = permits.end(step.as_ref().map_or(0, |step| step.started.len()));
            lane.spaced = chosen.later.iter().map(|(_, wait)| *wait).min();
            due?;
            step?
        };
        for done in lane.finished.drain(..) {
            begun::log(&done);
        }
        lane.lost |= step.lost;
        lane.health.tell(&self.db, &lane.name, now).await;
        let count = step.started.len();
        let deadline = lane.held_since + LEASE;
        for started in step.started {
            lane.requests.spawn(self.clone().request(started, deadline));
        }
        Ok(count + step.dropped)
    }

    async fn renew(&self, lane: &mut Lane) -> Result<(), StoreError> {
        let now = self.clock.monotonic();
        if now.saturating_sub(lane.held_since) < RENEW { Ok(()) } else { self.renew_now(lane).await }
    }

    async fn renew_now(&self, lane: &mut Lane) -> Result<(), StoreError> {
        let now = self.clock.monotonic();
        match self.db.take_lease(&lane.lease.name, &lane.lease.holder, LEASE).await? {
            Some(lease) if lease.epoch == lane.lease.epoch => lane.held_since = now,
            // It was away in between: what we have under way is written down, and the lane is taken anew.
            _ => lane.lose(),
        }
        Ok(())
    }

    /// One request, from the lease's last check to the outcome. A channel that panics has said Unknown.
    async fn request(self, started: Started, deadline: Duration) -> Finished {
        let begun = Begun::of(&started);
        std::iter::once(&started).chain(&started.others).for_each(begun::log_start);
        let counted = counted::Sending::of(&started);
        let others: Vec<Begun> = started.others.iter().map(Begun::of).collect();
        let outcome = if self.clock.monotonic() >= deadline {
            SendOutcome::Retry { after: None, why: "the lane was lost before the request was made".to_owned() }
        } else {
            AssertUnwindSafe(self.send(started))
                .catch_unwind()
                .await
                .unwrap_or_else(|_| SendOutcome::Unknown { why: "the channel broke while sending".to_owned() })
        };
        let now = self.db.now();
        counted.ended(&outcome, now);
        let finished = |begun: &Begun| begun.finished(&outcome, now, self.rng.draw());
        Finished { others: others.iter().map(finished).collect(), ..finished(&begun) }
    }

    async fn send(&self, started: Started) -> SendOutcome {
        let name = started.destination.channel();
        let Some(channel) = self.channels.get(name) else {
            return SendOutcome::Retry { after: None, why: format!("{name} is not connected") };
        };
        let mut envelope = envelope(&started, self.site.as_ref());
        if let Some(provider_ref) = &started.edits {
            return channel.edit(&envelope, provider_ref).await;
        }
        if self.must_look_first(channel.as_ref(), started.in_doubt_since) {
            match channel.find(&envelope).await {
                Found::Here { provider_ref } => {
                    let id = started.id;
                    tracing::info!(delivery = id, "delivery {id} had arrived; only the answer was lost");
                    return SendOutcome::Sent { provider_ref: Some(provider_ref) };
                }
                // Still in doubt: sent again now, it might come twice.
                Found::NotYet { why } => return SendOutcome::Unknown { why },
                Found::NotHere | Found::CannotTell => {}
            }
        }
        let outcome = channel.send(&envelope).await;
        let SendOutcome::Moved { to } = &outcome else { return outcome };
        self.moved(&envelope.destination, to).await;
        envelope.destination = to.clone();
        channel.send(&envelope).await
    }

    /// Where this is not written down, the next message to the old address finds it out again.
    async fn moved(&self, from: &Destination, to: &Destination) {
        match self.db.move_chat(from, to).await {
            Ok(_) => tracing::info!(%from, %to, "chat moved"),
            Err(error) => tracing::error!(%error, %from, %to, "chat move not stored"),
        }
    }

    /// It may have arrived, so long ago that the platform would take a repetition for another message.
    fn must_look_first(&self, channel: &dyn Channel, in_doubt_since: Option<DateTime<Utc>>) -> bool {
        let (Some(since), Some(known)) = (in_doubt_since, channel.capabilities().knows_keys_for) else {
            return false;
        };
        (self.db.now() - since).to_std().is_ok_and(|age| age >= known)
    }

    /// Waits for what is under way, writes it down, and gives the lane back.
    async fn let_go(&self, mut lane: Lane) {
        // For as long as requests are waited for, nobody else may take the lane.
        if !lane.lost
            && let Err(error) = self.renew_now(&mut lane).await
        {
            report(&lane.name, "could not be renewed", &error);
        }
        let rest = async {
            while let Some(done) = lane.requests.join_next().await {
                lane.finished.extend(done.ok());
            }
        };
        if tokio::time::timeout(FAREWELL, rest).await.is_err() {
            tracing::warn!(lane = lane.name, "lane {} stops with requests under way; they count as unknown", lane.name);
        }
        let written = async {
            self.db.step_lane(&lane.lease, &lane.name, &lane.finished, &Chosen::default()).await?;
            self.db.release_lease(&lane.lease).await?;
            Ok::<_, StoreError>(())
        };
        if let Err(error) = written.await {
            report(&lane.name, "could not be given back", &error);
        }
    }
}

fn report(lane: &str, what: &str, error: &StoreError) {
    unstored(error, &format!("lane {lane} {what}"));
}

#[cfg(test)]
#[path = "send_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "lane_tests.rs"]
mod lane_tests;
