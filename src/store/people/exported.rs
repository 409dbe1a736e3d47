//! All rows that belong to a person, from whatever tables there are: a new one cannot be forgotten.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use serde_json::{Map, Value as Json};

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::tables::{Table, json_array, tables};
use crate::store::db::time::at;

/// Rows of one table, at most: far more than a person can cause.
const MOST: usize = 10_000;
/// Parts of the names of columns that hold secrets, or what only we can use: hashes, sealed numbers, the insides of messages.
const WITHHELD: [&str; 12] = [
    "secret",
    "sealed",
    "hash",
    "look_up",
    "token",
    "code",
    "auth",
    "p256dh",
    "csrf",
    "nonce",
    "payload",
    "dedupe_key",
];

#[derive(FromQueryResult)]
struct Line {
    line: String,
}

impl Db {
    /// What each table holds of a subscriber, without secrets: the table's name and its rows.
    pub async fn rows_of_person(&self, subscriber_id: i64) -> Result<Vec<(String, Json)>, StoreError> {
        let mut all = Vec::new();
        for table in tables(self.read()).await? {
            let Some(theirs) = theirs(&table) else { continue };
            let rows = self.rows_of(&table, theirs, subscriber_id).await?;
            if !rows.is_empty() {
                all.push((table.name, Json::Array(rows)));
            }
        }
        Ok(all)
    }

    async fn rows_of(&self, table: &Table, theirs: &str, subscriber_id: i64) -> Result<Vec<Json>, DbErr> {
        let names = table.columns.iter().map(|column| column.name.as_str());
        let names: Vec<&str> = names.filter(|name| is_shown(&table.name, name)).collect();
        let array = json_array(self.read().get_database_backend(), &names);
        let sql = format!("SELECT {array} AS line FROM {} WHERE {theirs} LIMIT {MOST}", table.name);
        let lines: Vec<Line> = self.read().rows(&sql, vec![subscriber_id.into()]).await?;
        let cells = |line: &Line| serde_json::from_str::<Vec<Json>>(&line.line);
        let rows: Result<Vec<Json>, _> =
            lines.iter().map(|line| cells(line).map(|cells| object(&names, cells))).collect();
        rows.map_err(|why| DbErr::Custom(format!("a row cannot be read: {why}")))
    }
}

/// Which rows of a table are a subscriber's; `None` for a table that has none of anybody.
pub(in crate::store) fn theirs(table: &Table) -> Option<&'static str> {
    match table.name.as_str() {
        "subscriber" => return Some("id = $1"),
        "consent" => return Some("phone_hash IN (SELECT look_up FROM destination WHERE subscriber_id = $1)"),
        "audit" => return Some("who IN (SELECT address FROM destination WHERE subscriber_id = $1)"),
        _ => {}
    }
    if table.has_number("subscriber_id") {
        Some("subscriber_id = $1")
    } else if table.has_number("destination_id") {
        Some("destination_id IN (SELECT id FROM destination WHERE subscriber_id = $1)")
    } else if table.has_number("added_by") {
        Some("added_by = $1")
    } else {
        None
    }
}

/// Addresses are shown elsewhere, without what is secret in them.
fn is_shown(table: &str, column: &str) -> bool {
    let is_address = table == "destination" && column == "address";
    !is_address && !WITHHELD.iter().any(|part| column.contains(part))
}

fn object(names: &[&str], cells: Vec<Json>) -> Json {
    let pairs = names.iter().zip(cells).filter(|(_, cell)| !cell.is_null());
    Json::Object(pairs.map(|(name, cell)| ((*name).to_owned(), readable(name, cell))).collect::<Map<_, _>>())
}

/// Times as people write them.
fn readable(name: &str, cell: Json) -> Json {
    let is_time = name == "at" || name.ends_with("_at") || name.ends_with("_until");
    match cell.as_i64().filter(|micros| is_time && *micros > 0) {
        Some(micros) => at(micros).to_rfc3339().into(),
        None => cell,
    }
}
