//! Sources that end by themselves: candidates that were never read well, and what nobody wants any more.

use std::collections::BTreeSet;

use coatcheck_domain::poll::{CANDIDATE_FOR, DORMANT_AFTER};
use sea_orm::{DbErr, Value};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::sql::{Sql, list_of};
use crate::store::db::time::{micros, span};
use crate::store::db::wake::Topic;

/// Whoever waits for a candidate is answered before it goes.
const ANSWERED_WITHIN: std::time::Duration = std::time::Duration::from_secs(30);

/// Somebody wants what the source reads: an armed watch, a word for it, a room, or the public board.
const WANTED: &str = "(s.listed OR EXISTS (SELECT 1 FROM product p WHERE p.source_id = s.id AND \
     (EXISTS (SELECT 1 FROM watch w WHERE w.product_id = p.id AND w.armed) \
      OR EXISTS (SELECT 1 FROM alias a WHERE a.product_id = p.id) \
      OR EXISTS (SELECT 1 FROM announcement n WHERE n.product_id = p.id))) \
     OR EXISTS (SELECT 1 FROM announcement n WHERE n.shop_id = s.shop_id))";

/// What ended, and what is polled again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ends {
    /// Candidates that were removed.
    pub removed: u64,
    /// Sources that are polled no more until somebody wants them.
    pub dormant: u64,
    /// Sources that somebody wants again.
    pub woken: u64,
}

impl Db {
    /// Removes candidates that were not read well in time, lets those sleep that nobody has wanted for long, and wakes those
    /// that somebody wants again.
    ///
    /// # Errors
    /// When the database fails; then the same is done the next time.
    pub async fn end_sources(&self) -> Result<Ends, DbErr> {
        let now = self.now();
        let late = micros(now) - span(CANDIDATE_FOR) - span(ANSWERED_WITHIN);
        let txn = self.write().await?;
        let removed = txn
            .run("DELETE FROM source WHERE state = 'candidate' AND readings = 0 AND created_at < $1", vec![late.into()])
            .await?;
        if removed > 0 {
            let sql = "DELETE FROM shop WHERE NOT EXISTS (SELECT 1 FROM source s WHERE s.shop_id = shop.id)";
            txn.run(sql, vec![]).await?;
        }
        let ends = Ends { removed, ..sleep_and_wake(&txn, micros(now)).await? };
        txn.commit().await?;
        if ends != Ends::default() {
            self.wake().ring(Topic::Sources);
        }
        Ok(ends)
    }
}

async fn sleep_and_wake(txn: &Txn, now: i64) -> Result<Ends, DbErr> {
    let asleep = "s.state IN ('idle', 'blocked', 'gone') AND";
    let sql = format!(
        "UPDATE source SET unwanted_since = $1 WHERE id IN (SELECT s.id FROM source s WHERE {asleep} \
         s.unwanted_since IS NULL AND NOT {WANTED})"
    );
    txn.run(&sql, vec![now.into()]).await?;
    let sql = format!(
        "UPDATE source SET unwanted_since = NULL, next_poll_at = CASE WHEN state = 'dormant' THEN $1 ELSE next_poll_at END, \
         edit = edit + 1, edited = TRUE, state = CASE WHEN state = 'dormant' THEN 'idle' ELSE state END \
         WHERE id IN (SELECT s.id FROM source s WHERE s.unwanted_since IS NOT NULL AND {WANTED}) RETURNING edit"
    );
    let woken = txn.ids(&sql, vec![now.into()]).await?.len() as u64;
    let sql = format!(
        "UPDATE source SET state = 'dormant', edit = edit + 1, edited = TRUE WHERE id IN (SELECT s.id FROM source s WHERE {asleep} \
         s.unwanted_since < $1 AND NOT {WANTED})"
    );
    let dormant = txn.run(&sql, vec![(now - span(DORMANT_AFTER)).into()]).await?;
    Ok(Ends { removed: 0, dormant, woken })
}

/// Who added these pages is forgotten: those that nobody else wants are polled no more. Says how many those were.
pub(in crate::store) async fn sleep_of(txn: &Txn, subscriber_id: i64) -> Result<u64, DbErr> {
    let sql = format!(
        "UPDATE source SET state = 'dormant', edit = edit + 1, edited = TRUE WHERE id IN (SELECT s.id FROM source s \
         WHERE s.added_by = $1 AND s.state IN ('idle', 'blocked', 'gone') AND NOT {WANTED})"
    );
    txn.run(&sql, vec![subscriber_id.into()]).await
}

/// Somebody waits for these products: their sources are polled again if they slept, and as often as was asked for.
pub(in crate::store) async fn wake_sources_of(txn: &Txn, products: &BTreeSet<i64>, now: i64) -> Result<u64, DbErr> {
    if products.is_empty() {
        return Ok(0);
    }
    let mut values: Vec<Value> = vec![now.into()];
    let these = list_of(&mut values, products.iter().copied());
    let sql = format!(
        "UPDATE source SET state = 'idle', unwanted_since = NULL, scheduled_at = $1, next_poll_at = $1, edit = edit + 1, edited = TRUE \
         WHERE state = 'dormant' AND id IN (SELECT p.source_id FROM product p WHERE p.id IN ({these}))"
    );
    let woken = txn.run(&sql, values.clone()).await?;
    let sql = format!(
        "UPDATE source SET unwanted_since = NULL, interval_us = asked_us, asked_us = NULL, pace = 'asked', scheduled_at = $1, \
         next_poll_at = $1, edit = edit + 1, edited = TRUE WHERE pace = 'unwatched' AND asked_us IS NOT NULL AND state = 'idle' \
         AND id IN (SELECT p.source_id FROM product p WHERE p.id IN ({these}))"
    );
    Ok(woken + txn.run(&sql, values).await?)
}
