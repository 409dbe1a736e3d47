//! After a version that folds words otherwise: stored keys are made anew from the words they came from.

use coatcheck_domain::fold::{FOLD_VERSION, fold};
use coatcheck_domain::size::names;
use coatcheck_domain::{Availability, SizeKey, StyleKey, VariantReading};
use sea_orm::{DbErr, FromQueryResult};

use super::sizes;
use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::setting;
use crate::store::db::sql::Sql;

/// The setting that says by which rules everything is folded.
const FOLDED_BY: &str = "fold_version";
/// Rows that are folded in one transaction.
const CHUNK: i64 = 500;

#[derive(FromQueryResult)]
struct VariantRow {
    id: i64,
    key: String,
    options: String,
    size: Option<String>,
    style: Option<String>,
}

#[derive(FromQueryResult)]
struct WatchRow {
    id: i64,
    size_key: String,
    size: Option<String>,
    style: Option<String>,
}

#[derive(FromQueryResult)]
struct AliasRow {
    id: i64,
    text: String,
}

impl Db {
    /// Folds anew what was folded by older rules, and says how many rows that were. Whatever stops it: the next start
    /// goes on where it ended.
    ///
    /// # Errors
    /// When the database fails or holds what no version writes.
    pub async fn refold(&self) -> Result<u64, StoreError> {
        let (mut folded, version) = (0, FOLD_VERSION.to_string());
        if setting::get(self.read(), FOLDED_BY).await?.is_some_and(|known| known == version) {
            return Ok(folded);
        }
        loop {
            let txn = self.write().await?;
            let done = variants(&txn).await? + watches(&txn).await?;
            if done == 0 {
                aliases(&txn).await?;
                announcements(&txn).await?;
                setting::set(&txn, FOLDED_BY, version).await?;
                txn.commit().await?;
                return Ok(folded);
            }
            txn.commit().await?;
            folded += done;
        }
    }
}

async fn variants(txn: &Txn) -> Result<u64, StoreError> {
    let sql = "SELECT id, key, options, size, style FROM variant WHERE fold_version < $1 ORDER BY id LIMIT $2 + 0";
    let rows: Vec<VariantRow> = txn.rows(sql, vec![FOLD_VERSION.into(), CHUNK.into()]).await?;
    for row in &rows {
        let options = serde_json::from_str(&row.options).map_err(|why| StoreError::corrupt("variant.options", why))?;
        let options_key = VariantReading::bare(options, Availability::Unknown).options_key();
        let key = if row.key.starts_with("options:") { format!("options:{options_key}") } else { row.key.clone() };
        let sql = "UPDATE variant SET size_key = $2, style_key = $3, options_key = $4, fold_version = $5, \
                   key = CASE WHEN EXISTS (SELECT 1 FROM variant o WHERE o.product_id = variant.product_id AND o.key = $6) \
                     THEN key ELSE $6 END WHERE id = $1";
        let size = row.size.as_deref().map(SizeKey::fold).unwrap_or_default();
        let style = row.style.as_deref().map(StyleKey::fold).unwrap_or_default();
        let values = vec![
            row.id.into(),
            size.as_str().into(),
            style.as_str().into(),
            options_key.into(),
            FOLD_VERSION.into(),
            key.into(),
        ];
        txn.run(sql, values).await?;
    }
    let labels: Vec<(i64, Option<&str>)> = rows.iter().map(|row| (row.id, row.size.as_deref())).collect();
    sizes::write_labels(txn, &labels).await?;
    Ok(rows.len() as u64)
}

/// Of two watches that have become one, the later is dropped.
async fn watches(txn: &Txn) -> Result<u64, DbErr> {
    let sql = "SELECT id, size_key, size, style FROM watch WHERE fold_version < $1 ORDER BY id LIMIT $2 + 0";
    let rows: Vec<WatchRow> = txn.rows(sql, vec![FOLD_VERSION.into(), CHUNK.into()]).await?;
    for row in &rows {
        let (size, style) = (size_of(row), row.style.as_deref().map(StyleKey::fold).unwrap_or_default());
        let values = vec![row.id.into(), size.as_str().into(), style.as_str().into()];
        let sql = "DELETE FROM watch WHERE id = $1 AND EXISTS (SELECT 1 FROM watch o WHERE o.id <> watch.id \
                   AND o.subscriber_id = watch.subscriber_id AND o.product_id = watch.product_id AND o.size_key = $2 AND o.style_key = $3)";
        if txn.run(sql, values.clone()).await? == 0 {
            let sql = "UPDATE watch SET size_key = $2, style_key = $3, fold_version = $4 WHERE id = $1";
            txn.run(sql, [values, vec![FOLD_VERSION.into()]].concat()).await?;
        }
    }
    Ok(rows.len() as u64)
}

/// The name in the label that was waited for, if it is still one; else the whole label.
fn size_of(row: &WatchRow) -> SizeKey {
    let before = SizeKey::fold(&row.size_key);
    let names = row.size.as_deref().map(names).unwrap_or_default();
    if names.is_empty() || names.contains(&before) { before } else { names[0].clone() }
}

/// Aliases are few, and have no version.
async fn aliases(txn: &Txn) -> Result<(), DbErr> {
    let rows: Vec<AliasRow> = txn.rows("SELECT id, text FROM alias", vec![]).await?;
    for row in rows {
        let sql = "UPDATE alias SET word = $2 WHERE id = $1 AND word <> $2 \
                   AND NOT EXISTS (SELECT 1 FROM alias o WHERE o.product_id = alias.product_id AND o.word = $2)";
        txn.run(sql, vec![row.id.into(), fold(&row.text).into()]).await?;
    }
    Ok(())
}

/// Announcements are few, and have no version. Of two that have become one, the later is dropped.
async fn announcements(txn: &Txn) -> Result<(), DbErr> {
    let rows: Vec<WatchRow> =
        txn.rows("SELECT id, size_key, size, style FROM announcement ORDER BY id DESC", vec![]).await?;
    for row in rows {
        let (size, style) = (size_of(&row), row.style.as_deref().map(StyleKey::fold).unwrap_or_default());
        let values = vec![row.id.into(), size.as_str().into(), style.as_str().into()];
        let sql = "DELETE FROM announcement WHERE id = $1 AND EXISTS (SELECT 1 FROM announcement o \
                   WHERE o.id <> announcement.id AND o.subscriber_id = announcement.subscriber_id \
                     AND COALESCE(o.product_id, 0) = COALESCE(announcement.product_id, 0) \
                     AND COALESCE(o.shop_id, 0) = COALESCE(announcement.shop_id, 0) AND o.size_key = $2 AND o.style_key = $3)";
        if txn.run(sql, values.clone()).await? == 0 {
            txn.run("UPDATE announcement SET size_key = $2, style_key = $3 WHERE id = $1", values).await?;
        }
    }
    Ok(())
}
