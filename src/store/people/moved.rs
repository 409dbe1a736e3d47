//! A chat that has another address by now: a Telegram group that became a supergroup. All that was the old chat's is the
//! new one's, and whatever still names the old address means the new one.

use coatcheck_domain::Destination;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::micros;
use crate::store::entities::destination::{self, Entity as Destinations};
use crate::store::entities::moved_address::{self, Entity as MovedAddresses};
use crate::store::people::merge::merge;
use crate::store::people::subscriber::{activate, at_address};

impl Db {
    /// The chat `from` is `to` from now on: watches, pending deliveries and questions come along. A subscriber that the new
    /// chat has already becomes one with the old. `false`: that is known already.
    pub async fn move_chat(&self, from: &Destination, to: &Destination) -> Result<bool, StoreError> {
        let (old, new) = (from.to_stored(), to.to_stored());
        let txn = self.write().await?;
        let now = self.now();
        let line = moved_address::ActiveModel {
            old_address: Set(old.clone()),
            new_address: Set(new.clone()),
            at: Set(now.into()),
        };
        let known = OnConflict::column(moved_address::Column::OldAddress).do_nothing().to_owned();
        let is_news = MovedAddresses::insert(line).on_conflict(known).exec_without_returning(&txn).await? == 1;
        if let Some(moved) = at_address(&txn, &old).await? {
            match at_address(&txn, &new).await? {
                Some(there) => unite(&txn, &moved, &there, micros(now)).await?,
                None => {
                    activate(&txn, moved.id).await?;
                    let there = destination::ActiveModel { address: Set(new), ..Default::default() };
                    let row = destination::Column::Id.eq(moved.id);
                    Destinations::update_many().set(there).filter(row).exec(&txn).await?;
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
        let row = MovedAddresses::find_by_id(destination.to_stored()).one(self.read()).await?;
        Ok(row.and_then(|row| row.new_address.parse().ok()).unwrap_or_else(|| destination.clone()))
    }
}

/// The new chat is known, for somebody has spoken there: its destination stays, and is the old subscriber's.
async fn unite(txn: &Txn, old: &destination::Model, new: &destination::Model, now: i64) -> Result<(), StoreError> {
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
