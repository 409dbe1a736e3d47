//! A row in every table there is, made from the schema: stories about all tables meet new ones by themselves.

use sea_orm::FromQueryResult;

use crate::store::Db;
use crate::store::db::sql::Sql;
use crate::store::db::tables::{Table, tables};

/// Columns that hold the address of a person or a room.
const NAMES: [&str; 5] = ["address", "who", "added_by", "old_address", "new_address"];

/// One row in each table, whose every number is `number`: all belongs to each other, and to subscriber `number`.
pub(super) async fn fill(db: &Db, number: i64) {
    let txn = db.write().await.expect("begun");
    for table in tables(&txn).await.expect("asked") {
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let values: Vec<String> =
            table.columns.iter().map(|column| value(&table.name, &column.name, &column.kind, number)).collect();
        let sql = format!("INSERT INTO {} ({}) VALUES ({})", table.name, names.join(", "), values.join(", "));
        txn.run(&sql, vec![]).await.expect("filled");
    }
    txn.commit().await.expect("committed");
}

fn value(table: &str, column: &str, kind: &str, number: i64) -> String {
    match kind {
        "boolean" => if number % 2 == 1 { "TRUE" } else { "FALSE" }.to_owned(),
        // What a phone's hash is in both tables that hold it.
        "text" if ["look_up", "phone_hash"].contains(&column) => format!("'look_up {number}'"),
        "text" if NAMES.contains(&column) => format!("'discord:{number}'"),
        "text" => format!("'{table}.{column} {number} \\ \" ''ü🧥 \n007'"),
        _ => number.to_string(),
    }
}

/// The columns in which subscriber `number`, its destination or its address stands.
pub(super) async fn mentions(db: &Db, number: i64) -> Vec<String> {
    #[derive(FromQueryResult)]
    struct Count {
        rows: i64,
    }
    let mut found = Vec::new();
    for Table { name, columns, .. } in tables(db.read()).await.expect("asked") {
        for column in columns {
            let is = match column.kind.as_str() {
                "text" if NAMES.contains(&column.name.as_str()) => format!("= 'discord:{number}'"),
                "text" if ["look_up", "phone_hash"].contains(&column.name.as_str()) => format!("= 'look_up {number}'"),
                "text" | "boolean" => continue,
                _ if ["subscriber_id", "destination_id", "added_by"].contains(&column.name.as_str()) => {
                    format!("= {number}")
                }
                _ => continue,
            };
            let sql = format!("SELECT count(*) AS rows FROM {name} WHERE {} {is}", column.name);
            let count: Option<Count> = db.read().row(&sql, vec![]).await.expect("counted");
            if count.is_some_and(|count| count.rows > 0) {
                found.push(format!("{name}.{}", column.name));
            }
        }
    }
    found.sort();
    found
}
