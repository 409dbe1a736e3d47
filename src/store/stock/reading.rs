//! Stores a reading: spans, restocks, the restocks and the source's next poll, in one transaction.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use coatcheck_bots::message::{Alert, AlertVariant};
use coatcheck_domain::drift::SendOutcome;
use coatcheck_domain::hex;
use coatcheck_domain::poll::Plan;
use coatcheck_domain::reading::made_up_title;
use coatcheck_domain::stock::{self, Rules};
use coatcheck_domain::{ProductReading, Reading};
use sea_orm::{FromQueryResult, Value};
use sha2::{Digest, Sha256};
use url::Url;

use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::micros;
use crate::store::polls::held::HeldSource;
use crate::store::stock::doubt::{self, Doubt};
use crate::store::stock::observed::{self, Moment, Restocked};
use crate::store::stock::spans::ROWS;

/// A reading that is to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct NewReading {
    /// What was said.
    pub reading: Reading,
    /// By which reader.
    pub reader: String,
    /// When the shop's answer was complete in our hands.
    pub read_at: DateTime<Utc>,
    /// Of the answer's bytes.
    pub body_digest: String,
    /// As sent.
    pub etag: Option<String>,
    /// As sent.
    pub last_modified: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stored {
    /// Restocks that were made.
    pub restocks: Vec<i64>,
    /// Products of which something was written.
    pub changed: usize,
}

#[derive(FromQueryResult, Clone)]
struct ProductRow {
    id: i64,
    key: String,
    source_id: i64,
    read_completely: bool,
    digest: Option<String>,
    settled: bool,
    owner_state: String,
}

/// What is the same for all products of one reading.
struct Context<'a> {
    claim: &'a HeldSource,
    new: &'a NewReading,
    rules: Rules,
    moment: Moment,
    stored_at: DateTime<Utc>,
}

/// Stores a reading and plans the next poll. The shop is held by whoever read it, until the end of the transaction.
/// `None`: somebody changed the source meanwhile; nothing is stored, the next reading says it again.
pub(in crate::store) async fn store_reading(
    txn: &Txn,
    claim: &HeldSource,
    new: &NewReading,
    plan: &Plan,
    now: DateTime<Utc>,
) -> Result<Option<Stored>, StoreError> {
    let read_at = not_before(new.read_at, claim.last_read_at);
    let context = Context {
        claim,
        new,
        rules: observed::rules(claim.schedule.interval),
        moment: Moment { read_at, reading: claim.readings + 1, previous_read_at: claim.last_read_at },
        stored_at: now,
    };
    if !end_poll(txn, &context, plan).await? {
        return Ok(None);
    }
    let (stored, settled, doubt) = store_products(txn, &context).await?;
    doubt::write(txn, claim, settled, &doubt, now).await?;
    Ok(Some(stored))
}

/// A clock that was set back does not turn the history over: its time stands still until the clock has passed what is
/// written already.
fn not_before(read_at: DateTime<Utc>, previous: Option<DateTime<Utc>>) -> DateTime<Utc> {
    previous.map_or(read_at, |previous| previous.max(read_at))
}

/// The source's row first: it says whether somebody has changed the source since it was asked.
async fn end_poll(txn: &Txn, context: &Context<'_>, plan: &Plan) -> Result<bool, StoreError> {
    let Context { claim, new, .. } = context;
    let sql = "UPDATE source SET state = $3, trial_at = NULL, scheduled_at = $4, next_poll_at = $5, failures = $6, \
               gone_since = NULL, last_error = NULL, last_error_at = NULL, fault = NULL, last_read_at = $7, \
               readings = readings + 1, body_digest = $8, etag = $9, last_modified = $10, reader = $11 \
               WHERE id = $1 AND edit = $2 AND readings = $12";
    let values = vec![
        claim.source_id.into(),
        claim.edit.into(),
        plan.state.as_str().into(),
        micros(plan.scheduled_at).into(),
        micros(plan.next_poll_at).into(),
        i64::from(plan.failures).into(),
        micros(context.moment.read_at).into(),
        new.body_digest.as_str().into(),
        new.etag.as_deref().into(),
        new.last_modified.as_deref().into(),
        new.reader.as_str().into(),
        claim.readings.into(),
    ];
    Ok(txn.run(sql, values).await? == 1)
}

async fn store_products(txn: &Txn, context: &Context<'_>) -> Result<(Stored, bool, Doubt), StoreError> {
    let known = known_products(txn, context).await?;
    let mut stored = Stored::default();
    let mut settled = true;
    let mut read: HashSet<String> = HashSet::new();
    for product in &context.new.reading.products {
        let key = product.key();
        if !read.insert(key.clone()) {
            continue;
        }
        let row = known.get(&key);
        if row.is_some_and(|row| !may_read(row, context)) {
            continue;
        }
        let digest = digest(product);
        if row.is_some_and(|row| says_nothing_new(row, &digest, context)) {
            continue;
        }
        stored.changed += 1;
        settled &= store_product(txn, context, row, product, &key, &digest, &mut stored.restocks).await?;
    }
    let lacking = || known.values().filter(|row| row.source_id == context.claim.source_id && !read.contains(&row.key));
    let ids: HashSet<i64> = lacking().map(|row| row.id).collect();
    let doubt = doubt::of(txn, context.claim, context.new, &ids).await?;
    for row in lacking() {
        settled &= miss_product(txn, context, row, doubt.outcome).await?;
    }
    Ok((stored, settled, doubt))
}

/// Each product is read by one source: the first, until that one is paused or gone.
fn may_read(row: &ProductRow, context: &Context<'_>) -> bool {
    row.source_id == context.claim.source_id || matches!(row.owner_state.as_str(), "paused" | "gone")
}

/// The same as last time, nothing pending, no gap between: the source's row has said it all.
fn says_nothing_new(row: &ProductRow, digest: &str, context: &Context<'_>) -> bool {
    row.settled
        && row.digest.as_deref() == Some(digest)
        && row.source_id == context.claim.source_id
        && !after_gap(context)
}

fn after_gap(context: &Context<'_>) -> bool {
    let previous = context.moment.previous_read_at;
    previous.is_none_or(|previous| context.moment.read_at - previous > context.rules.gap_after)
}

async fn known_products(txn: &Txn, context: &Context<'_>) -> Result<HashMap<String, ProductRow>, StoreError> {
    let sql = "SELECT p.id, p.key, p.source_id, p.read_completely, p.digest, p.settled, s.state AS owner_state \
               FROM product p JOIN source s ON s.id = p.source_id WHERE p.shop_id = $1";
    let rows: Vec<ProductRow> = txn.rows(sql, vec![context.claim.shop_id.into()]).await?;
    Ok(rows.into_iter().map(|row| (row.key.clone(), row)).collect())
}

async fn store_product(
    txn: &Txn,
    context: &Context<'_>,
    row: Option<&ProductRow>,
    product: &ProductReading,
    key: &str,
    digest: &str,
    restocks: &mut Vec<i64>,
) -> Result<bool, StoreError> {
    let product_id = match row {
        Some(row) => row.id,
        None => insert_product(txn, context, product, key).await?,
    };
    if let Some(row) = row.filter(|row| row.source_id != context.claim.source_id) {
        observed::hand_over(txn, product_id, row.source_id, context.moment).await?;
    }
    let read_completely = row.is_some_and(|row| row.read_completely);
    let moment = context.moment;
    let known = observed::load(txn, product_id, read_completely, moment).await?;
    let observation = observed::observe(&known, product, &context.rules, moment);
    let back = observed::write(txn, product_id, &known, product, &observation, moment).await?;
    if observation.reshaped {
        tracing::warn!(url = %context.claim.url, product = key, "all variants of {key} have new ids and options: a new baseline, nobody is notified");
    }
    let settled = observation.is_settled(&context.rules);
    let title = title(txn, context, product_id, product).await?;
    let sql = "UPDATE product SET source_id = $2, external_id = $3, handle = $4, title = $5, url = $6, image = $7, \
               read_completely = $8, digest = $9, settled = $10 WHERE id = $1";
    let values = vec![
        product_id.into(),
        context.claim.source_id.into(),
        product.external_id.clone().into(),
        product.handle.clone().into(),
        title.as_str().into(),
        product.url.as_ref().map(ToString::to_string).into(),
        product.image.as_ref().map(ToString::to_string).into(),
        observation.read_completely.into(),
        digest.into(),
        settled.into(),
    ];
    txn.run(sql, values).await?;
    if !back.is_empty() {
        restocks.push(insert_restock(txn, context, product_id, &title, product, &back).await?);
    }
    Ok(settled)
}

/// What people call it: the shop's title, or their own word where the shop has none.
async fn title(
    txn: &Txn,
    context: &Context<'_>,
    product_id: i64,
    product: &ProductReading,
) -> Result<String, StoreError> {
    let made_up = Url::parse(&context.claim.url).is_ok_and(|url| made_up_title(&url) == product.title);
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

/// What becomes of a product that the source no longer has: nothing, or Absent once three complete readings agree.
async fn miss_product(
    txn: &Txn,
    context: &Context<'_>,
    row: &ProductRow,
    outcome: SendOutcome,
) -> Result<bool, StoreError> {
    let left_alone = !context.new.reading.complete || outcome == SendOutcome::LeftAlone;
    // Missed before: its rows say all there is to say, unless this reading counts or a gap lies between.
    let is_new = row.digest.is_some();
    if !is_new && (left_alone || (row.settled && !after_gap(context))) {
        return Ok(row.settled);
    }
    let known = observed::load(txn, row.id, row.read_completely, context.moment).await?;
    let mut observation = stock::observe_missing(&known.known, &context.rules, context.moment.read_at);
    if left_alone {
        for missed in &mut observation.missed {
            missed.change = stock::Change::Silent;
            missed.missing = known.known.variants[missed.known].missing;
        }
    }
    observed::write_missed(txn, &known, &observation.missed, context.moment).await?;
    let settled = observation.is_settled(&context.rules) && outcome != SendOutcome::LeftAlone;
    let sql = "UPDATE product SET digest = NULL, settled = $2 WHERE id = $1";
    txn.run(sql, vec![row.id.into(), settled.into()]).await?;
    Ok(settled)
}

async fn insert_product(
    txn: &Txn,
    context: &Context<'_>,
    product: &ProductReading,
    key: &str,
) -> Result<i64, StoreError> {
    let sql = "INSERT INTO product (shop_id, source_id, key, title, read_completely, settled, restocks, created_at) \
               VALUES ($1, $2, $3, $4, FALSE, FALSE, 0, $5) \
               ON CONFLICT (shop_id, key) DO UPDATE SET title = excluded.title RETURNING id";
    let values = vec![
        context.claim.shop_id.into(),
        context.claim.source_id.into(),
        key.into(),
        product.title.as_str().into(),
        micros(context.stored_at).into(),
    ];
    txn.id(sql, values).await?.ok_or_else(|| StoreError::corrupt("product", "an insert gave no row"))
}

async fn insert_restock(
    txn: &Txn,
    context: &Context<'_>,
    product_id: i64,
    title: &str,
    product: &ProductReading,
    back: &[Restocked],
) -> Result<i64, StoreError> {
    let sql = "UPDATE product SET restocks = restocks + 1 WHERE id = $1 RETURNING restocks";
    let number = txn.id(sql, vec![product_id.into()]).await?;
    let number = number.ok_or_else(|| StoreError::corrupt("product", "a row that was just written is not there"))?;
    let alert = alert(context, title, product, back);
    let snapshot = serde_json::to_string(&alert).map_err(|e| StoreError::corrupt("restock.snapshot", e))?;
    let sql = "INSERT INTO restock (product_id, number, read_at, created_at, snapshot, cursor) \
               VALUES ($1, $2, $3, $4, $5, 0) RETURNING id";
    let values = vec![
        product_id.into(),
        number.into(),
        micros(context.new.read_at).into(),
        micros(context.stored_at).into(),
        snapshot.into(),
    ];
    let restock_id =
        txn.id(sql, values).await?.ok_or_else(|| StoreError::corrupt("restock", "an insert gave no row"))?;
    let restock = |came: &Restocked| -> [Value; 5] {
        [
            restock_id.into(),
            came.variant_id.into(),
            came.was.as_str().into(),
            product.variants[came.index].availability.as_str().into(),
            micros(context.new.read_at).into(),
        ]
    };
    for chunk in back.chunks(ROWS) {
        let sql = format!(
            "INSERT INTO restock_variant (restock_id, variant_id, was, availability, at) VALUES {}",
            txn.only_rows(chunk.len(), 5)
        );
        txn.run(&sql, chunk.iter().flat_map(restock).collect()).await?;
    }
    Ok(restock_id)
}

/// The alert that lists all that came back; each delivery tells the part that was asked for.
fn alert(context: &Context<'_>, title: &str, product: &ProductReading, back: &[Restocked]) -> Alert {
    let variants = back.iter().map(|came| {
        let variant = &product.variants[came.index];
        AlertVariant {
            variant: came.variant_id,
            size: variant.size().map(str::to_owned),
            style: variant.style(),
            options: variant.options.clone(),
            sku: variant.sku.clone(),
            url: variant.url.clone().or_else(|| product.url.clone()),
            cart_url: variant.cart_url.clone(),
            availability: variant.availability,
            quantity: variant.quantity,
            price: variant.price.clone(),
        }
    });
    Alert {
        product: title.to_owned(),
        shop: context.claim.host.clone(),
        url: product.url.clone(),
        image: product.image.clone(),
        variants: variants.collect(),
        at: context.new.read_at,
        detected_at: context.stored_at,
        test: false,
        gone_after: None,
    }
}

/// Of everything that is stored of a product, so that the same reading is known again.
fn digest(product: &ProductReading) -> String {
    let mut hash = Sha256::new();
    let mut field = |text: &str| {
        hash.update(text.len().to_le_bytes());
        hash.update(text.as_bytes());
    };
    field(&product.title);
    field(product.url.as_ref().map_or("", Url::as_str));
    field(product.image.as_ref().map_or("", Url::as_str));
    field(if product.complete { "complete" } else { "cut" });
    for variant in &product.variants {
        field(&variant.key());
        field(variant.title.as_deref().unwrap_or_default());
        field(variant.url.as_ref().map_or("", Url::as_str));
        field(variant.availability.as_str());
        field(&variant.quantity.map(|n| n.to_string()).unwrap_or_default());
        field(&variant.price.as_ref().map(ToString::to_string).unwrap_or_default());
        for (name, value) in &variant.options {
            field(name);
            field(value);
        }
    }
    hex::encode(&hash.finalize())
}
