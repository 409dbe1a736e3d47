//! What a lane does with the outbox: start and finish; and what a new holder finds of the old one.
//!
//! One transaction does both for a whole batch: a row is `sending` on disk before its first byte leaves.

mod alerts;
mod batch;
mod consented;
pub mod deliveries;
pub(in crate::store) mod ending;
pub mod fallback;
pub mod fanout;
mod finish;
pub mod gone;
pub(super) mod hop;
pub mod incident;
mod late;
pub(in crate::store) mod link;
pub mod news;
pub mod operators;
mod optout;
mod overnight;
pub(in crate::store) mod restock;
mod room_content;
pub mod rooms;
mod row;
pub mod signs;
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
use crate::store::db::sql::{Sql, limited};
use crate::store::db::time::{at, micros};
use finish::{finish_if, finish_sent};
use start::{is_held, start};
pub use status::Heard;

/// The reason of a waiting row that a person has sent although it is sold out.
pub(super) const FORCED: &str = "forced";

/// A delivery that is due: what the engine must know to choose from.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Due {
    /// The row.
    pub id: i64,
    /// Where it goes, as stored: rate limits belong to it.
    pub address: Option<String>,
    /// What it is about.
    pub kind: String,
    /// It was sent in one message with others, led by this row: it is sent again with them, or it would come twice.
    pub batch_id: Option<i64>,
}

/// What the engine chose of what is due.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// To be started, a message each: one row, or several alerts for one destination.
    pub messages: Vec<Vec<i64>>,
    /// Not before so long from now: their address has just got something.
    pub later: Vec<(i64, Duration)>,
}

impl Chosen {
    /// All of these, a message each.
    #[must_use]
    pub fn each(due: &[Due]) -> Self {
        Self { messages: due.iter().map(|row| vec![row.id]).collect(), later: Vec::new() }
    }
}

/// A delivery whose request may be made now. It is `sending` on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// The row; of several in one message the first.
    pub id: i64,
    /// The same in each attempt.
    pub dedupe_key: String,
    /// Where. A phone's number is whole here, and nowhere else.
    pub destination: Destination,
    /// The destination's secret.
    pub secret: Option<String>,
    /// The name of the page where its person manages their watches; nothing without keys.
    pub own_page: Option<String>,
    /// Does it say what is back, or was?
    pub is_alert: bool,
    /// What is sent.
    pub message: Message,
    /// The restock an alert is about.
    pub restock: Option<i64>,
    /// The platform's id of the message that is changed to this, instead of a new one.
    pub edits: Option<String>,
    /// Since when it may have arrived already: the first request, if one of those made got no answer.
    pub in_doubt_since: Option<DateTime<Utc>>,
    /// Requests, this one included.
    pub attempts: u32,
    /// Not worth sending from then on.
    pub expires_at: DateTime<Utc>,
    /// When this request was begun.
    pub started_at: DateTime<Utc>,
    /// The other alerts in the same message. Their rows keep their own states.
    pub others: Vec<Started>,
}

/// A request that was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Finished {
    /// What was begun.
    pub id: i64,
    /// The restock it is about.
    pub restock: Option<i64>,
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
    /// The same for the others in the message.
    pub others: Vec<Finished>,
}

/// What one step of a lane did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// May be sent now.
    pub started: Vec<Started>,
    /// Rows that were taken and are not sent: not worth it any more, or put off by the rules of texting.
    pub dropped: usize,
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
    pub async fn lanes_due(&self) -> Result<Vec<String>, DbErr> {
        #[derive(FromQueryResult)]
        struct LaneRow {
            lane: String,
        }
        // From lane to lane over the index, however many deliveries wait in each.
        let sql = "WITH RECURSIVE waiting (lane) AS (SELECT min(d.lane) FROM delivery d WHERE d.state = 'pending' \
                     UNION ALL SELECT (SELECT min(d.lane) FROM delivery d WHERE d.state = 'pending' AND d.lane > w.lane) \
                       FROM waiting w WHERE w.lane IS NOT NULL) \
                   SELECT w.lane FROM waiting w WHERE w.lane IS NOT NULL AND EXISTS (SELECT 1 FROM delivery d \
                     WHERE d.state = 'pending' AND d.lane = w.lane AND d.next_attempt_at <= $1) ORDER BY w.lane";
        let due: Vec<LaneRow> = self.read().rows(sql, vec![micros(self.now()).into()]).await?;
        Ok(due.into_iter().map(|row| row.lane).collect())
    }

    /// Lanes that still hold rows of a holder before: after a crash they must be taken over.
    pub async fn lanes_held(&self) -> Result<Vec<String>, DbErr> {
        #[derive(FromQueryResult)]
        struct LaneRow {
            lane: String,
        }
        let sql = "SELECT DISTINCT lane FROM delivery WHERE state = 'sending'";
        Ok(self.read().rows::<LaneRow>(sql, vec![]).await?.into_iter().map(|row| row.lane).collect())
    }

    /// What a new holder of a lane does first: a request that may have been made is Unknown.
    pub async fn take_over_lane(&self, lease: &Lease, lane: &str, rng: f64) -> Result<usize, StoreError> {
        let txn = self.write_urgently().await?;
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
            let others = Vec::new();
            let finished =
                Finished { id: row.id, restock: None, attempts, started_at: now, ended_at: now, outcome, next, others };
            finish_if(&txn, &finished, "epoch <> $2", lease.epoch, now).await?;
        }
        txn.commit().await?;
        Ok(held.len())
    }

    /// The longest due deliveries of a lane.
    pub async fn due(&self, lane: &str, limit: usize) -> Result<Vec<Due>, DbErr> {
        let sql = format!(
            "SELECT d.id, t.address, d.kind, d.batch_id FROM delivery d LEFT JOIN destination t ON t.id = d.destination_id \
             WHERE d.state = 'pending' AND d.lane = $1 AND d.next_attempt_at <= $2 ORDER BY d.next_attempt_at, d.id {}",
            limited(3)
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read().rows(&sql, vec![lane.into(), micros(self.now()).into(), limit.into()]).await
    }

    /// One step of a lane: writes down what came of the requests in `finished`, and starts what was chosen, as far as it
    /// is still due, worth it and wanted.
    pub async fn step_lane(
        &self,
        lease: &Lease,
        lane: &str,
        finished: &[Finished],
        chosen: &Chosen,
    ) -> Result<Step, StoreError> {
        self.retrying(|| self.try_step(lease, lane, finished, chosen)).await
    }

    async fn try_step(
        &self,
        lease: &Lease,
        lane: &str,
        finished: &[Finished],
        chosen: &Chosen,
    ) -> Result<Step, StoreError> {
        if finished.is_empty() && chosen.messages.is_empty() && chosen.later.is_empty() {
            return Ok(Step::default());
        }
        let txn = self.write_urgently().await?;
        let now = self.now();
        let rows = finished.iter().flat_map(|done| std::iter::once(done).chain(&done.others));
        let (sent, others): (Vec<_>, Vec<_>) = rows.partition(|done| matches!(done.next, Next::Sent { .. }));
        finish_sent(&txn, &sent, lease.epoch, now).await?;
        for done in others {
            finish_if(&txn, done, "epoch = $2", lease.epoch, now).await?;
        }
        let step = start(&txn, self.keys().ok(), lease, lane, chosen, self.sms_rules(), now).await?;
        txn.commit().await?;
        Ok(step)
    }
}
