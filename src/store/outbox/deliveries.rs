//! Deliveries as people see them: the list, replay, and messages that no restock made.

use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_bots::message::Message;
use coatcheck_domain::delivery::{Kind, State};
use sea_orm::{DbErr, FromQueryResult, Value};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::{IN_SMS_LANE, Sql, limited};
use crate::store::db::time::{at, micros, span};
use crate::store::db::wake::Topic;
use crate::store::outbox::FORCED;

/// A delivery and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The row.
    pub id: i64,
    /// What it is about.
    pub kind: Kind,
    /// What makes it unique.
    pub dedupe_key: String,
    /// Where it stands.
    pub state: State,
    /// Why it ended so.
    pub reason: Option<String>,
    /// Where it goes, as stored.
    pub address: Option<String>,
    /// The product it tells of.
    pub product: Option<String>,
    /// What is told: for an alert of a restock, the variants' rows.
    pub payload: String,
    /// The restock's alert as JSON.
    pub snapshot: Option<String>,
    /// Requests begun.
    pub attempts: i32,
    /// 0 for the first ranked destination.
    pub hop: i32,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the platform took it.
    pub accepted_at: Option<DateTime<Utc>>,
    /// When the shop's answer was complete.
    pub read_at: Option<DateTime<Utc>>,
    /// Not before.
    pub next_attempt_at: DateTime<Utc>,
    /// Not worth telling from then on.
    pub expires_at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct DeliveryRow {
    id: i64,
    kind: String,
    dedupe_key: String,
    state: String,
    reason: Option<String>,
    address: Option<String>,
    product: Option<String>,
    payload: String,
    snapshot: Option<String>,
    attempts: i32,
    hop: i32,
    last_error: Option<String>,
    created_at: i64,
    accepted_at: Option<i64>,
    read_at: Option<i64>,
    next_attempt_at: i64,
    expires_at: i64,
}

/// Why a delivery was not replayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReplayed {
    /// There is none with this number.
    #[error("there is no delivery {0}; `coatcheck deliveries` shows them")]
    Missing(i64),
    /// It is not one that failed.
    #[error("delivery {id} is {state}; only dead, expired and suppressed ones can be replayed")]
    State {
        /// The row.
        id: i64,
        /// What it is.
        state: State,
    },
    /// What it tells is no longer so.
    #[error("delivery {0} tells of something that is sold out again; add --force to send it all the same")]
    SoldOut(i64),
    /// Somebody was told already.
    #[error(
        "the same news reached this subscriber at another destination, or is on its way there; add --force to send delivery {0} all the same"
    )]
    NotifiedElsewhere(i64),
}

const DELIVERIES: &str = "SELECT d.id, d.kind, d.dedupe_key, d.state, d.reason, t.address, p.title AS product, d.payload, \
     r.snapshot, d.attempts, d.hop, d.last_error, d.created_at, d.accepted_at, r.read_at, d.next_attempt_at, d.expires_at \
     FROM delivery d LEFT JOIN destination t ON t.id = d.destination_id LEFT JOIN restock r ON r.id = d.restock_id \
     LEFT JOIN product p ON p.id = r.product_id";

impl Db {
    /// The latest deliveries, newest first; only those in `state` if one is given.
    pub async fn deliveries(&self, state: Option<State>, limit: u32) -> Result<Vec<Delivery>, StoreError> {
        self.deliveries_before(state, "", i64::MAX, limit).await
    }

    /// The same before a row, of one channel if one is given.
    pub async fn deliveries_before(
        &self,
        state: Option<State>,
        channel: &str,
        before: i64,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let of_state = if state.is_some() { "d.state = $1" } else { "$1 = ''" };
        let of_channel = if channel.is_empty() { "$2 = ''" } else { "t.channel = $2" };
        let sql =
            format!("{DELIVERIES} WHERE {of_state} AND {of_channel} AND d.id < $3 ORDER BY d.id DESC {}", limited(4));
        let values =
            vec![state.map_or("", State::as_str).into(), channel.into(), before.into(), i64::from(limit).into()];
        let rows: Vec<DeliveryRow> = self.read().rows(&sql, values).await?;
        rows.into_iter().map(DeliveryRow::into_delivery).collect()
    }

    /// The oldest delivery that is not final.
    pub async fn oldest_unfinished(&self) -> Result<Option<Delivery>, StoreError> {
        let sql = format!("{DELIVERIES} WHERE d.state IN ('pending', 'sending') ORDER BY d.id LIMIT 1");
        let row: Option<DeliveryRow> = self.read().row(&sql, vec![]).await?;
        row.map(DeliveryRow::into_delivery).transpose()
    }

    /// Puts a message into the outbox that no restock made. A key that is there already changes nothing.
    pub async fn enqueue(
        &self,
        kind: Kind,
        key: &str,
        destination_id: i64,
        message: &Message,
        expire_after: Duration,
    ) -> Result<Option<i64>, StoreError> {
        let txn = self.write().await?;
        let id = enqueue(&txn, kind, key, destination_id, message, expire_after, self.now()).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Deliveries);
        Ok(id)
    }

    /// Where a delivery stands.
    pub async fn delivery(&self, id: i64) -> Result<Option<Delivery>, StoreError> {
        let row: Option<DeliveryRow> =
            self.read().row(&format!("{DELIVERIES} WHERE d.id = $1"), vec![id.into()]).await?;
        row.map(DeliveryRow::into_delivery).transpose()
    }

    /// Texts that the provider has taken since then.
    pub async fn texts_sent(&self, since: DateTime<Utc>) -> Result<i64, DbErr> {
        let sql = format!(
            "SELECT count(*) FROM delivery WHERE {IN_SMS_LANE} AND accepted_at IS NOT NULL AND accepted_at >= $1"
        );
        Ok(self.read().id(&sql, vec![micros(since).into()]).await?.unwrap_or_default())
    }

    /// Sends a delivery that failed once more, with a new time to expire. Its key stays: a receiver can tell.
    ///
    /// # Errors
    /// [`NotReplayed`] inside, when that would be wrong; outside, when the database fails.
    pub async fn replay(
        &self,
        id: i64,
        force: bool,
        expire_after: Duration,
    ) -> Result<Result<(), NotReplayed>, StoreError> {
        let Some(delivery) = self.delivery(id).await? else { return Ok(Err(NotReplayed::Missing(id))) };
        if !matches!(delivery.state, State::Dead | State::Expired | State::Suppressed) {
            return Ok(Err(NotReplayed::State { id, state: delivery.state }));
        }
        if !force && let Some(why) = self.why_not(&delivery).await? {
            return Ok(Err(why));
        }
        let txn = self.write().await?;
        let now = micros(self.now());
        let sql = "UPDATE delivery SET state = 'pending', reason = $4, attempts = 0, next_attempt_at = $2, expires_at = $3, \
                   ended_at = NULL, put_off_until = NULL WHERE id = $1 AND state IN ('dead', 'expired', 'suppressed')";
        let reason = force.then_some(FORCED);
        let values = vec![id.into(), now.into(), (now + span(expire_after)).into(), reason.into()];
        if txn.run(sql, values).await? != 1 {
            return Ok(Err(NotReplayed::State { id, state: delivery.state }));
        }
        let sql = "UPDATE destination SET state = 'active', gone_why = NULL, gone_at = NULL WHERE id = (SELECT destination_id FROM delivery WHERE id = $1)";
        txn.run(sql, vec![id.into()]).await?;
        // The alert speaks for its watches again; one that was re-armed must not be notified twice.
        let sql = "UPDATE watch SET armed = (mode <> 'once') WHERE notified_restock_id = (SELECT restock_id FROM delivery WHERE id = $1) \
                   AND subscriber_id = (SELECT subscriber_id FROM delivery WHERE id = $1)";
        txn.run(sql, vec![id.into()]).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Deliveries);
        Ok(Ok(()))
    }

    async fn why_not(&self, delivery: &Delivery) -> Result<Option<NotReplayed>, StoreError> {
        let sql = "SELECT o.id FROM delivery d JOIN delivery o ON o.restock_id = d.restock_id AND o.subscriber_id = d.subscriber_id \
                   AND o.id <> d.id AND o.state IN ('pending', 'sending', 'sent') WHERE d.id = $1 LIMIT 1";
        if self.read().id(sql, vec![delivery.id.into()]).await?.is_some() {
            return Ok(Some(NotReplayed::NotifiedElsewhere(delivery.id)));
        }
        let variants: Vec<i64> = serde_json::from_str(&delivery.payload).unwrap_or_default();
        for variant in &variants {
            let sql = "SELECT id FROM variant WHERE id = $1 AND availability IN ('in_stock', 'low_stock')";
            if self.read().id(sql, vec![(*variant).into()]).await?.is_some() {
                return Ok(None);
            }
        }
        Ok((!variants.is_empty()).then_some(NotReplayed::SoldOut(delivery.id)))
    }
}

/// As [`Db::enqueue`], together with what else a transaction does.
pub(in crate::store) async fn enqueue(
    txn: &Txn,
    kind: Kind,
    key: &str,
    destination_id: i64,
    message: &Message,
    expire_after: Duration,
    now: DateTime<Utc>,
) -> Result<Option<i64>, StoreError> {
    let payload = serde_json::to_string(message).map_err(|why| StoreError::corrupt("delivery.payload", why))?;
    let sql = "INSERT INTO delivery (kind, dedupe_key, subscriber_id, destination_id, hop, lane, payload, state, attempts, \
               next_attempt_at, epoch, expires_at, created_at) \
               SELECT $1, $2, t.subscriber_id, t.id, 0, t.lane, $3, 'pending', 0, $4, 0, $5, $4 FROM destination t \
               WHERE t.id = $6 ON CONFLICT (dedupe_key) DO NOTHING RETURNING id";
    let now = micros(now);
    let expires = now + span(kind.expires_after(expire_after));
    let values: Vec<Value> =
        vec![kind.as_str().into(), key.into(), payload.into(), now.into(), expires.into(), destination_id.into()];
    Ok(txn.id(sql, values).await?)
}

impl DeliveryRow {
    fn into_delivery(self) -> Result<Delivery, StoreError> {
        Ok(Delivery {
            kind: self.kind.parse().map_err(|why| StoreError::corrupt("delivery.kind", why))?,
            state: self.state.parse().map_err(|why| StoreError::corrupt("delivery.state", why))?,
            created_at: at(self.created_at),
            accepted_at: self.accepted_at.map(at),
            read_at: self.read_at.map(at),
            next_attempt_at: at(self.next_attempt_at),
            expires_at: at(self.expires_at),
            id: self.id,
            dedupe_key: self.dedupe_key,
            reason: self.reason,
            address: self.address,
            product: self.product,
            payload: self.payload,
            snapshot: self.snapshot,
            attempts: self.attempts,
            hop: self.hop,
            last_error: self.last_error,
        })
    }
}
