//! How the service stands: shops, what waits to be sent, instances. For the page and the numbers of operators.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, limited};
use crate::store::db::time::{at, micros};

/// A shop and how well it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopStanding {
    /// Its host.
    pub host: String,
    /// Its sources that are polled.
    pub sources: i64,
    /// Those whose last poll failed.
    pub failing: i64,
    /// The last successful reading of any of them.
    pub last_read_at: Option<DateTime<Utc>>,
    /// When the first of them is due; in the past it is late.
    pub due_at: DateTime<Utc>,
}

/// What waits for one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// `discord`, `sms`, …
    pub channel: String,
    /// Deliveries that are not final.
    pub waiting: i64,
    /// When the oldest of them was made.
    pub oldest: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct ShopRow {
    host: String,
    sources: i64,
    failing: i64,
    last_read_at: Option<i64>,
    due_at: i64,
    not_before: i64,
}

#[derive(FromQueryResult)]
struct QueueRow {
    lane: String,
    waiting: i64,
    oldest: i64,
}

impl Db {
    /// The shops of listed sources that are polled, failing ones first; so many at most.
    pub async fn shop_standings(&self, most: i64) -> Result<Vec<ShopStanding>, StoreError> {
        let sql = format!(
            "SELECT h.host, COUNT(*) AS sources, SUM(CASE WHEN s.failures > 0 THEN 1 ELSE 0 END) AS failing, \
             MAX(s.last_read_at) AS last_read_at, MIN(s.next_poll_at) AS due_at, h.not_before \
             FROM shop h JOIN source s ON s.shop_id = h.id \
             WHERE s.listed AND s.state NOT IN ('paused', 'dormant') \
             GROUP BY h.id, h.host, h.not_before ORDER BY failing DESC, h.host {}",
            limited(1)
        );
        let rows: Vec<ShopRow> = self.read().rows(&sql, vec![most.into()]).await?;
        let standing = |row: ShopRow| ShopStanding {
            host: row.host,
            sources: row.sources,
            failing: row.failing,
            last_read_at: row.last_read_at.map(at),
            due_at: at(row.due_at.max(row.not_before)),
        };
        Ok(rows.into_iter().map(standing).collect())
    }

    /// What waits to be sent, channel by channel.
    pub async fn queues(&self) -> Result<Vec<Queue>, StoreError> {
        // Each half is answered by an index that holds nothing else.
        let half = |state: &str| {
            format!(
                "SELECT lane, COUNT(*) AS waiting, MIN(created_at) AS oldest FROM delivery WHERE state = '{state}' GROUP BY lane"
            )
        };
        let sql = format!("{} UNION ALL {}", half("pending"), half("sending"));
        let rows: Vec<QueueRow> = self.read().rows(&sql, vec![]).await?;
        let mut queues: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        for row in rows {
            // Of a webhook's lane the host is nobody's business.
            let channel = row.lane.split(':').next().unwrap_or_default().to_owned();
            let queue = queues.entry(channel).or_insert((0, row.oldest));
            *queue = (queue.0 + row.waiting, queue.1.min(row.oldest));
        }
        let queue = |(channel, (waiting, oldest))| Queue { channel, waiting, oldest: at(oldest) };
        Ok(queues.into_iter().map(queue).collect())
    }

    /// Instances that run.
    pub async fn instances(&self) -> Result<i64, StoreError> {
        let sql = "SELECT COUNT(*) FROM instance WHERE until > $1";
        Ok(self.read().id(sql, vec![micros(self.now()).into()]).await?.unwrap_or_default())
    }
}
