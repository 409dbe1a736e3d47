//! How often sources are polled now, beside what was asked for.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::pace::{self, Known, Pace};
use sea_orm::FromQueryResult;

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, limited};
use crate::store::db::time::{at, micros, span};
use crate::store::db::wake::Topic;

/// Restocks that are looked at for usual hours.
const RESTOCKS: i64 = 20_000;

#[derive(FromQueryResult)]
struct Row {
    id: i64,
    asked: i64,
    interval_us: i64,
    unwanted_since: Option<i64>,
    pushed_at: Option<i64>,
}

#[derive(FromQueryResult)]
struct RestockRow {
    source_id: i64,
    read_at: i64,
}

impl Db {
    /// Polls each source as often as is right now: see [`coatcheck_domain::pace`]. Says how many changed.
    ///
    /// # Errors
    /// When the database fails; then the same is done the next time.
    pub async fn set_paces(&self) -> Result<u64, StoreError> {
        let now = self.now();
        let restocks = self.restocks_by_source(now).await?;
        let sql = "SELECT s.id, COALESCE(s.asked_us, s.interval_us) AS asked, s.interval_us, s.unwanted_since, k.pushed_at \
                   FROM source s LEFT JOIN shop_hook k ON k.shop_id = s.shop_id WHERE s.state IN ('idle', 'blocked', 'gone')";
        let rows: Vec<Row> = self.read().rows(sql, vec![]).await?;
        let none = Vec::new();
        let decided = rows.iter().filter_map(|row| {
            let known = Known {
                asked: duration(row.asked),
                unwanted_since: row.unwanted_since.map(at),
                pushed_at: row.pushed_at.map(at),
                restocks: restocks.get(&row.id).unwrap_or(&none),
            };
            let (pace, interval) = pace::pace(&known, now);
            (span(interval) != row.interval_us).then_some((row, pace, interval))
        });
        let decided: Vec<(&Row, Pace, Duration)> = decided.collect();
        if decided.is_empty() {
            return Ok(0);
        }
        let txn = self.write().await?;
        let mut changed = 0;
        for (row, pace, interval) in decided {
            // Who asked for another interval meanwhile has it.
            let sql = "UPDATE source SET interval_us = $2, asked_us = $3, pace = $4, \
                         next_poll_at = CASE WHEN next_poll_at > $5 AND state = 'idle' THEN $5 ELSE next_poll_at END, \
                         edit = edit + 1, edited = TRUE WHERE id = $1 AND interval_us = $6";
            let asked = (pace != Pace::Asked).then_some(row.asked);
            let due = micros(now) + span(interval);
            let values = vec![
                row.id.into(),
                span(interval).into(),
                asked.into(),
                pace.as_str().into(),
                due.into(),
                row.interval_us.into(),
            ];
            changed += txn.run(sql, values).await?;
        }
        txn.commit().await?;
        self.wake().ring(Topic::Sources);
        Ok(changed)
    }

    /// When products came back, by the sources that read them.
    async fn restocks_by_source(&self, now: DateTime<Utc>) -> Result<HashMap<i64, Vec<DateTime<Utc>>>, StoreError> {
        let sql = format!(
            "SELECT p.source_id, r.read_at FROM restock r JOIN product p ON p.id = r.product_id \
             WHERE r.read_at > $1 ORDER BY r.id DESC {}",
            limited(2)
        );
        let since = micros(now) - span(pace::REMEMBERED);
        let rows: Vec<RestockRow> = self.read().rows(&sql, vec![since.into(), RESTOCKS.into()]).await?;
        let mut by_source: HashMap<i64, Vec<DateTime<Utc>>> = HashMap::new();
        for row in rows {
            by_source.entry(row.source_id).or_default().push(at(row.read_at));
        }
        Ok(by_source)
    }
}

fn duration(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}
