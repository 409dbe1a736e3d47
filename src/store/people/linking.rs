//! Codes by which a second chat becomes the same person's. Each is good once, for ten minutes.

use std::time::Duration;

use sea_orm::FromQueryResult;

use super::merge::merge;
use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::{micros, span};

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

#[derive(FromQueryResult)]
struct CodeRow {
    subscriber_id: i64,
}

impl Db {
    /// From now on `code` makes another chat this subscriber's. An earlier code of theirs is worth nothing.
    pub async fn offer_link(&self, subscriber_id: i64, code: &str) -> Result<(), StoreError> {
        let txn = self.write().await?;
        let now = micros(self.now());
        let sql = "DELETE FROM link_code WHERE subscriber_id = $1 OR expires_at <= $2";
        txn.run(sql, vec![subscriber_id.into(), now.into()]).await?;
        let sql = "INSERT INTO link_code (subscriber_id, code, expires_at) VALUES ($1, $2, $3)";
        txn.run(sql, vec![subscriber_id.into(), folded(code).into(), (now + span(LASTS)).into()]).await?;
        Ok(txn.commit().await?)
    }

    /// Makes all that is `here`'s the person's who was given `code`.
    pub async fn take_link(&self, here: i64, code: &str) -> Result<Linked, StoreError> {
        self.retrying(|| self.try_take_link(here, code)).await
    }

    async fn try_take_link(&self, here: i64, code: &str) -> Result<Linked, StoreError> {
        let txn = self.write().await?;
        let now = micros(self.now());
        let sql = "SELECT subscriber_id FROM link_code WHERE code = $1 AND expires_at > $2";
        let Some(row) = txn.row::<CodeRow>(sql, vec![folded(code).into(), now.into()]).await? else {
            return Ok(Linked::NoSuchCode);
        };
        if row.subscriber_id == here {
            return Ok(Linked::Same);
        }
        // Said twice at the same time, it counts once.
        let sql = "DELETE FROM link_code WHERE code = $1";
        if txn.run(sql, vec![folded(code).into()]).await? == 0 {
            return Ok(Linked::NoSuchCode);
        }
        merge(&txn, row.subscriber_id, here, now).await?;
        let sql = "SELECT id FROM destination WHERE subscriber_id = $1 ORDER BY rank, id LIMIT 1";
        let first = txn.id(sql, vec![row.subscriber_id.into()]).await?;
        let first = first.ok_or_else(|| StoreError::corrupt("destination", "a person without any"))?;
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
