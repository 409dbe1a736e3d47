//! What piles up for somebody while the night holds texts back: of a shop that flickers they hear once in the morning.

use sea_orm::FromQueryResult;

use chrono::{DateTime, Utc};

use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::micros;

#[derive(FromQueryResult)]
struct OlderRow {
    id: i64,
    payload: String,
    newer: String,
    restock_id: i64,
    newer_restock: i64,
    subscriber_id: i64,
}

/// An alert was put off. Earlier ones of the same product that wait for the same morning, and tell of nothing else than
/// it does, are ended; it speaks for their watches from now on.
pub(super) async fn supersede(txn: &Txn, id: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "SELECT o.id, o.payload, d.payload AS newer, q.id AS restock_id, p.id AS newer_restock, d.subscriber_id \
               FROM delivery d JOIN restock p ON p.id = d.restock_id \
               JOIN delivery o ON o.destination_id = d.destination_id AND o.subscriber_id = d.subscriber_id \
                 AND o.state = 'pending' AND o.kind = 'alert' AND o.put_off_until IS NOT NULL \
               JOIN restock q ON q.id = o.restock_id AND q.product_id = p.product_id AND q.number < p.number \
               WHERE d.id = $1 AND d.kind = 'alert'";
    let older: Vec<OlderRow> = txn.rows(sql, vec![id.into()]).await?;
    for row in older.iter().filter(|row| row.says_no_more()) {
        let sql = "UPDATE delivery SET state = 'suppressed', reason = 'superseded', ended_at = $2 \
                   WHERE id = $1 AND state = 'pending'";
        txn.run(sql, vec![row.id.into(), micros(now).into()]).await?;
        let sql = "UPDATE watch SET notified_restock_id = $3 WHERE notified_restock_id = $2 AND subscriber_id = $1";
        txn.run(sql, vec![row.subscriber_id.into(), row.restock_id.into(), row.newer_restock.into()]).await?;
    }
    Ok(())
}

impl OlderRow {
    fn says_no_more(&self) -> bool {
        let variants = |payload| serde_json::from_str::<Vec<i64>>(payload).unwrap_or_default();
        let newer = variants(&self.newer);
        variants(&self.payload).iter().all(|variant| newer.contains(variant))
    }
}
