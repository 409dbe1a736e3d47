//! Who polls what: claims on sources and on slots of their shops, and how a poll that brought no news ends.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::poll::Schedule;
use sea_orm::{DbErr, FromQueryResult, Value};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, list};
use crate::store::db::time::{at, micros, span};
use crate::store::polls::ended::free_slot;

/// How long a claim lasts before anyone may take it over. A paged read renews it with each page.
pub const LEASE: Duration = Duration::from_secs(60);

/// A source that is ours to poll.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The source.
    pub source_id: i64,
    /// Its shop.
    pub shop_id: i64,
    /// The slot of the shop that is held for it.
    pub slot_id: i64,
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
    pub healthy: usize,
    /// Of those that fail: they have places of their own, so that they take none from the others.
    pub failing: usize,
}

impl Room {
    /// So many of each.
    #[must_use]
    pub fn of_each(places: usize) -> Self {
        Self { healthy: places, failing: places }
    }

    fn is_full(self) -> bool {
        self.healthy == 0 && self.failing == 0
    }

    fn places(self) -> (i64, i64) {
        let places = |n| i64::try_from(n).unwrap_or(i64::MAX);
        (places(self.healthy), places(self.failing))
    }
}

impl Claimed {
    /// Did the last poll of it or of its shop fail?
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.schedule.failures > 0 || self.shop_failures > 0
    }
}

/// Due, and held by nobody.
const FREE: &str = "s.next_poll_at <= $1 AND s.state <> 'paused' AND s.lease_until <= $1 AND h.not_before <= $1";

/// Would one of its shop's free slots come to it, after those of the shop that are due for longer? Of these no more are
/// counted than a shop usually has slots: where many of one shop are due, that many would be counted for each of them.
/// A shop with more slots may let through too many, which go without a slot then, and are found the next time.
const NEXT_IN_LINE: &str = "(SELECT count(*) FROM shop_slot f WHERE f.shop_id = s.shop_id AND f.until <= $1) > \
     (SELECT count(*) FROM (SELECT 1 FROM source o WHERE o.shop_id = s.shop_id AND o.next_poll_at <= s.next_poll_at \
       AND (o.next_poll_at < s.next_poll_at OR o.id < s.id) AND o.state <> 'paused' AND o.lease_until <= $1 LIMIT 4) AS earlier)";

/// What may be claimed at `$1`: `$2` of those that are well, `$3` of those that fail ([`Claimed::is_failing`]), the longest
/// due first. However many are due, it walks no further than to the last of them. `CROSS JOIN` keeps SQLite to this order.
fn claimable() -> String {
    let columns = "SELECT s.id, s.shop_id, s.next_poll_at";
    format!(
        "SELECT * FROM ({columns} FROM source s CROSS JOIN shop h WHERE h.id = s.shop_id AND {FREE} \
           AND s.failures = 0 AND h.failures = 0 AND {NEXT_IN_LINE} ORDER BY s.next_poll_at, s.id LIMIT $2 + 0) AS well \
         UNION ALL SELECT * FROM ({columns} FROM (\
             SELECT a.id FROM source a WHERE a.failures > 0 AND a.next_poll_at <= $1 UNION \
             SELECT b.id FROM shop g CROSS JOIN source b WHERE b.shop_id = g.id AND g.failures > 0 AND b.next_poll_at <= $1\
           ) AS failing CROSS JOIN source s CROSS JOIN shop h WHERE s.id = failing.id AND h.id = s.shop_id AND {FREE} \
           AND {NEXT_IN_LINE} ORDER BY s.next_poll_at, s.id LIMIT $3 + 0) AS failing"
    )
}

/// This one source, if it may be claimed at `$1`: it waits for no other of its shop.
fn this_one() -> String {
    format!(
        "SELECT s.id, s.shop_id, s.next_poll_at FROM source s CROSS JOIN shop h WHERE h.id = s.shop_id AND {FREE} \
         AND $3 = $3 AND s.id = $2"
    )
}

/// A slot that was taken, and for which source.
#[derive(FromQueryResult)]
struct Taken {
    id: i64,
    source_id: i64,
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
        let now = micros(self.now());
        let claim = Claim { token, now, until: now + span(LEASE) };
        let taken = claim.take_slots(&txn, room, only).await?;
        let claimed = if taken.is_empty() { Vec::new() } else { claim.take_sources(&txn, &taken).await? };
        txn.commit().await?;
        Ok(claimed)
    }

    /// Can anything be claimed? Asked as a reader: waiting for a slot or for a shop must not keep the writer busy.
    async fn anything_due(&self, now: DateTime<Utc>, room: Room) -> Result<bool, DbErr> {
        let (well, failing) = room.places();
        let values = vec![micros(now).into(), well.min(1).into(), failing.min(1).into()];
        Ok(self.read().id(&claimable(), values).await?.is_some())
    }

    /// Keeps a claim for another [`LEASE`]. `false`: it or its slot is ours no more, stop reading.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renew_claim(&self, claim: &Claimed) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let until = micros(self.now()) + span(LEASE);
        let values = |id: i64| vec![id.into(), claim.token.as_str().into(), until.into()];
        let source =
            txn.run("UPDATE source SET lease_until = $3 WHERE id = $1 AND token = $2", values(claim.source_id));
        let source = source.await?;
        let slot =
            txn.run("UPDATE shop_slot SET until = $3 WHERE id = $1 AND token = $2", values(claim.slot_id)).await?;
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
            free_slot(&txn, claim).await?;
        }
        txn.commit().await
    }
}

/// A claim that is being made.
struct Claim<'a> {
    token: &'a str,
    now: i64,
    until: i64,
}

impl Claim<'_> {
    /// A source and its slot are taken both or neither: what another instance is just taking is left to it, and what it
    /// has taken since we looked is asked again under the lock.
    async fn take_slots(&self, txn: &Txn, room: Room, only: Option<i64>) -> Result<Vec<Taken>, DbErr> {
        let lock = txn.lock("FOR UPDATE OF s, f SKIP LOCKED");
        let due = if only.is_some() { this_one() } else { claimable() };
        let sql = format!(
            "WITH due AS ({due}), \
             ranked AS (SELECT id, shop_id, row_number() OVER (PARTITION BY shop_id ORDER BY next_poll_at, id) AS n FROM due), \
             free AS (SELECT id, shop_id, row_number() OVER (PARTITION BY shop_id ORDER BY slot) AS n FROM shop_slot \
               WHERE until <= $1 AND shop_id IN (SELECT shop_id FROM due)), \
             held AS (SELECT s.id AS source_id, f.id AS slot_id FROM ranked \
               JOIN free ON free.shop_id = ranked.shop_id AND free.n = ranked.n \
               JOIN source s ON s.id = ranked.id JOIN shop_slot f ON f.id = free.id \
               WHERE s.next_poll_at <= $1 AND s.state <> 'paused' AND s.lease_until <= $1 AND f.until <= $1 {lock}) \
             UPDATE shop_slot SET source_id = held.source_id, token = $4, until = $5 FROM held \
               WHERE shop_slot.id = held.slot_id RETURNING shop_slot.id, shop_slot.source_id"
        );
        let (well, failing) = room.places();
        let values =
            vec![self.now.into(), only.unwrap_or(well).into(), failing.into(), self.token.into(), self.until.into()];
        txn.rows(&sql, values).await
    }

    async fn take_sources(&self, txn: &Txn, taken: &[Taken]) -> Result<Vec<Claimed>, StoreError> {
        let these = list(4, taken.len());
        let of_these =
            |values: [Value; 3]| values.into_iter().chain(taken.iter().map(|t| t.source_id.into())).collect();
        let sql = format!(
            "UPDATE source SET state = 'leased', token = $1, generation = generation + 1, lease_until = $2 \
             WHERE id IN ({these}) AND lease_until <= $3"
        );
        txn.run(&sql, of_these([self.token.into(), self.until.into(), self.now.into()])).await?;
        let sql = format!(
            "SELECT s.id, s.shop_id, h.host, h.failures AS shop_failures, s.url, s.reader, s.jq, s.more_urls, s.headers, \
             s.interval_us, s.scheduled_at, s.failures, s.not_found, s.last_read_at, s.readings, s.body_digest, s.settled, \
             s.etag, s.last_modified, s.generation, \
             CASE WHEN s.fault = $3 THEN s.last_error_at END AS drift_since, \
             (SELECT max(p.external_id) FROM product p WHERE p.source_id = s.id HAVING count(*) = 1) AS product_id \
             FROM source s JOIN shop h ON h.id = s.shop_id WHERE s.id IN ({these}) AND s.token = $1 AND s.lease_until = $2"
        );
        let values = of_these([self.token.into(), self.until.into(), "drift".into()]);
        let rows: Vec<ClaimedRow> = txn.rows(&sql, values).await?;
        let slots: HashMap<i64, i64> = taken.iter().map(|taken| (taken.source_id, taken.id)).collect();
        let slot_of = |row: &ClaimedRow| slots.get(&row.id).copied().unwrap_or_default();
        rows.into_iter().map(|row| (slot_of(&row), row)).map(|(slot, row)| row.into_claimed(self.token, slot)).collect()
    }
}

impl ClaimedRow {
    fn into_claimed(self, token: &str, slot_id: i64) -> Result<Claimed, StoreError> {
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
            slot_id,
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
