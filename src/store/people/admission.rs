//! Who has said the invite word, where one is set. A room's admission holds in all of its topics.

use coatcheck_domain::Destination;
use sea_orm::DbErr;

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::micros;

/// The setting that says since when a word is needed.
const SINCE: &str = "invite_since";

impl Db {
    /// May whoever speaks from there do more than a stranger?
    pub async fn is_admitted(&self, destination: &Destination) -> Result<bool, StoreError> {
        for place in std::iter::once(destination).chain(&whole(destination)) {
            let Some(address) = self.known_destination(place).await? else { continue };
            let sql = "SELECT id FROM subscriber WHERE id = $1 AND admitted_at IS NOT NULL";
            if self.read().id(sql, vec![address.subscriber_id.into()]).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The person there, or the whole room, has said the word.
    pub async fn admit(&self, destination: &Destination) -> Result<(), StoreError> {
        let place = whole(destination);
        let address = self.destination_for(place.as_ref().unwrap_or(destination), || None).await?;
        let txn = self.write().await?;
        let sql = "UPDATE subscriber SET admitted_at = $2 WHERE id = $1 AND admitted_at IS NULL";
        txn.run(sql, vec![address.subscriber_id.into(), micros(self.now()).into()]).await?;
        Ok(txn.commit().await?)
    }

    /// A service begins, with or without an invite word. Whoever watches something when a word is first needed is
    /// admitted; another word later changes nothing. Says how many that were.
    pub async fn begin_admission(&self, word_is_set: bool) -> Result<u64, DbErr> {
        let txn = self.write().await?;
        let now = micros(self.now());
        if !word_is_set {
            txn.run("DELETE FROM setting WHERE name = $1", vec![SINCE.into()]).await?;
            txn.commit().await?;
            return Ok(0);
        }
        let sql = "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        let is_first = txn.run(sql, vec![SINCE.into(), now.to_string().into()]).await? == 1;
        let sql = "UPDATE subscriber SET admitted_at = $1 WHERE admitted_at IS NULL \
                   AND EXISTS (SELECT 1 FROM watch w WHERE w.subscriber_id = subscriber.id)";
        let admitted = if is_first { txn.run(sql, vec![now.into()]).await? } else { 0 };
        txn.commit().await?;
        Ok(admitted)
    }
}

/// The room that a topic belongs to.
pub(super) fn whole(destination: &Destination) -> Option<Destination> {
    match destination {
        Destination::Telegram { chat, topic: Some(_) } => Some(Destination::Telegram { chat: *chat, topic: None }),
        _ => None,
    }
}
