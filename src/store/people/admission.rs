//! Who has said the invite word, where one is set. A room's admission holds in all of its topics.

use coatcheck_domain::Destination;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, Set};

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::setting;
use crate::store::db::sql::Sql;
use crate::store::db::time::micros;
use crate::store::entities::subscriber::{ActiveModel, Column, Entity as Subscribers};

/// The setting that says since when a word is needed.
const SINCE: &str = "invite_since";

impl Db {
    /// May whoever speaks from there do more than a stranger?
    pub async fn is_admitted(&self, destination: &Destination) -> Result<bool, StoreError> {
        for place in std::iter::once(destination).chain(&whole(destination)) {
            let Some(address) = self.known_destination(place).await? else { continue };
            let found = Subscribers::find_by_id(address.subscriber_id).one(self.read()).await?;
            if found.is_some_and(|subscriber| subscriber.admitted_at.is_some()) {
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
        let now = ActiveModel { admitted_at: Set(Some(self.now().into())), ..Default::default() };
        let strangers = Subscribers::update_many().set(now).filter(Column::AdmittedAt.is_null());
        strangers.filter(Column::Id.eq(address.subscriber_id)).exec(&txn).await?;
        Ok(txn.commit().await?)
    }

    /// A service begins, with or without an invite word. Whoever watches something when a word is first needed is
    /// admitted; another word later changes nothing. Says how many that were.
    pub async fn begin_admission(&self, word_is_set: bool) -> Result<u64, DbErr> {
        let txn = self.write().await?;
        let now = micros(self.now());
        if !word_is_set {
            setting::remove(&txn, SINCE).await?;
            txn.commit().await?;
            return Ok(0);
        }
        let is_first = setting::set_first(&txn, SINCE, now.to_string()).await?;
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
