//! What was told and is sold out again: the message says so where it was sent, "gone after 4 min".

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_bots::message::Alert;
use coatcheck_domain::delivery::{Kind, edit_key, edits_lane};
use sea_orm::{DbErr, FromQueryResult, Value};
use serde::{Deserialize, Serialize};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, list};
use crate::store::db::time::{at, micros, span};
use crate::store::db::wake::Topic;

/// Alerts in one transaction, at most.
const CHUNK: usize = 200;
/// While alerts of the restock are under way, it is looked at again after this long.
const AGAIN: Duration = Duration::from_secs(10);
/// What stayed longer is no news when it goes.
const LATEST: Duration = Duration::from_secs(24 * 3600);

/// A restock of which something is out again.
#[derive(Debug, Clone)]
pub struct GoneRestock {
    /// The row.
    pub id: i64,
    /// All that came back.
    alert: Alert,
    /// Which look this is.
    check_at: i64,
    /// Of what is out: since when (µs).
    out: HashMap<i64, i64>,
}

/// What a message is edited to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Edited {
    /// The restock it told of.
    pub restock: i64,
    /// What it says from now on.
    pub alert: Box<Alert>,
}

#[derive(FromQueryResult)]
struct OpenRestockRow {
    id: i64,
    snapshot: String,
    check_at: i64,
}

#[derive(FromQueryResult)]
struct OutRow {
    id: i64,
    since: i64,
}

#[derive(FromQueryResult)]
struct NotifiedRow {
    id: i64,
    subscriber_id: Option<i64>,
    destination_id: i64,
    lane: String,
    payload: String,
    provider_ref: String,
}

/// Variants went out: the alerts of the restocks that brought them back last are looked at.
pub(in crate::store) async fn look_at(txn: &Txn, variants: &[Value], read_at: DateTime<Utc>) -> Result<(), DbErr> {
    let now = micros(read_at);
    for chunk in variants.chunks(CHUNK) {
        let sql = format!(
            "UPDATE restock SET gone_check_at = $1 WHERE created_at > $2 AND id IN (SELECT \
               (SELECT r.restock_id FROM restock_variant r WHERE r.variant_id = v.id ORDER BY r.at DESC LIMIT 1) \
               FROM variant v WHERE v.id IN ({}))",
            list(3, chunk.len())
        );
        let values = [now.into(), (now - span(LATEST)).into()].into_iter().chain(chunk.iter().cloned());
        txn.run(&sql, values.collect()).await?;
        let sql = format!(
            "UPDATE room_post SET wanted_version = wanted_version + 1 WHERE ended_at IS NULL AND product_id IN \
               (SELECT v.product_id FROM variant v WHERE v.id IN ({}))",
            list(1, chunk.len())
        );
        txn.run(&sql, chunk.to_vec()).await?;
    }
    Ok(())
}

impl Db {
    /// The restock whose alerts have waited longest to be looked at. One whose snapshot cannot be read is let be.
    pub async fn gone_restock(&self) -> Result<Option<GoneRestock>, StoreError> {
        let sql = "SELECT id, snapshot, gone_check_at AS check_at FROM restock \
                   WHERE gone_check_at IS NOT NULL AND gone_check_at <= $1 ORDER BY gone_check_at LIMIT 1";
        let Some(row) = self.read().row::<OpenRestockRow>(sql, vec![micros(self.now()).into()]).await? else {
            return Ok(None);
        };
        let alert = serde_json::from_str(&row.snapshot).map_err(|why| StoreError::corrupt("restock.snapshot", why));
        let mut gone = match alert {
            Ok(alert) => GoneRestock { id: row.id, alert, check_at: row.check_at, out: HashMap::new() },
            Err(error) => {
                let txn = self.write().await?;
                let sql = "UPDATE restock SET gone_check_at = NULL WHERE id = $1";
                txn.run(sql, vec![row.id.into()]).await?;
                txn.commit().await?;
                return Err(error);
            }
        };
        let sql = "SELECT r.variant_id AS id, MIN(s.started_at) AS since FROM restock_variant r \
                   JOIN variant v ON v.id = r.variant_id \
                   JOIN span s ON s.variant_id = r.variant_id AND s.started_at > r.at \
                     AND s.availability NOT IN ('in_stock', 'low_stock') \
                   WHERE r.restock_id = $1 AND v.availability NOT IN ('in_stock', 'low_stock') GROUP BY r.variant_id";
        let out: Vec<OutRow> = self.read().rows(sql, vec![gone.id.into()]).await?;
        gone.out = out.into_iter().map(|row| (row.id, row.since)).collect();
        Ok(Some(gone))
    }

    /// Puts edits for the next sent alerts of `gone` into the outbox, of those on `channels` and behind the row
    /// `after`. Says where to go on; `None`: the restock is done, until something else of it goes out.
    pub async fn edit_chunk(
        &self,
        gone: &GoneRestock,
        channels: &[&str],
        after: i64,
    ) -> Result<Option<i64>, StoreError> {
        let txn = self.write().await?;
        let told = if channels.is_empty() { Vec::new() } else { told(&txn, gone, channels, after).await? };
        let now = micros(self.now());
        let mut edits = false;
        for row in &told {
            edits |= self.edit(&txn, gone, row, now).await?;
        }
        let next = told.last().filter(|_| told.len() == CHUNK).map(|row| row.id);
        if next.is_none() {
            settle(&txn, gone, now).await?;
        }
        txn.commit().await?;
        if edits {
            self.wake().ring(Topic::Deliveries);
        }
        Ok(next)
    }

    async fn edit(&self, txn: &Txn, gone: &GoneRestock, told: &NotifiedRow, now: i64) -> Result<bool, StoreError> {
        let variants: Vec<i64> = serde_json::from_str(&told.payload).unwrap_or_default();
        let Some(alert) = gone.over(&variants) else { return Ok(false) };
        let edited = Edited { restock: gone.id, alert: Box::new(alert) };
        let payload = serde_json::to_string(&edited).map_err(|why| StoreError::corrupt("delivery.payload", why))?;
        let expires = now + span(Kind::Edit.expires_after(LATEST));
        let sql = "INSERT INTO delivery (kind, dedupe_key, subscriber_id, destination_id, hop, lane, payload, state, attempts, \
                   next_attempt_at, epoch, expires_at, created_at, provider_ref) \
                   VALUES ('edit', $1, $2, $3, 0, $4, $5, 'pending', 0, $6, 0, $7, $6, $8) ON CONFLICT (dedupe_key) DO NOTHING";
        let values = vec![
            edit_key(told.id).into(),
            told.subscriber_id.into(),
            told.destination_id.into(),
            edits_lane(&told.lane).into(),
            payload.into(),
            now.into(),
            expires.into(),
            told.provider_ref.as_str().into(),
        ];
        Ok(txn.run(sql, values).await? > 0)
    }
}

impl GoneRestock {
    /// What an alert of these variants says when all of them are out; `None` while one can be had.
    fn over(&self, variants: &[i64]) -> Option<Alert> {
        let since: Vec<i64> = variants.iter().map(|id| self.out.get(id).copied()).collect::<Option<_>>()?;
        let mut alert = self.alert.clone();
        alert.variants.retain(|variant| variants.contains(&variant.variant));
        let stayed = at(since.into_iter().max()?).signed_duration_since(alert.at);
        alert.gone_after = Some(u64::try_from(stayed.num_seconds()).unwrap_or_default());
        Some(alert)
    }
}

/// Sent alerts of the restock that nobody has edited, and that can be.
async fn told(txn: &Txn, gone: &GoneRestock, channels: &[&str], after: i64) -> Result<Vec<NotifiedRow>, DbErr> {
    let sql = format!(
        "SELECT d.id, d.subscriber_id, d.destination_id, d.lane, d.payload, d.provider_ref FROM delivery d \
         JOIN destination t ON t.id = d.destination_id AND t.state = 'active' \
         WHERE d.restock_id = $1 AND d.id > $2 AND d.kind = 'alert' AND d.state = 'sent' AND d.provider_ref IS NOT NULL \
           AND d.batch_id IS NULL \
           AND t.channel IN ({}) ORDER BY d.id LIMIT {CHUNK}",
        list(3, channels.len())
    );
    let mut values: Vec<Value> = vec![gone.id.into(), after.into()];
    values.extend(channels.iter().map(|channel| Value::from(*channel)));
    txn.rows(&sql, values).await
}

/// It is looked at again while its alerts are not all told, or its fan-out is not done; else when something more goes.
async fn settle(txn: &Txn, gone: &GoneRestock, now: i64) -> Result<(), DbErr> {
    let sql = "UPDATE restock SET gone_check_at = CASE WHEN done_at IS NULL OR EXISTS \
                 (SELECT 1 FROM delivery d WHERE d.restock_id = $1 AND d.state IN ('pending', 'sending')) \
                 THEN $3 ELSE CAST(NULL AS BIGINT) END \
               WHERE id = $1 AND gone_check_at = $2";
    txn.run(sql, vec![gone.id.into(), gone.check_at.into(), (now + span(AGAIN)).into()]).await.map(|_| ())
}
