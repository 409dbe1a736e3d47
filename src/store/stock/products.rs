//! Rows of products: what is known of them, and what a reading makes of them, many at once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use coatcheck_domain::ProductReading;
use coatcheck_domain::hex;
use coatcheck_domain::reading::made_up_title;
use coatcheck_domain::stock::{Known, Observation};
use sea_orm::{FromQueryResult, Value};
use sha2::{Digest, Sha256};
use url::Url;

use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::passing::Asked;
use crate::store::db::sql::{Sql, list, portions};
use crate::store::db::time::{at, micros};
use crate::store::polls::held::HeldSource;

/// What is known of a product.
#[derive(FromQueryResult, Clone)]
pub(super) struct ProductRow {
    pub(super) id: i64,
    shop_id: i64,
    pub(super) key: String,
    external_id: Option<String>,
    pub(super) source_id: i64,
    pub(super) read_completely: bool,
    pub(super) digest: Option<String>,
    pub(super) settled: bool,
    shop_time: Option<i64>,
    doubted_since: Option<i64>,
    owner_state: String,
    owner_failures: i32,
    owner_read_at: Option<i64>,
    owner_interval_us: i64,
}

impl ProductRow {
    /// What a decider wants to know of it, but for its variants.
    pub(super) fn known(&self) -> Known {
        Known {
            read_completely: self.read_completely,
            shop_time: self.shop_time.map(at),
            doubted_since: self.doubted_since.map(at),
            variants: Vec::new(),
        }
    }

    /// Its shop and its key.
    pub(super) fn at(&self) -> (i64, String) {
        (self.shop_id, self.key.clone())
    }

    /// The key that it had when it was last read, if that is another one than its own.
    pub(super) fn last_key(&self) -> Option<String> {
        self.external_id.as_ref().map(|id| format!("id:{id}")).filter(|key| *key != self.key)
    }

    /// Did the last whole reading of its source have it? What was missed has no digest.
    pub(super) fn was_there(&self) -> bool {
        self.digest.is_some()
    }

    /// Does the source that reads it do so no more?
    pub(super) fn is_left_by_its_owner(&self, now: DateTime<Utc>) -> bool {
        let too_long = chrono::Duration::microseconds(self.owner_interval_us.saturating_mul(3));
        // While the service was away nobody read it, which says nothing about its source.
        let is_lost = self.owner_failures > 0 && self.owner_read_at.is_none_or(|read_at| now - at(read_at) > too_long);
        is_lost || matches!(self.owner_state.as_str(), "paused" | "gone" | "dormant")
    }
}

const COLUMNS: &str = "p.id, p.shop_id, p.key, p.external_id, p.source_id, p.read_completely, p.digest, p.settled, p.shop_time, p.doubted_since, s.state AS owner_state, \
     s.failures AS owner_failures, s.last_read_at AS owner_read_at, s.interval_us AS owner_interval_us";

/// The products with these keys, each of a shop.
pub(super) async fn known(
    txn: &Txn,
    keys: impl IntoIterator<Item = (i64, String)>,
) -> Result<HashMap<(i64, String), ProductRow>, StoreError> {
    let keys: Vec<(i64, String)> = keys.into_iter().collect();
    let mut known = HashMap::with_capacity(keys.len());
    for (sql, values) in named(txn, &keys) {
        let found: Vec<ProductRow> = txn.rows(&sql, values).await?;
        known.extend(found.into_iter().map(|row| (row.at(), row)));
    }
    Ok(known)
}

/// Asks for the products with these keys, each of a shop.
pub(super) fn named(txn: &Txn, keys: &[(i64, String)]) -> impl Iterator<Item = Asked> {
    portions(keys).map(|chunk| {
        let sql = format!(
            "WITH named (shop_id, key) AS (VALUES {}) SELECT {COLUMNS} FROM named \
             JOIN product p ON p.shop_id = named.shop_id AND p.key = named.key JOIN source s ON s.id = p.source_id",
            txn.only_rows(chunk.len(), 2)
        );
        let values = chunk.iter().flat_map(|(shop, key)| [Value::from(*shop), key.as_str().into()]).collect();
        (sql, values)
    })
}

/// Asks for the products that these sources read.
pub(super) fn of_sources(sources: &[i64]) -> impl Iterator<Item = Asked> {
    portions(sources).map(|chunk| {
        let these = list(1, chunk.len());
        let sql = format!(
            "SELECT {COLUMNS} FROM product p JOIN source s ON s.id = p.source_id WHERE p.source_id IN ({these}) ORDER BY p.id"
        );
        (sql, chunk.iter().map(|id| Value::from(*id)).collect())
    })
}

/// The products that a source reads.
pub(super) async fn owned(txn: &Txn, source: i64) -> Result<HashMap<i64, Vec<ProductRow>>, StoreError> {
    let mut owned = Vec::new();
    for (sql, values) in of_sources(&[source]) {
        owned.extend(txn.rows::<ProductRow>(&sql, values).await?);
    }
    Ok(HashMap::from([(source, owned)]))
}

/// A product that was never seen before.
pub(super) struct New<'a> {
    pub(super) source: &'a HeldSource,
    pub(super) key: &'a str,
    pub(super) title: &'a str,
    pub(super) created_at: DateTime<Utc>,
}

/// Inserts products. Says their rows by shop and key.
pub(super) async fn insert(txn: &Txn, new: &[New<'_>]) -> Result<HashMap<(i64, String), i64>, StoreError> {
    #[derive(FromQueryResult)]
    struct Inserted {
        id: i64,
        shop_id: i64,
        key: String,
    }
    let row = |new: &New<'_>| -> [Value; 5] {
        let source = new.source;
        [
            source.shop_id.into(),
            source.source_id.into(),
            new.key.into(),
            new.title.into(),
            micros(new.created_at).into(),
        ]
    };
    let mut ids = HashMap::new();
    for chunk in portions(new) {
        let sql = format!(
            "WITH told (shop_id, source_id, key, title, created_at) AS (VALUES {}) \
             INSERT INTO product (shop_id, source_id, key, title, read_completely, settled, restocks, created_at) \
             SELECT shop_id, source_id, key, title, FALSE, FALSE, 0, created_at FROM told WHERE TRUE \
             ON CONFLICT (shop_id, key) DO UPDATE SET title = excluded.title RETURNING id, shop_id, key",
            txn.only_rows(chunk.len(), 5)
        );
        let inserted: Vec<Inserted> = txn.rows(&sql, chunk.iter().flat_map(row).collect()).await?;
        ids.extend(inserted.into_iter().map(|row| ((row.shop_id, row.key), row.id)));
    }
    Ok(ids)
}

/// What a reading says of a product as a whole.
pub(super) struct Seen<'a> {
    pub(super) id: i64,
    pub(super) source_id: i64,
    pub(super) product: &'a ProductReading,
    pub(super) title: String,
    pub(super) observation: &'a Observation,
    pub(super) digest: &'a str,
}

/// Writes that down.
pub(super) async fn update(txn: &Txn, seen: &[Seen<'_>]) -> Result<(), StoreError> {
    let row = |seen: &Seen<'_>| -> [Value; 12] {
        let (product, observation) = (seen.product, seen.observation);
        [
            seen.id.into(),
            seen.source_id.into(),
            product.external_id.clone().into(),
            product.handle.clone().into(),
            seen.title.as_str().into(),
            product.url.as_ref().map(ToString::to_string).into(),
            product.image.as_ref().map(ToString::to_string).into(),
            observation.read_completely.into(),
            seen.digest.into(),
            observation.is_settled().into(),
            observation.shop_time.map(micros).into(),
            observation.doubted_since.map(micros).into(),
        ]
    };
    for chunk in portions(seen) {
        let sql = format!(
            "WITH told (id, source_id, external_id, handle, title, url, image, read_completely, digest, settled, \
               shop_time, doubted_since) AS (VALUES {}) \
             UPDATE product SET source_id = told.source_id, external_id = told.external_id, handle = told.handle, \
               title = told.title, url = told.url, image = told.image, read_completely = told.read_completely, \
               digest = told.digest, settled = told.settled, shop_time = told.shop_time, \
               doubted_since = told.doubted_since FROM told WHERE product.id = told.id",
            txn.only_rows(chunk.len(), 12)
        );
        txn.run_later(&sql, chunk.iter().flat_map(row).collect()).await?;
    }
    Ok(())
}

/// Products that a reading lacks, and whether the same reading would change nothing of them.
pub(super) async fn miss(txn: &Txn, missed: &[(i64, bool)]) -> Result<(), StoreError> {
    for chunk in portions(missed) {
        let values = chunk.iter().flat_map(|(id, settled)| [Value::from(*id), (*settled).into()]).collect();
        let sql = format!(
            "WITH told (id, settled) AS (VALUES {}) \
             UPDATE product SET digest = NULL, settled = told.settled FROM told WHERE product.id = told.id",
            txn.only_rows(chunk.len(), 2)
        );
        txn.run_later(&sql, values).await?;
    }
    Ok(())
}

/// What people call it: the shop's title, or their own word where the shop has none.
pub(super) async fn title(
    txn: &Txn,
    source_url: &str,
    product_id: i64,
    product: &ProductReading,
) -> Result<String, StoreError> {
    let made_up = Url::parse(source_url).is_ok_and(|url| made_up_title(&url) == product.title);
    if !made_up {
        return Ok(product.title.clone());
    }
    #[derive(FromQueryResult)]
    struct Word {
        text: String,
    }
    let sql = "SELECT text FROM alias WHERE product_id = $1 ORDER BY id LIMIT 1";
    let word: Option<Word> = txn.row(sql, vec![product_id.into()]).await?;
    Ok(word.map_or_else(|| product.title.clone(), |word| word.text))
}

/// Of everything that is stored of a product, so that the same reading is known again.
pub(super) fn digest(product: &ProductReading) -> String {
    let mut hash = Sha256::new();
    let mut field = |text: &str| {
        hash.update(text.len().to_le_bytes());
        hash.update(text.as_bytes());
    };
    field(product.external_id.as_deref().unwrap_or_default());
    field(&product.title);
    field(product.url.as_ref().map_or("", Url::as_str));
    field(product.image.as_ref().map_or("", Url::as_str));
    field(if product.complete { "complete" } else { "cut" });
    for variant in &product.variants {
        field(&variant.key());
        field(variant.title.as_deref().unwrap_or_default());
        field(variant.url.as_ref().map_or("", Url::as_str));
        field(variant.availability.as_str());
        field(&variant.rank.number().to_string());
        field(&variant.quantity.map(|n| n.to_string()).unwrap_or_default());
        field(&variant.price.as_ref().map(ToString::to_string).unwrap_or_default());
        for (name, value) in &variant.options {
            field(name);
            field(value);
        }
    }
    hex::encode(&hash.finalize())
}
