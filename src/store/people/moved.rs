//! A chat that has another address by now: a Telegram group that became a supergroup. All that was the old chat's is the
//! new one's, and whatever still names the old address means the new one.

use coatcheck_domain::Destination;
use sea_orm::FromQueryResult;

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::micros;
use crate::store::people::merge::merge;

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    subscriber_id: i64,
}

#[derive(FromQueryResult)]
struct NewAddress {
    new_address: String,
}

const FIND: &str = "SELECT id, subscriber_id FROM destination WHERE address = $1";

impl Db {
    /// The chat `from` is `to` from now on: watches, pending deliveries and questions come along. A subscriber that the new
    /// chat has already becomes one with the old. `false`: that is known already.
    pub async fn move_chat(&self, from: &Destination, to: &Destination) -> Result<bool, StoreError> {
        let (old, new) = (from.to_stored(), to.to_stored());
        let txn = self.write().await?;
        let now = micros(self.now());
        let sql = "INSERT INTO moved_address (old_address, new_address, at) VALUES ($1, $2, $3) \
                   ON CONFLICT (old_address) DO NOTHING";
        let is_news = txn.run(sql, vec![old.as_str().into(), new.as_str().into(), now.into()]).await? == 1;
        let moved: Option<Row> = txn.row(FIND, vec![old.into()]).await?;
        if let Some(moved) = moved {
            match txn.row::<Row>(FIND, vec![new.as_str().into()]).await? {
                Some(there) => unite(&txn, &moved, &there, now).await?,
                None => {
                    let sql = "UPDATE destination SET address = $2, state = 'active', gone_why = NULL, gone_at = NULL WHERE id = $1";
                    txn.run(sql, vec![moved.id.into(), new.into()]).await?;
                }
            }
        }
        txn.commit().await?;
        Ok(is_news)
    }

    /// Where a chat is now. Only groups move.
    pub(in crate::store) async fn now_at(&self, destination: &Destination) -> Result<Destination, StoreError> {
        if !matches!(destination, Destination::Telegram { chat: ..0, .. }) {
            return Ok(destination.clone());
        }
        let sql = "SELECT new_address FROM moved_address WHERE old_address = $1";
        let row: Option<NewAddress> = self.read().row(sql, vec![destination.to_stored().into()]).await?;
        Ok(row.and_then(|row| row.new_address.parse().ok()).unwrap_or_else(|| destination.clone()))
    }
}

/// The new chat is known, for somebody has spoken there: its destination stays, and is the old subscriber's.
async fn unite(txn: &Txn, old: &Row, new: &Row, now: i64) -> Result<(), StoreError> {
    if old.subscriber_id != new.subscriber_id {
        merge(txn, old.subscriber_id, new.subscriber_id, now).await?;
    }
    for sql in [
        "UPDATE delivery SET destination_id = $2 WHERE destination_id = $1",
        "UPDATE wish SET destination_id = $2 WHERE destination_id = $1 AND NOT EXISTS (SELECT 1 FROM wish o \
           WHERE o.destination_id = $2 AND o.source_id = wish.source_id AND o.words = wish.words)",
        "UPDATE destination SET rank = (SELECT o.rank FROM destination o WHERE o.id = $1), state = 'active', \
           gone_why = NULL, gone_at = NULL WHERE id = $2",
    ] {
        txn.run(sql, vec![old.id.into(), new.id.into()]).await?;
    }
    let sql = "DELETE FROM conversation WHERE destination_id = $1 AND EXISTS \
                 (SELECT 1 FROM conversation c WHERE c.destination_id = $2)";
    txn.run(sql, vec![old.id.into(), new.id.into()]).await?;
    let sql = "UPDATE conversation SET destination_id = $2 WHERE destination_id = $1";
    txn.run(sql, vec![old.id.into(), new.id.into()]).await?;
    txn.run("DELETE FROM destination WHERE id = $1", vec![old.id.into()]).await?;
    Ok(())
}
