//! Writes down what came of a request, and what follows: the next hop, or the watches wait again.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use coatcheck_domain::delivery::{Next, State};
use sea_orm::{DbErr, FromQueryResult, Value};

use super::Finished;
use super::hop::next_hop;
use super::optout::{is_opt_out, opt_out};
use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::{at, micros};
use crate::store::outbox::fanout::{later_restocks, tell_late};

#[derive(FromQueryResult)]
struct NotifiedRow {
    product_id: i64,
    number: i64,
    created_at: i64,
    expires_at: i64,
}

/// Writes down what came of a request, if the row is still `sending` in that very attempt and held as `holding` says.
pub(super) async fn finish_if(
    txn: &Txn,
    done: &Finished,
    holding: &str,
    epoch: i64,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let (state, next_attempt_at, provider_ref) = match &done.next {
        Next::Sent { provider_ref } => (State::Sent, None, provider_ref.clone()),
        Next::Retry { at } => (State::Pending, Some(micros(retry_at(*at, done.ended_at, now))), None),
        Next::Dead { .. } => (State::Dead, None, None),
        Next::Expired => (State::Expired, None, None),
    };
    let opted_out = done.outcome.why().is_some_and(is_opt_out);
    let reason = match &done.next {
        Next::Dead { address_gone: true } if opted_out => Some("stopped"),
        Next::Dead { address_gone: true } => Some("address_gone"),
        Next::Dead { .. } => Some("gave_up"),
        Next::Expired => Some("too_late"),
        _ => None,
    };
    let sql = format!(
        "UPDATE delivery SET state = $3, next_attempt_at = COALESCE($4, next_attempt_at), provider_ref = COALESCE($5, provider_ref), \
         last_error = $6, reason = CASE WHEN $3 = 'pending' THEN reason ELSE $7 END, accepted_at = $8, ended_at = $9, epoch = CASE WHEN $3 = 'pending' THEN 0 ELSE epoch END \
         WHERE id = $1 AND state = 'sending' AND attempts = $10 AND {holding}"
    );
    let values = vec![
        done.id.into(),
        epoch.into(),
        state.as_str().into(),
        next_attempt_at.into(),
        provider_ref.into(),
        done.outcome.why().into(),
        reason.into(),
        (state == State::Sent).then(|| micros(done.ended_at)).into(),
        state.is_final().then(|| micros(now)).into(),
        i64::from(done.attempts).into(),
    ];
    if txn.run(&sql, values).await? != 1 {
        // Another holder has taken over and judged it already, or the same outcome was written down before the answer
        // to that was lost: what stands there stands.
        return Ok(());
    }
    insert_attempts(txn, &[done]).await?;
    match &done.next {
        Next::Dead { address_gone: true } => {
            if !opted_out || !opt_out(txn, done.id, now).await? {
                mark_gone(txn, done).await?;
            }
            next_hop_or_rearm(txn, done.id, now).await
        }
        Next::Dead { .. } | Next::Expired => next_hop_or_rearm(txn, done.id, now).await,
        Next::Sent { .. } | Next::Retry { .. } => Ok(()),
    }
}

/// A wait was planned from `ended_at` on. If the clock was set back since, it is no longer for that.
fn retry_at(at: DateTime<Utc>, ended_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    at.min(now + at.signed_duration_since(ended_at))
}

/// Writes down all that were sent at once, as [`finish_if`] would one by one: a step of a busy lane has some thirty.
pub(super) async fn finish_sent(
    txn: &Txn,
    sent: &[&Finished],
    epoch: i64,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for chunk in sent.chunks(128) {
        let (rows, mut values) = txn.rows_of(chunk.iter().map(|done| {
            let provider_ref = if let Next::Sent { provider_ref } = &done.next { provider_ref.clone() } else { None };
            [done.id.into(), i64::from(done.attempts).into(), provider_ref.into(), micros(done.ended_at).into()]
        }));
        let sql = format!(
            "WITH done (id, attempts, provider_ref, accepted_at) AS (VALUES {rows}) \
             UPDATE delivery SET state = 'sent', provider_ref = COALESCE(done.provider_ref, delivery.provider_ref), \
               last_error = NULL, reason = NULL, accepted_at = CAST(done.accepted_at AS BIGINT), ended_at = ${} \
             FROM done WHERE delivery.id = CAST(done.id AS BIGINT) AND delivery.state = 'sending' \
               AND delivery.attempts = CAST(done.attempts AS BIGINT) AND delivery.epoch = ${} RETURNING delivery.id",
            values.len() + 1,
            values.len() + 2,
        );
        values.extend([micros(now).into(), epoch.into()]);
        let written: HashSet<i64> = txn.ids(&sql, values).await?.into_iter().collect();
        let counted: Vec<&Finished> = chunk.iter().copied().filter(|done| written.contains(&done.id)).collect();
        insert_attempts(txn, &counted).await?;
    }
    Ok(())
}

async fn insert_attempts(txn: &Txn, made: &[&Finished]) -> Result<(), DbErr> {
    if made.is_empty() {
        return Ok(());
    }
    let (rows, values) = txn.rows_of(made.iter().map(|done| {
        [
            done.id.into(),
            i64::from(done.attempts).into(),
            micros(done.started_at).into(),
            micros(done.ended_at).into(),
            done.outcome.as_str().into(),
            Value::from(done.outcome.why()),
        ]
    }));
    let sql = format!(
        "WITH made (id, number, started_at, ended_at, outcome, error) AS (VALUES {rows}) \
         INSERT INTO attempt (delivery_id, number, started_at, ended_at, outcome, error) \
         SELECT DISTINCT CAST(id AS BIGINT), CAST(number AS INTEGER), CAST(started_at AS BIGINT), CAST(ended_at AS BIGINT), \
           outcome, error FROM made"
    );
    txn.run(&sql, values).await.map(|_| ())
}

async fn mark_gone(txn: &Txn, done: &Finished) -> Result<(), DbErr> {
    let sql = "UPDATE destination SET state = 'gone', gone_why = $2, gone_at = (SELECT created_at FROM delivery WHERE id = $1) \
               WHERE id = (SELECT destination_id FROM delivery WHERE id = $1) AND state <> 'gone'";
    txn.run(sql, vec![done.id.into(), done.outcome.why().into()]).await.map(|_| ())
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
