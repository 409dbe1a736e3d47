//! The public board: products of listed sources, a page at a time, and what changed of them since.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use coatcheck_domain::Money;
use sea_orm::FromQueryResult;

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, limited, list_of};
use crate::store::db::time::{at, micros};
use crate::store::stock::catalogue::price;

/// What a product of the board is found by.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Listed {
    /// The product.
    pub id: i64,
    /// Its title, as the shop says it.
    pub title: String,
    /// Can something of it be bought?
    pub buyable: bool,
}

/// A short name of a product.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct ShortName {
    /// The product.
    pub product_id: i64,
    /// The name, as given.
    pub text: String,
}

/// Something of a product changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromQueryResult)]
pub struct Change {
    /// The new span. Ids grow, but on PostgreSQL a lower one may become visible after a higher one.
    pub span: i64,
    /// The product.
    pub product: i64,
}

/// A variant of a listed product came back.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct RecentRestock {
    /// The row of `restock_variant`.
    pub id: i64,
    /// The product.
    pub product_id: i64,
    /// Its title.
    pub title: String,
    /// The variant.
    pub variant_id: i64,
    /// Its size in the shop's words.
    pub size: Option<String>,
    /// Its style in the shop's words.
    pub style: Option<String>,
    /// Its own page, else the product's.
    pub url: Option<String>,
    /// What it cost when it came back, in minor units,
    pub price_minor: Option<i64>,
    /// digits of the minor unit,
    pub price_exponent: Option<i32>,
    /// and in which currency, where the shop says so.
    pub currency: Option<String>,
    /// When (µs).
    pub at: i64,
}

impl RecentRestock {
    /// What it cost when it came back.
    #[must_use]
    pub fn price(&self) -> Option<Money> {
        price(self.price_minor, self.price_exponent, self.currency.as_deref())
    }
}

#[derive(FromQueryResult)]
struct SinceRow {
    id: i64,
    created_at: i64,
}

/// A product that everybody may see. Sources that a person added are not listed.
const PUBLIC: &str = "FROM product p JOIN source s ON s.id = p.source_id WHERE s.listed";
const BUYABLE: &str =
    "EXISTS (SELECT 1 FROM variant v WHERE v.product_id = p.id AND v.availability IN ('in_stock', 'low_stock'))";

impl Db {
    /// All products of the board, so many at most. Reads all of them: for a read model, not for a request.
    pub async fn listed(&self, most: i64) -> Result<Vec<Listed>, StoreError> {
        let sql = format!("SELECT p.id, p.title, {BUYABLE} AS buyable {PUBLIC} ORDER BY p.id DESC {}", limited(1));
        Ok(self.read().rows(&sql, vec![most.into()]).await?)
    }

    /// The short names of all products, so many at most.
    pub async fn short_names(&self, most: i64) -> Result<Vec<ShortName>, StoreError> {
        let sql = format!("SELECT product_id, text FROM alias ORDER BY id DESC {}", limited(1));
        Ok(self.read().rows(&sql, vec![most.into()]).await?)
    }

    /// Those of these products that everybody may see, each with the time since when it is tracked.
    pub async fn public_products(&self, ids: &[i64]) -> Result<HashMap<i64, DateTime<Utc>>, StoreError> {
        let mut values = Vec::new();
        let these = list_of(&mut values, ids.iter().copied());
        if values.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = format!("SELECT p.id, p.created_at {PUBLIC} AND p.id IN ({these})");
        let rows: Vec<SinceRow> = self.read().rows(&sql, values).await?;
        Ok(rows.into_iter().map(|row| (row.id, at(row.created_at))).collect())
    }

    /// The product of a variant, if everybody may see it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn public_product_of(&self, variant: i64) -> Result<Option<i64>, StoreError> {
        let sql = format!("SELECT p.id {PUBLIC} AND p.id = (SELECT v.product_id FROM variant v WHERE v.id = $1)");
        Ok(self.read().id(&sql, vec![variant.into()]).await?)
    }

    /// The id of the last change there was.
    pub async fn last_change(&self) -> Result<i64, StoreError> {
        Ok(self.read().id("SELECT COALESCE(MAX(id), 0) FROM span", vec![]).await?.unwrap_or_default())
    }

    /// The first changes after this one.
    pub async fn changes_after(&self, change: i64, most: i64) -> Result<Vec<Change>, StoreError> {
        let sql = format!(
            "SELECT sp.id AS span, v.product_id AS product FROM span sp JOIN variant v ON v.id = sp.variant_id \
             WHERE sp.id > $1 ORDER BY sp.id {}",
            limited(2)
        );
        Ok(self.read().rows(&sql, vec![change.into(), most.into()]).await?)
    }

    /// What came back after that row, the newest first; so many at most.
    pub async fn recent_restocks(&self, after: i64, most: i64) -> Result<Vec<RecentRestock>, StoreError> {
        let sql = format!(
            "SELECT r.id, p.id AS product_id, p.title, v.id AS variant_id, v.size, v.style, COALESCE(v.url, p.url) AS url, \
               sp.price_minor, sp.price_exponent, sp.currency, r.at \
             FROM restock_variant r JOIN variant v ON v.id = r.variant_id JOIN product p ON p.id = v.product_id \
             JOIN source s ON s.id = p.source_id LEFT JOIN span sp ON sp.id = (SELECT x.id FROM span x \
               WHERE x.variant_id = r.variant_id AND x.started_at <= r.at ORDER BY x.started_at DESC LIMIT 1) WHERE s.listed AND r.id > $1 ORDER BY r.id DESC {}",
            limited(2)
        );
        Ok(self.read().rows(&sql, vec![after.into(), most.into()]).await?)
    }

    /// Public products whose last reading is longer ago than three intervals, the first of them.
    pub async fn stale_products(&self, most: i64) -> Result<Vec<i64>, StoreError> {
        let sql =
            format!("SELECT p.id {PUBLIC} AND s.last_read_at + 3 * s.interval_us < $1 ORDER BY p.id {}", limited(2));
        Ok(self.read().ids(&sql, vec![micros(self.now()).into(), most.into()]).await?)
    }

    /// The last successful reading of any listed source.
    pub async fn last_public_reading(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let sql = "SELECT MAX(last_read_at) FROM source WHERE listed AND last_read_at IS NOT NULL HAVING COUNT(*) > 0";
        Ok(self.read().id(sql, vec![]).await?.map(at))
    }
}
