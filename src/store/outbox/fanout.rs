//! Turns a restock into deliveries, chunk by chunk. The cursor moves with its rows, so a chunk is whole or not there.

use std::time::Duration;

use coatcheck_bots::message::{Alert, AlertVariant};
use coatcheck_domain::size::names;
use coatcheck_domain::watch::{self, Case, Offer, Wish};
use coatcheck_domain::{SizeKey, StyleKey};
use sea_orm::{DbErr, FromQueryResult, Value};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, table};
use crate::store::db::time::{micros, span};
use crate::store::db::wake::Topic;

/// A restock whose fan-out is not done.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenRestock {
    /// The row.
    pub id: i64,
    /// The product that is back.
    pub product_id: i64,
    /// Its number among the product's restocks.
    pub number: i64,
    /// When it was stored (µs).
    pub created_at: i64,
    /// All that came back.
    pub alert: Alert,
}

/// The settings of a fan-out.
#[derive(Debug, Clone, Copy)]
pub struct FanoutRules {
    /// An `every` watch hears of one product at most once in this time.
    pub quiet_for: Duration,
    /// An alert that was not told by then is not worth telling.
    pub expire_after: Duration,
    /// Watches in one transaction, at most: what keeps SQLite's only writer busy for no longer than some 25 ms.
    pub chunk: usize,
}

impl FanoutRules {
    /// What a service has for a chunk.
    pub const CHUNK: usize = 1500;
}

/// What one chunk did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// Alerts that were written.
    pub alerts: u64,
    /// Is the restock done?
    pub done: bool,
}

#[derive(FromQueryResult)]
struct OpenRestockRow {
    id: i64,
    product_id: i64,
    number: i64,
    created_at: i64,
    snapshot: String,
}

#[derive(FromQueryResult)]
struct CursorRow {
    cursor: i64,
    created_at: i64,
}

impl OpenRestockRow {
    fn open(self, alert: Alert) -> OpenRestock {
        let Self { id, product_id, number, created_at, .. } = self;
        OpenRestock { id, product_id, number, created_at, alert }
    }
}

/// May this watch be notified of this restock? `$1` restock, `$2` product, `$3` number, `$4` quiet before.
const ELIGIBLE: &str = "w.product_id = $2 AND w.armed AND w.armed_after < $3 \
     AND (w.mode = 'once' OR w.notified_at IS NULL OR w.notified_at <= $4) \
     AND (w.notified_restock_id IS NULL OR w.notified_restock_id <> $1)";

impl Db {
    /// The oldest restock whose fan-out is not done. One whose snapshot cannot be read (only a broken database holds
    /// such) is set aside, so that it holds up no other.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_restock(&self) -> Result<Option<OpenRestock>, StoreError> {
        let sql = "SELECT id, product_id, number, created_at, snapshot FROM restock WHERE done_at IS NULL ORDER BY id LIMIT 1";
        while let Some(row) = self.read().row::<OpenRestockRow>(sql, vec![]).await? {
            match serde_json::from_str(&row.snapshot) {
                Ok(alert) => return Ok(Some(row.open(alert))),
                Err(why) => {
                    tracing::error!(restock = row.id, %why, "restock {} cannot be read and is told to nobody: {why}", row.id);
                    self.set_aside(row.id).await?;
                }
            }
        }
        Ok(None)
    }

    async fn set_aside(&self, restock_id: i64) -> Result<(), DbErr> {
        let txn = self.write().await?;
        let sql = "UPDATE restock SET done_at = $2 WHERE id = $1";
        txn.run(sql, vec![restock_id.into(), micros(self.now()).into()]).await?;
        txn.commit().await
    }

    /// The kinds of wishes that wait for the product and are fulfilled by the restock.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn cases_of(&self, restock: &OpenRestock) -> Result<Vec<Case>, DbErr> {
        let sizes: Vec<Vec<SizeKey>> = restock.alert.variants.iter().map(size_keys).collect();
        let mut wanted = sizes.concat();
        wanted.push(SizeKey::default());
        wanted.sort();
        wanted.dedup();
        let mut wishes = Vec::new();
        for size in wanted {
            for style in self.styles_wished(restock.product_id, &size).await? {
                wishes.push(Wish { size: size.clone(), style });
            }
        }
        Ok(fulfilled(&wishes, &restock.alert, &sizes))
    }

    /// The distinct styles wished for in one size, each found by one step over the index however many wish for it.
    async fn styles_wished(&self, product_id: i64, size: &SizeKey) -> Result<Vec<StyleKey>, DbErr> {
        #[derive(FromQueryResult)]
        struct StyleRow {
            style_key: String,
        }
        let mut styles = Vec::new();
        let (mut after, mut operator) = (String::new(), ">=");
        loop {
            let sql = format!(
                "SELECT style_key FROM watch WHERE product_id = $1 AND size_key = $2 AND style_key {operator} $3 \
                 ORDER BY style_key LIMIT 1"
            );
            let values = vec![product_id.into(), size.as_str().into(), after.as_str().into()];
            let Some(row) = self.read().row::<StyleRow>(&sql, values).await? else { return Ok(styles) };
            styles.push(StyleKey::from_stored(row.style_key.clone()));
            (after, operator) = (row.style_key, ">");
        }
    }

    /// Fans out the next chunk: the alerts, the disarming and the cursor, in one transaction.
    ///
    /// # Errors
    /// When the database fails; then the chunk is done again, with the same result.
    pub async fn fan_out_chunk(
        &self,
        restock: &OpenRestock,
        cases: &[Case],
        rules: &FanoutRules,
    ) -> Result<Chunk, DbErr> {
        let txn = self.write().await?;
        // Another instance at the same restock is waited for, one chunk long, and then goes on where it ended.
        let sql = format!(
            "SELECT cursor, created_at FROM restock WHERE id = $1 AND done_at IS NULL {}",
            txn.lock("FOR UPDATE")
        );
        let Some(CursorRow { cursor, created_at }) = txn.row(&sql, vec![restock.id.into()]).await? else {
            return Ok(Chunk { alerts: 0, done: true });
        };
        // Since it was looked up, the clock may have been moved, and the restock's time with it.
        let restock = &OpenRestock { created_at, ..restock.clone() };
        let found = next_watches(&txn, restock, cases, cursor, rules.chunk).await?;
        let done = found.len() < rules.chunk;
        let mut alerts = 0;
        if let Some(last) = found.last() {
            alerts = insert_alerts(&txn, restock, cases, (cursor, *last), rules, micros(self.now())).await?;
            disarm(&txn, restock, cases, (cursor, *last), rules).await?;
        }
        let sql = "UPDATE restock SET cursor = $2, done_at = $3 WHERE id = $1";
        let done_at = done.then(|| micros(self.now()));
        txn.run(sql, vec![restock.id.into(), found.last().copied().unwrap_or(cursor).into(), done_at.into()]).await?;
        txn.commit().await?;
        if alerts > 0 {
            self.wake().ring(Topic::Deliveries);
        }
        Ok(Chunk { alerts, done })
    }
}

/// Which of the wishes the alert fulfils; `sizes` are its variants', in order.
fn fulfilled(wishes: &[Wish], alert: &Alert, sizes: &[Vec<SizeKey>]) -> Vec<Case> {
    let offers: Vec<(i64, Offer<'_>)> = alert
        .variants
        .iter()
        .zip(sizes)
        .map(|(variant, sizes)| {
            let offer = Offer { sizes, style: variant.style.as_deref(), title: &alert.product };
            (variant.variant, offer)
        })
        .collect();
    watch::cases(wishes, &offers)
}

/// The restock's variants that fulfil a wish, as stored.
pub(in crate::store) fn variants_for(size_key_of_wish: String, style_key: String, alert: &Alert) -> Vec<i64> {
    let wish = Wish { size: SizeKey::from_stored(size_key_of_wish), style: StyleKey::from_stored(style_key) };
    let sizes: Vec<Vec<SizeKey>> = alert.variants.iter().map(size_keys).collect();
    fulfilled(&[wish], alert, &sizes).into_iter().flat_map(|case| case.variants).collect()
}

fn size_keys(variant: &AlertVariant) -> Vec<SizeKey> {
    variant.size.as_deref().map(names).unwrap_or_default()
}

/// The next watches in the order they were made: each case a step over the index, merged by id.
async fn next_watches(
    txn: &Txn,
    restock: &OpenRestock,
    cases: &[Case],
    cursor: i64,
    chunk: usize,
) -> Result<Vec<i64>, DbErr> {
    if cases.is_empty() {
        return Ok(Vec::new());
    }
    let mut values: Vec<Value> =
        vec![restock.product_id.into(), cursor.into(), i64::try_from(chunk).unwrap_or(i64::MAX).into()];
    let mut branches = Vec::new();
    for case in cases {
        let (size, style) = (values.len() + 1, values.len() + 2);
        branches.push(format!(
            "SELECT id FROM (SELECT id FROM watch WHERE product_id = $1 AND size_key = ${size} AND style_key = ${style} \
             AND id > $2 ORDER BY id LIMIT $3 + 0) AS c{size}"
        ));
        values.push(case.wish.size.as_str().into());
        values.push(case.wish.style.as_str().into());
    }
    let sql = format!("SELECT id FROM ({}) AS found ORDER BY id LIMIT $3 + 0", branches.join(" UNION ALL "));
    txn.ids(&sql, values).await
}

/// `(size, style, "1,2,3")` rows for the cases, as values from number `first` on.
fn case_table(cases: &[Case], first: usize) -> (String, Vec<Value>) {
    let values = cases.iter().flat_map(|case| {
        let variants: Vec<String> = case.variants.iter().map(ToString::to_string).collect();
        [case.wish.size.as_str().into(), case.wish.style.as_str().into(), Value::from(variants.join(","))]
    });
    (table(first, cases.len(), 3), values.collect())
}

/// One alert for each subscriber with a watch in the chunk, listing all that any of their watches asks for.
async fn insert_alerts(
    txn: &Txn,
    restock: &OpenRestock,
    cases: &[Case],
    (after, upto): (i64, i64),
    rules: &FanoutRules,
    now: i64,
) -> Result<u64, DbErr> {
    let (rows, case_values) = case_table(cases, 10);
    let sql = format!(
        "WITH c (size_key, style_key, variants) AS (VALUES {rows}), \
         who AS (SELECT DISTINCT w.subscriber_id FROM c \
           JOIN watch w ON w.size_key = c.size_key AND w.style_key = c.style_key \
           WHERE w.id > $5 AND w.id <= $6 AND {ELIGIBLE}) \
         INSERT INTO delivery (kind, dedupe_key, restock_id, subscriber_id, destination_id, hop, lane, payload, state, \
           attempts, next_attempt_at, epoch, expires_at, created_at) \
         SELECT 'alert', $7 || who.subscriber_id || ':0', $1, who.subscriber_id, t.id, 0, t.lane, \
           '[' || string_agg(c.variants, ',') || ']', 'pending', 0, $8, 0, $9, $8 \
         FROM who JOIN watch w ON w.subscriber_id = who.subscriber_id \
           JOIN c ON c.size_key = w.size_key AND c.style_key = w.style_key \
           JOIN destination t ON t.id = (SELECT d.id FROM destination d WHERE d.subscriber_id = who.subscriber_id \
             AND d.state = 'active' ORDER BY d.rank, d.id LIMIT 1) \
         WHERE {ELIGIBLE} GROUP BY who.subscriber_id, t.id, t.lane \
         ON CONFLICT (dedupe_key) DO NOTHING"
    );
    let mut values = eligible_values(restock, rules);
    values.extend([
        after.into(),
        upto.into(),
        format!("a:{}:", restock.id).into(),
        now.into(),
        (restock.created_at + span(rules.expire_after)).into(),
    ]);
    values.extend(case_values);
    txn.run(&sql, values).await
}

/// A watch that is told now waits no more (`once`), or keeps quiet for a while (`every`). A subscriber without a
/// destination was not told and stays armed.
async fn disarm(
    txn: &Txn,
    restock: &OpenRestock,
    cases: &[Case],
    (after, upto): (i64, i64),
    rules: &FanoutRules,
) -> Result<(), DbErr> {
    let (rows, case_values) = case_table(cases, 8);
    // CROSS keeps SQLite to this order: beginning with the restock's deliveries, it would read all of them for each chunk.
    let sql = format!(
        "WITH c (size_key, style_key, variants) AS (VALUES {rows}) \
         UPDATE watch SET notified_restock_id = $1, notified_at = $5, armed = (mode <> 'once') \
         WHERE id IN (SELECT w.id FROM c AS a CROSS JOIN watch x CROSS JOIN watch w \
           WHERE x.product_id = $2 AND x.size_key = a.size_key AND x.style_key = a.style_key AND x.id > $6 AND x.id <= $7 \
             AND w.subscriber_id = x.subscriber_id \
             AND EXISTS (SELECT 1 FROM c WHERE c.size_key = w.size_key AND c.style_key = w.style_key) \
             AND EXISTS (SELECT 1 FROM delivery d WHERE d.restock_id = $1 AND d.subscriber_id = w.subscriber_id) AND {ELIGIBLE})"
    );
    let mut values = eligible_values(restock, rules);
    values.extend([restock.created_at.into(), after.into(), upto.into()]);
    values.extend(case_values);
    txn.run(&sql, values).await.map(|_| ())
}

fn eligible_values(restock: &OpenRestock, rules: &FanoutRules) -> Vec<Value> {
    let quiet_before = restock.created_at.saturating_sub(span(rules.quiet_for));
    vec![restock.id.into(), restock.product_id.into(), restock.number.into(), quiet_before.into()]
}

#[path = "fanout_late.rs"]
mod late;
pub(in crate::store) use late::{later_restocks, tell_late};
