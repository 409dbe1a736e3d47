//! What a post says: what of its episode is in stock now, and what is sold out again.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use coatcheck_bots::message::{Alert, AlertVariant, Post, SoldOut};
use coatcheck_domain::SizeKey;
use coatcheck_domain::watch::Wish;
use sea_orm::{FromQueryResult, Value};

use super::restock::{fulfilled, size_keys};
use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, list_of};
use crate::store::db::time::at;

/// Restocks of one episode that are looked at, the newest.
const RESTOCKS: usize = 200;

/// A post that does not show what it should.
#[derive(Debug, Clone, FromQueryResult)]
pub struct StalePost {
    /// The row.
    pub id: i64,
    pub(super) subscriber_id: i64,
    pub(super) product_id: i64,
    pub(super) episode: i64,
    pub(super) answers: Option<String>,
    pub(super) provider_ref: Option<String>,
    pub(super) wanted_version: i32,
    pub(super) delivery_id: Option<i64>,
    pub(super) delivery_version: i32,
    /// Of the outbox row.
    pub(super) state: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) found_ref: Option<String>,
    pub(super) ended_at: Option<i64>,
    pub(super) destination_id: i64,
    pub(super) channel: String,
    pub(super) lane: String,
}

/// Of each variant the last alert that brought it back, and when.
type Returned = BTreeMap<i64, (AlertVariant, DateTime<Utc>)>;

#[derive(FromQueryResult)]
struct SnapshotRow {
    snapshot: String,
}

#[derive(FromQueryResult)]
struct StockRow {
    id: i64,
    availability: Option<String>,
    since: i64,
}

/// The alert that `post` shows; `None` where its room wants nothing of it any more.
pub(super) async fn alert(
    db: &Db,
    post: &StalePost,
    wishes: &[Wish],
    mention: Option<String>,
    ended_at: Option<i64>,
) -> Result<Option<Alert>, StoreError> {
    let sql = format!(
        "SELECT snapshot FROM restock WHERE product_id = $1 AND id >= $2 AND ($3 = CAST(0 AS BIGINT) OR created_at < $3) \
         ORDER BY id DESC LIMIT {RESTOCKS}"
    );
    let values = vec![post.product_id.into(), post.episode.into(), ended_at.unwrap_or_default().into()];
    let rows: Vec<SnapshotRow> = db.read().rows(&sql, values).await?;
    // One that cannot be read is told to nobody.
    let alerts: Vec<Alert> = rows.iter().rev().filter_map(|row| serde_json::from_str(&row.snapshot).ok()).collect();
    let Some(first) = alerts.first() else { return Ok(None) };
    let returned = returned(&alerts, wishes);
    if returned.is_empty() {
        return Ok(None);
    }
    let out = out_since(db, &returned).await?;
    Ok(Some(shown(first, post, mention, &returned, &out)))
}

/// What came back and is wanted, in the shop's order.
fn returned(alerts: &[Alert], wishes: &[Wish]) -> Returned {
    let mut returned = Returned::new();
    for alert in alerts {
        let sizes: Vec<Vec<SizeKey>> = alert.variants.iter().map(size_keys).collect();
        let wanted: Vec<i64> = fulfilled(wishes, alert, &sizes).into_iter().flat_map(|case| case.variants).collect();
        for variant in alert.variants.iter().filter(|variant| wanted.contains(&variant.variant)) {
            returned.insert(variant.variant, (variant.clone(), alert.at));
        }
    }
    returned
}

/// Of what is out now, since when.
async fn out_since(db: &Db, returned: &Returned) -> Result<HashMap<i64, DateTime<Utc>>, StoreError> {
    let ids: Vec<i64> = returned.keys().copied().collect();
    let mut out = HashMap::new();
    for chunk in ids.chunks(500) {
        let mut values: Vec<Value> = Vec::new();
        let these = list_of(&mut values, chunk.iter().copied());
        let sql = format!(
            "SELECT v.id, v.availability, s.started_at AS since FROM variant v \
             JOIN span s ON s.variant_id = v.id AND s.ended_at IS NULL WHERE v.id IN ({these})"
        );
        let rows: Vec<StockRow> = db.read().rows(&sql, values).await?;
        let is_out = |row: &StockRow| !matches!(row.availability.as_deref(), Some("in_stock" | "low_stock"));
        out.extend(rows.into_iter().filter(is_out).map(|row| (row.id, at(row.since))));
    }
    Ok(out)
}

fn shown(
    first: &Alert,
    post: &StalePost,
    mention: Option<String>,
    returned: &Returned,
    out: &HashMap<i64, DateTime<Utc>>,
) -> Alert {
    let stayed = |id: i64, came: DateTime<Utc>| {
        let since = out.get(&id)?;
        Some(u64::try_from(since.signed_duration_since(came).num_seconds()).unwrap_or_default())
    };
    let mut variants: Vec<AlertVariant> = Vec::new();
    let mut sold_out: Vec<SoldOut> = Vec::new();
    for (id, (variant, came)) in returned {
        match stayed(*id, *came) {
            Some(after) => sold_out.push(SoldOut { variant: variant.clone(), after }),
            None => variants.push(variant.clone()),
        }
    }
    let mut gone_after = None;
    if variants.is_empty() {
        gone_after = sold_out.iter().map(|one| one.after).max();
        variants = sold_out.drain(..).map(|one| one.variant).collect();
    }
    let post = Post { product: post.product_id, sold_out, mention, answers: post.answers.clone() };
    Alert { variants, gone_after, post: Some(Box::new(post)), ..first.clone() }
}
