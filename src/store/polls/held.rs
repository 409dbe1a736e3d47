//! What an instance holds: its shops, and all that is known of their sources.

use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::poll::{self, Schedule};
use coatcheck_domain::shape::Shape;
use sea_orm::{DbErr, FromQueryResult, Value};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, list_of};
use crate::store::db::time::{at, micros};
use crate::store::db::wake::Topic;
use crate::store::polls::instance::free_the_dead;

/// Shops that are taken in one transaction, at most.
pub const TAKEN_AT_ONCE: usize = 500;

/// A shop that an instance holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldShop {
    /// The row.
    pub id: i64,
    /// The number of this holding: what is stored of the shop is fenced by it.
    pub epoch: i64,
    /// Nobody asks it before then.
    pub not_before: DateTime<Utc>,
    /// Failed polls in a row, over all its sources.
    pub failures: u32,
    /// Bot walls in a row.
    pub walls: u32,
}

/// A source of a shop that is held.
#[derive(Debug, Clone, PartialEq)]
pub struct HeldSource {
    /// The source.
    pub source_id: i64,
    /// Its shop.
    pub shop_id: i64,
    /// The holding of the shop under which it is read.
    pub epoch: i64,
    /// The shop's host.
    pub host: String,
    /// What to ask for.
    pub url: String,
    /// Which reader, once known.
    pub reader: Option<String>,
    /// The jq program of a json source.
    pub jq: Option<String>,
    /// Further documents for the jq program.
    pub more_urls: Vec<String>,
    /// Extra request headers.
    pub headers: Vec<(String, String)>,
    /// The beat, and what went before.
    pub schedule: Schedule,
    /// When it is due.
    pub next_poll_at: DateTime<Utc>,
    /// When it was last read.
    pub last_read_at: Option<DateTime<Utc>>,
    /// Successful readings so far.
    pub readings: i64,
    /// Was all of it read, as it is read now?
    pub whole: bool,
    /// Of the last body.
    pub body_digest: Option<String>,
    /// Would the same reading change nothing?
    pub settled: bool,
    /// As sent.
    pub etag: Option<String>,
    /// As sent.
    pub last_modified: Option<String>,
    /// The shop's id of the product, if the source has told of exactly one so far.
    pub product_id: Option<String>,
    /// Since when the source lacks much of what it told before, if it did at its last reading.
    pub drift_since: Option<DateTime<Utc>>,
    /// What its last reading that was not doubted looked like.
    pub shape: Option<Shape>,
    /// Since when a document of it was being parsed when it was last heard of.
    pub trial_at: Option<DateTime<Utc>>,
    /// What others changed of it; a reading of an older edit is not stored.
    pub edit: i64,
}

#[derive(FromQueryResult)]
struct ShopRow {
    id: i64,
    epoch: i64,
    not_before: i64,
    failures: i32,
    walls: i32,
}

#[derive(FromQueryResult)]
struct SourceRow {
    id: i64,
    shop_id: i64,
    epoch: i64,
    host: String,
    url: String,
    state: String,
    reader: Option<String>,
    jq: Option<String>,
    more_urls: String,
    headers: String,
    interval_us: i64,
    scheduled_at: i64,
    next_poll_at: i64,
    failures: i32,
    gone_since: Option<i64>,
    last_read_at: Option<i64>,
    readings: i64,
    whole_since: Option<i64>,
    body_digest: Option<String>,
    settled: bool,
    etag: Option<String>,
    last_modified: Option<String>,
    drift_since: Option<i64>,
    shape: Option<String>,
    trial_at: Option<i64>,
    product_id: Option<String>,
    edit: i64,
}

const SOURCES: &str = "SELECT s.id, s.shop_id, h.epoch, h.host, s.url, s.state, s.reader, s.jq, s.more_urls, s.headers, s.interval_us, \
     s.scheduled_at, s.next_poll_at, s.failures, s.gone_since, s.last_read_at, s.readings, s.whole_since, s.body_digest, s.settled, s.etag, \
     s.last_modified, s.shape, s.trial_at, s.edit, CASE WHEN s.fault = 'drift' THEN s.last_error_at END AS drift_since, \
     (SELECT max(p.external_id) FROM product p WHERE p.source_id = s.id HAVING count(*) = 1) AS product_id \
     FROM source s JOIN shop h ON h.id = s.shop_id";

/// Polled at all.
const POLLED: &str = "s.state NOT IN ('paused', 'dormant')";

/// A shop that nobody holds, and how many requests a minute it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct FreeShop {
    /// The row.
    pub id: i64,
    /// In requests a minute, times a thousand.
    pub weight: i64,
}

impl Db {
    /// Shops that nobody holds, those that are overdue for longest first, with what instances that are gone had held.
    pub async fn free_shops(&self) -> Result<Vec<FreeShop>, DbErr> {
        let txn = self.write().await?;
        free_the_dead(&txn, micros(self.now())).await?;
        let sql = format!(
            "SELECT h.id, CAST(COALESCE(sum(60000000000 / s.interval_us), 0) AS BIGINT) AS weight FROM shop h \
             LEFT JOIN source s ON s.shop_id = h.id AND {POLLED} WHERE h.holder = '' \
             GROUP BY h.id ORDER BY COALESCE(min(s.next_poll_at), 0), h.id"
        );
        let free = txn.rows(&sql, vec![]).await?;
        txn.commit().await?;
        Ok(free)
    }

    /// What all shops together take, in requests a minute, times a thousand.
    pub async fn weight_of_all(&self) -> Result<i64, DbErr> {
        let sql = format!(
            "SELECT CAST(COALESCE(sum(60000000000 / s.interval_us), 0) AS BIGINT) FROM source s WHERE {POLLED}"
        );
        Ok(self.read().id(&sql, vec![]).await?.unwrap_or_default())
    }

    /// The shop of a source.
    pub async fn shop_of(&self, source_id: i64) -> Result<Option<i64>, DbErr> {
        self.read().id("SELECT shop_id FROM source WHERE id = $1", vec![source_id.into()]).await
    }

    /// Takes these shops as far as they are free, and says all that is known of them. A new holding has a new epoch, which
    /// ends whatever the holder before may still want to store.
    ///
    /// # Errors
    /// When the database fails; then nothing is taken.
    pub async fn take_shops(
        &self,
        holder: &str,
        shops: &[i64],
    ) -> Result<(Vec<HeldShop>, Vec<HeldSource>), StoreError> {
        let txn = self.write().await?;
        let (mut taken, mut sources) = (Vec::new(), Vec::new());
        for chunk in shops.chunks(TAKEN_AT_ONCE) {
            let mut values: Vec<Value> = vec![holder.into()];
            let these = list_of(&mut values, chunk.iter().copied());
            let sql = format!(
                "UPDATE shop SET holder = $1, epoch = epoch + 1 WHERE id IN (SELECT id FROM shop \
                   WHERE holder = '' AND id IN ({these}) {}) RETURNING id, epoch, not_before, failures, walls",
                txn.lock("FOR UPDATE SKIP LOCKED")
            );
            let rows: Vec<ShopRow> = txn.rows(&sql, values).await?;
            sources.extend(sources_of(&txn, rows.iter().map(|row| row.id)).await?);
            taken.extend(rows.into_iter().map(ShopRow::held));
        }
        txn.commit().await?;
        Ok((taken, sources))
    }

    /// Gives shops back: whoever wants them may take them.
    ///
    /// # Errors
    /// When the database fails; then they are still held.
    pub async fn give_shops(&self, holder: &str, shops: &[i64]) -> Result<(), DbErr> {
        let txn = self.write().await?;
        let mut values: Vec<Value> = vec![holder.into()];
        let these = list_of(&mut values, shops.iter().copied());
        txn.run(&format!("UPDATE shop SET holder = '' WHERE holder = $1 AND id IN ({these})"), values).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Sources);
        Ok(())
    }

    /// The holder's shops whose bot wall a person says is gone; each is named once.
    pub async fn resumed_shops(&self, holder: &str) -> Result<Vec<i64>, DbErr> {
        let txn = self.write().await?;
        let sql = "UPDATE shop SET walls = 0 WHERE walls < 0 AND holder = $1 RETURNING id";
        let ids = txn.ids(sql, vec![holder.into()]).await?;
        txn.commit().await?;
        Ok(ids)
    }

    /// The sources of the holder's shops that others have changed: the ids of all of them, and those that are polled.
    ///
    /// # Errors
    /// When the database fails; then they are seen the next time.
    pub async fn edited_sources(&self, holder: &str) -> Result<(Vec<i64>, Vec<HeldSource>), StoreError> {
        let txn = self.write().await?;
        let sql = "UPDATE source SET edited = FALSE WHERE edited \
                   AND shop_id IN (SELECT h.id FROM shop h WHERE h.holder = $1) RETURNING id";
        let ids = txn.ids(sql, vec![holder.into()]).await?;
        let sources = these_sources(&txn, &ids).await?;
        txn.commit().await?;
        Ok((ids, sources))
    }
}

async fn sources_of(txn: &Txn, shops: impl IntoIterator<Item = i64>) -> Result<Vec<HeldSource>, StoreError> {
    let mut values = Vec::new();
    let these = list_of(&mut values, shops);
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let seen =
        format!("UPDATE source SET edited = FALSE, pushed = FALSE WHERE (edited OR pushed) AND shop_id IN ({these})");
    txn.run(&seen, values.clone()).await?;
    let sql = format!("{SOURCES} WHERE s.shop_id IN ({these}) AND {POLLED} ORDER BY s.id");
    let rows: Vec<SourceRow> = txn.rows(&sql, values).await?;
    rows.into_iter().map(SourceRow::held).collect()
}

/// What is known of these sources, as far as they are polled.
pub(in crate::store) async fn these_sources(txn: &Txn, ids: &[i64]) -> Result<Vec<HeldSource>, StoreError> {
    let mut sources = Vec::new();
    for chunk in ids.chunks(TAKEN_AT_ONCE) {
        let mut values = Vec::new();
        let these = list_of(&mut values, chunk.iter().copied());
        let sql = format!("{SOURCES} WHERE s.id IN ({these}) AND {POLLED} ORDER BY s.id");
        let rows: Vec<SourceRow> = txn.rows(&sql, values).await?;
        for row in rows {
            sources.push(row.held()?);
        }
    }
    Ok(sources)
}

impl ShopRow {
    fn held(self) -> HeldShop {
        HeldShop {
            id: self.id,
            epoch: self.epoch,
            not_before: at(self.not_before),
            failures: u32::try_from(self.failures).unwrap_or_default(),
            walls: u32::try_from(self.walls).unwrap_or_default(),
        }
    }
}

impl SourceRow {
    fn held(self) -> Result<HeldSource, StoreError> {
        let interval = Duration::from_micros(u64::try_from(self.interval_us).unwrap_or_default());
        Ok(HeldSource {
            more_urls: serde_json::from_str(&self.more_urls).map_err(|e| StoreError::corrupt("source.more_urls", e))?,
            headers: serde_json::from_str(&self.headers).map_err(|e| StoreError::corrupt("source.headers", e))?,
            schedule: Schedule {
                state: self.state.parse().map_err(|why| StoreError::corrupt("source.state", why))?,
                scheduled_at: at(self.scheduled_at),
                interval,
                phase: poll::phase(self.shop_id, interval),
                failures: u32::try_from(self.failures).unwrap_or_default(),
                gone_since: self.gone_since.map(at),
            },
            next_poll_at: at(self.next_poll_at),
            last_read_at: self.last_read_at.map(at),
            source_id: self.id,
            shop_id: self.shop_id,
            epoch: self.epoch,
            host: self.host,
            url: self.url,
            reader: self.reader,
            jq: self.jq,
            readings: self.readings,
            whole: self.whole_since.is_some(),
            body_digest: self.body_digest,
            settled: self.settled,
            etag: self.etag,
            last_modified: self.last_modified,
            product_id: self.product_id,
            drift_since: self.drift_since.map(at),
            shape: self.shape.and_then(|text| text.parse().ok()),
            trial_at: self.trial_at.map(at),
            edit: self.edit,
        })
    }
}
