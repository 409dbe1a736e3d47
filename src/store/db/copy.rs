//! All rows of one database into another, SQLite or PostgreSQL, compared row by row before they count.
//!
//! Rows travel as JSON arrays, which both databases write and read. Tables and columns come from the databases themselves.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, Value};
use serde_json::Value as Json;

use crate::store::db::conn::{Db, Txn};
use crate::store::db::error::StoreError;
use crate::store::db::schema::Standing;
use crate::store::db::setting;
use crate::store::db::sql::Sql;
use crate::store::db::tables::{Table, json_array, tables};

/// Rows that travel together.
const CHUNK: usize = 500;

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied {
    /// Tables.
    pub tables: usize,
    /// Rows, each of which was compared.
    pub rows: u64,
}

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum NotTransferred {
    /// A database failed, or does not fit this version.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The target has something already.
    #[error("the database to copy to is not empty: its table {0} has rows; name an empty one")]
    NotEmpty(String),
    /// Services run on the source.
    #[error(
        "{0} of `coatcheck serve` run on this database; stop them first: what they store meanwhile would be missing"
    )]
    InUse(String),
    /// What arrived is not what was sent.
    #[error(
        "row {row} of table {table} differs after the copy, and nothing was kept of it; this is a bug in coatcheck, please \
         report it"
    )]
    Differs {
        /// The table.
        table: String,
        /// Which row, counted from 1 in the order of its key.
        row: u64,
    },
    /// They were made by different versions.
    #[error("the two databases do not have the same tables; run `coatcheck migrate` on both")]
    Shapes,
}

impl From<DbErr> for NotTransferred {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

#[derive(FromQueryResult)]
struct Row {
    line: String,
}

impl Db {
    /// Copies everything into `target`, which must be empty, in one transaction. Nobody can write here meanwhile.
    ///
    /// # Errors
    /// [`NotTransferred`]; then the target has all tables and no rows.
    pub async fn transfer_to(&self, target: &Self) -> Result<Copied, NotTransferred> {
        if target.standing().await? != Standing::Current {
            target.migrate().await?;
        }
        let (from, to) = (self.write().await?, target.write().await?);
        let (ours, theirs) = (tables(&from).await?, tables(&to).await?);
        let shapes = |tables: &[Table]| {
            let mut shapes: Vec<String> = tables.iter().map(|table| format!("{:?}", table.shape())).collect();
            shapes.sort();
            shapes
        };
        if shapes(&ours) != shapes(&theirs) {
            return Err(NotTransferred::Shapes);
        }
        hold_still(&from, &ours).await?;
        // What the migration wrote down; the source has its own.
        setting::remove(&to, "fold_version").await?;
        for table in &theirs {
            if rows_after(&to, table, None, 1).await?.pop().is_some() {
                return Err(NotTransferred::NotEmpty(table.name.clone()));
            }
        }
        let mut copied = Copied { tables: theirs.len(), rows: 0 };
        for table in &theirs {
            let source = ours.iter().find(|one| one.name == table.name).ok_or(NotTransferred::Shapes)?;
            send(&from, source, &to, table).await?;
            copied.rows += compare(&from, source, &to, table).await?;
            number_on(&from, &to, table).await?;
        }
        to.commit().await?;
        Ok(copied)
    }
}

/// Nobody writes until the transaction ends. On SQLite the transaction alone is enough.
async fn hold_still(from: &Txn, tables: &[Table]) -> Result<(), DbErr> {
    if from.get_database_backend() == DbBackend::Postgres {
        for table in tables {
            from.run(&format!("LOCK TABLE {} IN SHARE MODE", table.name), vec![]).await?;
        }
    }
    Ok(())
}

async fn send(from: &Txn, source: &Table, to: &Txn, table: &Table) -> Result<(), DbErr> {
    let mut after = None;
    loop {
        let rows = rows_after(from, source, after.as_ref(), CHUNK).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(last.clone());
        insert(to, table, &rows).await?;
        if rows.len() < CHUNK {
            return Ok(());
        }
    }
}

/// Reads both sides again, in the order of the key, and compares them. Says how many rows there are.
async fn compare(from: &Txn, source: &Table, to: &Txn, table: &Table) -> Result<u64, NotTransferred> {
    let (mut after, mut count) = (None, 0);
    loop {
        let sent = rows_after(from, source, after.as_ref(), CHUNK).await?;
        let arrived = rows_after(to, table, after.as_ref(), CHUNK).await?;
        for place in 0..sent.len().max(arrived.len()) {
            count += 1;
            if sent.get(place) != arrived.get(place) {
                return Err(NotTransferred::Differs { table: table.name.clone(), row: count });
            }
        }
        match sent.last() {
            Some(last) if sent.len() == CHUNK => after = Some(last.clone()),
            _ => return Ok(count),
        }
    }
}

/// Rows in the order of their key, those after a row or the first ones. A row is its columns, by name.
async fn rows_after(
    db: &impl Sql,
    table: &Table,
    after: Option<&Vec<Json>>,
    limit: usize,
) -> Result<Vec<Vec<Json>>, DbErr> {
    let is_postgres = db.get_database_backend() == DbBackend::Postgres;
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let key = table.key();
    // The order of bytes, which is SQLite's: a locale's order would be another one.
    let is_text = |kind: &str| is_postgres && kind == "text";
    let ordered: Vec<String> = key
        .iter()
        .map(|c| if is_text(&c.kind) { format!("{} COLLATE \"C\"", c.name) } else { c.name.clone() })
        .collect();
    let mut values = Vec::new();
    let mut only = String::new();
    if let Some(row) = after {
        for column in &key {
            let place = table.columns.iter().position(|one| one.name == column.name);
            values.push(value(place.and_then(|place| row.get(place)).unwrap_or(&Json::Null)));
        }
        let marks: Vec<String> = (1..=values.len()).map(|number| format!("${number}")).collect();
        only = format!("WHERE ({}) > ({})", ordered.join(", "), marks.join(", "));
    }
    let sql = format!(
        "SELECT {} AS line FROM {} {only} ORDER BY {} LIMIT {limit}",
        json_array(db.get_database_backend(), &names),
        table.name,
        ordered.join(", ")
    );
    let rows: Vec<Row> = db.rows(&sql, values).await?;
    rows.iter().map(|row| parsed(&row.line)).collect()
}

/// SQLite has no truth values: there they are 0 and 1.
fn parsed(line: &str) -> Result<Vec<Json>, DbErr> {
    let row: Vec<Json> =
        serde_json::from_str(line).map_err(|why| DbErr::Custom(format!("a row cannot be read: {why}")))?;
    Ok(row.into_iter().map(|cell| if let Json::Bool(truth) = cell { i64::from(truth).into() } else { cell }).collect())
}

fn value(cell: &Json) -> Value {
    match cell {
        Json::String(text) => text.as_str().into(),
        other => other.as_i64().into(),
    }
}

async fn insert(to: &Txn, table: &Table, rows: &[Vec<Json>]) -> Result<(), DbErr> {
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let cells = table.columns.iter().enumerate();
    let (cells, each): (Vec<String>, &str) = match to.get_database_backend() {
        DbBackend::Postgres => (
            cells.map(|(place, column)| format!("CAST(value ->> {place} AS {})", column.kind)).collect(),
            "json_array_elements(CAST($1 AS json))",
        ),
        _ => (cells.map(|(place, _)| format!("value ->> {place}")).collect(), "json_each($1)"),
    };
    let sql = format!("INSERT INTO {} ({}) SELECT {} FROM {each}", table.name, names.join(", "), cells.join(", "));
    let rows = serde_json::to_string(rows).map_err(|why| DbErr::Custom(why.to_string()))?;
    to.run(&sql, vec![rows.into()]).await.map(drop)
}

/// The next row gets a number that no row ever had: others may still name one that was deleted.
async fn number_on(from: &Txn, to: &Txn, table: &Table) -> Result<(), DbErr> {
    let Some(last) = last_number(from, &table.name).await? else { return Ok(()) };
    if to.get_database_backend() == DbBackend::Postgres {
        let sql = "SELECT setval(pg_get_serial_sequence($1, 'id'), $2)";
        return to.id(sql, vec![table.name.as_str().into(), last.into()]).await.map(drop);
    }
    // SQLite makes the line with the first row; a table that is empty now has none.
    let sql = "UPDATE sqlite_sequence SET seq = $2 WHERE name = $1";
    if to.run(sql, vec![table.name.as_str().into(), last.into()]).await? == 0 {
        let sql = "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)";
        to.run(sql, vec![table.name.as_str().into(), last.into()]).await?;
    }
    Ok(())
}

/// The last number a table gave to a row, if it numbers its rows and gave one.
async fn last_number(from: &Txn, table: &str) -> Result<Option<i64>, DbErr> {
    let sql = match from.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT last_value FROM pg_sequences WHERE last_value IS NOT NULL AND format('%I.%I', schemaname, sequencename) \
             = (SELECT pg_get_serial_sequence(table_name::text, 'id') FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = $1 AND column_name = 'id')"
        }
        _ => "SELECT seq FROM sqlite_sequence WHERE name = $1",
    };
    from.id(sql, vec![table.into()]).await
}
