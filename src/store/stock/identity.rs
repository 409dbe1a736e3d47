//! The rows of a reading's products: by key, by the id that they had last, or recognised when they are under a new one.

use std::collections::{HashMap, HashSet};

use coatcheck_domain::ProductReading;
use coatcheck_domain::stock::identity::{Looks, recognise};
use sea_orm::{FromQueryResult, Value};

use crate::store::db::conn::Txn;
use crate::store::db::error::StoreError;
use crate::store::db::sql::{Sql, list};
use crate::store::stock::context::ReadPoll;
use crate::store::stock::observed;
use crate::store::stock::products::{self, ProductRow};

/// Rows by shop and the key that the reading gives.
type Rows = HashMap<(i64, String), ProductRow>;

/// The rows of some products of a reading.
pub(super) async fn known(txn: &Txn, poll: ReadPoll<'_>, some: &[ProductReading]) -> Result<Rows, StoreError> {
    let shop = poll.source.shop_id;
    let rows = products::known(txn, shop, some.iter().map(ProductReading::key)).await?;
    if some.iter().all(|product| rows.contains_key(&(shop, product.key()))) {
        return Ok(rows);
    }
    let owned = products::owned(txn, poll.source.source_id).await?;
    if owned.is_empty() {
        return Ok(rows);
    }
    let all = &poll.new.reading.products;
    let rows = if some.len() == all.len() {
        rows
    } else {
        products::known(txn, shop, all.iter().map(ProductReading::key)).await?
    };
    under_other_ids(txn, poll, rows, &owned).await
}

/// Is the product of this row in a reading with these keys? Its id may be another one since it was stored.
pub(super) fn is_read(row: &ProductRow, read: &HashSet<String>, owned: &[ProductRow]) -> bool {
    read.contains(&row.key)
        || row.last_key().is_some_and(|key| read.contains(&key) && owned.iter().all(|other| other.key != key))
}

/// Adds the rows of products that are under other ids than the ones they were stored under.
async fn under_other_ids(
    txn: &Txn,
    poll: ReadPoll<'_>,
    mut rows: Rows,
    owned: &[ProductRow],
) -> Result<Rows, StoreError> {
    let shop = poll.source.shop_id;
    let products = &poll.new.reading.products;
    let read: HashSet<String> = products.iter().map(ProductReading::key).chain(poll.new.same.iter().cloned()).collect();
    let by_last_key = owned.iter().filter(|row| !read.contains(&row.key) && is_read(row, &read, owned));
    let by_last_key: Vec<_> = by_last_key.filter_map(|row| Some(((shop, row.last_key()?), row.clone()))).collect();
    for (key, row) in by_last_key {
        rows.entry(key).or_insert(row);
    }
    if !poll.new.reading.complete {
        return Ok(rows);
    }
    let (others, new): (Vec<_>, Vec<_>) =
        products.iter().partition(|product| rows.contains_key(&(shop, product.key())));
    // What was missed before has no digest: it is another one that comes after it.
    let gone: Vec<&ProductRow> =
        owned.iter().filter(|row| row.digest.is_some() && !is_read(row, &read, owned)).collect();
    if new.is_empty() || gone.is_empty() {
        return Ok(rows);
    }
    let looks = |all: &[&ProductReading]| all.iter().map(|product| Looks::of(product)).collect::<Vec<_>>();
    let known = looks_of(txn, &gone).await?;
    for (product, index) in new.iter().zip(recognise(&looks(&new), &known, &looks(&others))) {
        if let Some(index) = index {
            tracing::info!(url = %poll.source.url, product = gone[index].key, key = product.key(), "a product is under another id now");
            rows.insert((shop, product.key()), gone[index].clone());
        }
    }
    Ok(rows)
}

/// What these rows are recognised by.
async fn looks_of(txn: &Txn, gone: &[&ProductRow]) -> Result<Vec<Looks>, StoreError> {
    #[derive(FromQueryResult)]
    struct Row {
        id: i64,
        handle: Option<String>,
        url: Option<String>,
        title: String,
    }
    let ids: Vec<i64> = gone.iter().map(|row| row.id).collect();
    let mut variants = observed::load(txn, &ids).await?;
    let mut looks = HashMap::new();
    for chunk in ids.chunks(500) {
        let sql = format!("SELECT id, handle, url, title FROM product WHERE id IN ({})", list(1, chunk.len()));
        let rows: Vec<Row> = txn.rows(&sql, chunk.iter().map(|id| Value::from(*id)).collect()).await?;
        for Row { id, handle, url, title } in rows {
            let options = variants.remove(&id).unwrap_or_default().into_iter().map(|row| row.options_key).collect();
            looks.insert(id, Looks { handle, url, title, options });
        }
    }
    let missing = || StoreError::corrupt("product", "a row is gone");
    ids.iter().map(|id| looks.remove(id).ok_or_else(missing)).collect()
}
