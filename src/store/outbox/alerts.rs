//! Writes the alerts of a restock, and what that means for its watches.

use coatcheck_domain::watch::Case;
use sea_orm::{DbErr, FromQueryResult, Value};

use super::restock::{FanoutRules, OpenRestock};
use crate::store::db::conn::Txn;
use crate::store::db::sql::{Sql, list_of};
use crate::store::db::time::span;

/// May this watch be notified of this restock? `$1` restock, `$2` product, `$3` number.
const ELIGIBLE: &str = "w.product_id = $2 AND w.armed AND w.armed_after < $3 \
     AND (w.notified_restock_id IS NULL OR w.notified_restock_id <> $1)";

/// When the watch `w` is notified: now, or at the end of its quiet time. What restocks while something is held back goes
/// with it. `$4` quiet before, `$8` now, `$11` the quiet time.
const NOTIFIED_AT: &str = "CASE WHEN w.mode = 'once' OR w.notified_at IS NULL OR w.notified_at <= $4 THEN CAST($8 AS BIGINT) \
     WHEN w.notified_at > $8 THEN w.notified_at ELSE w.notified_at + $11 END";

const CASE_COLUMNS: [&str; 3] = ["size_key", "style_key", "variants"];

#[derive(FromQueryResult)]
struct AlertRow {
    id: i64,
    next_attempt_at: i64,
}

#[derive(FromQueryResult)]
struct Joined {
    batch_id: Option<i64>,
}

/// One alert for each subscriber with a watch in the chunk, listing all that any of their watches asks for.
pub(super) async fn insert_alerts(
    txn: &Txn,
    restock: &OpenRestock,
    cases: &[Case],
    window: (i64, i64),
    rules: &FanoutRules,
    now: i64,
) -> Result<u64, DbErr> {
    let rows = txn.json_rows(10, &CASE_COLUMNS);
    // CROSS keeps SQLite to this order.
    let sql = format!(
        "WITH c AS MATERIALIZED ({rows}), \
         who AS MATERIALIZED (SELECT DISTINCT w.subscriber_id FROM c CROSS JOIN watch w \
           WHERE w.size_key = c.size_key AND w.style_key = c.style_key AND w.id > $5 AND w.id <= $6 AND {ELIGIBLE}), \
         told AS (SELECT who.subscriber_id, string_agg(c.variants, ',') AS variants, min({NOTIFIED_AT}) AS at \
           FROM who CROSS JOIN watch w CROSS JOIN c WHERE w.subscriber_id = who.subscriber_id \
             AND c.size_key = w.size_key AND c.style_key = w.style_key AND {ELIGIBLE} GROUP BY who.subscriber_id) \
         INSERT INTO delivery (kind, dedupe_key, restock_id, subscriber_id, destination_id, hop, lane, payload, state, \
           attempts, next_attempt_at, epoch, expires_at, created_at) \
         SELECT 'alert', $7 || told.subscriber_id || ':0', $1, told.subscriber_id, t.id, 0, t.lane, \
           '[' || told.variants || ']', 'pending', 0, told.at, 0, \
           CASE WHEN told.at > $8 THEN told.at + $12 ELSE CAST($9 AS BIGINT) END, $8 \
         FROM told JOIN destination t ON t.id = (SELECT d.id FROM destination d \
           WHERE d.subscriber_id = told.subscriber_id AND d.state = 'active' ORDER BY d.rank, d.id LIMIT 1) \
         WHERE TRUE ON CONFLICT (dedupe_key) DO NOTHING RETURNING id, next_attempt_at"
    );
    let mut values = values_of(restock, window, rules);
    values.extend([
        key(restock),
        now.into(),
        (restock.created_at + span(rules.expire_after)).into(),
        case_rows(cases),
        span(rules.quiet_for).into(),
        span(rules.expire_after).into(),
    ]);
    let alerts: Vec<AlertRow> = txn.rows(&sql, values).await?;
    let held_back: Vec<i64> = alerts.iter().filter(|alert| alert.next_attempt_at > now).map(|alert| alert.id).collect();
    for ids in held_back.chunks(500) {
        join_held_back(txn, restock.product_id, ids).await?;
    }
    Ok(u64::try_from(alerts.len()).unwrap_or(u64::MAX))
}

/// Alerts that are held back until the same moment, for the same subscriber and product, are one message then.
async fn join_held_back(txn: &Txn, product_id: i64, ids: &[i64]) -> Result<(), DbErr> {
    let mut values: Vec<Value> = vec![product_id.into()];
    let ids = list_of(&mut values, ids.iter().copied());
    let sql = format!(
        "UPDATE delivery SET batch_id = (SELECT COALESCE(o.batch_id, o.id) FROM delivery o \
           JOIN restock r ON r.id = o.restock_id AND r.product_id = $1 \
           WHERE o.subscriber_id = delivery.subscriber_id AND o.state = 'pending' AND o.kind = 'alert' \
             AND o.next_attempt_at = delivery.next_attempt_at AND o.id < delivery.id ORDER BY o.id LIMIT 1) \
         WHERE id IN ({ids}) RETURNING batch_id"
    );
    let joined: Vec<Joined> = txn.rows(&sql, values).await?;
    let mut values = Vec::new();
    let leaders = list_of(&mut values, joined.iter().filter_map(|row| row.batch_id));
    if !values.is_empty() {
        txn.run(&format!("UPDATE delivery SET batch_id = id WHERE id IN ({leaders})"), values).await?;
    }
    Ok(())
}

/// A watch that is notified now waits no more (`once`), or keeps quiet for a while (`every`). A subscriber without a
/// destination was not notified and stays armed.
pub(super) async fn disarm(
    txn: &Txn,
    restock: &OpenRestock,
    cases: &[Case],
    window: (i64, i64),
    rules: &FanoutRules,
    now: i64,
) -> Result<(), DbErr> {
    let rows = txn.json_rows(10, &CASE_COLUMNS);
    let notified_at = NOTIFIED_AT.replace("w.", "");
    // CROSS keeps SQLite to this order: beginning with the restock's deliveries or with the cases, it would read all of
    // them for each chunk or for each subscriber.
    let sql = format!(
        "WITH c AS MATERIALIZED ({rows}), \
         who AS MATERIALIZED (SELECT DISTINCT x.subscriber_id FROM c CROSS JOIN watch x WHERE x.product_id = $2 \
           AND x.size_key = c.size_key AND x.style_key = c.style_key AND x.id > $5 AND x.id <= $6) \
         UPDATE watch SET notified_restock_id = $1, armed = (mode <> 'once'), \
           notified_at = CASE WHEN {notified_at} > $8 THEN {notified_at} ELSE CAST($9 AS BIGINT) END \
         WHERE id IN (SELECT w.id FROM who CROSS JOIN watch w CROSS JOIN c WHERE w.subscriber_id = who.subscriber_id \
             AND c.size_key = w.size_key AND c.style_key = w.style_key \
             AND EXISTS (SELECT 1 FROM delivery d WHERE d.dedupe_key = $7 || w.subscriber_id || ':0') AND {ELIGIBLE})"
    );
    let mut values = values_of(restock, window, rules);
    values.extend([
        key(restock),
        now.into(),
        restock.created_at.into(),
        case_rows(cases),
        span(rules.quiet_for).into(),
    ]);
    txn.run_later(&sql, values).await
}

/// `$1` to `$6`.
fn values_of(restock: &OpenRestock, (after, upto): (i64, i64), rules: &FanoutRules) -> Vec<Value> {
    let quiet_before = restock.created_at.saturating_sub(span(rules.quiet_for));
    vec![
        restock.id.into(),
        restock.product_id.into(),
        restock.number.into(),
        quiet_before.into(),
        after.into(),
        upto.into(),
    ]
}

/// What the keys of all its alerts begin with.
fn key(restock: &OpenRestock) -> Value {
    format!("a:{}:", restock.id).into()
}

/// `[size, style, "1,2,3"]` for each case, as JSON.
fn case_rows(cases: &[Case]) -> Value {
    let row = |case: &Case| {
        let variants: Vec<String> = case.variants.iter().map(ToString::to_string).collect();
        [case.wish.size.as_str().to_owned(), case.wish.style.as_str().to_owned(), variants.join(",")]
    };
    serde_json::json!(cases.iter().map(row).collect::<Vec<_>>()).to_string().into()
}
