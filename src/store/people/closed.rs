//! Watches that somebody closed. They are kept for a while, so that "Watch again" below an old message works.

use std::time::Duration;

use sea_orm::{DbErr, Value};

use super::watch::{Which, hold_products};
use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, list};
use crate::store::db::time::{micros, span};

/// Kept for so long, …
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// … and so many of one subscriber.
const KEPT: i64 = 50;

const COLUMNS: &str = "id, subscriber_id, product_id, size_key, style_key, fold_version, size, style, mode, \
     notified_restock_id";

impl Db {
    /// Closes watches of a subscriber: they wait for nothing and are listed nowhere. Says how many were open.
    pub async fn close_watches(&self, subscriber_id: i64, ids: &[i64]) -> Result<u64, DbErr> {
        let txn = self.write().await?;
        let now = micros(self.now());
        let mut closed = 0;
        for chunk in ids.chunks(200) {
            let these = list(3, chunk.len());
            let values: Vec<Value> = [subscriber_id, now].iter().chain(chunk).map(|id| Value::from(*id)).collect();
            let sql = format!(
                "INSERT INTO closed_watch ({COLUMNS}, closed_at) SELECT {COLUMNS}, $2 FROM watch \
                 WHERE subscriber_id = $1 AND id IN ({these}) ON CONFLICT (id) DO NOTHING"
            );
            txn.run(&sql, values.clone()).await?;
            let sql = format!("DELETE FROM watch WHERE subscriber_id = $1 AND $2 > 0 AND id IN ({these})");
            closed += txn.run(&sql, values).await?;
        }
        prune(&txn, subscriber_id, now).await?;
        txn.commit().await?;
        Ok(closed)
    }

    /// Opens closed watches again, armed. Says their rows; a wish that was said anew since keeps its own.
    pub async fn reopen(&self, subscriber_id: i64, which: Which) -> Result<Vec<i64>, StoreError> {
        let txn = self.write().await?;
        let (only, value) = which.condition();
        let sql = format!("SELECT DISTINCT w.product_id FROM closed_watch w WHERE w.subscriber_id = $1 AND {only}");
        let products = txn.ids(&sql, vec![subscriber_id.into(), value.into()]).await?;
        hold_products(&txn, &products.into_iter().collect()).await?;
        let sql = format!(
            "INSERT INTO watch (subscriber_id, product_id, size_key, style_key, fold_version, size, style, mode, armed, \
             armed_after, created_at) \
             SELECT w.subscriber_id, w.product_id, w.size_key, w.style_key, w.fold_version, w.size, w.style, w.mode, TRUE, \
               p.restocks, $3 FROM closed_watch w JOIN product p ON p.id = w.product_id \
             WHERE w.subscriber_id = $1 AND {only} ORDER BY w.id \
             ON CONFLICT (subscriber_id, product_id, size_key, style_key) DO UPDATE SET armed = TRUE, notified_at = NULL, \
               armed_after = excluded.armed_after RETURNING id"
        );
        let ids = txn.ids(&sql, vec![subscriber_id.into(), value.into(), micros(self.now()).into()]).await?;
        let sql = format!("DELETE FROM closed_watch AS w WHERE w.subscriber_id = $1 AND {only}");
        txn.run(&sql, vec![subscriber_id.into(), value.into()]).await?;
        txn.commit().await?;
        Ok(ids)
    }
}

async fn prune(txn: &Txn, subscriber_id: i64, now: i64) -> Result<(), DbErr> {
    txn.run("DELETE FROM closed_watch WHERE closed_at <= $1", vec![(now - span(KEPT_FOR)).into()]).await?;
    let sql = "DELETE FROM closed_watch WHERE subscriber_id = $1 AND id NOT IN \
               (SELECT id FROM closed_watch WHERE subscriber_id = $1 ORDER BY closed_at DESC, id DESC LIMIT $2 + 0)";
    txn.run(sql, vec![subscriber_id.into(), KEPT.into()]).await.map(|_| ())
}
