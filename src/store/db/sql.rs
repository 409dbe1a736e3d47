//! Short words for statements. `$1, $2, …` are understood by both databases.
//!
//! Planner tricks stand here and nowhere else. SQLite parses a statement anew each time it runs when its plan might depend
//! on a value, and the driver keeps only so many statements prepared. Hence [`limited`], [`list_of`] and [`Sql::rows_of`],
//! and `lane BETWEEN 'sms' AND 'sms'` ([`IN_SMS_LANE`]): a partial index that said `lane = 'sms'` would make the plan of
//! each statement with `lane = $1` depend on that value.

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

    /// Rows as [`Self::only_rows`] has them, and their values, for a statement to which a row is no harm twice. They are
    /// filled up as by [`list_of`]. A value of the statement that is none of theirs comes after them.
    fn rows_of<const N: usize>(&self, rows: impl IntoIterator<Item = [Value; N]>) -> (String, Vec<Value>) {
        let mut values: Vec<Value> = rows.into_iter().flatten().collect();
        let count = fill_up(&mut values, 0, N);
        (self.only_rows(count, N), values)
    }

    /// The rows of a JSON array of arrays of texts, the value of this number, with these columns. However many rows there
    /// are, the statement and its values stay as they are: no limit of terms or values is met, and nothing is parsed anew.
    /// Each is cast, or SQLite makes no index to join them by.
    fn json_rows(&self, number: usize, columns: &[&str]) -> String {
        let columns: Vec<String> = columns
            .iter()
            .enumerate()
            .map(|(place, column)| format!("CAST(value ->> {place} AS TEXT) AS {column}"))
            .collect();
        let rows = match self.get_database_backend() {
            DbBackend::Postgres => format!("jsonb_array_elements(CAST(${number} AS jsonb))"),
            _ => format!("json_each(${number})"),
        };
        format!("SELECT {} FROM {rows}", columns.join(", "))
    }

    /// Until the transaction ends nobody else holds this name. For what is looked for and made if it is not there: a row
    /// that does not exist yet cannot be locked. SQLite's one writer is alone anyway.
    fn hold(&self, name: &str) -> impl Future<Output = Result<(), DbErr>> + Send
    where
        Self: Sync,
    {
        let sql = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
        let statement = Statement::from_sql_and_values(self.get_database_backend(), sql, [name.into()]);
        async move {
            if self.get_database_backend() == DbBackend::Postgres {
                self.query_all_raw(statement).await?;
            }
            Ok(())
        }
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

/// The deliveries of the lane of all texts, in the words of the indexes that hold nothing else: SQLite compares words.
pub(crate) const IN_SMS_LANE: &str = "lane BETWEEN 'sms' AND 'sms'";

/// `LIMIT` by the value of this number. A bare `LIMIT $1` would make the plan depend on the value.
pub(crate) fn limited(number: usize) -> String {
    format!("LIMIT ${number} + 0")
}

fn first_column(row: &QueryResult) -> Result<i64, DbErr> {
    row.try_get_by_index(0)
}

/// Rows in one statement, at most.
const PORTION: usize = 128;

/// Rows in portions of 128, 64, … 2, 1: each size is a statement of its own, and the driver keeps only so many prepared.
pub(crate) fn portions<T>(rows: &[T]) -> impl Iterator<Item = &[T]> {
    let mut left = rows;
    std::iter::from_fn(move || {
        let size = PORTION.min(1 << left.len().checked_ilog2()?);
        let (portion, rest) = left.split_at(size);
        left = rest;
        Some(portion)
    })
}

/// The same of rows of values, which go into their statements as they are: how many there are, and all their values.
pub(crate) fn value_portions<const N: usize>(rows: Vec<[Value; N]>) -> impl Iterator<Item = (usize, Vec<Value>)> {
    let mut left = rows.into_iter();
    std::iter::from_fn(move || {
        let size = PORTION.min(1 << left.len().checked_ilog2()?);
        Some((size, left.by_ref().take(size).flatten().collect()))
    })
}

/// `$3,$4,$5` for `count` values from number `first` on.
pub(crate) fn list(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(",")
}

/// `($3,$4),($5,$6)` for `rows` rows of `columns` values from number `first` on.
pub(crate) fn table(first: usize, rows: usize, columns: usize) -> String {
    (0..rows).map(|row| format!("({})", list(first + row * columns, columns))).collect::<Vec<_>>().join(",")
}

/// These values appended to others, as a list for `IN`. It is filled up with the last of them to 1, 2, 4, 8, … values: the
/// driver keeps only so many statements prepared, and each count would be one of its own.
pub(crate) fn list_of(values: &mut Vec<Value>, items: impl IntoIterator<Item = i64>) -> String {
    let first = values.len();
    values.extend(items.into_iter().map(Value::from));
    let count = fill_up(values, first, 1);
    list(first + 1, count)
}

/// Repeats the last of the rows from value `first` on. Says how many rows there are then.
fn fill_up(values: &mut Vec<Value>, first: usize, columns: usize) -> usize {
    let rows = (values.len() - first) / columns;
    let filled = if rows == 0 { 0 } else { rows.next_power_of_two() };
    for _ in rows..filled {
        values.extend_from_within(values.len() - columns..);
    }
    filled
}
