//! Writes down what a reading changed of one product: its variants and their spans.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::fold::FOLD_VERSION;
use coatcheck_domain::stock::{self, Change, Known, KnownVariant, Missed, Observation, OpenSpan, Rules, Seen};
use coatcheck_domain::{Availability, Money, ProductReading, VariantReading};
use sea_orm::{FromQueryResult, Value};

use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::at;
use crate::store::stock::sizes;
use crate::store::stock::spans::{ROWS, Spans};

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
pub(crate) struct Restocked {
    pub(crate) variant_id: i64,
    /// Its index in the reading.
    pub(crate) index: usize,
    pub(crate) was: Availability,
}

/// A variant and its open span, as they are stored.
#[derive(FromQueryResult)]
pub(in crate::store) struct VariantRow {
    id: i64,
    key: String,
    options_key: String,
    size_key: String,
    pub(in crate::store) confirmed: bool,
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
    let sql = "SELECT v.id, v.key, v.options_key, v.size_key, v.confirmed, v.missing, v.unconfirmed, s.availability AS span_availability, \
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
) -> Result<Vec<Restocked>, StoreError> {
    let row = |seen: &Seen| seen.known.map(|known| &stored.rows[known]);
    let new = insert_variants(txn, product_id, reading, observation).await?;
    update_variants(txn, stored, reading, observation).await?;
    sizes::write(txn, resized(stored, reading, observation, &new)).await?;
    let (mut spans, mut back) = (Spans::default(), Vec::new());
    for (index, seen) in observation.seen.iter().enumerate() {
        let id = row(seen).map(|row| row.id).or_else(|| new.get(&seen.key).copied());
        let variant_id = id.ok_or_else(|| StoreError::corrupt("variant", "an insert gave no row"))?;
        spans.take(variant_id, row(seen), &seen.change, moment);
        if let Some(was) = seen.restock_from {
            back.push(Restocked { variant_id, index, was });
        }
    }
    spans.write(txn, moment).await?;
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
    let mut spans = Spans::default();
    let values = |miss: &Missed| -> [Value; 4] {
        [
            stored.rows[miss.known].id.into(),
            i64::from(miss.missing).into(),
            (miss.change != Change::Silent).into(),
            now_is(&miss.change).map(Availability::as_str).into(),
        ]
    };
    for chunk in missed.chunks(ROWS) {
        let sql = format!(
            "WITH told (id, missing, confirmed, availability) AS (VALUES {}) \
             UPDATE variant SET missing = told.missing, confirmed = told.confirmed, \
               availability = COALESCE(told.availability, variant.availability) FROM told WHERE variant.id = told.id",
            txn.only_rows(chunk.len(), 4)
        );
        txn.run(&sql, chunk.iter().flat_map(values).collect()).await?;
    }
    for miss in missed {
        let row = &stored.rows[miss.known];
        spans.take(row.id, Some(row), &miss.change, moment);
    }
    Ok(spans.write(txn, moment).await?)
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

    pub(in crate::store) fn was_buyable(&self) -> bool {
        self.span_availability.as_deref().and_then(|word| word.parse().ok()).is_some_and(Availability::is_buyable)
    }

    fn price(&self) -> Option<Money> {
        let exponent = u8::try_from(self.price_exponent?).ok()?;
        Some(Money::minor(self.price_minor?, exponent, self.currency.as_deref()))
    }

    /// How far the open span reaches before this reading: a confirmed one to the reading before.
    pub(in crate::store) fn reached(&self, moment: Moment) -> Option<(DateTime<Utc>, i64)> {
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

/// What is written of a variant, in this order, behind the id of its row or of its product.
const COLUMNS: &str = "key, external_id, sku, title, options, options_key, size, style, size_key, style_key, fold_version, \
     url, image, quantity, position, availability, confirmed, unconfirmed";
const COUNT: usize = 19;

fn columns(id: i64, seen: &Seen, variant: &VariantReading, index: usize) -> Result<[Value; COUNT], StoreError> {
    let options = serde_json::to_string(&variant.options).map_err(|e| StoreError::corrupt("variant.options", e))?;
    Ok([
        id.into(),
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
    ])
}

/// Variants that were never seen before, by their keys. Says their rows.
async fn insert_variants(
    txn: &Txn,
    product_id: i64,
    reading: &ProductReading,
    observation: &Observation,
) -> Result<HashMap<String, i64>, StoreError> {
    #[derive(FromQueryResult)]
    struct Inserted {
        id: i64,
        key: String,
    }
    let seen = observation.seen.iter().zip(&reading.variants).enumerate();
    let new = seen.filter(|(_, (seen, _))| seen.known.is_none());
    let rows = new.map(|(index, (seen, variant))| columns(product_id, seen, variant, index));
    let rows: Vec<_> = rows.collect::<Result<_, _>>()?;
    let mut ids = HashMap::new();
    for chunk in rows.chunks(ROWS) {
        let sql = format!(
            "WITH told (product_id, {COLUMNS}) AS (VALUES {}) \
             INSERT INTO variant (product_id, {COLUMNS}, missing) SELECT product_id, {COLUMNS}, 0 FROM told ORDER BY position \
             RETURNING id, key",
            txn.only_rows(chunk.len(), COUNT)
        );
        let inserted: Vec<Inserted> = txn.rows(&sql, chunk.iter().flatten().cloned().collect()).await?;
        ids.extend(inserted.into_iter().map(|row| (row.key, row.id)));
    }
    Ok(ids)
}

/// Variants whose size is new, or another than before.
fn resized<'a>(
    stored: &'a Stored,
    reading: &'a ProductReading,
    observation: &'a Observation,
    new: &'a HashMap<String, i64>,
) -> impl Iterator<Item = (i64, &'a VariantReading)> {
    observation.seen.iter().zip(&reading.variants).filter_map(|(seen, variant)| match seen.known {
        Some(known) => {
            let row = &stored.rows[known];
            (row.size_key != variant.size_key().as_str()).then_some((row.id, variant))
        }
        None => (variant.size_keys().len() > 1).then(|| Some((*new.get(&seen.key)?, variant)))?,
    })
}

/// Variants that are known: what the shop says of them now.
async fn update_variants(
    txn: &Txn,
    stored: &Stored,
    reading: &ProductReading,
    observation: &Observation,
) -> Result<(), StoreError> {
    let seen = observation.seen.iter().zip(&reading.variants).enumerate();
    let known =
        seen.filter_map(|(index, (seen, variant))| Some(columns(stored.rows[seen.known?].id, seen, variant, index)));
    let rows: Vec<_> = known.collect::<Result<_, _>>()?;
    for chunk in rows.chunks(ROWS) {
        let sql = format!(
            "WITH told (id, {COLUMNS}) AS (VALUES {}) \
             UPDATE variant SET key = told.key, external_id = told.external_id, sku = told.sku, title = told.title, \
               options = told.options, options_key = told.options_key, size = told.size, style = told.style, \
               size_key = told.size_key, style_key = told.style_key, fold_version = told.fold_version, url = told.url, \
               image = told.image, quantity = told.quantity, position = told.position, \
               availability = COALESCE(told.availability, variant.availability), confirmed = told.confirmed, \
               unconfirmed = told.unconfirmed, missing = 0 \
             FROM told WHERE variant.id = told.id",
            txn.only_rows(chunk.len(), COUNT)
        );
        txn.run(&sql, chunk.iter().flatten().cloned().collect()).await?;
    }
    Ok(())
}
