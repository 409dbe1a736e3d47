//! What the database says, asked in the simplest way.

use std::collections::BTreeMap;

use coatcheck::store::Db;
use sea_orm::{ConnectionTrait, QueryResult, Statement};

use crate::log::{RestockKey, Told};
use crate::shops::SOURCES;

/// All rows of a query.
pub(crate) async fn rows(db: &Db, sql: &str) -> Vec<QueryResult> {
    let statement = Statement::from_string(db.backend(), sql.to_owned());
    db.read().query_all_raw(statement).await.expect("asked")
}

/// A number.
pub(crate) fn number(row: &QueryResult, column: usize) -> i64 {
    row.try_get_by_index(column).expect("a number")
}

/// A text; empty for none.
pub(crate) fn text(row: &QueryResult, column: usize) -> String {
    row.try_get_by_index::<Option<String>>(column).expect("a text").unwrap_or_default()
}

/// Runs a statement.
pub(crate) async fn run(db: &Db, sql: &str) {
    let txn = db.write().await.expect("begun");
    txn.execute_unprepared(sql).await.expect("run");
    txn.commit().await.expect("committed");
}

/// The row of a product.
pub(crate) async fn product(db: &Db, name: &str) -> i64 {
    let found = rows(db, &format!("SELECT id FROM product WHERE external_id = '{name}'")).await;
    number(found.first().expect("it was read"), 0)
}

/// The name of a product, as the world calls it.
pub(crate) fn name(text: &str) -> &'static str {
    SOURCES.iter().flat_map(|(_, products)| *products).find(|one| **one == text).expect("a product of ours")
}

/// The alerts of a subscriber.
pub(crate) async fn told(db: &Db, subscriber: i64) -> BTreeMap<RestockKey, Told> {
    let sql = format!(
        "SELECT p.external_id, r.number, d.state, d.reason, d.payload FROM delivery d JOIN restock r ON r.id = d.restock_id \
         JOIN product p ON p.id = r.product_id WHERE d.subscriber_id = {subscriber}"
    );
    let sizes: BTreeMap<i64, String> =
        rows(db, "SELECT id, size FROM variant").await.iter().map(|row| (number(row, 0), text(row, 1))).collect();
    let mut told: BTreeMap<RestockKey, Told> = BTreeMap::new();
    for row in rows(db, &sql).await {
        let one = told.entry((name(&text(&row, 0)), number(&row, 1))).or_default();
        let variants: Vec<i64> = serde_json::from_str(&text(&row, 4)).expect("numbers");
        one.sizes.extend(variants.iter().map(|variant| sizes[variant].clone()));
        one.sent |= text(&row, 2) == "sent";
        one.unwatched |= text(&row, 3) == "unwatched";
    }
    told
}
