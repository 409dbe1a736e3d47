//! What kind of database this is, and whether it is whole: for `doctor`.

use chrono::{DateTime, Utc};
use sea_orm::{DbBackend, FromQueryResult};

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::at;

/// Facts about the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// `SQLite 3.50.2` or `PostgreSQL 17.2`.
    pub version: String,
    /// Bytes it takes.
    pub size: i64,
    /// What is not as it should be, a sentence each.
    pub faults: Vec<String>,
}

#[derive(FromQueryResult)]
struct Word {
    word: String,
}

impl Db {
    /// Asks the database about itself. An SQLite file is checked whole, which takes a second for some hundred megabytes.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn about(&self) -> Result<About, StoreError> {
        match self.backend() {
            DbBackend::Sqlite => self.about_sqlite().await,
            _ => self.about_postgres().await,
        }
    }

    async fn about_sqlite(&self) -> Result<About, StoreError> {
        let mut faults = Vec::new();
        let journal = self.word("SELECT journal_mode AS word FROM pragma_journal_mode").await?;
        if journal != "wal" {
            faults.push(format!("its journal mode is {journal}, not WAL; is it on a network file system?"));
        }
        let check = self.word("SELECT quick_check AS word FROM pragma_quick_check LIMIT 1").await?;
        if check != "ok" {
            faults.push(format!("it is damaged ({check}); stop the service and restore a backup"));
        }
        let size = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
        Ok(About {
            version: format!("SQLite {}", self.word("SELECT sqlite_version() AS word").await?),
            size: self.read().id(size, vec![]).await?.unwrap_or_default(),
            faults,
        })
    }

    async fn about_postgres(&self) -> Result<About, StoreError> {
        let version = self.word("SELECT current_setting('server_version') AS word").await?;
        let number = self.read().id("SELECT current_setting('server_version_num')::bigint", vec![]).await?;
        let is_old = number.is_some_and(|number| number < 150_000);
        let faults = is_old.then(|| "it is older than 15, which is not tested; update it".to_owned());
        let size = self.read().id("SELECT pg_database_size(current_database())", vec![]).await?;
        Ok(About {
            version: format!("PostgreSQL {version}"),
            size: size.unwrap_or_default(),
            faults: faults.into_iter().collect(),
        })
    }

    /// The clock of a PostgreSQL server. SQLite has none of its own.
    pub async fn server_time(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        if self.backend() == DbBackend::Sqlite {
            return Ok(None);
        }
        let now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
        Ok(self.read().id(now, vec![]).await?.map(at))
    }

    async fn word(&self, sql: &str) -> Result<String, StoreError> {
        Ok(self.read().row::<Word>(sql, vec![]).await?.map(|row| row.word).unwrap_or_default())
    }
}
