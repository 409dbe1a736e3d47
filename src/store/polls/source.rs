//! Shops and their sources: following, listing, pausing, removing.

use std::time::Duration;

use sea_orm::DbErr;

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::{micros, span};
use crate::store::db::wake::Topic;

/// A source to be followed.
#[derive(Debug, Clone)]
pub struct NewSource {
    /// What is asked for.
    pub url: String,
    /// The shop: `host` or `host:port`.
    pub host: String,
    /// Which reader; `None` until the first reading tells.
    pub reader: Option<String>,
    /// The jq program of a json source.
    pub jq: Option<String>,
    /// Further documents for the jq program.
    pub more_urls: Vec<String>,
    /// Extra request headers.
    pub headers: Vec<(String, String)>,
    /// Time between polls.
    pub interval: Duration,
    /// Shown on the public board?
    pub listed: bool,
    /// The subscriber who gave it in a chat.
    pub added_by: Option<i64>,
}

/// What is given anew of a source that is followed. What is `None` stays as it is; an empty reader or program is taken away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceChange {
    /// Which reader.
    pub reader: Option<String>,
    /// The jq program of a json source.
    pub jq: Option<String>,
    /// Further documents for the jq program.
    pub more_urls: Option<Vec<String>>,
    /// Extra request headers.
    pub headers: Option<Vec<(String, String)>>,
    /// Time between polls.
    pub interval: Option<Duration>,
    /// Shown on the public board?
    pub listed: Option<bool>,
}

impl Db {
    /// Follows a source: a candidate, due now, until it is read well. Says its row and whether it is new; one that is
    /// followed already stays as it is.
    ///
    /// # Errors
    /// When the database fails; then nothing is followed.
    pub async fn add_source(&self, new: &NewSource) -> Result<(i64, bool), StoreError> {
        self.retrying(|| self.try_add_source(new)).await
    }

    async fn try_add_source(&self, new: &NewSource) -> Result<(i64, bool), StoreError> {
        let txn = self.write().await?;
        // Of two who add the same address at once, one adds it and the other finds it.
        txn.hold(&format!("source:{}", new.url)).await?;
        let now = micros(self.now());
        let shop_id = shop_of(&txn, &new.host, now).await?;
        let inserted = insert_source(&txn, shop_id, new, now).await?;
        let id = match inserted {
            Some(id) => Some(id),
            None => txn.id("SELECT id FROM source WHERE url = $1", vec![new.url.as_str().into()]).await?,
        };
        txn.commit().await?;
        self.wake().ring(Topic::Sources);
        let id = id.ok_or_else(|| StoreError::corrupt("source", "an insert gave no row"))?;
        Ok((id, inserted.is_some()))
    }

    /// Changes what is given anew, and has the source read now: another program may read the same bytes otherwise. Says
    /// whether there was anything to change.
    ///
    /// # Errors
    /// When the database fails; then it is as before.
    pub async fn change_source(&self, id: i64, change: &SourceChange) -> Result<bool, StoreError> {
        if *change == SourceChange::default() {
            return Ok(false);
        }
        let txn = self.write().await?;
        let sql = "UPDATE source SET reader = NULLIF(COALESCE($2, reader), ''), jq = NULLIF(COALESCE($3, jq), ''), more_urls = COALESCE($4, more_urls), \
                   headers = COALESCE($5, headers), interval_us = COALESCE($6, interval_us), asked_us = CASE WHEN $6 IS NULL THEN asked_us END, \
                   pace = CASE WHEN $6 IS NULL THEN pace ELSE 'asked' END, listed = COALESCE($7, listed), \
                   next_poll_at = $8, scheduled_at = $8, whole_since = NULL, body_digest = NULL, etag = NULL, last_modified = NULL, \
                   edit = edit + 1, edited = TRUE WHERE id = $1";
        let values = vec![
            id.into(),
            change.reader.clone().into(),
            change.jq.clone().into(),
            change.more_urls.as_ref().map(json).into(),
            change.headers.as_ref().map(json).into(),
            change.interval.map(span).into(),
            change.listed.into(),
            micros(self.now()).into(),
        ];
        let changed = txn.run(sql, values).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Sources);
        Ok(changed == 1)
    }

    /// Pauses a source, or lets it go on: then it is due now.
    pub async fn pause_source(&self, id: i64, paused: bool) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let now = micros(self.now());
        let changed = if paused {
            let sql = "UPDATE source SET state = 'paused', edit = edit + 1, edited = TRUE WHERE id = $1 AND state <> 'paused'";
            let changed = txn.run(sql, vec![id.into()]).await?;
            read_anew(&txn, id).await?;
            changed
        } else {
            let sql = "UPDATE source SET state = 'idle', scheduled_at = $2, next_poll_at = $2, failures = 0, gone_since = NULL, \
                       trial_at = NULL, edit = edit + 1, edited = TRUE WHERE id = $1 AND state IN ('paused', 'blocked', 'gone', 'dormant')";
            let changed = txn.run(sql, vec![id.into(), now.into()]).await?;
            // A person knows that the wall is gone. Its holder is told by -1: see `resumed_shops`.
            let sql = "UPDATE shop SET not_before = 0, walls = -1 \
                       WHERE walls > 0 AND id = (SELECT shop_id FROM source WHERE id = $1)";
            txn.run(sql, vec![id.into()]).await?;
            changed
        };
        txn.commit().await?;
        self.wake().ring(Topic::Sources);
        Ok(changed == 1)
    }

    /// Forgets a source with its products, their history and the watches on them.
    ///
    /// # Errors
    /// When the database fails; then all of it is still there.
    pub async fn remove_source(&self, id: i64) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        read_anew(&txn, id).await?;
        let removed = txn.run("DELETE FROM source WHERE id = $1", vec![id.into()]).await?;
        txn.run("DELETE FROM shop WHERE NOT EXISTS (SELECT 1 FROM source s WHERE s.shop_id = shop.id)", vec![]).await?;
        txn.commit().await?;
        Ok(removed == 1)
    }

    /// The products a source reads, in the order they were first seen.
    pub async fn products_of(&self, source_id: i64) -> Result<Vec<i64>, DbErr> {
        self.read().ids("SELECT id FROM product WHERE source_id = $1 ORDER BY id", vec![source_id.into()]).await
    }
}

async fn shop_of(txn: &Txn, host: &str, now: i64) -> Result<i64, StoreError> {
    let sql = "INSERT INTO shop (host, not_before, failures, walls, holder, epoch, created_at) \
               VALUES ($1, 0, 0, 0, '', 0, $2) ON CONFLICT (host) DO NOTHING";
    txn.run(sql, vec![host.into(), now.into()]).await?;
    let id = txn.id("SELECT id FROM shop WHERE host = $1", vec![host.into()]).await?;
    id.ok_or_else(|| StoreError::corrupt("shop", "a row that was just written is not there"))
}

/// The shop's other sources may have products to take over from this one: the bytes they know must be read again.
async fn read_anew(txn: &Txn, source_id: i64) -> Result<(), DbErr> {
    let sql = "UPDATE source SET settled = FALSE, edit = edit + 1, edited = TRUE WHERE shop_id = (SELECT shop_id FROM source WHERE id = $1)";
    txn.run(sql, vec![source_id.into()]).await.map(|_| ())
}

fn json<T: serde::Serialize>(value: &T) -> String {
    // Lists of strings always have a JSON form.
    serde_json::to_string(value).unwrap_or_else(|_| "[]".to_owned())
}

/// `None`: it is followed already.
async fn insert_source(txn: &Txn, shop_id: i64, new: &NewSource, now: i64) -> Result<Option<i64>, DbErr> {
    let sql = "INSERT INTO source (shop_id, url, reader, jq, more_urls, headers, state, listed, interval_us, scheduled_at, \
               next_poll_at, edit, edited, failures, readings, settled, doubts, slow, added_by, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, 'candidate', $7, $8, $9, $9, 1, TRUE, 0, 0, FALSE, '[]', FALSE, $10, $9) \
               ON CONFLICT (url) DO NOTHING RETURNING id";
    let values = vec![
        shop_id.into(),
        new.url.as_str().into(),
        new.reader.clone().into(),
        new.jq.clone().into(),
        json(&new.more_urls).into(),
        json(&new.headers).into(),
        new.listed.into(),
        span(new.interval).into(),
        now.into(),
        new.added_by.into(),
    ];
    txn.id(sql, values).await
}
