//! Writes down what readings changed of products: their variants and spans, many at once.

use std::collections::HashMap;
use std::time::Duration;

use coatcheck_domain::stock::{Change, Known, Missed, Observation, Rules, Seen};
use coatcheck_domain::{Availability, ProductReading, VariantReading};
use sea_orm::{FromQueryResult, Value};

use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::passing::Asked;
use crate::store::db::sql::{Sql, list_of, portions, value_portions};
use crate::store::db::time::micros;
use crate::store::stock::sizes;
use crate::store::stock::spans::Spans;
use crate::store::stock::variant_row::{Moment, VariantRow};
use crate::store::stock::written::{COLUMNS, COUNT, Written, now_is};

/// A variant that came back.
#[derive(Debug, Clone)]
pub(crate) struct Restocked {
    pub(crate) variant_id: i64,
    /// Its index in the reading.
    pub(crate) index: usize,
    pub(crate) was: Availability,
}

/// What is stored of a product's variants, as the decider wants it and as the writer needs it.
pub(crate) struct Variants {
    pub(crate) known: Known,
    rows: Vec<VariantRow>,
}

/// A product, what a reading says of it, and what that changes.
pub(crate) struct Observed<'a> {
    pub(crate) product_id: i64,
    pub(crate) known: Variants,
    pub(crate) product: &'a ProductReading,
    pub(crate) observation: Observation,
    pub(crate) moment: Moment,
}

impl Variants {
    /// What a reading at that moment finds.
    pub(crate) fn known(rows: Vec<VariantRow>, product: Known, moment: Moment) -> Result<Self, StoreError> {
        let variants = rows.iter().map(|row| row.known(moment)).collect::<Result<_, _>>()?;
        Ok(Self { known: Known { variants, ..product }, rows })
    }
}

/// What is known of variants and their open spans.
const VARIANTS: &str = "SELECT v.id, v.product_id, v.key, v.sku, v.options_key, v.size_key, v.rank, v.vanished_at, v.vanished_as, \
     v.renamed, v.confirmed, v.missing, v.unconfirmed, v.digest, \
     s.availability AS span_availability, s.price_minor, s.price_exponent, s.currency, s.last_seen, s.last_reading \
     FROM variant v LEFT JOIN span s ON s.variant_id = v.id AND s.ended_at IS NULL";

/// Variants by their products.
pub(crate) type ByProduct = HashMap<i64, Vec<VariantRow>>;

/// Loads what is known of these products' variants.
pub(crate) async fn load(txn: &Txn, products: &[i64]) -> Result<ByProduct, StoreError> {
    let mut known = ByProduct::new();
    for chunk in portions(products) {
        let mut values = Vec::new();
        let these = list_of(&mut values, chunk.iter().copied());
        let sql = format!("{VARIANTS} WHERE v.product_id IN ({these}) ORDER BY v.id");
        shelve(txn.rows(&sql, values).await?, &mut known);
    }
    Ok(known)
}

/// Asks for the variants of the products that these sources read.
pub(super) fn of_sources(sources: impl IntoIterator<Item = i64>) -> Option<Asked> {
    let mut values = Vec::new();
    let these = list_of(&mut values, sources);
    let of = format!("SELECT p.id FROM product p WHERE p.source_id IN ({these})");
    (!values.is_empty()).then(|| (format!("{VARIANTS} WHERE v.product_id IN ({of}) ORDER BY v.id"), values))
}

/// Asks for the variants of the products with these keys, each of a shop.
pub(super) fn named(txn: &Txn, keys: &[(i64, String)]) -> impl Iterator<Item = Asked> {
    portions(keys).map(|chunk| {
        let sql = format!(
            "WITH named (shop_id, key) AS (VALUES {}) {VARIANTS} WHERE v.product_id IN (SELECT p.id FROM named \
             JOIN product p ON p.shop_id = named.shop_id AND p.key = named.key) ORDER BY v.id",
            txn.only_rows(chunk.len(), 2)
        );
        let values = chunk.iter().flat_map(|(shop, key)| [Value::from(*shop), key.as_str().into()]).collect();
        (sql, values)
    })
}

pub(super) fn shelve(rows: Vec<VariantRow>, known: &mut ByProduct) {
    for row in rows {
        known.entry(row.product_id).or_default().push(row);
    }
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

/// Writes down what readings changed. Says of each product which variants came back.
pub(crate) async fn write(txn: &Txn, observed: &[Observed<'_>]) -> Result<Vec<Vec<Restocked>>, StoreError> {
    let new = insert_variants(txn, observed).await?;
    update_variants(txn, observed).await?;
    sizes::write(txn, resized(observed, &new)).await?;
    let (mut spans, mut missed, mut all_back) =
        (Spans::default(), Missing::default(), Vec::with_capacity(observed.len()));
    for one in observed {
        let mut back = Vec::new();
        for (index, seen) in one.observation.seen.iter().enumerate() {
            let row = seen.known.map(|known| &one.known.rows[known]);
            let id = row.map(|row| row.id).or_else(|| new.get(&(one.product_id, seen.key.clone())).copied());
            let variant_id = id.ok_or_else(|| StoreError::corrupt("variant", "an insert gave no row"))?;
            spans.take(variant_id, row, &seen.change, one.moment);
            if let Some(was) = seen.restock_from {
                back.push(Restocked { variant_id, index, was });
            }
        }
        missed.take(&mut spans, &one.known, &one.observation.missed, one.moment);
        all_back.push(back);
    }
    missed.write(txn).await?;
    spans.write(txn).await?;
    Ok(all_back)
}

/// Writes down which variants readings lacked.
pub(crate) async fn write_missed(txn: &Txn, missed: &[(Variants, Vec<Missed>, Moment)]) -> Result<(), StoreError> {
    let (mut spans, mut rows) = (Spans::default(), Missing::default());
    for (known, missed, moment) in missed {
        rows.take(&mut spans, known, missed, *moment);
    }
    rows.write(txn).await?;
    Ok(spans.write(txn).await?)
}

/// Variants that readings lacked.
#[derive(Default)]
struct Missing(Vec<[Value; 7]>);

impl Missing {
    fn take(&mut self, spans: &mut Spans, known: &Variants, missed: &[Missed], moment: Moment) {
        for miss in missed {
            let row = &known.rows[miss.known];
            self.0.push([
                row.id.into(),
                i64::from(miss.missing).into(),
                (miss.change != Change::Silent).into(),
                now_is(&miss.change).map(Availability::as_str).into(),
                miss.vanished.map(|vanished| micros(vanished.at)).into(),
                miss.vanished.map(|vanished| vanished.was.as_str()).into(),
                miss.vanished.is_some_and(|vanished| vanished.renamed).into(),
            ]);
            spans.take(row.id, Some(row), &miss.change, moment);
        }
    }

    async fn write(self, txn: &Txn) -> Result<(), StoreError> {
        for (count, values) in value_portions(self.0) {
            let sql = format!(
                "WITH told (id, missing, confirmed, availability, vanished_at, vanished_as, renamed) AS (VALUES {}) \
                 UPDATE variant SET missing = told.missing, confirmed = told.confirmed, vanished_at = told.vanished_at, \
                   vanished_as = told.vanished_as, renamed = told.renamed, \
                   availability = COALESCE(told.availability, variant.availability) FROM told WHERE variant.id = told.id",
                txn.only_rows(count, 7)
            );
            txn.run_later(&sql, values).await?;
        }
        Ok(())
    }
}

/// Rules for a source polled so often.
pub(crate) fn rules(interval: Duration) -> Rules {
    Rules::for_interval(interval)
}

/// Variants that were never seen before. Says their rows by product and key.
async fn insert_variants(txn: &Txn, observed: &[Observed<'_>]) -> Result<HashMap<(i64, String), i64>, StoreError> {
    #[derive(FromQueryResult)]
    struct Inserted {
        id: i64,
        product_id: i64,
        key: String,
    }
    let rows = rows(observed, |one, seen, _| seen.known.is_none().then_some(one.product_id))?;
    let mut ids = HashMap::new();
    for (count, values) in value_portions(rows) {
        let sql = format!(
            "WITH told (product_id, {COLUMNS}) AS (VALUES {}) \
             INSERT INTO variant (product_id, {COLUMNS}, missing, renamed) SELECT product_id, {COLUMNS}, 0, FALSE FROM told \
             ORDER BY product_id, position RETURNING id, product_id, key",
            txn.only_rows(count, COUNT)
        );
        let inserted: Vec<Inserted> = txn.rows(&sql, values).await?;
        ids.extend(inserted.into_iter().map(|row| ((row.product_id, row.key), row.id)));
    }
    Ok(ids)
}

/// Variants whose size is new, or another than before.
fn resized<'a>(
    observed: &'a [Observed<'_>],
    new: &'a HashMap<(i64, String), i64>,
) -> impl Iterator<Item = (i64, &'a VariantReading)> {
    let of_one = move |one: &'a Observed<'_>| {
        one.observation.seen.iter().zip(&one.product.variants).filter_map(move |(seen, variant)| match seen.known {
            Some(known) => {
                let row = &one.known.rows[known];
                (row.size_key != variant.size_key().as_str()).then_some((row.id, variant))
            }
            None => (variant.size_keys().len() > 1)
                .then(|| Some((*new.get(&(one.product_id, seen.key.clone()))?, variant)))?,
        })
    };
    observed.iter().flat_map(of_one)
}

/// Variants that are known and of which the shop says something else now. A price stands in their spans.
async fn update_variants(txn: &Txn, observed: &[Observed<'_>]) -> Result<(), StoreError> {
    let rows = rows(observed, |one, seen, written| {
        let row = &one.known.rows[seen.known?];
        (!written.is_in(row)).then_some(row.id)
    })?;
    for (count, values) in value_portions(rows) {
        let sql = format!(
            "WITH told (id, {COLUMNS}) AS (VALUES {}) \
             UPDATE variant SET key = told.key, external_id = told.external_id, sku = told.sku, title = told.title, \
               options = told.options, options_key = told.options_key, size = told.size, style = told.style, \
               size_key = told.size_key, style_key = told.style_key, fold_version = told.fold_version, url = told.url, \
               image = told.image, quantity = told.quantity, position = told.position, \
               availability = COALESCE(told.availability, variant.availability), confirmed = told.confirmed, \
               unconfirmed = told.unconfirmed, rank = told.rank, digest = told.digest, missing = 0 \
             FROM told WHERE variant.id = told.id",
            txn.only_rows(count, COUNT)
        );
        txn.run_later(&sql, values).await?;
    }
    Ok(())
}

/// The columns of all variants that have an id by which they are written.
fn rows(
    observed: &[Observed<'_>],
    id: impl Fn(&Observed<'_>, &Seen, &Written<'_>) -> Option<i64>,
) -> Result<Vec<[Value; COUNT]>, StoreError> {
    let mut rows = Vec::new();
    for one in observed {
        for (index, (seen, variant)) in one.observation.seen.iter().zip(&one.product.variants).enumerate() {
            let written = Written::of(seen, variant, index)?;
            if let Some(id) = id(one, seen, &written) {
                rows.push(written.columns(id));
            }
        }
    }
    Ok(rows)
}
