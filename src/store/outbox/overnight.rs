//! What piles up for somebody while the night holds texts back: of a shop that flickers they hear once in the morning.

use sea_orm::FromQueryResult;

use chrono::{DateTime, Utc};

use super::super::db::Txn;
use super::super::error::StoreError;
use super::super::sql::Sql;
use super::super::time::micros;

#[derive(FromQueryResult)]
struct OlderRow {
    id: i64,
    payload: String,
    newer: String,
    drop_id: i64,
    newer_drop: i64,
    subscriber_id: i64,
}

/// An alert was put off. Earlier ones of the same product that wait for the same morning, and tell of nothing else than
/// it does, are ended; it speaks for their watches from now on.
pub(super) async fn supersede(txn: &Txn, id: i64, now: DateTime<Utc>) -> Result<(), StoreError> {
    let sql = "SELECT o.id, o.payload, d.payload AS newer, q.id AS drop_id, p.id AS newer_drop, d.subscriber_id \
               FROM delivery d JOIN \"drop\" p ON p.id = d.drop_id \
               JOIN delivery o ON o.destination_id = d.destination_id AND o.subscriber_id = d.subscriber_id \
                 AND o.state = 'pending' AND o.kind = 'alert' AND o.put_off_until IS NOT NULL \
               JOIN \"drop\" q ON q.id = o.drop_id AND q.product_id = p.product_id AND q.number < p.number \
               WHERE d.id = $1 AND d.kind = 'alert'";
    let older: Vec<OlderRow> = txn.rows(sql, vec![id.into()]).await?;
    for row in older.iter().filter(|row| row.says_no_more()) {
        let sql = "UPDATE delivery SET state = 'suppressed', reason = 'superseded', ended_at = $2 \
                   WHERE id = $1 AND state = 'pending'";
        txn.run(sql, vec![row.id.into(), micros(now).into()]).await?;
        let sql = "UPDATE watch SET told_drop_id = $3 WHERE told_drop_id = $2 AND subscriber_id = $1";
        txn.run(sql, vec![row.subscriber_id.into(), row.drop_id.into(), row.newer_drop.into()]).await?;
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
