//! People and rooms as admins find them: by what they watch, by an address, or by the hash of a phone.

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, limited};
use crate::store::db::time::{at, micros};

/// A subscriber.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct PersonLine {
    /// The row.
    pub id: i64,
    /// `person` or `room`.
    pub kind: String,
    /// Where they are notified first, as stored.
    pub address: Option<String>,
    /// Their watches.
    pub watches: i64,
    /// Messages of the last day.
    pub deliveries: i64,
    paused_until: i64,
    banned_at: Option<i64>,
    created_at: i64,
}

impl PersonLine {
    /// Until when they want quiet; 1970 for not.
    #[must_use]
    pub fn paused_until(&self) -> DateTime<Utc> {
        at(self.paused_until)
    }

    /// Since when they may do nothing here.
    #[must_use]
    pub fn banned_at(&self) -> Option<DateTime<Utc>> {
        self.banned_at.map(at)
    }

    /// Since when they are known.
    #[must_use]
    pub fn created_at(&self) -> DateTime<Utc> {
        at(self.created_at)
    }
}

const PEOPLE: &str = "SELECT s.id, s.kind, t.address, s.paused_until, s.banned_at, s.created_at, \
     (SELECT COUNT(*) FROM watch w WHERE w.subscriber_id = s.id) AS watches, \
     (SELECT COUNT(*) FROM delivery d WHERE d.subscriber_id = s.id AND d.created_at > $1) AS deliveries \
     FROM subscriber s LEFT JOIN destination t ON t.id = \
     (SELECT d.id FROM destination d WHERE d.subscriber_id = s.id ORDER BY d.rank, d.id LIMIT 1)";
/// What "lately" means for messages (µs).
const DAY: i64 = 24 * 3600 * 1_000_000;

impl Db {
    /// Subscribers, the newest first: those with an address that has these words, where some are given.
    pub async fn people(
        &self,
        words: &str,
        only_banned: bool,
        before: i64,
        most: i64,
    ) -> Result<Vec<PersonLine>, StoreError> {
        let banned = if only_banned { "s.banned_at IS NOT NULL AND" } else { "" };
        let sql = format!(
            "{PEOPLE} WHERE s.id < $2 AND {banned} ($3 = '' OR EXISTS (SELECT 1 FROM destination f WHERE f.subscriber_id = s.id \
             AND f.address LIKE $4 ESCAPE '!')) ORDER BY s.id DESC {}",
            limited(5)
        );
        let escaped = words.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let since = micros(self.now()) - DAY;
        let values = vec![since.into(), before.into(), words.into(), format!("%{escaped}%").into(), most.into()];
        Ok(self.read().rows(&sql, values).await?)
    }

    /// One subscriber.
    pub async fn person(&self, id: i64) -> Result<Option<PersonLine>, StoreError> {
        let since = micros(self.now()) - DAY;
        Ok(self.read().row(&format!("{PEOPLE} WHERE s.id = $2"), vec![since.into(), id.into()]).await?)
    }
}
