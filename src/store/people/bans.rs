//! What admins decide of one person or room: a ban, and other limits than everybody's.

use coatcheck_domain::Destination;
use sea_orm::{DbErr, FromQueryResult};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::micros;
use crate::store::db::wake::Topic;
use crate::store::people::admission::whole;
use crate::store::polls::ends::sleep_of;

/// Limits of one subscriber; those of the settings where there is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, FromQueryResult)]
pub struct Caps {
    /// Watches.
    pub most_watches: Option<i64>,
    /// Addresses it may have added.
    pub most_addresses: Option<i64>,
}

impl Db {
    /// Ends what a subscriber waits for, and lets it do nothing more. Says whether that is new.
    pub async fn ban(&self, subscriber_id: i64) -> Result<bool, StoreError> {
        self.retrying(|| self.try_ban(subscriber_id)).await
    }

    async fn try_ban(&self, subscriber_id: i64) -> Result<bool, StoreError> {
        let txn = self.write().await?;
        let now = micros(self.now());
        // Also holds off a fan-out, as `forget` does.
        let sql = "UPDATE subscriber SET banned_at = $2 WHERE id = $1 AND banned_at IS NULL";
        if txn.run(sql, vec![subscriber_id.into(), now.into()]).await? == 0 {
            return Ok(false);
        }
        let sql = "UPDATE delivery SET state = 'suppressed', reason = 'banned', ended_at = $2 \
                   WHERE subscriber_id = $1 AND state = 'pending'";
        txn.run(sql, vec![subscriber_id.into(), now.into()]).await?;
        txn.run("DELETE FROM watch WHERE subscriber_id = $1", vec![subscriber_id.into()]).await?;
        end_wants(&txn, subscriber_id).await?;
        let slept = sleep_of(&txn, subscriber_id).await?;
        txn.commit().await?;
        if slept > 0 {
            self.wake().ring(Topic::Sources);
        }
        Ok(true)
    }

    /// Lifts a ban; the watches that it ended stay ended. Says whether it was banned.
    pub async fn unban(&self, subscriber_id: i64) -> Result<bool, StoreError> {
        let txn = self.write().await?;
        let sql = "UPDATE subscriber SET banned_at = NULL WHERE id = $1 AND banned_at IS NOT NULL";
        let ended = txn.run(sql, vec![subscriber_id.into()]).await?;
        txn.commit().await?;
        Ok(ended == 1)
    }

    /// May nothing be done from there? A room's ban holds in all of its topics.
    pub async fn is_banned(&self, destination: &Destination) -> Result<bool, StoreError> {
        for place in std::iter::once(destination).chain(&whole(destination)) {
            let Some(known) = self.known_destination(place).await? else { continue };
            let sql = "SELECT id FROM subscriber WHERE id = $1 AND banned_at IS NOT NULL";
            if self.read().id(sql, vec![known.subscriber_id.into()]).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The limits of a subscriber.
    pub async fn caps(&self, subscriber_id: i64) -> Result<Caps, StoreError> {
        let sql = "SELECT most_watches, most_addresses FROM subscriber WHERE id = $1";
        Ok(self.read().row(sql, vec![subscriber_id.into()]).await?.unwrap_or_default())
    }

    /// Gives a subscriber other limits. Says whether that changed anything.
    pub async fn cap(&self, subscriber_id: i64, caps: Caps) -> Result<bool, StoreError> {
        if self.caps(subscriber_id).await? == caps {
            return Ok(false);
        }
        let txn = self.write().await?;
        let sql = "UPDATE subscriber SET most_watches = $2, most_addresses = $3 WHERE id = $1";
        let values = vec![subscriber_id.into(), caps.most_watches.into(), caps.most_addresses.into()];
        let changed = txn.run(sql, values).await?;
        txn.commit().await?;
        Ok(changed == 1)
    }
}

/// Is this subscriber banned?
pub(in crate::store) async fn is_banned(txn: &Txn, subscriber_id: i64) -> Result<bool, DbErr> {
    let sql = "SELECT id FROM subscriber WHERE id = $1 AND banned_at IS NOT NULL";
    Ok(txn.id(sql, vec![subscriber_id.into()]).await?.is_some())
}

/// Deletes what a subscriber wants besides its watches.
async fn end_wants(txn: &Txn, subscriber_id: i64) -> Result<(), DbErr> {
    let theirs = "(SELECT id FROM destination WHERE subscriber_id = $1)";
    for sql in [
        "DELETE FROM closed_watch WHERE subscriber_id = $1".to_owned(),
        "DELETE FROM announcement WHERE subscriber_id = $1".to_owned(),
        "DELETE FROM link_code WHERE subscriber_id = $1".to_owned(),
        format!("DELETE FROM wish WHERE destination_id IN {theirs}"),
        format!("DELETE FROM conversation WHERE destination_id IN {theirs}"),
    ] {
        txn.run(&sql, vec![subscriber_id.into()]).await?;
    }
    Ok(())
}

/// Of a banned subscriber who is forgotten, the address stays, and that it is banned. Nothing else does.
pub(in crate::store) async fn keep_ban(txn: &Txn, subscriber_id: i64) -> Result<(), DbErr> {
    end_wants(txn, subscriber_id).await?;
    for sql in [
        "DELETE FROM room_post WHERE subscriber_id = $1",
        "DELETE FROM challenge WHERE subscriber_id = $1",
        "UPDATE delivery SET subscriber_id = NULL, destination_id = NULL WHERE subscriber_id = $1",
        "UPDATE subscriber SET paused_until = 0, admitted_at = NULL, most_watches = NULL, most_addresses = NULL WHERE id = $1",
    ] {
        txn.run(sql, vec![subscriber_id.into()]).await?;
    }
    Ok(())
}
