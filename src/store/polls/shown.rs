//! Sources as people see them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::Doubt;
use coatcheck_domain::pace::Pace;
use coatcheck_domain::poll::State;
use sea_orm::FromQueryResult;

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, limited};
use crate::store::db::time::at;

/// A source as people see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// The row.
    pub id: i64,
    /// The shop's host.
    pub host: String,
    /// What is asked for.
    pub url: String,
    /// Which reader, once known.
    pub reader: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Time between polls, as it is now.
    pub interval: Duration,
    /// The time between polls that was asked for.
    pub asked_interval: Duration,
    /// Why the one is as it is.
    pub pace: Pace,
    /// When it is due.
    pub next_poll_at: DateTime<Utc>,
    /// The last successful reading.
    pub last_read_at: Option<DateTime<Utc>>,
    /// Successful readings so far.
    pub readings: i64,
    /// Failed polls in a row.
    pub failures: i32,
    /// What went wrong last, while it is going wrong.
    pub last_error: Option<String>,
    /// When that was.
    pub last_error_at: Option<DateTime<Utc>>,
    /// What its last reading left out or did not understand.
    pub doubts: Vec<Doubt>,
    /// Is it read by the slow worker, because it took too much time or memory once?
    pub slow: bool,
    /// Products it reads.
    pub products: i64,
    /// Their variants.
    pub variants: i64,
    /// Watches on them.
    pub watches: i64,
    /// Nobody asks its shop before then.
    pub shop_not_before: DateTime<Utc>,
    /// Shown on the public board?
    pub listed: bool,
    /// The jq program of a json source.
    pub jq: Option<String>,
    /// Further documents for it.
    pub more_urls: Vec<String>,
    /// Extra request headers. Their values are secrets.
    pub headers: Vec<(String, String)>,
}

#[derive(FromQueryResult)]
struct SourceRow {
    id: i64,
    host: String,
    url: String,
    reader: Option<String>,
    state: String,
    interval_us: i64,
    asked_us: Option<i64>,
    pace: String,
    next_poll_at: i64,
    last_read_at: Option<i64>,
    readings: i64,
    failures: i32,
    last_error: Option<String>,
    last_error_at: Option<i64>,
    doubts: String,
    slow: bool,
    products: i64,
    variants: i64,
    watches: i64,
    shop_not_before: i64,
    listed: bool,
    jq: Option<String>,
    more_urls: String,
    headers: String,
}

const SOURCES: &str = "SELECT s.id, h.host, s.url, s.reader, s.state, s.interval_us, s.asked_us, s.pace, s.next_poll_at, s.last_read_at, \
     s.readings, s.failures, s.last_error, s.last_error_at, s.doubts, \
     s.slow OR COALESCE(s.fault, '') = 'overran' AS slow, h.not_before AS shop_not_before, \
     s.listed, s.jq, s.more_urls, s.headers, \
     (SELECT count(*) FROM product p WHERE p.source_id = s.id) AS products, \
     (SELECT count(*) FROM product p JOIN variant v ON v.product_id = p.id WHERE p.source_id = s.id) AS variants, \
     (SELECT count(*) FROM product p JOIN watch w ON w.product_id = p.id WHERE p.source_id = s.id) AS watches \
     FROM source s JOIN shop h ON h.id = s.shop_id";

impl Db {
    /// All sources, by shop.
    ///
    /// # Errors
    /// When the database fails or holds a state that no version writes.
    pub async fn sources(&self) -> Result<Vec<Source>, StoreError> {
        let rows: Vec<SourceRow> = self.read().rows(&format!("{SOURCES} ORDER BY h.host, s.url"), vec![]).await?;
        rows.into_iter().map(SourceRow::into_source).collect()
    }

    /// One source.
    pub async fn source(&self, id: i64) -> Result<Option<Source>, StoreError> {
        let row: Option<SourceRow> = self.read().row(&format!("{SOURCES} WHERE s.id = $1"), vec![id.into()]).await?;
        row.map(SourceRow::into_source).transpose()
    }

    /// A page of sources, the newest first, whose address has these words.
    pub async fn sources_before(&self, words: &str, before: i64, most: i64) -> Result<Vec<Source>, StoreError> {
        let sql =
            format!("{SOURCES} WHERE s.id < $1 AND LOWER(s.url) LIKE $2 ESCAPE '!' ORDER BY s.id DESC {}", limited(3));
        let escaped = words.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let values = vec![before.into(), format!("%{escaped}%").into(), most.into()];
        let rows: Vec<SourceRow> = self.read().rows(&sql, values).await?;
        rows.into_iter().map(SourceRow::into_source).collect()
    }
}

fn micros(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

impl SourceRow {
    fn into_source(self) -> Result<Source, StoreError> {
        Ok(Source {
            state: self.state.parse().map_err(|why| StoreError::corrupt("source.state", why))?,
            interval: micros(self.interval_us),
            asked_interval: micros(self.asked_us.unwrap_or(self.interval_us)),
            pace: self.pace.parse().map_err(|why| StoreError::corrupt("source.pace", why))?,
            next_poll_at: at(self.next_poll_at),
            last_read_at: self.last_read_at.map(at),
            last_error_at: self.last_error_at.map(at),
            doubts: serde_json::from_str(&self.doubts).map_err(|why| StoreError::corrupt("source.doubts", why))?,
            slow: self.slow,
            id: self.id,
            host: self.host,
            url: self.url,
            reader: self.reader,
            readings: self.readings,
            failures: self.failures,
            last_error: self.last_error,
            products: self.products,
            variants: self.variants,
            watches: self.watches,
            shop_not_before: at(self.shop_not_before),
            listed: self.listed,
            jq: self.jq,
            more_urls: serde_json::from_str(&self.more_urls)
                .map_err(|why| StoreError::corrupt("source.more_urls", why))?,
            headers: serde_json::from_str(&self.headers).map_err(|why| StoreError::corrupt("source.headers", why))?,
        })
    }
}
