//! Short words for statements. `$1, $2, …` are understood by both databases.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, QueryResult, Statement, Value};

/// Statements with their values.
pub(crate) trait Sql: ConnectionTrait {
    /// A clause that locks rows: PostgreSQL's only. SQLite has one writer, which has locked them all already.
    fn lock(&self, clause: &'static str) -> &'static str {
        if self.get_database_backend() == DbBackend::Postgres { clause } else { "" }
    }

    /// `(…,…),(…,…)` for a statement whose values are these rows and nothing else. SQLite gets them without numbers: the
    /// driver asks for the name of each value that has one, which takes the longer the more there are.
    fn only_rows(&self, rows: usize, columns: usize) -> String {
        if self.get_database_backend() == DbBackend::Postgres {
            return table(1, rows, columns);
        }
        let row = format!("({})", vec!["?"; columns].join(","));
        vec![row.as_str(); rows].join(",")
    }

    /// Runs a statement and says how many rows it changed.
    fn run(&self, sql: &str, values: Vec<Value>) -> impl Future<Output = Result<u64, DbErr>> + Send {
        let statement = Statement::from_sql_and_values(self.get_database_backend(), sql, values);
        async move { Ok(self.execute_raw(statement).await?.rows_affected()) }
    }

    /// All rows of a query.
    fn rows<T: FromQueryResult>(
        &self,
        sql: &str,
        values: Vec<Value>,
    ) -> impl Future<Output = Result<Vec<T>, DbErr>> + Send {
        let statement = Statement::from_sql_and_values(self.get_database_backend(), sql, values);
        async move { self.query_all_raw(statement).await?.iter().map(|row| T::from_query_result(row, "")).collect() }
    }

    /// The first row of a query, if any.
    fn row<T: FromQueryResult>(
        &self,
        sql: &str,
        values: Vec<Value>,
    ) -> impl Future<Output = Result<Option<T>, DbErr>> + Send {
        let statement = Statement::from_sql_and_values(self.get_database_backend(), sql, values);
        async move { self.query_one_raw(statement).await?.map(|row| T::from_query_result(&row, "")).transpose() }
    }

    /// The first column of all rows.
    fn ids(&self, sql: &str, values: Vec<Value>) -> impl Future<Output = Result<Vec<i64>, DbErr>> + Send {
        let statement = Statement::from_sql_and_values(self.get_database_backend(), sql, values);
        async move { self.query_all_raw(statement).await?.iter().map(first_column).collect() }
    }

    /// The first column of the first row, if there is one.
    fn id(&self, sql: &str, values: Vec<Value>) -> impl Future<Output = Result<Option<i64>, DbErr>> + Send {
        let statement = Statement::from_sql_and_values(self.get_database_backend(), sql, values);
        async move { self.query_one_raw(statement).await?.as_ref().map(first_column).transpose() }
    }
}

impl<C: ConnectionTrait> Sql for C {}

fn first_column(row: &QueryResult) -> Result<i64, DbErr> {
    row.try_get_by_index(0)
}

/// `$3,$4,$5` for `count` values from number `first` on.
pub(crate) fn list(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(",")
}

/// `($3,$4),($5,$6)` for `rows` rows of `columns` values from number `first` on.
pub(crate) fn table(first: usize, rows: usize, columns: usize) -> String {
    (0..rows).map(|row| format!("({})", list(first + row * columns, columns))).collect::<Vec<_>>().join(",")
}
