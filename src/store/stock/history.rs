//! What was when: the spans and restocks of a product's variants.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use coatcheck_domain::SizeKey;
use coatcheck_domain::history::Span;
use coatcheck_domain::size::names;
use sea_orm::FromQueryResult;

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::at;
use crate::store::stock::catalogue::price;

/// The history of one variant.
#[derive(Debug, Clone, PartialEq)]
pub struct VariantHistory {
    /// The variant.
    pub variant_id: i64,
    /// The size in the shop's words.
    pub size: Option<String>,
    /// The style in the shop's words.
    pub style: Option<String>,
    /// Every key that the size answers to.
    pub size_keys: Vec<SizeKey>,
    /// Its spans, the oldest first. Where one begins later than the one before ended, nothing is known.
    pub spans: Vec<Span>,
    /// When it came back, the oldest first.
    pub restocks: Vec<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct VariantRow {
    id: i64,
    size: Option<String>,
    style: Option<String>,
}

#[derive(FromQueryResult)]
struct SpanRow {
    variant_id: i64,
    availability: String,
    price_minor: Option<i64>,
    price_exponent: Option<i32>,
    currency: Option<String>,
    started_at: i64,
    last_seen: i64,
    ended_at: Option<i64>,
    confirmed: bool,
    last_read_at: Option<i64>,
}

#[derive(FromQueryResult)]
struct RestockRow {
    variant_id: i64,
    at: i64,
}

impl Db {
    /// The history of a product's variants, in the shop's order.
    ///
    /// # Errors
    /// When the database fails or holds what no version writes.
    pub async fn history(&self, product_id: i64) -> Result<Vec<VariantHistory>, StoreError> {
        let sql = "SELECT id, size, style FROM variant WHERE product_id = $1 ORDER BY position, id";
        let variants: Vec<VariantRow> = self.read().rows(sql, vec![product_id.into()]).await?;
        let mut spans = self.spans(product_id).await?;
        let mut restocks = self.restocks(product_id).await?;
        let history = variants.into_iter().map(|row| VariantHistory {
            spans: spans.remove(&row.id).unwrap_or_default(),
            restocks: restocks.remove(&row.id).unwrap_or_default(),
            variant_id: row.id,
            size_keys: row.size.as_deref().map(names).unwrap_or_default(),
            size: row.size,
            style: row.style,
        });
        Ok(history.collect())
    }

    async fn spans(&self, product_id: i64) -> Result<HashMap<i64, Vec<Span>>, StoreError> {
        let sql = "SELECT sp.variant_id, sp.availability, sp.price_minor, sp.price_exponent, sp.currency, sp.started_at, \
                   sp.last_seen, sp.ended_at, v.confirmed, so.last_read_at \
                   FROM span sp JOIN variant v ON v.id = sp.variant_id JOIN product p ON p.id = v.product_id \
                   JOIN source so ON so.id = p.source_id \
                   WHERE v.product_id = $1 ORDER BY sp.variant_id, sp.started_at, sp.id";
        let rows: Vec<SpanRow> = self.read().rows(sql, vec![product_id.into()]).await?;
        let mut spans: HashMap<i64, Vec<Span>> = HashMap::new();
        for row in rows {
            spans.entry(row.variant_id).or_default().push(row.into_span()?);
        }
        Ok(spans)
    }

    async fn restocks(&self, product_id: i64) -> Result<HashMap<i64, Vec<DateTime<Utc>>>, StoreError> {
        let sql = "SELECT r.variant_id, r.at FROM restock_variant r JOIN variant v ON v.id = r.variant_id \
                   WHERE v.product_id = $1 ORDER BY r.at, r.id";
        let rows: Vec<RestockRow> = self.read().rows(sql, vec![product_id.into()]).await?;
        let mut restocks: HashMap<i64, Vec<DateTime<Utc>>> = HashMap::new();
        for row in rows {
            restocks.entry(row.variant_id).or_default().push(at(row.at));
        }
        Ok(restocks)
    }
}

impl SpanRow {
    /// An open span reaches to the last reading that agreed with it, a closed one to when it was known to be over.
    fn into_span(self) -> Result<Span, StoreError> {
        let reaches = match self.ended_at {
            Some(ended) => ended,
            None => {
                self.last_read_at.filter(|_| self.confirmed).map_or(self.last_seen, |read| read.max(self.last_seen))
            }
        };
        Ok(Span {
            availability: self.availability.parse().map_err(|why| StoreError::corrupt("span.availability", why))?,
            price: price(self.price_minor, self.price_exponent, self.currency.as_deref()),
            started_at: at(self.started_at),
            last_seen: at(if self.ended_at.is_some() { self.last_seen } else { reaches }),
            ended_at: at(reaches),
            is_open: self.ended_at.is_none(),
        })
    }
}
