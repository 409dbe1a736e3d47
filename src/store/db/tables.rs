//! The tables as the database itself describes them, so that what goes through all of them cannot forget one.

use sea_orm::{DbBackend, DbErr, FromQueryResult};

use crate::store::db::sql::Sql;

/// A table of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: String,
    /// Its columns, by name.
    pub(crate) columns: Vec<Column>,
    /// The tables whose rows must be there before those of this one.
    pub(crate) after: Vec<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: String,
    /// `bigint`, `integer`, `boolean` or `text`.
    pub(crate) kind: String,
    /// Its place in the primary key, from 1 on; 0 for not a part of it.
    pub(crate) key: i64,
}

#[derive(FromQueryResult)]
struct ColumnRow {
    name: String,
    column_name: String,
    kind: String,
    key: i64,
}

#[derive(FromQueryResult)]
struct Reference {
    name: String,
    other: String,
}

/// The table in which migrations are counted is not one of ours, and SQLite's own are not either.
const IN_SQLITE: &str = "SELECT t.name AS name, c.name AS column_name, lower(c.type) AS kind, c.pk AS key \
    FROM sqlite_master t, pragma_table_info(t.name) c \
    WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name <> 'seaql_migrations' ORDER BY t.name, c.name";

const IN_POSTGRES: &str = "SELECT c.relname::text AS name, a.attname::text AS column_name, \
    format_type(a.atttypid, NULL) AS kind, COALESCE(array_position(i.indkey::int[], a.attnum::int) + 1, 0)::bigint AS key \
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary \
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname <> 'seaql_migrations' \
    ORDER BY c.relname COLLATE \"C\", a.attname COLLATE \"C\"";

const REFERENCES_IN_SQLITE: &str = "SELECT t.name AS name, f.\"table\" AS other \
    FROM sqlite_master t, pragma_foreign_key_list(t.name) f WHERE t.type = 'table'";

const REFERENCES_IN_POSTGRES: &str = "SELECT c.relname::text AS name, o.relname::text AS other FROM pg_constraint f \
    JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class o ON o.oid = f.confrelid \
    WHERE f.contype = 'f' AND f.connamespace = current_schema()::regnamespace";

/// All tables, each after those that it refers to.
pub(crate) async fn tables(db: &impl Sql) -> Result<Vec<Table>, DbErr> {
    let (columns, references) = match db.get_database_backend() {
        DbBackend::Postgres => (IN_POSTGRES, REFERENCES_IN_POSTGRES),
        _ => (IN_SQLITE, REFERENCES_IN_SQLITE),
    };
    let columns: Vec<ColumnRow> = db.rows(columns, vec![]).await?;
    let references: Vec<Reference> = db.rows(references, vec![]).await?;
    let mut tables: Vec<Table> = Vec::new();
    for ColumnRow { name, column_name, kind, key } in columns {
        let column = Column { name: column_name, kind, key };
        match tables.last_mut().filter(|table| table.name == name) {
            Some(table) => table.columns.push(column),
            None => {
                let mine = references.iter().filter(|one| one.name == name && one.other != name);
                let after = mine.map(|one| one.other.clone()).collect();
                tables.push(Table { name, columns: vec![column], after });
            }
        }
    }
    Ok(in_order(tables))
}

/// Each table after those that it refers to. Tables that refer to each other stay at the end as they are.
fn in_order(mut waiting: Vec<Table>) -> Vec<Table> {
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let names: Vec<String> = waiting.iter().map(|table| table.name.clone()).collect();
        let (ready, rest): (Vec<Table>, Vec<Table>) =
            waiting.into_iter().partition(|table| !table.after.iter().any(|other| names.contains(other)));
        if ready.is_empty() {
            ordered.extend(rest);
            break;
        }
        ordered.extend(ready);
        waiting = rest;
    }
    ordered
}

/// A row as a JSON array of these columns, as text.
pub(crate) fn json_array(backend: DbBackend, columns: &[&str]) -> String {
    let columns = columns.join(", ");
    match backend {
        DbBackend::Postgres => format!("json_build_array({columns})::text"),
        _ => format!("json_array({columns})"),
    }
}

impl Table {
    /// Has it a column of this name and kind? SQLite calls its own ids integers.
    pub(crate) fn has_number(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name && column.kind != "text")
    }

    /// Its name and columns, and nothing that differs between SQLite and PostgreSQL.
    pub(crate) fn shape(&self) -> (&str, Vec<&str>) {
        (&self.name, self.columns.iter().map(|column| column.name.as_str()).collect())
    }

    /// The columns of its primary key, in the key's order.
    pub(crate) fn key(&self) -> Vec<&Column> {
        let mut key: Vec<&Column> = self.columns.iter().filter(|column| column.key > 0).collect();
        key.sort_by_key(|column| column.key);
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_stands_after_what_it_refers_to() {
        let table = |name: &str, after: &[&str]| Table {
            name: name.to_owned(),
            columns: Vec::new(),
            after: after.iter().map(ToString::to_string).collect(),
        };
        let tables = vec![table("a", &["b"]), table("b", &["c"]), table("c", &[])];
        let names: Vec<String> = in_order(tables).into_iter().map(|table| table.name).collect();
        assert_eq!(names, ["c", "b", "a"]);
    }
}
