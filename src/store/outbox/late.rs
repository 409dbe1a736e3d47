//! A watch whose alert failed hears of the restocks that passed it by in the meantime.

use std::time::Duration;

use coatcheck_bots::message::Alert;
use coatcheck_domain::watch::Wish;
use coatcheck_domain::{SizeKey, StyleKey};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult};

use super::alerts::{disarm, insert_alerts};
use super::restock::{FanoutRules, OpenRestock, fulfilled, size_keys};
use crate::store::db::conn::Txn;
use crate::store::db::sql::Sql;
use crate::store::db::time::span;

/// A later restock, and how far its fan-out has come.
pub(crate) struct LaterRestock {
    restock: OpenRestock,
    /// The last watch that was passed; all of them once it is done.
    passed: i64,
}

#[derive(FromQueryResult)]
struct LaterRow {
    id: i64,
    product_id: i64,
    number: i64,
    created_at: i64,
    snapshot: String,
    cursor: i64,
    done_at: Option<i64>,
}

#[derive(FromQueryResult)]
struct WishRow {
    size_key: String,
    style_key: String,
}

/// The restocks of a product after its `number`-th, in order. On PostgreSQL no fan-out moves them on until we are done.
pub(crate) async fn later_restocks(txn: &Txn, product_id: i64, number: i64) -> Result<Vec<LaterRestock>, DbErr> {
    let lock = if txn.get_database_backend() == DbBackend::Postgres { " FOR UPDATE" } else { "" };
    let sql = format!(
        "SELECT id, product_id, number, created_at, snapshot, cursor, done_at FROM restock \
         WHERE product_id = $1 AND number > $2 ORDER BY number{lock}"
    );
    let rows: Vec<LaterRow> = txn.rows(&sql, vec![product_id.into(), number.into()]).await?;
    Ok(rows.into_iter().filter_map(LaterRow::into_restock).collect())
}

/// Tells one watch of a restock whose fan-out has passed it, if it waits for that; else the fan-out comes to it.
pub(crate) async fn tell_late(
    txn: &Txn,
    later: &LaterRestock,
    watch_id: i64,
    expire_after: Duration,
    now: i64,
) -> Result<(), DbErr> {
    let is_too_late = later.restock.created_at + span(expire_after) <= now;
    if later.passed < watch_id || is_too_late {
        return Ok(());
    }
    let sql = "SELECT size_key, style_key FROM watch WHERE id = $1";
    let Some(row) = txn.row::<WishRow>(sql, vec![watch_id.into()]).await? else { return Ok(()) };
    let wish = Wish { size: SizeKey::from_stored(row.size_key), style: StyleKey::from_stored(row.style_key) };
    let sizes: Vec<Vec<SizeKey>> = later.restock.alert.variants.iter().map(size_keys).collect();
    let cases = fulfilled(&[wish], &later.restock.alert, &sizes);
    if cases.is_empty() {
        return Ok(());
    }
    // It is the only one looked at, and its quiet ended when its alert failed.
    let rules = FanoutRules { quiet_for: Duration::ZERO, expire_after, chunk: 1 };
    let window = (watch_id - 1, watch_id);
    // A subscriber who has an alert of that restock for another watch is not notified twice: this one waits on.
    if insert_alerts(txn, &later.restock, &cases, window, &rules, now).await? > 0 {
        disarm(txn, &later.restock, &cases, window, &rules, now).await?;
    }
    Ok(())
}

impl LaterRow {
    /// One whose snapshot cannot be read is told to nobody, as by the fan-out.
    fn into_restock(self) -> Option<LaterRestock> {
        let alert: Alert = serde_json::from_str(&self.snapshot).ok()?;
        let passed = if self.done_at.is_some() { i64::MAX } else { self.cursor };
        let Self { id, product_id, number, created_at, cursor, .. } = self;
        Some(LaterRestock { restock: OpenRestock { id, product_id, number, created_at, cursor, alert }, passed })
    }
}
