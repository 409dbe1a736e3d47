//! Codes by which a second chat becomes the same person's. Each is good once, for ten minutes.

use std::time::Duration;

use sea_orm::{ActiveModelTrait, ColumnTrait, Condition, EntityTrait, QueryFilter, Set};

use super::merge::merge;
use super::subscriber::destinations_of;
use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::{Micros, micros};
use crate::store::entities::link_code::{self, Column, Entity as LinkCodes};

/// How long a code is good.
pub const LASTS: Duration = Duration::from_secs(10 * 60);

/// What came of saying a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linked {
    /// The chat is the other's person's now, behind all that is theirs.
    Joined {
        /// Where that person is notified first.
        first: i64,
        /// Watches that they have together.
        watches: u64,
    },
    /// It was said where it was asked for.
    Same,
    /// Nobody has this code, any more or yet.
    NoSuchCode,
}

impl Db {
    /// From now on `code` makes another chat this subscriber's. An earlier code of theirs is worth nothing.
    pub async fn offer_link(&self, subscriber_id: i64, code: &str) -> Result<(), StoreError> {
        let txn = self.write().await?;
        let now = self.now();
        let old =
            Condition::any().add(Column::SubscriberId.eq(subscriber_id)).add(Column::ExpiresAt.lte(Micros::from(now)));
        LinkCodes::delete_many().filter(old).exec(&txn).await?;
        let code = link_code::ActiveModel {
            subscriber_id: Set(subscriber_id),
            code: Set(folded(code)),
            expires_at: Set((now + LASTS).into()),
            ..Default::default()
        };
        code.insert(&txn).await?;
        Ok(txn.commit().await?)
    }

    /// Makes all that is `here`'s the person's who was given `code`.
    pub async fn take_link(&self, here: i64, code: &str) -> Result<Linked, StoreError> {
        self.retrying(|| self.try_take_link(here, code)).await
    }

    async fn try_take_link(&self, here: i64, code: &str) -> Result<Linked, StoreError> {
        let txn = self.write().await?;
        let now = self.now();
        let this = Column::Code.eq(folded(code));
        let is_good = Column::ExpiresAt.gt(Micros::from(now));
        let Some(row) = LinkCodes::find().filter(this.clone()).filter(is_good).one(&txn).await? else {
            return Ok(Linked::NoSuchCode);
        };
        if row.subscriber_id == here {
            return Ok(Linked::Same);
        }
        // Said twice at the same time, it counts once.
        if LinkCodes::delete_many().filter(this).exec(&txn).await?.rows_affected == 0 {
            return Ok(Linked::NoSuchCode);
        }
        merge(&txn, row.subscriber_id, here, micros(now)).await?;
        let first = destinations_of(row.subscriber_id).one(&txn).await?;
        let first = first.ok_or_else(|| StoreError::corrupt("destination", "a person without any"))?.id;
        let sql = "SELECT count(*) FROM watch WHERE subscriber_id = $1";
        let watches = txn.id(sql, vec![row.subscriber_id.into()]).await?.unwrap_or_default();
        txn.commit().await?;
        Ok(Linked::Joined { first, watches: u64::try_from(watches).unwrap_or_default() })
    }
}

/// However it is typed.
fn folded(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase()
}
