//! Restocks: what came back of each product in one reading, many at once.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use coatcheck_bots::message::{Alert, AlertVariant};
use coatcheck_domain::ProductReading;
use sea_orm::{DbErr, FromQueryResult, Value};

use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, list, portions, value_portions};
use crate::store::db::time::micros;
use crate::store::stock::observed::Restocked;

/// What came back of a product.
pub(super) struct Back<'a> {
    pub(super) product_id: i64,
    pub(super) title: &'a str,
    pub(super) host: &'a str,
    pub(super) product: &'a ProductReading,
    pub(super) variants: &'a [Restocked],
    pub(super) read_at: DateTime<Utc>,
    pub(super) stored_at: DateTime<Utc>,
}

/// Inserts a restock for each. Says their rows, in the same order.
pub(super) async fn insert(txn: &Txn, back: &[Back<'_>]) -> Result<Vec<i64>, StoreError> {
    let mut restocks = Vec::with_capacity(back.len());
    for chunk in portions(back) {
        count_up(txn, chunk).await?;
        let ids = insert_chunk(txn, chunk).await?;
        let missing = || StoreError::corrupt("restock", "an insert gave no row");
        let ids = chunk.iter().map(|back| ids.get(&back.product_id).copied().ok_or_else(missing));
        restocks.extend(ids.collect::<Result<Vec<_>, _>>()?);
    }
    let variants: Vec<[Value; 5]> = back.iter().zip(&restocks).flat_map(|(back, id)| variants(back, *id)).collect();
    for (count, values) in value_portions(variants) {
        let sql = format!(
            "INSERT INTO restock_variant (restock_id, variant_id, was, availability, at) VALUES {}",
            txn.only_rows(count, 5)
        );
        txn.run_later(&sql, values).await?;
    }
    Ok(restocks)
}

/// Counts one restock more of each product, which is the number of its new one. On PostgreSQL the products' rows are held
/// from here on, in the order of their ids, so that a watch falls before or after.
async fn count_up(txn: &Txn, back: &[Back<'_>]) -> Result<(), DbErr> {
    let these = list(1, back.len());
    let values: Vec<Value> = back.iter().map(|back| back.product_id.into()).collect();
    let lock = txn.lock("FOR UPDATE");
    if !lock.is_empty() {
        let sql = format!("SELECT id FROM product WHERE id IN ({these}) ORDER BY id {lock}");
        txn.ids(&sql, values.clone()).await?;
    }
    txn.run_later(&format!("UPDATE product SET restocks = restocks + 1 WHERE id IN ({these})"), values).await
}

async fn insert_chunk(txn: &Txn, back: &[Back<'_>]) -> Result<HashMap<i64, i64>, StoreError> {
    #[derive(FromQueryResult)]
    struct Inserted {
        id: i64,
        product_id: i64,
    }
    let mut values: Vec<Value> = Vec::with_capacity(back.len() * 4);
    for back in back {
        let snapshot = serde_json::to_string(&alert(back)).map_err(|e| StoreError::corrupt("restock.snapshot", e))?;
        values.extend([
            back.product_id.into(),
            micros(back.read_at).into(),
            micros(back.stored_at).into(),
            Value::from(snapshot),
        ]);
    }
    let sql = format!(
        "WITH told (product_id, read_at, created_at, snapshot) AS (VALUES {}) \
         INSERT INTO restock (product_id, number, read_at, created_at, snapshot, cursor) \
         SELECT p.id, p.restocks, told.read_at, told.created_at, told.snapshot, 0 FROM told \
           JOIN product p ON p.id = told.product_id RETURNING id, product_id",
        txn.only_rows(back.len(), 4)
    );
    let inserted: Vec<Inserted> = txn.rows(&sql, values).await?;
    Ok(inserted.into_iter().map(|row| (row.product_id, row.id)).collect())
}

fn variants(back: &Back<'_>, restock_id: i64) -> Vec<[Value; 5]> {
    let row = |came: &Restocked| -> [Value; 5] {
        [
            restock_id.into(),
            came.variant_id.into(),
            came.was.as_str().into(),
            back.product.variants[came.index].availability.as_str().into(),
            micros(back.read_at).into(),
        ]
    };
    back.variants.iter().map(row).collect()
}

/// The alert that lists all that came back; each delivery tells the part that was asked for.
fn alert(back: &Back<'_>) -> Alert {
    let product = back.product;
    let variants = back.variants.iter().map(|came| {
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
        product: back.title.to_owned(),
        shop: back.host.to_owned(),
        url: product.url.clone(),
        image: product.image.clone(),
        variants: variants.collect(),
        at: back.read_at,
        detected_at: back.stored_at,
        test: false,
        gone_after: None,
        post: None,
    }
}
