//! Writes down what came of a request, and what follows.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use coatcheck_domain::delivery::{Next, State};
use sea_orm::{DbErr, Value};

use super::Finished;
use super::ending::next_hop_or_rearm;
use super::optout::{is_opt_out, opt_out};
use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::micros;

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
