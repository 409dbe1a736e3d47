//! Wishes: adding, listing, removing, arming again.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use coatcheck_domain::fold::FOLD_VERSION;
use coatcheck_domain::watch::{Mode, Wish};
use coatcheck_domain::{SizeKey, StyleKey};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, Value};

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, limited, list};
use crate::store::db::time::{at, micros};
use crate::store::polls::ends::wake_sources_of;

/// A wish to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWatch {
    /// Whose.
    pub subscriber_id: i64,
    /// Of what.
    pub product_id: i64,
    /// Size and style, folded.
    pub wish: Wish,
    /// The size as it was said.
    pub size: Option<String>,
    /// The style as it was said.
    pub style: Option<String>,
    /// Once or every time.
    pub mode: Mode,
}

/// A stored wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// The row.
    pub id: i64,
    /// Whose.
    pub subscriber_id: i64,
    /// Of what.
    pub product_id: i64,
    /// The product's title. A stranger's words.
    pub product: String,
    /// Size and style, folded.
    pub wish: Wish,
    /// The size as it was said.
    pub size: Option<String>,
    /// The style as it was said.
    pub style: Option<String>,
    /// Once or every time.
    pub mode: Mode,
    /// Does it wait?
    pub armed: bool,
    /// When it was last told, unless it was armed again since.
    pub notified_at: Option<DateTime<Utc>>,
    /// When it was first said.
    pub created_at: DateTime<Utc>,
    /// Where its subscriber is told first, as stored; parse it to show it without secrets.
    pub address: Option<String>,
}

/// Which watches of a subscriber are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// Those on this product.
    Product(i64),
    /// This one, if it is the subscriber's.
    Watch(i64),
    /// Those that were last told of this restock.
    NotifiedOf(i64),
}

/// How many watches there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct Counts {
    /// All.
    pub watches: i64,
    /// Those that wait.
    pub armed: i64,
    /// People and rooms that have any.
    pub subscribers: i64,
}

#[derive(FromQueryResult)]
struct WatchRow {
    id: i64,
    subscriber_id: i64,
    product_id: i64,
    product: String,
    size_key: String,
    style_key: String,
    size: Option<String>,
    style: Option<String>,
    mode: String,
    armed: bool,
    notified_at: Option<i64>,
    created_at: i64,
    address: Option<String>,
}

const WATCHES: &str = "SELECT w.id, w.subscriber_id, w.product_id, p.title AS product, w.size_key, w.style_key, w.size, \
     w.style, w.mode, w.armed, w.notified_at, w.created_at, \
     (SELECT d.address FROM destination d WHERE d.subscriber_id = w.subscriber_id ORDER BY d.rank, d.id LIMIT 1) AS address \
     FROM watch w JOIN product p ON p.id = w.product_id";

impl Db {
    /// Stores wishes, armed: all of them or none. Saying the same again arms it again and may change its mode.
    /// Says their rows, in order. Read the stock that answers them only after this: what comes back in between
    /// is told by both, never by neither.
    ///
    /// # Errors
    /// When a product is gone or the database fails.
    pub async fn add_watches(&self, new: &[NewWatch]) -> Result<Vec<i64>, StoreError> {
        self.retrying(|| self.try_add_watches(new)).await
    }

    async fn try_add_watches(&self, new: &[NewWatch]) -> Result<Vec<i64>, StoreError> {
        let txn = self.write().await?;
        let products: BTreeSet<i64> = new.iter().map(|watch| watch.product_id).collect();
        hold_products(&txn, &products).await?;
        wake_sources_of(&txn, &products, micros(self.now())).await?;
        let mut ids = Vec::with_capacity(new.len());
        for watch in new {
            ids.push(upsert(&txn, watch, micros(self.now())).await?);
        }
        txn.commit().await?;
        Ok(ids)
    }

    /// Arms watches again that have been told. Says which.
    pub async fn rearm(&self, subscriber_id: i64, which: Which) -> Result<Vec<i64>, StoreError> {
        self.retrying(|| self.try_rearm(subscriber_id, which)).await
    }

    async fn try_rearm(&self, subscriber_id: i64, which: Which) -> Result<Vec<i64>, StoreError> {
        let txn = self.write().await?;
        let (only, value) = which.condition();
        let values = vec![subscriber_id.into(), value.into()];
        let sql =
            format!("SELECT DISTINCT w.product_id FROM watch w WHERE w.subscriber_id = $1 AND {only} AND NOT w.armed");
        let products: BTreeSet<i64> = txn.ids(&sql, values.clone()).await?.into_iter().collect();
        hold_products(&txn, &products).await?;
        wake_sources_of(&txn, &products, micros(self.now())).await?;
        let sql = format!(
            "UPDATE watch AS w SET armed = TRUE, notified_at = NULL, \
             armed_after = (SELECT p.restocks FROM product p WHERE p.id = w.product_id) \
             WHERE w.subscriber_id = $1 AND {only} AND NOT w.armed RETURNING id"
        );
        let mut ids = txn.ids(&sql, values).await?;
        txn.commit().await?;
        ids.sort_unstable();
        Ok(ids)
    }

    /// Forgets watches of a subscriber. Says how many were there.
    pub async fn remove_watches(&self, subscriber_id: i64, ids: &[i64]) -> Result<u64, DbErr> {
        self.retrying(|| self.try_remove_watches(subscriber_id, ids)).await
    }

    async fn try_remove_watches(&self, subscriber_id: i64, ids: &[i64]) -> Result<u64, DbErr> {
        let txn = self.write().await?;
        let mut removed = 0;
        for chunk in ids.chunks(200) {
            let sql = format!("DELETE FROM watch WHERE subscriber_id = $1 AND id IN ({})", list(2, chunk.len()));
            let values: Vec<Value> = [subscriber_id].iter().chain(chunk).map(|id| Value::from(*id)).collect();
            removed += txn.run(&sql, values).await?;
        }
        txn.commit().await?;
        Ok(removed)
    }

    /// Forgets a watch, whosever it is: for operators.
    pub async fn remove_watch(&self, id: i64) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let removed = txn.run("DELETE FROM watch WHERE id = $1", vec![id.into()]).await?;
        txn.commit().await?;
        Ok(removed == 1)
    }

    /// A subscriber's watches, the oldest first.
    pub async fn watches(&self, subscriber_id: i64, which: Which) -> Result<Vec<Watch>, StoreError> {
        let (only, value) = which.condition();
        let sql = format!("{WATCHES} WHERE w.subscriber_id = $1 AND {only} ORDER BY w.id");
        let rows: Vec<WatchRow> = self.read().rows(&sql, vec![subscriber_id.into(), value.into()]).await?;
        rows.into_iter().map(WatchRow::into_watch).collect()
    }

    /// Everybody's watches, the oldest first: for operators.
    pub async fn all_watches(&self) -> Result<Vec<Watch>, StoreError> {
        let rows: Vec<WatchRow> = self.read().rows(&format!("{WATCHES} ORDER BY w.id"), vec![]).await?;
        rows.into_iter().map(WatchRow::into_watch).collect()
    }

    /// Everybody's watches before this row, the newest first.
    pub async fn watches_before(&self, before: i64, most: i64) -> Result<Vec<Watch>, StoreError> {
        let sql = format!("{WATCHES} WHERE w.id < $1 ORDER BY w.id DESC {}", limited(2));
        let rows: Vec<WatchRow> = self.read().rows(&sql, vec![before.into(), most.into()]).await?;
        rows.into_iter().map(WatchRow::into_watch).collect()
    }

    /// How many watches there are.
    pub async fn watch_counts(&self) -> Result<Counts, StoreError> {
        let sql = "SELECT count(*) AS watches, COALESCE(sum(CASE WHEN armed THEN 1 ELSE 0 END), 0) AS armed, \
                   count(DISTINCT subscriber_id) AS subscribers FROM watch";
        self.read().row(sql, vec![]).await?.ok_or_else(|| StoreError::corrupt("watch", "a count gave no row"))
    }
}

impl Which {
    /// As a condition with the value `$2`.
    pub(super) fn condition(self) -> (&'static str, i64) {
        match self {
            Self::All => ("$2 = 0", 0),
            Self::Product(id) => ("w.product_id = $2", id),
            Self::Watch(id) => ("w.id = $2", id),
            Self::NotifiedOf(restock) => ("w.notified_restock_id = $2", restock),
        }
    }
}

impl WatchRow {
    fn into_watch(self) -> Result<Watch, StoreError> {
        Ok(Watch {
            mode: mode(&self.mode)?,
            wish: Wish { size: SizeKey::from_stored(self.size_key), style: StyleKey::from_stored(self.style_key) },
            notified_at: self.notified_at.map(at),
            created_at: at(self.created_at),
            id: self.id,
            subscriber_id: self.subscriber_id,
            product_id: self.product_id,
            product: self.product,
            size: self.size,
            style: self.style,
            armed: self.armed,
            address: self.address,
        })
    }
}

fn mode(word: &str) -> Result<Mode, StoreError> {
    [Mode::Once, Mode::Every]
        .into_iter()
        .find(|mode| mode.as_str() == word)
        .ok_or_else(|| StoreError::corrupt("watch.mode", word))
}

/// Keeps restocks of these products from being counted until we are done, so that each restock falls clearly before or
/// after the arming. On SQLite the writer is alone anyway.
pub(super) async fn hold_products(txn: &Txn, products: &BTreeSet<i64>) -> Result<(), DbErr> {
    if products.is_empty() || txn.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let sql = format!("SELECT id FROM product WHERE id IN ({}) ORDER BY id FOR SHARE", list(1, products.len()));
    txn.ids(&sql, products.iter().map(|id| Value::from(*id)).collect()).await.map(|_| ())
}

async fn upsert(txn: &Txn, watch: &NewWatch, now: i64) -> Result<i64, StoreError> {
    let sql = "INSERT INTO watch (subscriber_id, product_id, size_key, style_key, fold_version, size, style, mode, armed, \
               armed_after, created_at) \
               SELECT $1, p.id, $3, $4, $5, $6, $7, $8, TRUE, p.restocks, $9 FROM product p WHERE p.id = $2 \
               ON CONFLICT (subscriber_id, product_id, size_key, style_key) DO UPDATE SET armed = TRUE, notified_at = NULL, \
               armed_after = excluded.armed_after, mode = excluded.mode, size = excluded.size, style = excluded.style \
               RETURNING id";
    let values = vec![
        watch.subscriber_id.into(),
        watch.product_id.into(),
        watch.wish.size.as_str().into(),
        watch.wish.style.as_str().into(),
        i64::from(FOLD_VERSION).into(),
        watch.size.clone().into(),
        watch.style.clone().into(),
        watch.mode.as_str().into(),
        now.into(),
    ];
    let id = txn.id(sql, values).await?;
    id.ok_or(StoreError::ProductGone { product_id: watch.product_id })
}
