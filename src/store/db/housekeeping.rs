//! Deletes what nobody needs any more, in small batches: no writer waits long for it.

use std::time::Duration;

use sea_orm::DbErr;

use crate::store::db::conn::Db;
use crate::store::db::sql::Sql;
use crate::store::db::time::{micros, span};

/// Rows deleted in one transaction.
const BATCH: usize = 500;

/// What is deleted: the table, and the moment that counts. A delivery takes its attempts along.
const OLD: [(&str, &str); 5] = [
    ("delivery", "ended_at"),
    ("inbox", "done_at"),
    ("incident", "closed_at"),
    ("closed_watch", "closed_at"),
    ("allowance", "at"),
];
/// What expired is of no use; its count over a day may be, as of codes that were asked for.
const EXPIRED: [(&str, &str); 4] = [
    ("link_code", "expires_at"),
    ("conversation", "expires_at"),
    ("challenge", "expires_at"),
    ("sign_up", "expires_at"),
];
const A_DAY: Duration = Duration::from_secs(24 * 3600);

impl Db {
    /// Deletes what ended longer than `age` ago: final deliveries with their attempts, inbound events that were answered,
    /// incidents that are over, watches that were closed, counts of tries; and questions and codes that expired a day ago.
    /// Says how many rows those were.
    pub async fn delete_old(&self, age: Duration) -> Result<u64, DbErr> {
        let mut deleted = 0;
        let old = OLD.map(|(table, at)| (table, at, age));
        for (table, ended_at, age) in old.into_iter().chain(EXPIRED.map(|(table, at)| (table, at, A_DAY))) {
            loop {
                let rows = self.retrying(|| self.delete_batch(table, ended_at, age)).await?;
                deleted += rows;
                if rows < BATCH as u64 {
                    break;
                }
                // Whoever waits for the writer goes first.
                tokio::task::yield_now().await;
            }
        }
        Ok(deleted)
    }

    async fn delete_batch(&self, table: &str, ended_at: &str, age: Duration) -> Result<u64, DbErr> {
        let before = micros(self.now()) - span(age);
        let old = format!("SELECT id FROM {table} WHERE {ended_at} IS NOT NULL AND {ended_at} < $1 LIMIT {BATCH}");
        // Asked as a reader first: mostly there is nothing.
        if self.read().id(&old, vec![before.into()]).await?.is_none() {
            return Ok(0);
        }
        let txn = self.write().await?;
        let rows = txn.run(&format!("DELETE FROM {table} WHERE id IN ({old})"), vec![before.into()]).await?;
        txn.commit().await?;
        Ok(rows)
    }
}
