//! The outbox: one thing to tell one destination.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Alert, post, notice, code or reply.
    pub kind: String,
    /// The same thing told to the same one has the same key.
    pub dedupe_key: String,
    /// What an alert tells of.
    pub restock_id: Option<i64>,
    /// Whom.
    pub subscriber_id: Option<i64>,
    /// Where.
    pub destination_id: Option<i64>,
    /// 0 for the first ranked destination, then the next.
    pub hop: i32,
    /// Through which lane.
    pub lane: String,
    /// Alerts: a JSON array of restocks; others: the message.
    pub payload: String,
    /// Pending, sending, sent, dead, expired, suppressed or cancelled.
    pub state: String,
    /// Why it ended as it did: sold_out, paused, unwatched, ….
    pub reason: Option<String>,
    /// Requests begun.
    pub attempts: i32,
    /// Not before (µs).
    pub next_attempt_at: i64,
    /// Of the lane's lease that holds it.
    pub epoch: i64,
    /// The first request (µs).
    pub started_at: Option<i64>,
    /// When the platform took it (µs).
    pub accepted_at: Option<i64>,
    /// When the platform says it arrived (µs).
    pub delivered_at: Option<i64>,
    /// The platform's id of the message.
    pub provider_ref: Option<String>,
    /// The platform's own dedupe key.
    pub nonce: Option<String>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// Not worth telling from this time on (µs).
    pub expires_at: i64,
    /// Μs.
    pub created_at: i64,
    /// When it became final (µs).
    pub ended_at: Option<i64>,
    /// Until when the night, or the day's last text, held it back (µs).
    pub put_off_until: Option<i64>,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
