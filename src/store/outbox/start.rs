//! Takes what is due, ends what is not worth sending, and starts the rest: with everything that could forbid a send
//! asked in the statement that starts it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::SmsRules;
use coatcheck_domain::delivery::State;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, Value};

use super::ending::end;
use super::row::{DueRow, MaybeDueRow, alerts};
use super::{Chosen, Step, batch, consented, texting};
use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::lease::Lease;
use crate::store::db::passing::{Asked, Questions};
use crate::store::db::sql::{Sql, list_of};
use crate::store::db::time::{at, micros, span};
use crate::store::people::keys::Keys;

#[derive(FromQueryResult)]
struct StockRow {
    id: i64,
    availability: Option<String>,
    out_for: i64,
}

/// Is it still wanted? Consent, pause and watch are asked in the very statement that starts a send. `$1` is now.
/// Whoever wants quiet is answered all the same. A watch remembers only the last restock it was notified of, so one that
/// has heard of a later restock of the product still speaks for this one, if the restock has its size.
const WANTED: &str = "EXISTS (SELECT 1 FROM destination t WHERE t.id = delivery.destination_id \
       AND (t.state = 'active' OR (delivery.kind = 'code' AND t.state = 'unverified'))) \
     AND (delivery.kind IN ('reply', 'code') \
       OR NOT EXISTS (SELECT 1 FROM subscriber s WHERE s.id = delivery.subscriber_id AND s.paused_until > $1)) \
     AND (delivery.kind <> 'alert' OR delivery.restock_id IS NULL \
       OR EXISTS (SELECT 1 FROM watch w \
         WHERE w.notified_restock_id = delivery.restock_id AND w.subscriber_id = delivery.subscriber_id) \
       OR EXISTS (SELECT 1 FROM restock p JOIN watch w ON w.product_id = p.product_id \
           AND w.subscriber_id = delivery.subscriber_id AND w.notified_restock_id > p.id \
         WHERE p.id = delivery.restock_id AND (w.size_key = '' OR EXISTS (SELECT 1 FROM restock_variant r \
           JOIN variant v ON v.id = r.variant_id WHERE r.restock_id = p.id AND (v.size_key = w.size_key \
             OR EXISTS (SELECT 1 FROM variant_size n WHERE n.variant_id = v.id AND n.size_key = w.size_key))))))";

/// Puts off what was chosen for later, ends what is not worth sending, starts the rest of what was chosen.
pub(super) async fn start(
    txn: &Txn,
    keys: Option<&Keys>,
    lease: &Lease,
    lane: &str,
    chosen: &Chosen,
    rules: &SmsRules,
    now: DateTime<Utc>,
) -> Result<Step, StoreError> {
    if chosen.messages.is_empty() && chosen.later.is_empty() {
        return Ok(Step::default());
    }
    let Some((due, stock)) = taken(txn, lease, chosen, now).await? else {
        return Ok(Step { lost: true, ..Step::default() });
    };
    put_off(txn, &chosen.later, now).await?;
    if due.is_empty() {
        return Ok(Step::default());
    }
    hold_numbers(txn, &due).await?;
    let sold_out = sold_out(&due, stock);
    for id in &sold_out {
        end(txn, *id, State::Expired, "sold_out", now).await?;
    }
    let mut candidates: Vec<&DueRow> = due.iter().filter(|row| !sold_out.contains(&row.id)).collect();
    let is_text = texting::is_lane(lane);
    let mut held_back = HashSet::new();
    if is_text {
        let ids = candidates.iter().map(|row| row.id);
        held_back = texting::hold_back(txn, rules, ids, &chosen.messages, now).await?;
        candidates.retain(|row| !held_back.contains(&row.id));
    }
    let consent = if is_text { consented::CONSENTED } else { "TRUE" };
    let allowed = start_wanted(txn, lease, &candidates, consent, now).await?;
    let doubts = in_doubt(txn, &candidates).await?;
    let alerts = alerts(&due);
    let mut dropped = sold_out.len() + held_back.len();
    let mut started = HashMap::new();
    for row in candidates {
        if !allowed.contains(&row.id) {
            end_unwanted(txn, row, is_text, now).await?;
            dropped += 1;
            continue;
        }
        match row.started(keys, &alerts, now, doubts.get(&row.id).copied()) {
            Ok(it) => {
                started.insert(row.id, it);
            }
            Err(why) => {
                end(txn, row.id, State::Dead, &format!("unreadable: {why}"), now).await?;
                dropped += 1;
            }
        }
    }
    let started = batch::bundle(txn, started, &due, chosen, is_text).await?;
    Ok(Step { started, dropped, lost: false })
}

/// The chosen rows that are still due, and how the variants do that they tell of. `None`: the lane is another's by now.
async fn taken(
    txn: &Txn,
    lease: &Lease,
    chosen: &Chosen,
    now: DateTime<Utc>,
) -> Result<Option<(Vec<DueRow>, Vec<StockRow>)>, DbErr> {
    let mut questions = Questions::default();
    let (due, stock) = (questions.add([take(txn, lease, chosen, now)]), questions.add(out(chosen)));
    let answers = questions.ask(txn).await?;
    let rows: Vec<MaybeDueRow> = answers.rows(&due)?;
    let is_held = !rows.is_empty();
    let due = rows.into_iter().filter_map(|MaybeDueRow(due)| due).collect();
    Ok(is_held.then_some((due, answers.rows(&stock)?)))
}

/// Asks for the chosen rows that are still due, and where they go; no row at all if the lane is another's by now ([`HELD`]).
/// On PostgreSQL they are ours alone until the transaction ends; on SQLite writers are alone anyway.
fn take(txn: &Txn, lease: &Lease, chosen: &Chosen, now: DateTime<Utc>) -> Asked {
    let mut values = held_values(lease);
    values.push(micros(now).into());
    let ids = list_of(&mut values, chosen.messages.iter().flatten().copied());
    let ids = if ids.is_empty() { "NULL" } else { &ids };
    // Materialized, or PostgreSQL may run an inner query anew for each row, and with other rows locked each time.
    let sql = format!(
        "WITH held AS MATERIALIZED ({HELD} {}), \
         d AS MATERIALIZED (SELECT id, kind, provider_ref, dedupe_key, restock_id, payload, reason, attempts, expires_at, \
           destination_id, next_attempt_at, batch_id FROM delivery WHERE state = 'pending' AND next_attempt_at <= $4 \
           AND id IN ({ids}) AND EXISTS (SELECT 1 FROM held) {}) \
         SELECT d.id, d.kind, d.provider_ref, d.dedupe_key, d.restock_id, d.payload, d.reason, d.attempts, d.expires_at, \
           d.batch_id, d.destination_id, t.address, t.sealed, t.secret, \
           CASE WHEN row_number() OVER (PARTITION BY d.restock_id ORDER BY d.id) = 1 THEN p.snapshot END AS snapshot \
         FROM held LEFT JOIN d ON TRUE LEFT JOIN destination t ON t.id = d.destination_id \
         LEFT JOIN restock p ON p.id = d.restock_id ORDER BY d.next_attempt_at, d.id",
        txn.lock("FOR SHARE"),
        txn.lock("FOR UPDATE")
    );
    (sql, values)
}

/// On PostgreSQL, STOP waits until sends to its number have begun, or they wait until it is stored, and see it. On SQLite
/// writers are alone anyway.
async fn hold_numbers(txn: &Txn, rows: &[DueRow]) -> Result<(), DbErr> {
    let texts: Vec<i64> = rows.iter().filter(|row| row.sealed.is_some()).map(|row| row.id).collect();
    if texts.is_empty() || txn.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let mut values = Vec::new();
    let sql = format!(
        "SELECT id FROM destination WHERE id IN (SELECT d.destination_id FROM delivery d WHERE d.id IN ({})) \
         ORDER BY id FOR SHARE",
        list_of(&mut values, texts)
    );
    txn.ids(&sql, values).await.map(|_| ())
}

/// Puts off the rows whose address has just got something.
async fn put_off(txn: &Txn, later: &[(i64, Duration)], now: DateTime<Utc>) -> Result<(), DbErr> {
    for (id, wait) in later {
        let sql = "UPDATE delivery SET next_attempt_at = $2 WHERE id = $1 AND state = 'pending'";
        txn.run(sql, vec![(*id).into(), (micros(now) + span(*wait)).into()]).await?;
    }
    Ok(())
}

/// Which of these may have arrived already, and since when: the first request of those of which one got no answer.
async fn in_doubt(txn: &Txn, rows: &[&DueRow]) -> Result<HashMap<i64, DateTime<Utc>>, DbErr> {
    #[derive(FromQueryResult)]
    struct Unanswered {
        id: i64,
        since: i64,
    }
    let again: Vec<i64> = rows.iter().filter(|row| row.attempts > 0).map(|row| row.id).collect();
    if again.is_empty() {
        return Ok(HashMap::new());
    }
    let mut values = Vec::new();
    let sql = format!(
        "SELECT d.id, d.started_at AS since FROM delivery d WHERE d.started_at IS NOT NULL AND d.id IN ({}) \
         AND EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = d.id AND a.outcome = 'unknown')",
        list_of(&mut values, again)
    );
    let doubts: Vec<Unanswered> = txn.rows(&sql, values).await?;
    Ok(doubts.into_iter().map(|doubt| (doubt.id, at(doubt.since))).collect())
}

/// The statement that starts sends, with everything that could forbid one.
async fn start_wanted(
    txn: &Txn,
    lease: &Lease,
    rows: &[&DueRow],
    consent: &str,
    now: DateTime<Utc>,
) -> Result<Vec<i64>, DbErr> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut values: Vec<Value> = vec![micros(now).into(), lease.epoch.into()];
    let sql = format!(
        "UPDATE delivery SET state = 'sending', epoch = $2, attempts = attempts + 1, started_at = COALESCE(started_at, $1) \
         WHERE state = 'pending' AND expires_at > $1 AND {WANTED} AND {consent} AND id IN ({}) RETURNING id",
        list_of(&mut values, rows.iter().map(|row| row.id))
    );
    txn.ids(&sql, values).await
}

/// The lease of a lane, if nobody else has taken it: `$1` its name, `$2` the holder, `$3` the epoch.
const HELD: &str = "SELECT epoch FROM lease WHERE name = $1 AND holder = $2 AND epoch = $3";

/// Has nobody else taken the lane? On PostgreSQL nobody can until we are done, so that whoever takes it next finds
/// all that we started.
pub(super) async fn is_held(txn: &Txn, lease: &Lease) -> Result<bool, DbErr> {
    let sql = format!("{HELD} {}", txn.lock("FOR SHARE"));
    Ok(txn.id(&sql, held_values(lease)).await?.is_some())
}

fn held_values(lease: &Lease) -> Vec<Value> {
    vec![lease.name.as_str().into(), lease.holder.as_str().into(), lease.epoch.into()]
}

/// Asks how the variants of the restocks do that the chosen rows tell of.
fn out(chosen: &Chosen) -> Option<Asked> {
    let mut values = Vec::new();
    let ids = list_of(&mut values, chosen.messages.iter().flatten().copied());
    let sql = format!(
        "SELECT v.id, v.availability, CASE WHEN v.confirmed THEN c.readings - s.first_reading + 1 ELSE 0 END AS out_for \
         FROM (SELECT DISTINCT d.restock_id FROM delivery d WHERE d.id IN ({ids}) AND d.restock_id IS NOT NULL) o \
         JOIN restock_variant r ON r.restock_id = o.restock_id JOIN variant v ON v.id = r.variant_id \
         JOIN span s ON s.variant_id = v.id AND s.ended_at IS NULL \
         JOIN product p ON p.id = v.product_id JOIN source c ON c.id = p.source_id"
    );
    (!values.is_empty()).then_some((sql, values))
}

/// Alerts of which everything has been out for two readings or more: nobody could buy it. One that a person forced is
/// sent all the same.
fn sold_out(due: &[DueRow], stock: Vec<StockRow>) -> Vec<i64> {
    let is_buyable = |row: &StockRow| matches!(row.availability.as_deref(), Some("in_stock" | "low_stock"));
    let out: HashSet<i64> =
        stock.into_iter().filter(|row| !is_buyable(row) && row.out_for >= 2).map(|row| row.id).collect();
    let all_out = |variants: &[i64]| !variants.is_empty() && variants.iter().all(|variant| out.contains(variant));
    due.iter().filter(|row| row.may_sell_out() && all_out(&row.variants())).map(|row| row.id).collect()
}

/// Why a row was not started, written down in the order of the conditions.
async fn end_unwanted(txn: &Txn, row: &DueRow, is_text: bool, now: DateTime<Utc>) -> Result<(), StoreError> {
    if at(row.expires_at) <= now {
        return end(txn, row.id, State::Expired, "too_late", now).await;
    }
    let paused = "SELECT s.id FROM subscriber s JOIN delivery d ON d.subscriber_id = s.id WHERE d.id = $1 \
                  AND s.paused_until > $2 AND d.kind NOT IN ('reply', 'code')";
    if txn.id(paused, vec![row.id.into(), micros(now).into()]).await?.is_some() {
        return end(txn, row.id, State::Suppressed, "paused", now).await;
    }
    if is_text && let Some(reason) = texting::why_unconsented(txn, row.id).await? {
        return end(txn, row.id, State::Suppressed, reason, now).await;
    }
    let active = "SELECT t.id FROM destination t JOIN delivery d ON d.destination_id = t.id WHERE d.id = $1 AND t.state = 'active'";
    let reason = match txn.id(active, vec![row.id.into()]).await? {
        Some(_) => "unwatched",
        None => "address_gone",
    };
    end(txn, row.id, State::Suppressed, reason, now).await
}
