//! How a poll ends that brought no news: nothing changed, or nothing was read.

use chrono::{DateTime, Utc};
use coatcheck_domain::poll::Plan;
use sea_orm::{DbErr, Value};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, list};
use crate::store::db::time::micros;
use crate::store::db::wake::Topic;
use crate::store::polls::claim::Claimed;

/// A poll that brought nothing new.
#[derive(Debug, Clone, PartialEq)]
pub struct Unchanged {
    /// The source.
    pub source_id: i64,
    /// Its shop.
    pub shop_id: i64,
    /// The slot of the shop that was held for it.
    pub slot_id: i64,
    /// The claim.
    pub token: String,
    /// When the answer was complete.
    pub read_at: DateTime<Utc>,
    /// What follows.
    pub plan: Plan,
}

impl Unchanged {
    /// The end of this claim.
    #[must_use]
    pub fn of(claim: &Claimed, read_at: DateTime<Utc>, plan: Plan) -> Self {
        let Claimed { source_id, shop_id, slot_id, .. } = *claim;
        Self { source_id, shop_id, slot_id, token: claim.token.clone(), read_at, plan }
    }
}

/// A poll that failed. It is not a reading: stock and history do not hear of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Failed {
    /// What follows for the source.
    pub plan: Plan,
    /// The kind of error, a word for machines.
    pub fault: String,
    /// What went wrong, for people.
    pub error: String,
    /// Nobody asks this shop before then.
    pub shop_not_before: Option<DateTime<Utc>>,
    /// Was it the shop that failed (and not this one address)?
    pub shop_failed: bool,
}

impl Db {
    /// Ends polls that brought nothing new, many in one transaction. Says how many were still ours.
    ///
    /// # Errors
    /// When the database fails; then all of them will be polled again when their claims run out.
    pub async fn end_unchanged(&self, polls: &[Unchanged]) -> Result<u64, DbErr> {
        let txn = self.write().await?;
        let mut ended = 0;
        for chunk in polls.chunks(200) {
            ended += end_unchanged_chunk(&txn, chunk).await?;
        }
        txn.commit().await?;
        self.wake().ring(Topic::Sources);
        Ok(ended)
    }

    /// Ends a poll that failed.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the source by now.
    pub async fn end_failed(&self, claim: &Claimed, failed: &Failed) -> Result<(), StoreError> {
        let txn = self.write().await?;
        let sql = "UPDATE source SET state = $3, token = NULL, lease_until = 0, scheduled_at = $4, next_poll_at = $5, \
                   failures = $6, not_found = $7, last_error = $8, last_error_at = $9, fault = $10 \
                   WHERE id = $1 AND token = $2 AND state = 'leased'";
        let values = vec![
            claim.source_id.into(),
            claim.token.as_str().into(),
            failed.plan.state.as_str().into(),
            micros(failed.plan.scheduled_at).into(),
            micros(failed.plan.next_poll_at).into(),
            i64::from(failed.plan.failures).into(),
            i64::from(failed.plan.not_found).into(),
            failed.error.as_str().into(),
            micros(self.now()).into(),
            failed.fault.as_str().into(),
        ];
        let ours = txn.run(sql, values).await? == 1;
        free_slot(&txn, claim).await?;
        if !ours {
            txn.commit().await?;
            return Err(StoreError::LeaseLost { source_id: claim.source_id });
        }
        let not_before = failed.shop_not_before.map_or(0, micros);
        let sql = "UPDATE shop SET failures = failures + $2, \
                   not_before = CASE WHEN $3 > not_before THEN $3 ELSE not_before END WHERE id = $1";
        txn.run(sql, vec![claim.shop_id.into(), i64::from(failed.shop_failed).into(), not_before.into()]).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Sources);
        Ok(())
    }
}

/// Gives a claim's slot back, unless it is somebody else's by now.
pub(crate) async fn free_slot(txn: &Txn, claim: &Claimed) -> Result<(), DbErr> {
    let sql = "UPDATE shop_slot SET until = 0, token = NULL WHERE id = $1 AND token = $2";
    txn.run(sql, vec![claim.slot_id.into(), claim.token.as_str().into()]).await.map(|_| ())
}

async fn end_unchanged_chunk(txn: &Txn, chunk: &[Unchanged]) -> Result<u64, DbErr> {
    let mut values: Vec<Value> = Vec::with_capacity(chunk.len() * 5);
    for poll in chunk {
        values.push(poll.source_id.into());
        values.push(poll.token.as_str().into());
        values.push(micros(poll.read_at).into());
        values.push(micros(poll.plan.scheduled_at).into());
        values.push(micros(poll.plan.next_poll_at).into());
    }
    let sql = format!(
        "WITH done (id, token, read_at, scheduled_at, next_poll_at) AS (VALUES {}) \
         UPDATE source SET state = 'idle', token = NULL, lease_until = 0, last_read_at = CASE WHEN source.last_read_at > done.read_at THEN source.last_read_at ELSE done.read_at END, \
           readings = readings + 1, scheduled_at = done.scheduled_at, next_poll_at = done.next_poll_at, \
           failures = 0, not_found = 0, last_error = NULL, last_error_at = NULL, fault = NULL \
         FROM done WHERE source.id = done.id AND source.token = done.token AND source.state = 'leased'",
        txn.only_rows(chunk.len(), 5)
    );
    let ended = txn.run(&sql, values).await?;
    let pairs = chunk.iter().flat_map(|poll| [poll.slot_id.into(), Value::from(poll.token.as_str())]).collect();
    let sql = format!(
        "WITH done (id, token) AS (VALUES {}) UPDATE shop_slot SET until = 0, token = NULL \
         FROM done WHERE shop_slot.id = done.id AND shop_slot.token = done.token",
        txn.only_rows(chunk.len(), 2)
    );
    txn.run(&sql, pairs).await?;
    let shops: Vec<Value> = chunk.iter().map(|poll| poll.shop_id.into()).collect();
    let sql = format!("UPDATE shop SET failures = 0 WHERE failures > 0 AND id IN ({})", list(1, shops.len()));
    txn.run(&sql, shops).await?;
    Ok(ended)
}
