//! When sources are due.

use std::time::Duration;

use sea_orm::{DbErr, FromQueryResult, Value};

use crate::store::db::conn::Db;
use crate::store::db::sql::{Sql, list};
use crate::store::db::time::{micros, span};
use crate::store::db::wake::Topic;

impl Db {
    /// Makes sources due now, because nobody knows what happened while the service was away: an operator's own at
    /// once, others' unless they were read within `floor`. Failing ones keep waiting as they were told to.
    ///
    /// # Errors
    /// When the database fails; then they are due when they were.
    pub async fn make_due(&self, is_own: impl Fn(&str) -> bool + Send, floor: Duration) -> Result<usize, DbErr> {
        #[derive(FromQueryResult)]
        struct Waiting {
            id: i64,
            url: String,
            last_read_at: Option<i64>,
        }
        let now = micros(self.now());
        let sql =
            "SELECT id, url, last_read_at FROM source WHERE state = 'idle' AND failures = 0 AND next_poll_at > $1";
        let waiting: Vec<Waiting> = self.read().rows(sql, vec![now.into()]).await?;
        let long_ago = |source: &Waiting| source.last_read_at.is_none_or(|last| last <= now - span(floor));
        let due: Vec<Value> = waiting
            .iter()
            .filter(|source| long_ago(source) || is_own(&source.url))
            .map(|source| source.id.into())
            .collect();
        let txn = self.write().await?;
        for chunk in due.chunks(500) {
            let sql = format!(
                "UPDATE source SET scheduled_at = $1, next_poll_at = $1, edit = edit + 1, edited = TRUE \
                 WHERE state = 'idle' AND id IN ({})",
                list(2, chunk.len())
            );
            txn.run(&sql, std::iter::once(now.into()).chain(chunk.iter().cloned()).collect()).await?;
        }
        txn.commit().await?;
        self.wake().ring(Topic::Sources);
        Ok(due.len())
    }
}
