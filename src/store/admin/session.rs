//! Log-ins to the admin pages. Only hashes of their cookies are stored.

use std::time::Duration;

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::{micros, span};

/// Log-ins at once; a further one ends the oldest.
const MOST: i64 = 50;

impl Db {
    /// A log-in, for so long. What is over is removed.
    pub async fn begin_session(&self, token_hash: &str, lasts: Duration) -> Result<(), StoreError> {
        let txn = self.write().await?;
        let now = micros(self.now());
        txn.run("DELETE FROM session WHERE expires_at <= $1", vec![now.into()]).await?;
        let sql = "DELETE FROM session WHERE token_hash NOT IN \
                   (SELECT token_hash FROM session ORDER BY created_at DESC, token_hash LIMIT $1)";
        txn.run(sql, vec![(MOST - 1).into()]).await?;
        let sql = "INSERT INTO session (token_hash, created_at, expires_at) VALUES ($1, $2, $3)";
        txn.run(sql, vec![token_hash.into(), now.into(), (now + span(lasts)).into()]).await?;
        Ok(txn.commit().await?)
    }

    /// Is somebody logged in by it?
    pub async fn is_session(&self, token_hash: &str) -> Result<bool, StoreError> {
        let sql = "SELECT created_at FROM session WHERE token_hash = $1 AND expires_at > $2";
        Ok(self.read().id(sql, vec![token_hash.into(), micros(self.now()).into()]).await?.is_some())
    }

    /// Logs out.
    pub async fn end_session(&self, token_hash: &str) -> Result<(), StoreError> {
        let txn = self.write().await?;
        txn.run("DELETE FROM session WHERE token_hash = $1", vec![token_hash.into()]).await?;
        Ok(txn.commit().await?)
    }
}
