//! Who polls what: claims on sources and on slots of their shops, and how a poll that brought no news ends.

use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::poll::{Plan, Schedule};
use sea_orm::{DbErr, FromQueryResult, Value};

use super::db::{Db, Txn};
use super::error::StoreError;
use super::sql::{Sql, list, table};
use super::time::{at, micros, span};
use super::wake::Topic;

/// How long a claim lasts before anyone may take it over. A paged read renews it with each page.
pub const LEASE: Duration = Duration::from_secs(60);

/// A source that is ours to poll.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The source.
    pub source_id: i64,
    /// Its shop.
    pub shop_id: i64,
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
    /// When it was last read.
    pub last_read_at: Option<DateTime<Utc>>,
    /// Successful readings so far.
    pub readings: i64,
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
    /// Failed polls in a row of the whole shop.
    pub shop_failures: u32,
    /// Since when the source lacks much of what it told before, if it did at its last reading.
    pub drift_since: Option<DateTime<Utc>>,
    /// The claim.
    pub token: String,
    /// The number of this claim; readings are ordered by it.
    pub generation: i64,
}

#[derive(FromQueryResult)]
struct ClaimedRow {
    id: i64,
    shop_id: i64,
    host: String,
    shop_failures: i32,
    url: String,
    reader: Option<String>,
    jq: Option<String>,
    more_urls: String,
    headers: String,
    interval_us: i64,
    scheduled_at: i64,
    failures: i32,
    not_found: i32,
    last_read_at: Option<i64>,
    readings: i64,
    body_digest: Option<String>,
    settled: bool,
    etag: Option<String>,
    last_modified: Option<String>,
    generation: i64,
    drift_since: Option<i64>,
    product_id: Option<String>,
}

/// How many sources may be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Of those whose last poll, and their shop's, went well.
    pub well: usize,
    /// Of those that fail: they have places of their own, so that they take none from the others.
    pub ailing: usize,
}

impl Room {
    /// So many of each.
    #[must_use]
    pub fn of_each(places: usize) -> Self {
        Self { well: places, ailing: places }
    }

    fn is_full(self) -> bool {
        self.well == 0 && self.ailing == 0
    }

    fn places(self) -> (i64, i64) {
        let places = |n| i64::try_from(n).unwrap_or(i64::MAX);
        (places(self.well), places(self.ailing))
    }
}

impl Claimed {
    /// Did the last poll of it or of its shop fail?
    #[must_use]
    pub fn is_ailing(&self) -> bool {
        self.schedule.failures > 0 || self.shop_failures > 0
    }
}

/// Fails the source, or its shop? In SQL, as [`Claimed::is_ailing`].
const AILING: &str = "(s.failures > 0 OR h.failures > 0)";

/// A poll that brought nothing new.
#[derive(Debug, Clone, PartialEq)]
pub struct Unchanged {
    /// The source.
    pub source_id: i64,
    /// Its shop.
    pub shop_id: i64,
    /// The claim.
    pub token: String,
    /// When the answer was complete.
    pub read_at: DateTime<Utc>,
    /// What follows.
    pub plan: Plan,
}

/// A poll that failed. It is not a reading: stock and history do not hear of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Failed {
    /// What follows for the source.
    pub plan: Plan,
    /// The kind of error, a word for machines.
    pub fault: String,
    /// What went wrong, for people.
    pub error: String,
    /// Nobody asks this shop before then.
    pub shop_not_before: Option<DateTime<Utc>>,
    /// Was it the shop that failed (and not this one address)?
    pub shop_failed: bool,
}

impl Db {
    /// Claims due sources as far as there is room, each with a slot of its shop, the longest due first.
    ///
    /// # Errors
    /// When the database fails; then nothing is claimed.
    pub async fn claim_due(&self, token: &str, room: Room) -> Result<Vec<Claimed>, StoreError> {
        self.claim(token, room, None).await
    }

    /// Claims this one source, if it is due and its shop has a free slot.
    ///
    /// # Errors
    /// When the database fails; then nothing is claimed.
    pub async fn claim_source(&self, token: &str, source_id: i64) -> Result<Option<Claimed>, StoreError> {
        Ok(self.claim(token, Room::of_each(1), Some(source_id)).await?.pop())
    }

    async fn claim(&self, token: &str, room: Room, only: Option<i64>) -> Result<Vec<Claimed>, StoreError> {
        let now = self.now();
        if room.is_full() || (only.is_none() && !self.anything_due(now, room).await?) {
            return Ok(Vec::new());
        }
        let txn = self.write().await?;
        // Asked anew: while we waited for the writer, the clock and all that is planned may have been moved.
        let now = self.now();
        let (now, until) = (micros(now), micros(now) + span(LEASE));
        let only_this = if only.is_some() { "AND s.id = $5" } else { "AND $5 = 0" };
        // A source and its slot are taken both or neither: what another instance is just taking is left to it, and what
        // it has taken since we looked is asked again under the lock.
        let lock = txn.lock("FOR UPDATE OF s, f SKIP LOCKED");
        let sql = format!(
            "WITH free AS (SELECT id, shop_id, row_number() OVER (PARTITION BY shop_id ORDER BY slot) AS n \
               FROM shop_slot WHERE until <= $1), \
             due AS (SELECT s.id, s.shop_id, s.next_poll_at, {AILING} AS ailing, \
                 row_number() OVER (PARTITION BY s.shop_id ORDER BY s.next_poll_at, s.id) AS n \
               FROM source s JOIN shop h ON h.id = s.shop_id \
               WHERE s.next_poll_at <= $1 AND s.state <> 'paused' AND s.lease_until <= $1 AND h.not_before <= $1 {only_this}), \
             placed AS (SELECT due.id AS source_id, free.id AS slot_id, due.ailing, \
                 row_number() OVER (PARTITION BY due.ailing ORDER BY due.next_poll_at, due.id) AS place FROM due \
               JOIN free ON free.shop_id = due.shop_id AND free.n = due.n), \
             picked AS (SELECT source_id, slot_id FROM placed WHERE CASE WHEN ailing THEN place <= $6 ELSE place <= $2 END), \
             held AS (SELECT s.id AS source_id, f.id AS slot_id FROM picked \
               JOIN source s ON s.id = picked.source_id JOIN shop_slot f ON f.id = picked.slot_id \
               WHERE s.next_poll_at <= $1 AND s.state <> 'paused' AND s.lease_until <= $1 AND f.until <= $1 {lock}) \
             UPDATE shop_slot SET source_id = held.source_id, token = $3, until = $4 FROM held \
               WHERE shop_slot.id = held.slot_id"
        );
        let (well, ailing) = room.places();
        let values = vec![now.into(), well.into(), token.into(), until.into(), only.unwrap_or(0).into(), ailing.into()];
        txn.run(&sql, values).await?;
        let sql = "UPDATE source SET state = 'leased', token = $1, generation = generation + 1, lease_until = $2 \
                   WHERE id IN (SELECT source_id FROM shop_slot WHERE token = $1 AND until = $2) AND lease_until <= $3";
        txn.run(sql, vec![token.into(), until.into(), now.into()]).await?;
        let sql = "SELECT s.id, s.shop_id, h.host, h.failures AS shop_failures, s.url, s.reader, s.jq, s.more_urls, s.headers, \
                   s.interval_us, s.scheduled_at, s.failures, s.not_found, s.last_read_at, s.readings, s.body_digest, s.settled, \
                   s.etag, s.last_modified, s.generation, \
                   CASE WHEN s.fault = 'drift' THEN s.last_error_at END AS drift_since, \
                   (SELECT max(p.external_id) FROM product p WHERE p.source_id = s.id HAVING count(*) = 1) AS product_id \
                   FROM source s JOIN shop h ON h.id = s.shop_id WHERE s.token = $1 AND s.lease_until = $2";
        let rows: Vec<ClaimedRow> = txn.rows(sql, vec![token.into(), until.into()]).await?;
        txn.commit().await?;
        rows.into_iter().map(|row| row.into_claimed(token)).collect()
    }

    /// Can anything be claimed? Asked as a reader: waiting for a slot or for a shop must not keep the writer busy.
    async fn anything_due(&self, now: DateTime<Utc>, room: Room) -> Result<bool, DbErr> {
        let sql = format!(
            "SELECT 1 FROM source s JOIN shop h ON h.id = s.shop_id \
                   WHERE s.state <> 'paused' AND s.next_poll_at <= $1 AND s.lease_until <= $1 AND h.not_before <= $1 \
                 AND CASE WHEN {AILING} THEN $3 > 0 ELSE $2 > 0 END \
                 AND EXISTS (SELECT 1 FROM shop_slot f WHERE f.shop_id = h.id AND f.until <= $1) LIMIT 1"
        );
        let (well, ailing) = room.places();
        #[derive(FromQueryResult)]
        struct Any {}
        Ok(self.read().row::<Any>(&sql, vec![micros(now).into(), well.into(), ailing.into()]).await?.is_some())
    }

    /// When the next source is due, as far as that is known now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn next_due(&self) -> Result<Option<DateTime<Utc>>, DbErr> {
        #[derive(FromQueryResult)]
        struct Due {
            next: Option<i64>,
        }
        let sql = "SELECT min(next_poll_at) AS next FROM source WHERE state <> 'paused'";
        Ok(self.read().row::<Due>(sql, vec![]).await?.and_then(|due| due.next).map(at))
    }

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
                "UPDATE source SET scheduled_at = $1, next_poll_at = $1 WHERE state = 'idle' AND id IN ({})",
                list(2, chunk.len())
            );
            txn.run(&sql, std::iter::once(now.into()).chain(chunk.iter().cloned()).collect()).await?;
        }
        txn.commit().await?;
        Ok(due.len())
    }

    /// Keeps a claim for another [`LEASE`]. `false`: it or its slot is ours no more, stop reading.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renew_claim(&self, claim: &Claimed) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let until = micros(self.now()) + span(LEASE);
        let values = vec![claim.source_id.into(), claim.token.as_str().into(), until.into()];
        let sql = "UPDATE source SET lease_until = $3 WHERE id = $1 AND token = $2";
        let source = txn.run(sql, values.clone()).await?;
        let slot = txn.run("UPDATE shop_slot SET until = $3 WHERE source_id = $1 AND token = $2", values).await?;
        if source != 1 || slot != 1 {
            return Ok(false);
        }
        txn.commit().await?;
        Ok(true)
    }

    /// Hands a claim back unused: the source is due as before.
    ///
    /// # Errors
    /// When the database fails; then the claim runs out by itself.
    pub async fn hand_back(&self, claims: &[Claimed]) -> Result<(), DbErr> {
        let txn = self.write().await?;
        for claim in claims {
            let values = vec![claim.source_id.into(), claim.token.as_str().into()];
            let sql = "UPDATE source SET state = 'idle', token = NULL, lease_until = 0 WHERE id = $1 AND token = $2";
            txn.run(sql, values).await?;
            free_slot(&txn, claim.source_id, &claim.token).await?;
        }
        txn.commit().await
    }

    /// Ends polls that brought nothing new, many in one transaction. Says how many were still ours.
    ///
    /// # Errors
    /// When the database fails; then all of them will be polled again when their claims run out.
    pub async fn end_unchanged(&self, polls: &[Unchanged]) -> Result<u64, DbErr> {
        let txn = self.write().await?;
        let mut ended = 0;
        for chunk in polls.chunks(200) {
            ended += end_unchanged_chunk(&txn, chunk).await?;
        }
        txn.commit().await?;
        self.wake().ring(Topic::Sources);
        Ok(ended)
    }

    /// Ends a poll that failed.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the source by now.
    pub async fn end_failed(&self, claim: &Claimed, failed: &Failed) -> Result<(), StoreError> {
        let txn = self.write().await?;
        let sql = "UPDATE source SET state = $3, token = NULL, lease_until = 0, scheduled_at = $4, next_poll_at = $5, \
                   failures = $6, not_found = $7, last_error = $8, last_error_at = $9, fault = $10 \
                   WHERE id = $1 AND token = $2 AND state = 'leased'";
        let values = vec![
            claim.source_id.into(),
            claim.token.as_str().into(),
            failed.plan.state.as_str().into(),
            micros(failed.plan.scheduled_at).into(),
            micros(failed.plan.next_poll_at).into(),
            i64::from(failed.plan.failures).into(),
            i64::from(failed.plan.not_found).into(),
            failed.error.as_str().into(),
            micros(self.now()).into(),
            failed.fault.as_str().into(),
        ];
        let ours = txn.run(sql, values).await? == 1;
        free_slot(&txn, claim.source_id, &claim.token).await?;
        if !ours {
            txn.commit().await?;
            return Err(StoreError::LeaseLost { source_id: claim.source_id });
        }
        let not_before = failed.shop_not_before.map_or(0, micros);
        let sql = "UPDATE shop SET failures = failures + $2, \
                   not_before = CASE WHEN $3 > not_before THEN $3 ELSE not_before END WHERE id = $1";
        txn.run(sql, vec![claim.shop_id.into(), i64::from(failed.shop_failed).into(), not_before.into()]).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Sources);
        Ok(())
    }
}

impl ClaimedRow {
    fn into_claimed(self, token: &str) -> Result<Claimed, StoreError> {
        Ok(Claimed {
            more_urls: serde_json::from_str(&self.more_urls).map_err(|e| StoreError::corrupt("source.more_urls", e))?,
            headers: serde_json::from_str(&self.headers).map_err(|e| StoreError::corrupt("source.headers", e))?,
            schedule: Schedule {
                scheduled_at: at(self.scheduled_at),
                interval: Duration::from_micros(u64::try_from(self.interval_us).unwrap_or_default()),
                failures: u32::try_from(self.failures).unwrap_or_default(),
                not_found: u32::try_from(self.not_found).unwrap_or_default(),
            },
            last_read_at: self.last_read_at.map(at),
            shop_failures: u32::try_from(self.shop_failures).unwrap_or_default(),
            source_id: self.id,
            shop_id: self.shop_id,
            host: self.host,
            url: self.url,
            reader: self.reader,
            jq: self.jq,
            readings: self.readings,
            body_digest: self.body_digest,
            settled: self.settled,
            etag: self.etag,
            last_modified: self.last_modified,
            product_id: self.product_id,
            drift_since: self.drift_since.map(at),
            token: token.to_owned(),
            generation: self.generation,
        })
    }
}

pub(crate) async fn free_slot(txn: &Txn, source_id: i64, token: &str) -> Result<(), DbErr> {
    let sql = "UPDATE shop_slot SET until = 0, token = NULL WHERE source_id = $1 AND token = $2";
    txn.run(sql, vec![source_id.into(), token.into()]).await.map(|_| ())
}

async fn end_unchanged_chunk(txn: &Txn, chunk: &[Unchanged]) -> Result<u64, DbErr> {
    let mut values: Vec<Value> = Vec::with_capacity(chunk.len() * 5);
    for poll in chunk {
        values.push(poll.source_id.into());
        values.push(poll.token.as_str().into());
        values.push(micros(poll.read_at).into());
        values.push(micros(poll.plan.scheduled_at).into());
        values.push(micros(poll.plan.next_poll_at).into());
    }
    let sql = format!(
        "WITH done (id, token, read_at, scheduled_at, next_poll_at) AS (VALUES {}) \
         UPDATE source SET state = 'idle', token = NULL, lease_until = 0, last_read_at = CASE WHEN source.last_read_at > done.read_at THEN source.last_read_at ELSE done.read_at END, \
           readings = readings + 1, scheduled_at = done.scheduled_at, next_poll_at = done.next_poll_at, \
           failures = 0, not_found = 0, last_error = NULL, last_error_at = NULL, fault = NULL \
         FROM done WHERE source.id = done.id AND source.token = done.token AND source.state = 'leased'",
        table(1, chunk.len(), 5)
    );
    let ended = txn.run(&sql, values).await?;
    let pairs = chunk.iter().flat_map(|poll| [poll.source_id.into(), Value::from(poll.token.as_str())]).collect();
    let sql = format!(
        "WITH done (id, token) AS (VALUES {}) UPDATE shop_slot SET until = 0, token = NULL \
         FROM done WHERE shop_slot.source_id = done.id AND shop_slot.token = done.token",
        table(1, chunk.len(), 2)
    );
    txn.run(&sql, pairs).await?;
    let shops: Vec<Value> = chunk.iter().map(|poll| poll.shop_id.into()).collect();
    let sql = format!("UPDATE shop SET failures = 0 WHERE failures > 0 AND id IN ({})", list(1, shops.len()));
    txn.run(&sql, shops).await?;
    Ok(ended)
}
