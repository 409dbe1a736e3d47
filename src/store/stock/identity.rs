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
pub(super) type Rows = HashMap<(i64, String), ProductRow>;

/// The rows of the products that readings name, and those that their sources read.
pub(super) struct Shelf {
    rows: Rows,
    owned: HashMap<i64, Vec<ProductRow>>,
}

impl Shelf {
    /// For all of these readings at once; `owned`: the products that their sources read.
    pub(super) async fn of(
        txn: &Txn,
        polls: &[ReadPoll<'_>],
        owned: HashMap<i64, Vec<ProductRow>>,
    ) -> Result<Self, StoreError> {
        let mut rows: Rows = owned.values().flatten().map(|row| (row.at(), row.clone())).collect();
        let others =
            polls.iter().flat_map(|poll| keys(*poll, &poll.new.reading.products)).filter(|key| !rows.contains_key(key));
        let others: Vec<(i64, String)> = others.collect();
        rows.extend(products::known(txn, others).await?);
        Ok(Self { rows, owned })
    }

    /// For some products of a reading, with these rows. What else its source reads is looked at only where one of them is
    /// not known.
    pub(super) async fn of_some(
        txn: &Txn,
        poll: ReadPoll<'_>,
        some: &[ProductReading],
        rows: Rows,
    ) -> Result<Self, StoreError> {
        let is_known = keys(poll, some).all(|key| rows.contains_key(&key));
        let owned = if is_known { HashMap::new() } else { products::owned(txn, poll.source.source_id).await? };
        Ok(Self { rows, owned })
    }

    /// The products that a source reads.
    pub(super) fn owned(&self, source_id: i64) -> &[ProductRow] {
        self.owned.get(&source_id).map_or(&[], Vec::as_slice)
    }

    /// The rows of some products of a reading.
    pub(super) async fn known(
        &self,
        txn: &Txn,
        poll: ReadPoll<'_>,
        some: &[ProductReading],
    ) -> Result<Rows, StoreError> {
        let row = |key: (i64, String)| Some((key.clone(), self.rows.get(&key)?.clone()));
        let rows: Rows = keys(poll, some).filter_map(row).collect();
        let owned = self.owned(poll.source.source_id);
        if owned.is_empty() || keys(poll, some).all(|key| rows.contains_key(&key)) {
            return Ok(rows);
        }
        let all = &poll.new.reading.products;
        let rows = if some.len() == all.len() { rows } else { products::known(txn, keys(poll, all)).await? };
        under_other_ids(txn, poll, rows, owned).await
    }
}

pub(super) fn keys<'a>(
    poll: ReadPoll<'_>,
    products: &'a [ProductReading],
) -> impl Iterator<Item = (i64, String)> + use<'a> {
    let shop = poll.source.shop_id;
    products.iter().map(move |product| (shop, product.key()))
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
