//! The next ranked destination of whoever could not be told at this one.

use chrono::{DateTime, Utc};
use coatcheck_domain::delivery::{Kind, alert_key};
use sea_orm::{DbErr, FromQueryResult};

use super::consented::last_said;
use crate::store::db::conn::Txn;
use crate::store::db::sql::Sql;
use crate::store::db::time::{at, micros};

#[derive(FromQueryResult)]
struct NotifiedRow {
    restock_id: Option<i64>,
    subscriber_id: Option<i64>,
    hop: i32,
    kind: String,
    expires_at: i64,
}

/// The subscriber's next destination for the restock of the delivery `d`: the first in rank that has not been tried. A
/// phone that did not allow it is none.
pub(crate) const NEXT: &str = concat!(
    "SELECT t.id FROM destination t \
     WHERE t.subscriber_id = d.subscriber_id AND t.state = 'active' AND t.id <> COALESCE(d.destination_id, 0) \
       AND (t.channel <> 'sms' OR ",
    last_said!("'stop'"),
    " = 'start') \
       AND NOT EXISTS (SELECT 1 FROM delivery e WHERE e.restock_id = d.restock_id AND e.subscriber_id = d.subscriber_id \
         AND e.destination_id = t.id) \
     ORDER BY t.rank, t.id LIMIT 1"
);

/// Hands an alert to the next ranked destination, if there is one and it is not too late. Says whether it did.
pub(crate) async fn next_hop(txn: &Txn, id: i64, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let sql = "SELECT restock_id, subscriber_id, hop, kind, expires_at FROM delivery WHERE id = $1";
    let Some(row) = txn.row::<NotifiedRow>(sql, vec![id.into()]).await? else { return Ok(false) };
    let (Some(restock_id), Some(subscriber_id)) = (row.restock_id, row.subscriber_id) else { return Ok(false) };
    if row.kind != Kind::Alert.as_str() || at(row.expires_at) <= now {
        return Ok(false);
    }
    let sql = format!(
        "INSERT INTO delivery (kind, dedupe_key, restock_id, subscriber_id, destination_id, hop, lane, payload, state, \
           attempts, next_attempt_at, epoch, expires_at, created_at) \
         SELECT 'alert', $1, d.restock_id, d.subscriber_id, n.id, $2, n.lane, d.payload, 'pending', 0, $3, 0, d.expires_at, $3 \
         FROM delivery d JOIN destination n ON n.id = ({NEXT}) WHERE d.id = $4 ON CONFLICT (dedupe_key) DO NOTHING"
    );
    let hop = row.hop + 1;
    let values = vec![alert_key(restock_id, subscriber_id, hop).into(), hop.into(), micros(now).into(), id.into()];
    Ok(txn.run(&sql, values).await? > 0)
}
