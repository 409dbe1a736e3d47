//! What a lane does with the outbox: start and finish; and what a new holder finds of the old one.
//!
//! One transaction does both for a whole batch: a row is `sending` on disk before its first byte leaves.

pub mod deliveries;
pub mod fallback;
pub mod fanout;
mod finish;
pub mod gone;
pub(super) mod hop;
pub mod incident;
pub(in crate::store) mod link;
mod optout;
mod overnight;
mod start;
mod status;
pub(super) mod texting;

use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_bots::message::Message;
use coatcheck_domain::Destination;
use coatcheck_domain::delivery::{self, Next, SendOutcome, Sending};
use sea_orm::{DbErr, FromQueryResult};

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::lease::Lease;
use crate::store::db::sql::Sql;
use crate::store::db::time::{at, micros};
pub(super) use finish::take_back;
use finish::{finish_if, finish_sent};
use start::{is_held, start};
pub use status::Heard;

/// The reason of a waiting row that a person has sent although it is sold out.
pub(super) const FORCED: &str = "forced";

/// A delivery whose request may be made now. It is `sending` on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// The row.
    pub id: i64,
    /// The same in each attempt.
    pub dedupe_key: String,
    /// Where. A phone's number is whole here, and nowhere else.
    pub destination: Destination,
    /// The destination's secret.
    pub secret: Option<String>,
    /// What is told.
    pub message: Message,
    /// The restock an alert tells of.
    pub restock: Option<i64>,
    /// The platform's id of the message that is changed to this, instead of a new one.
    pub edits: Option<String>,
    /// Since when it may have arrived already: the first request, if one of those made got no answer.
    pub in_doubt_since: Option<DateTime<Utc>>,
    /// Requests, this one included.
    pub attempts: u32,
    /// Not worth telling from then on.
    pub expires_at: DateTime<Utc>,
    /// When this request was begun.
    pub started_at: DateTime<Utc>,
}

/// A request that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// What was begun.
    pub id: i64,
    /// Requests, this one included.
    pub attempts: u32,
    /// When it was begun.
    pub started_at: DateTime<Utc>,
    /// When its answer came, or none.
    pub ended_at: DateTime<Utc>,
    /// What came of it.
    pub outcome: SendOutcome,
    /// What follows.
    pub next: Next,
}

/// How many may be started at once, and how close to each other at one address.
pub trait Gait: Send {
    /// More requests than this are not begun.
    fn width(&self) -> usize;

    /// How long this address must still be left in peace; nothing: it is told something now.
    fn wait(&mut self, address: &str) -> Duration;
}

/// As many at once, to whomever.
impl Gait for usize {
    fn width(&self) -> usize {
        *self
    }

    fn wait(&mut self, _address: &str) -> Duration {
        Duration::ZERO
    }
}

/// What one step of a lane did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// May be sent now.
    pub started: Vec<Started>,
    /// Rows that were taken and are not sent: not worth it any more, or put off by the rules of texting.
    pub dropped: usize,
    /// Rows that were put off because their address has just been told something, and for how long at least.
    pub spaced: Option<Duration>,
    /// The lease is somebody else's by now: nothing was started, and nothing will be.
    pub lost: bool,
}

#[derive(FromQueryResult)]
struct HeldRow {
    id: i64,
    attempts: i32,
    expires_at: i64,
}

impl Db {
    /// The lanes that have something due, in order of their names.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lanes_due(&self) -> Result<Vec<String>, DbErr> {
        #[derive(FromQueryResult)]
        struct LaneRow {
            lane: String,
        }
        let now = micros(self.now());
        let mut lanes: Vec<String> = Vec::new();
        loop {
            let after = lanes.last().cloned().unwrap_or_default();
            let sql = "SELECT lane FROM delivery WHERE state = 'pending' AND lane > $1 ORDER BY lane LIMIT 1";
            let Some(row) = self.read().row::<LaneRow>(sql, vec![after.into()]).await? else { break };
            lanes.push(row.lane);
        }
        let mut due = Vec::new();
        for lane in lanes {
            let sql = "SELECT id FROM delivery WHERE state = 'pending' AND lane = $1 AND next_attempt_at <= $2 LIMIT 1";
            if self.read().id(sql, vec![lane.as_str().into(), now.into()]).await?.is_some() {
                due.push(lane);
            }
        }
        Ok(due)
    }

    /// Lanes that still hold rows of a holder before: after a crash they must be taken over.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lanes_held(&self) -> Result<Vec<String>, DbErr> {
        #[derive(FromQueryResult)]
        struct LaneRow {
            lane: String,
        }
        let sql = "SELECT DISTINCT lane FROM delivery WHERE state = 'sending'";
        Ok(self.read().rows::<LaneRow>(sql, vec![]).await?.into_iter().map(|row| row.lane).collect())
    }

    /// What a new holder of a lane does first: a request that may have been made is Unknown.
    ///
    /// # Errors
    /// When the database fails; then nothing is taken over.
    pub async fn take_over_lane(&self, lease: &Lease, lane: &str, rng: f64) -> Result<usize, StoreError> {
        let txn = self.write().await?;
        // Whoever stood still between taking the lane and this has lost it, and these rows are somebody else's.
        if !is_held(&txn, lease).await? {
            return Ok(0);
        }
        let now = self.now();
        let sql = "SELECT id, attempts, expires_at FROM delivery WHERE state = 'sending' AND lane = $1 AND epoch <> $2";
        let held: Vec<HeldRow> = txn.rows(sql, vec![lane.into(), lease.epoch.into()]).await?;
        for row in &held {
            let attempts = u32::try_from(row.attempts).unwrap_or_default();
            let outcome = SendOutcome::Unknown { why: "the service stopped while sending".to_owned() };
            let next = delivery::next(Sending { attempts, expires_at: at(row.expires_at) }, &outcome, now, rng);
            let finished = Finished { id: row.id, attempts, started_at: now, ended_at: now, outcome, next };
            finish_if(&txn, &finished, "epoch <> $2", lease.epoch, now).await?;
        }
        txn.commit().await?;
        Ok(held.len())
    }

    /// One step of a lane: writes down what came of the requests in `finished` and starts more, as `gait` lets it.
    ///
    /// # Errors
    /// When the database fails; then nothing of it happened, and the same step may be tried again.
    pub async fn step_lane(
        &self,
        lease: &Lease,
        lane: &str,
        finished: &[Finished],
        gait: &mut dyn Gait,
    ) -> Result<Step, StoreError> {
        let txn = self.write().await?;
        let now = self.now();
        let (sent, others): (Vec<_>, Vec<_>) = finished.iter().partition(|done| matches!(done.next, Next::Sent { .. }));
        finish_sent(&txn, &sent, lease.epoch, now).await?;
        for done in others {
            finish_if(&txn, done, "epoch = $2", lease.epoch, now).await?;
        }
        let step = if gait.width() == 0 {
            Step::default()
        } else {
            start(&txn, self.keys().ok(), lease, lane, gait, self.sms_rules(), now).await?
        };
        txn.commit().await?;
        Ok(step)
    }
}
