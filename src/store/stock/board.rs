//! The public board: products of listed sources, a page at a time, and what changed of them since.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use coatcheck_domain::Money;
use sea_orm::{FromQueryResult, Value};

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, limited, list_of};
use crate::store::db::time::{at, micros};
use crate::store::stock::catalogue::price;

/// Which products.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Show {
    /// All.
    #[default]
    All,
    /// Those of which something can be bought.
    InStock,
    /// Those of which nothing can.
    SoldOut,
}

/// A page of the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardPage {
    /// The products, by title.
    pub products: Vec<i64>,
    /// How many there are on all pages.
    pub total: i64,
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
/// Its title or one of its short names has the words.
const NAMED: &str = "(LOWER(p.title) LIKE $1 ESCAPE '\\' OR EXISTS \
                     (SELECT 1 FROM alias a WHERE a.product_id = p.id AND LOWER(a.text) LIKE $1 ESCAPE '\\'))";
const BUYABLE: &str =
    "EXISTS (SELECT 1 FROM variant v WHERE v.product_id = p.id AND v.availability IN ('in_stock', 'low_stock'))";

impl Db {
    /// Products of the board whose names have these words, from the nth on.
    pub async fn board(&self, words: &str, show: Show, from: i64, most: i64) -> Result<BoardPage, StoreError> {
        let shown = match show {
            Show::All => String::new(),
            Show::InStock => format!(" AND {BUYABLE}"),
            Show::SoldOut => format!(" AND NOT {BUYABLE}"),
        };
        let which = format!("{PUBLIC}{shown} AND {NAMED}");
        let pattern: Value = pattern(words).into();
        let total = self.read().id(&format!("SELECT COUNT(*) {which}"), vec![pattern.clone()]).await?;
        let page = format!("SELECT p.id {which} ORDER BY LOWER(p.title), p.id {} OFFSET $3", limited(2));
        let products = self.read().ids(&page, vec![pattern, most.into(), from.into()]).await?;
        Ok(BoardPage { products, total: total.unwrap_or_default() })
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

/// What `LIKE` finds the words by, wherever they stand; `%` and `_` mean themselves.
fn pattern(words: &str) -> String {
    let mut pattern = String::from("%");
    for c in words.trim().to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_like_would_take_for_a_wildcard_means_itself() {
        assert_eq!(pattern(" 50%_Off\\ "), "%50\\%\\_off\\\\%");
    }
}
