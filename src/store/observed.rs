//! Writes down what a reading changed of one product: its variants and their spans.

use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::fold::FOLD_VERSION;
use coatcheck_domain::stock::{self, Change, Known, KnownVariant, Missed, Observation, OpenSpan, Rules, Seen};
use coatcheck_domain::{Availability, Money, ProductReading, VariantReading};
use sea_orm::FromQueryResult;

use super::db::Txn;
use super::error::StoreError;
use super::sql::Sql;
use super::time::{at, micros};

/// The reading's place in the history of its source.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// When the answer was complete.
    pub(crate) read_at: DateTime<Utc>,
    /// Its number.
    pub(crate) reading: i64,
    /// When the one before was complete.
    pub(crate) previous_read_at: Option<DateTime<Utc>>,
}

/// A variant that came back.
#[derive(Debug, Clone)]
pub(crate) struct CameBack {
    pub(crate) variant_id: i64,
    /// Its index in the reading.
    pub(crate) index: usize,
    pub(crate) was: Availability,
}

#[derive(FromQueryResult)]
struct VariantRow {
    id: i64,
    key: String,
    options_key: String,
    confirmed: bool,
    missing: i32,
    unconfirmed: i32,
    span_availability: Option<String>,
    price_minor: Option<i64>,
    price_exponent: Option<i32>,
    currency: Option<String>,
    last_seen: Option<i64>,
    last_reading: Option<i64>,
}

/// What is stored of a product's variants, as the decider wants it and as the writer needs it.
pub(crate) struct Stored {
    pub(crate) known: Known,
    rows: Vec<VariantRow>,
}

/// Loads what is known of a product.
pub(crate) async fn load(
    txn: &Txn,
    product_id: i64,
    read_completely: bool,
    moment: Moment,
) -> Result<Stored, StoreError> {
    let sql = "SELECT v.id, v.key, v.options_key, v.confirmed, v.missing, v.unconfirmed, s.availability AS span_availability, \
               s.price_minor, s.price_exponent, s.currency, s.last_seen, s.last_reading \
               FROM variant v LEFT JOIN span s ON s.variant_id = v.id AND s.ended_at IS NULL \
               WHERE v.product_id = $1 ORDER BY v.id";
    let rows: Vec<VariantRow> = txn.rows(sql, vec![product_id.into()]).await?;
    let variants = rows.iter().map(|row| row.known(moment)).collect::<Result<_, _>>()?;
    Ok(Stored { known: Known { read_completely, variants }, rows })
}

/// Before another source reads a product: how far its open spans reach was told by the old source's row, and is
/// written down now; their readings are counted by the new source from here on.
pub(crate) async fn hand_over(txn: &Txn, product_id: i64, old_source: i64, moment: Moment) -> Result<(), StoreError> {
    let sql = "UPDATE span SET last_seen = COALESCE((SELECT s.last_read_at FROM source s WHERE s.id = $2), last_seen) \
               WHERE ended_at IS NULL AND variant_id IN (SELECT id FROM variant WHERE product_id = $1 AND confirmed)";
    txn.run(sql, vec![product_id.into(), old_source.into()]).await?;
    let sql = "UPDATE span SET first_reading = $2, last_reading = $2 \
               WHERE ended_at IS NULL AND variant_id IN (SELECT id FROM variant WHERE product_id = $1)";
    txn.run(sql, vec![product_id.into(), moment.reading.into()]).await?;
    txn.run("UPDATE variant SET confirmed = FALSE WHERE product_id = $1", vec![product_id.into()]).await?;
    Ok(())
}

/// Writes down what `reading` changed, and says which variants came back.
pub(crate) async fn write(
    txn: &Txn,
    product_id: i64,
    stored: &Stored,
    reading: &ProductReading,
    observation: &Observation,
    moment: Moment,
) -> Result<Vec<CameBack>, StoreError> {
    let mut back = Vec::new();
    for (index, (seen, variant)) in observation.seen.iter().zip(&reading.variants).enumerate() {
        let row = seen.known.map(|known| &stored.rows[known]);
        let variant_id = write_variant(txn, product_id, row, seen, variant, index).await?;
        write_span(txn, variant_id, row, &seen.change, moment).await?;
        if let Some(was) = seen.restock_from {
            back.push(CameBack { variant_id, index, was });
        }
    }
    write_missed(txn, stored, &observation.missed, moment).await?;
    Ok(back)
}

/// Writes down which variants a reading lacked.
pub(crate) async fn write_missed(
    txn: &Txn,
    stored: &Stored,
    missed: &[Missed],
    moment: Moment,
) -> Result<(), StoreError> {
    for miss in missed {
        let row = &stored.rows[miss.known];
        let confirmed = miss.change != Change::Silent;
        let availability = now_is(&miss.change);
        let sql =
            "UPDATE variant SET missing = $2, confirmed = $3, availability = COALESCE($4, availability) WHERE id = $1";
        let values = vec![
            row.id.into(),
            i64::from(miss.missing).into(),
            confirmed.into(),
            availability.map(Availability::as_str).into(),
        ];
        txn.run(sql, values).await?;
        write_span(txn, row.id, Some(row), &miss.change, moment).await?;
    }
    Ok(())
}

/// Rules for a source polled so often.
pub(crate) fn rules(interval: Duration) -> Rules {
    Rules::for_interval(interval)
}

/// The decision itself, kept beside the writer so that the two stay one.
pub(crate) fn observe(stored: &Stored, reading: &ProductReading, rules: &Rules, moment: Moment) -> Observation {
    stock::observe(&stored.known, reading, rules, moment.read_at)
}

impl VariantRow {
    fn known(&self, moment: Moment) -> Result<KnownVariant, StoreError> {
        let span = match (&self.span_availability, self.last_seen) {
            (Some(word), Some(last_seen)) => Some(OpenSpan {
                availability: word.parse().map_err(|why| StoreError::corrupt("span.availability", why))?,
                price: self.price(),
                last_seen: self.reached(moment).map_or(at(last_seen), |(reached, _)| reached),
            }),
            _ => None,
        };
        Ok(KnownVariant {
            key: self.key.clone(),
            options_key: self.options_key.clone(),
            span,
            missing: u32::try_from(self.missing).unwrap_or_default(),
            unconfirmed: u32::try_from(self.unconfirmed).unwrap_or_default(),
        })
    }

    fn was_buyable(&self) -> bool {
        self.span_availability.as_deref().and_then(|word| word.parse().ok()).is_some_and(Availability::is_buyable)
    }

    fn price(&self) -> Option<Money> {
        let exponent = u8::try_from(self.price_exponent?).ok()?;
        Some(Money::minor(self.price_minor?, exponent, self.currency.as_deref()))
    }

    /// How far the open span reaches before this reading: a confirmed one to the reading before.
    fn reached(&self, moment: Moment) -> Option<(DateTime<Utc>, i64)> {
        let written = (at(self.last_seen?), self.last_reading?);
        match moment.previous_read_at {
            Some(previous) if self.confirmed => Some((previous.max(written.0), (moment.reading - 1).max(written.1))),
            _ => Some(written),
        }
    }
}

fn now_is(change: &Change) -> Option<Availability> {
    match change {
        Change::Open { availability, .. } => Some(*availability),
        Change::Silent | Change::Extend => None,
    }
}

async fn write_variant(
    txn: &Txn,
    product_id: i64,
    row: Option<&VariantRow>,
    seen: &Seen,
    variant: &VariantReading,
    index: usize,
) -> Result<i64, StoreError> {
    let options = serde_json::to_string(&variant.options).map_err(|e| StoreError::corrupt("variant.options", e))?;
    let values = vec![
        seen.key.as_str().into(),
        variant.external_id.clone().into(),
        variant.sku.clone().into(),
        variant.title.clone().into(),
        options.into(),
        variant.options_key().into(),
        variant.size().into(),
        variant.style().into(),
        variant.size_key().as_str().into(),
        variant.style_key().as_str().into(),
        i64::from(FOLD_VERSION).into(),
        variant.url.as_ref().map(ToString::to_string).into(),
        variant.image.as_ref().map(ToString::to_string).into(),
        variant.quantity.into(),
        i64::try_from(index).unwrap_or(i64::MAX).into(),
        now_is(&seen.change).map(Availability::as_str).into(),
        (seen.change != Change::Silent).into(),
        i64::from(seen.unconfirmed).into(),
        row.map_or(product_id, |row| row.id).into(),
    ];
    let sql = if row.is_some() {
        "UPDATE variant SET key = $1, external_id = $2, sku = $3, title = $4, options = $5, options_key = $6, size = $7, \
         style = $8, size_key = $9, style_key = $10, fold_version = $11, url = $12, image = $13, quantity = $14, \
         position = $15, availability = COALESCE($16, availability), confirmed = $17, unconfirmed = $18, missing = 0 \
         WHERE id = $19 RETURNING id"
    } else {
        "INSERT INTO variant (key, external_id, sku, title, options, options_key, size, style, size_key, style_key, \
         fold_version, url, image, quantity, position, availability, confirmed, unconfirmed, missing, product_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 0, $19) RETURNING id"
    };
    txn.id(sql, values).await?.ok_or_else(|| StoreError::corrupt("variant", "a write gave no row"))
}

async fn write_span(
    txn: &Txn,
    variant_id: i64,
    row: Option<&VariantRow>,
    change: &Change,
    moment: Moment,
) -> Result<(), StoreError> {
    let reached = row.and_then(|row| row.reached(moment));
    match change {
        // From here on the span reaches as far as the source's readings do; nothing to write.
        Change::Extend => Ok(()),
        // It reaches no further than the reading before: write that down, once.
        Change::Silent => match (row, reached) {
            (Some(row), Some(reached)) if row.confirmed => end_span(txn, variant_id, reached, None).await,
            _ => Ok(()),
        },
        Change::Open { availability, price, previous_ended_at } => {
            if let (Some(reached), Some(ended)) = (reached, previous_ended_at) {
                end_span(txn, variant_id, reached, Some(*ended)).await?;
            }
            if row.is_some_and(VariantRow::was_buyable) && !availability.is_buyable() {
                super::gone::look_at(txn, variant_id, moment.read_at).await?;
            }
            open_span(txn, variant_id, *availability, price.as_ref(), moment).await
        }
    }
}

async fn end_span(
    txn: &Txn,
    variant_id: i64,
    (last_seen, last_reading): (DateTime<Utc>, i64),
    ended: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let sql =
        "UPDATE span SET last_seen = $2, last_reading = $3, ended_at = $4 WHERE variant_id = $1 AND ended_at IS NULL";
    let values = vec![
        variant_id.into(),
        micros(last_seen).into(),
        last_reading.into(),
        ended.map(|at| micros(at.max(last_seen))).into(),
    ];
    txn.run(sql, values).await?;
    Ok(())
}

async fn open_span(
    txn: &Txn,
    variant_id: i64,
    availability: Availability,
    price: Option<&Money>,
    moment: Moment,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO span (variant_id, availability, price_minor, price_exponent, currency, started_at, last_seen, \
               first_reading, last_reading) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $7)";
    let values = vec![
        variant_id.into(),
        availability.as_str().into(),
        price.map(|p| p.minor).into(),
        price.map(|p| i32::from(p.exponent)).into(),
        price.and_then(|p| p.currency.clone()).into(),
        micros(moment.read_at).into(),
        moment.reading.into(),
    ];
    txn.run(sql, values).await?;
    Ok(())
}
