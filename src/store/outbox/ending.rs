//! Ends deliveries that were not sent: the next destination takes over, or the watches are armed again.

use chrono::{DateTime, Utc};
use coatcheck_domain::delivery::State;
use sea_orm::FromQueryResult;

use super::hop::next_hop;
use super::late::{later_restocks, tell_late};
use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::{at, micros};

#[derive(FromQueryResult)]
struct NotifiedRow {
    product_id: i64,
    number: i64,
    created_at: i64,
    expires_at: i64,
}

/// Ends a row without a request: one that is due, or was just started.
pub(super) async fn end(txn: &Txn, id: i64, state: State, reason: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql =
        "UPDATE delivery SET state = $2, reason = $3, ended_at = $4 WHERE id = $1 AND state IN ('pending', 'sending')";
    txn.run(sql, vec![id.into(), state.as_str().into(), reason.into(), micros(now).into()]).await?;
    if state == State::Expired || reason == "paused" || reason == "unwatched" {
        return rearm(txn, id, now).await;
    }
    next_hop_or_rearm(txn, id, now).await
}

/// Takes back all that waits to be sent to a destination. What somebody is starting at this very moment is left to them:
/// they ask the destination before they begin. Says how much was taken.
pub(in crate::store) async fn take_back(
    txn: &Txn,
    destination_id: i64,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let sql = format!(
        "WITH waiting AS MATERIALIZED (SELECT id FROM delivery WHERE destination_id = $1 AND state = 'pending' \
           ORDER BY id {}) \
         UPDATE delivery SET state = 'suppressed', reason = $2, ended_at = $3 WHERE id IN (SELECT id FROM waiting) RETURNING id",
        txn.lock("FOR UPDATE SKIP LOCKED")
    );
    let mut taken = txn.ids(&sql, vec![destination_id.into(), reason.into(), micros(now).into()]).await?;
    taken.sort_unstable();
    for id in &taken {
        next_hop_or_rearm(txn, *id, now).await?;
    }
    Ok(taken.len())
}

/// An alert that this hop could not tell: the next ranked destination tells it, or the watches wait again.
pub(super) async fn next_hop_or_rearm(txn: &Txn, id: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    if next_hop(txn, id, now).await? { Ok(()) } else { rearm(txn, id, now).await }
}

/// Re-arms the watches an alert should have told, unless another hop told them or still may. They wait as if that restock
/// had never been theirs: what came back while its alert was under way, and passed them by, is told now.
async fn rearm(txn: &Txn, id: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "SELECT r.product_id, r.number, r.created_at, d.expires_at FROM delivery d \
               JOIN restock r ON r.id = d.restock_id WHERE d.id = $1";
    let Some(told) = txn.row::<NotifiedRow>(sql, vec![id.into()]).await? else { return Ok(()) };
    let later = later_restocks(txn, told.product_id, told.number).await?;
    let sql = "UPDATE watch SET armed = TRUE, notified_at = NULL, \
                 armed_after = CASE WHEN armed_after < $2 THEN $2 ELSE armed_after END \
               WHERE notified_restock_id = (SELECT restock_id FROM delivery WHERE id = $1) \
                 AND subscriber_id = (SELECT subscriber_id FROM delivery WHERE id = $1) \
                 AND NOT EXISTS (SELECT 1 FROM delivery e WHERE e.restock_id = watch.notified_restock_id \
                   AND e.subscriber_id = watch.subscriber_id AND e.state IN ('pending', 'sending', 'sent')) \
               RETURNING id";
    let watches = txn.ids(sql, vec![id.into(), told.number.into()]).await?;
    let expire_after = at(told.expires_at).signed_duration_since(at(told.created_at)).to_std().unwrap_or_default();
    for restock in later {
        for watch in &watches {
            tell_late(txn, &restock, *watch, expire_after, micros(now)).await?;
        }
    }
    Ok(())
}
