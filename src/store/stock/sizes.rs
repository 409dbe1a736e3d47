//! The further names of a variant's size: "US 9 / EU 42" is also us9 and eu42.

use coatcheck_domain::VariantReading;
use coatcheck_domain::size::names;
use sea_orm::{DbErr, Value};

use crate::store::db::conn::Txn;
use crate::store::db::sql::{Sql, list};

/// Rows in one statement.
const ROWS: usize = 200;

/// Writes the names of these variants, in place of those they had.
pub(in crate::store) async fn write(
    txn: &Txn,
    variants: impl IntoIterator<Item = (i64, &VariantReading)>,
) -> Result<(), DbErr> {
    let labels = variants.into_iter().map(|(id, variant)| (id, variant.size()));
    write_labels(txn, &labels.collect::<Vec<_>>()).await
}

/// The same by the labels of the sizes.
pub(in crate::store) async fn write_labels(txn: &Txn, variants: &[(i64, Option<&str>)]) -> Result<(), DbErr> {
    for chunk in variants.chunks(ROWS) {
        let sql = format!("DELETE FROM variant_size WHERE variant_id IN ({})", list(1, chunk.len()));
        txn.run(&sql, chunk.iter().map(|(id, _)| Value::from(*id)).collect()).await?;
    }
    let further = |(id, label): &(i64, Option<&str>)| {
        let id = *id;
        let keys = label.map(names).unwrap_or_default().into_iter().skip(1);
        keys.map(move |key| [Value::from(id), key.as_str().into()]).collect::<Vec<_>>()
    };
    let rows: Vec<[Value; 2]> = variants.iter().flat_map(further).collect();
    for chunk in rows.chunks(ROWS) {
        let sql = format!("INSERT INTO variant_size (variant_id, size_key) VALUES {}", txn.only_rows(chunk.len(), 2));
        txn.run(&sql, chunk.iter().flatten().cloned().collect()).await?;
    }
    Ok(())
}
