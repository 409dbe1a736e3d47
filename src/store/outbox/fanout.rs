//! Turns restocks into deliveries, chunk by chunk. The cursor moves with its rows, so a chunk is whole or not there.

use coatcheck_bots::message::Alert;
use coatcheck_domain::watch::{Case, Wish};
use coatcheck_domain::{SizeKey, StyleKey};
use sea_orm::{DbErr, FromQueryResult, Value};

use super::alerts::{disarm, insert_alerts};
pub use super::restock::{FanoutRules, OpenRestock};
use super::restock::{fulfilled, size_keys};
use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::passing::{Asked, Questions};
use crate::store::db::sql::{Sql, limited};
use crate::store::db::time::micros;
use crate::store::db::wake::Topic;
use crate::store::outbox::{incident, rooms};

/// So many fan-outs of a restock may fail before it is set aside.
const FAILURES: i64 = 3;
/// Cases in one statement that looks for watches, at most: SQLite takes 500 terms of a UNION.
const CASES: usize = 100;

/// What one chunk did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Alerts that were written.
    pub alerts: u64,
    /// Is the restock done?
    pub done: bool,
    /// The last watch that was passed.
    pub cursor: i64,
}

#[derive(FromQueryResult)]
struct OpenRestockRow {
    id: i64,
    product_id: i64,
    number: i64,
    created_at: i64,
    cursor: i64,
    snapshot: String,
}

#[derive(FromQueryResult)]
struct CursorRow {
    cursor: i64,
    created_at: i64,
}

impl OpenRestockRow {
    fn open(self, alert: Alert) -> OpenRestock {
        let Self { id, product_id, number, created_at, cursor, .. } = self;
        OpenRestock { id, product_id, number, created_at, cursor, alert }
    }
}

impl Db {
    /// The oldest restocks behind `after` whose fan-out is not done. One whose snapshot cannot be read (only a broken
    /// database holds such) is set aside, so that it holds up no other.
    pub async fn open_restocks(&self, mut after: i64, limit: usize) -> Result<Vec<OpenRestock>, StoreError> {
        loop {
            let rows = self.open_rows(after, limit).await?;
            let Some(last) = rows.last() else { return Ok(Vec::new()) };
            after = last.id;
            let mut open = Vec::with_capacity(rows.len());
            for row in rows {
                match serde_json::from_str(&row.snapshot) {
                    Ok(alert) => open.push(row.open(alert)),
                    Err(why) => {
                        let why = format!("its snapshot cannot be read: {why}");
                        while !self.fan_out_failed(row.id, &why).await? {}
                    }
                }
            }
            if !open.is_empty() {
                return Ok(open);
            }
        }
    }

    async fn open_rows(&self, after: i64, limit: usize) -> Result<Vec<OpenRestockRow>, DbErr> {
        let sql = format!(
            "SELECT id, product_id, number, created_at, cursor, snapshot FROM restock WHERE done_at IS NULL AND id > $1 \
             ORDER BY id {}",
            limited(2)
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read().rows(&sql, vec![after.into(), limit.into()]).await
    }

    /// The fan-out of a restock failed, and not for the database's sake. After some failures it is set aside, so that it
    /// holds up no other. Says whether it was.
    pub async fn fan_out_failed(&self, restock_id: i64, why: &str) -> Result<bool, StoreError> {
        let txn = self.write().await?;
        let now = self.now();
        let sql = "UPDATE restock SET failures = failures + 1, failed = $2, \
                   done_at = CASE WHEN failures + 1 >= $3 THEN CAST($4 AS BIGINT) ELSE done_at END \
                   WHERE id = $1 RETURNING CAST(failures AS BIGINT)";
        let values = vec![restock_id.into(), why.into(), FAILURES.into(), micros(now).into()];
        let is_set_aside = txn.id(sql, values).await?.is_none_or(|failures| failures >= FAILURES);
        if is_set_aside {
            let words = format!("restock {restock_id} could not be fanned out and notifies nobody: {why}");
            incident::open(&txn, incident::SET_ASIDE, &restock_id.to_string(), &words, now).await?;
            tracing::error!(restock = restock_id, %why, "fan-out given up");
        } else {
            tracing::warn!(restock = restock_id, %why, "fan-out failed, retrying");
        }
        txn.commit().await?;
        Ok(is_set_aside)
    }

    /// The kinds of wishes that wait for the product and are fulfilled by the restock.
    pub async fn cases_of(&self, restock: &OpenRestock) -> Result<Vec<Case>, DbErr> {
        let sizes: Vec<Vec<SizeKey>> = restock.alert.variants.iter().map(size_keys).collect();
        let mut wanted = sizes.concat();
        wanted.push(SizeKey::default());
        wanted.sort();
        wanted.dedup();
        let wishes = self.wishes_for(restock.product_id, &wanted).await?;
        Ok(fulfilled(&wishes, &restock.alert, &sizes))
    }

    /// The distinct wishes in these sizes, each found by one step over the index however many people have it.
    async fn wishes_for(&self, product_id: i64, sizes: &[SizeKey]) -> Result<Vec<Wish>, DbErr> {
        #[derive(FromQueryResult)]
        struct Wished {
            size_key: String,
            style_key: String,
        }
        let wanted = self.read().json_rows(2, &["size_key"]);
        let next = |of: &str, and: &str| {
            format!(
                "(SELECT MIN(w.style_key) FROM watch w WHERE w.product_id = $1 AND w.size_key = {of}.size_key {and})"
            )
        };
        let sql = format!(
            "WITH RECURSIVE wanted AS ({wanted}), \
               found (size_key, style_key) AS (SELECT n.size_key, {} FROM wanted n \
                 UNION ALL SELECT f.size_key, {} FROM found f WHERE f.style_key IS NOT NULL) \
             SELECT size_key, style_key FROM found WHERE style_key IS NOT NULL ORDER BY size_key, style_key",
            next("n", ""),
            next("f", "AND w.style_key > f.style_key")
        );
        let sizes: Vec<[&str; 1]> = sizes.iter().map(|size| [size.as_str()]).collect();
        let sizes = serde_json::to_string(&sizes).map_err(|error| DbErr::Custom(error.to_string()))?;
        let rows: Vec<Wished> = self.read().rows(&sql, vec![product_id.into(), sizes.into()]).await?;
        let wish = |row: Wished| Wish {
            size: SizeKey::from_stored(row.size_key),
            style: StyleKey::from_stored(row.style_key),
        };
        Ok(rows.into_iter().map(wish).collect())
    }

    /// Fans out the next chunk of these restocks, the oldest first: the alerts, the disarming and the cursors, in one
    /// transaction. Says what was done of each; those behind one that is not done were not begun.
    pub async fn fan_out(
        &self,
        restocks: &[(OpenRestock, Vec<Case>)],
        rules: &FanoutRules,
    ) -> Result<Vec<Chunk>, StoreError> {
        self.retrying(|| self.try_fan_out(restocks, rules)).await
    }

    async fn try_fan_out(
        &self,
        restocks: &[(OpenRestock, Vec<Case>)],
        rules: &FanoutRules,
    ) -> Result<Vec<Chunk>, StoreError> {
        let txn = self.write_urgently().await?;
        let mut chunks = Vec::with_capacity(restocks.len());
        let mut room = rules.chunk;
        for (restock, cases) in restocks {
            let (chunk, looked_at) = fan_out_chunk(&txn, restock, cases, rules, room, micros(self.now())).await?;
            chunks.push(chunk);
            room = room.saturating_sub(looked_at);
            if !chunk.done || room == 0 {
                break;
            }
        }
        txn.commit().await?;
        if chunks.iter().any(|chunk| chunk.alerts > 0) {
            self.wake().ring(Topic::Deliveries);
        }
        Ok(chunks)
    }
}

/// The next chunk of a restock, of at most `room` watches. Says also how many those were.
async fn fan_out_chunk(
    txn: &Txn,
    restock: &OpenRestock,
    cases: &[Case],
    rules: &FanoutRules,
    room: usize,
    now: i64,
) -> Result<(Chunk, usize), DbErr> {
    // Another instance at the same restock is waited for, one chunk long, and then goes on where it ended.
    let sql =
        format!("SELECT cursor, created_at FROM restock WHERE id = $1 AND done_at IS NULL {}", txn.lock("FOR UPDATE"));
    let mut questions = Questions::default();
    let row = questions.add([(sql, vec![restock.id.into()])]);
    let wanted = questions.add((restock.cursor == 0).then(|| rooms::wanted(restock.product_id)));
    let is_one_page = (1..=CASES).contains(&cases.len());
    let next = questions.add(is_one_page.then(|| watches_of(restock, cases, restock.cursor, room)));
    let answers = questions.ask(txn).await?;
    let Some(CursorRow { cursor, created_at }) = answers.rows(&row)?.pop() else {
        return Ok((Chunk { alerts: 0, done: true, cursor: restock.cursor }, 0));
    };
    if cursor == 0 {
        rooms::announce(txn, restock, answers.rows(&wanted)?, rules, now).await?;
    }
    let found = if is_one_page && cursor == restock.cursor {
        answers.ids(&next)?
    } else {
        next_watches(txn, restock, cases, cursor, room).await?
    };
    // Since it was looked up, the clock may have been moved, and the restock's time with it.
    let restock = &OpenRestock { created_at, ..restock.clone() };
    let done = found.len() < room;
    let mut alerts = 0;
    if let Some(last) = found.last() {
        alerts = insert_alerts(txn, restock, cases, (cursor, *last), rules, now).await?;
        disarm(txn, restock, cases, (cursor, *last), rules, now).await?;
    }
    let cursor = found.last().copied().unwrap_or(cursor);
    let sql = "UPDATE restock SET cursor = $2, done_at = $3 WHERE id = $1";
    txn.run_later(sql, vec![restock.id.into(), cursor.into(), done.then_some(now).into()]).await?;
    Ok((Chunk { alerts, done, cursor }, found.len()))
}

/// The next watches in the order they were made. Many cases are looked through page by page.
async fn next_watches(
    txn: &Txn,
    restock: &OpenRestock,
    cases: &[Case],
    cursor: i64,
    chunk: usize,
) -> Result<Vec<i64>, DbErr> {
    let mut found: Vec<i64> = Vec::new();
    for page in cases.chunks(CASES) {
        let (sql, values) = watches_of(restock, page, cursor, chunk);
        found.extend(txn.ids(&sql, values).await?);
        found.sort_unstable();
        found.truncate(chunk);
    }
    Ok(found)
}

/// Asks for the next watches of these cases: each case a step over the index, merged by id.
fn watches_of(restock: &OpenRestock, cases: &[Case], cursor: i64, chunk: usize) -> Asked {
    let mut values: Vec<Value> =
        vec![restock.product_id.into(), cursor.into(), i64::try_from(chunk).unwrap_or(i64::MAX).into()];
    let at_most = limited(3);
    let mut branches = Vec::new();
    for case in cases {
        let (size, style) = (values.len() + 1, values.len() + 2);
        branches.push(format!(
            "SELECT id FROM (SELECT id FROM watch WHERE product_id = $1 AND size_key = ${size} AND style_key = ${style} \
             AND id > $2 ORDER BY id {at_most}) AS c{size}"
        ));
        values.push(case.wish.size.as_str().into());
        values.push(case.wish.style.as_str().into());
    }
    (format!("SELECT id FROM ({}) AS found ORDER BY id {at_most}", branches.join(" UNION ALL ")), values)
}
