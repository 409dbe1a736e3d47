//! A destination that could not be reached, and whose person is back: it is active again, and what was missed is known.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_bots::message::Alert;
use coatcheck_domain::Destination;
use sea_orm::{DbErr, FromQueryResult};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::{at, span};
use crate::store::outbox::restock::variants_for;
use crate::store::people::subscriber::activate;

/// The restock of the alert by which it was learnt that nobody is there was a little before that.
const BEFORE: Duration = Duration::from_secs(2 * 3600);
/// Restocks that are looked at, the last ones first.
const LOOKED_AT: i64 = 200;

/// A restock that somebody waited for and was never told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// The product's title. A stranger's words.
    pub product: String,
    /// When it was back.
    pub at: DateTime<Utc>,
}

#[derive(FromQueryResult)]
struct GoneRow {
    id: i64,
    subscriber_id: i64,
    gone_at: Option<i64>,
}

#[derive(FromQueryResult)]
struct RestockRow {
    id: i64,
    product_id: i64,
    title: String,
    created_at: i64,
    snapshot: String,
    size_key: String,
    style_key: String,
}

impl Db {
    /// Somebody speaks from there: if it was given up, it is active again. Says what they missed, each product once, the
    /// last first; `None` where nothing had been given up. Watches that were notified of none of it wait again.
    ///
    /// # Errors
    /// [`StoreError::NoKey`] for a phone where there are no keys; otherwise when the database fails.
    pub async fn returned(&self, destination: &Destination) -> Result<Option<Vec<Missed>>, StoreError> {
        let (column, value) = match destination {
            Destination::Sms(number) => ("look_up", self.keys()?.look_up(number).hash),
            other => ("address", other.to_stored()),
        };
        let sql = format!("SELECT id, subscriber_id, gone_at FROM destination WHERE {column} = $1 AND state = 'gone'");
        let Some(gone) = self.read().row::<GoneRow>(&sql, vec![value.into()]).await? else { return Ok(None) };
        let txn = self.write().await?;
        activate(&txn, gone.id).await?;
        let missed = missed(&txn, &gone).await?;
        txn.commit().await?;
        Ok(Some(missed))
    }
}

async fn missed(txn: &Txn, gone: &GoneRow) -> Result<Vec<Missed>, StoreError> {
    let Some(since) = gone.gone_at else { return Ok(Vec::new()) };
    // The alert that failed armed its watches anew, behind its restock: that one is known by its dead row.
    let sql = "SELECT r.id, r.product_id, p.title, r.created_at, r.snapshot, w.size_key, w.style_key FROM watch w \
               JOIN restock r ON r.product_id = w.product_id AND r.created_at >= $2 AND (r.number > w.armed_after OR EXISTS \
                 (SELECT 1 FROM delivery f WHERE f.restock_id = r.id AND f.subscriber_id = $1 AND f.state = 'dead')) \
               JOIN product p ON p.id = r.product_id \
               WHERE w.subscriber_id = $1 AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.restock_id = r.id \
                 AND d.subscriber_id = $1 AND d.state IN ('pending', 'sending', 'sent')) \
               ORDER BY r.id DESC LIMIT $3 + 0";
    let values = vec![gone.subscriber_id.into(), (since - span(BEFORE)).into(), LOOKED_AT.into()];
    let rows: Vec<RestockRow> = txn.rows(sql, values).await?;
    let (mut missed, mut seen) = (Vec::new(), BTreeSet::new());
    for row in rows {
        let Ok(alert) = serde_json::from_str::<Alert>(&row.snapshot) else { continue };
        if variants_for(row.size_key, row.style_key, &alert).is_empty() {
            continue;
        }
        rearm(txn, gone.subscriber_id, row.id).await?;
        if seen.insert(row.product_id) {
            missed.push(Missed { product: row.title, at: at(row.created_at) });
        }
    }
    Ok(missed)
}

/// What was to be notified of this restock, and was not, waits for the next one.
async fn rearm(txn: &Txn, subscriber_id: i64, restock_id: i64) -> Result<(), DbErr> {
    let sql = "UPDATE watch SET armed = TRUE, notified_at = NULL WHERE subscriber_id = $1 AND notified_restock_id = $2 AND NOT armed";
    txn.run(sql, vec![subscriber_id.into(), restock_id.into()]).await.map(|_| ())
}
