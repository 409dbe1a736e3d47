//! Several statements in one message to SQLite. Each message goes to the database's thread and back, which takes longer
//! than most statements do. Pure.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sea_orm::sqlx::{Column, Row};
use sea_orm::{DbBackend, QueryResult, Statement, Value, Values};

/// Stands between two questions: where its row comes, the next answer begins.
const NEXT: &str = "SELECT NULL AS next_answer";

/// Statements whose answers nobody waits for. They go with the next message.
#[derive(Clone, Default)]
pub(super) struct Later(Arc<Mutex<Vec<Statement>>>);

impl Later {
    pub(super) fn push(&self, statement: Statement) {
        self.lock().push(statement);
    }

    /// This statement behind all that wait.
    pub(super) fn and(&self, statement: Statement) -> Statement {
        let mut all = self.take();
        if all.is_empty() {
            return statement;
        }
        all.push(statement);
        joined(&all)
    }

    /// All that wait, as one message.
    pub(super) fn rest(&self) -> Option<Statement> {
        let all = self.take();
        (!all.is_empty()).then(|| joined(&all))
    }

    /// These questions behind all that wait.
    pub(super) fn and_questions(&self, questions: Vec<Statement>) -> Statement {
        let mut all = self.take();
        for (number, question) in questions.into_iter().enumerate() {
            if number > 0 {
                all.push(Statement::from_string(DbBackend::Sqlite, NEXT));
            }
            all.push(question);
        }
        joined(&all)
    }

    fn take(&self) -> Vec<Statement> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Statement>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rows of each question. There is one more answer than there are marks between them.
pub(super) fn answers(rows: Vec<QueryResult>) -> Vec<Vec<QueryResult>> {
    let mut answers = vec![Vec::new()];
    for row in rows {
        match answers.last_mut() {
            Some(answer) if !is_mark(&row) => answer.push(row),
            _ => answers.push(Vec::new()),
        }
    }
    answers
}

fn is_mark(row: &QueryResult) -> bool {
    let row = row.try_as_sqlite_row();
    row.and_then(|row| row.columns().first()).is_some_and(|column| column.name() == "next_answer")
}

/// The statements one after the other. Each keeps its values; none has a number any more, because the driver counts them
/// over all.
fn joined(statements: &[Statement]) -> Statement {
    let (mut sql, mut values) = (String::new(), Vec::new());
    for statement in statements {
        if !sql.is_empty() {
            sql.push(';');
        }
        let own = statement.values.as_ref().map_or(&[][..], |values| &values.0);
        append(&mut sql, &mut values, &statement.sql, own);
    }
    Statement { sql, values: Some(Values(values)), db_backend: DbBackend::Sqlite }
}

fn append(sql: &mut String, values: &mut Vec<Value>, text: &str, own: &[Value]) {
    let (mut rest, mut is_quoted, mut unnumbered) = (text, false, own.iter());
    while let Some(at) = rest.find(['\'', '$', '?']) {
        let (before, mark) = rest.split_at(at);
        sql.push_str(before);
        rest = &mark[1..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let value = match mark.as_bytes()[0] {
            b'$' if !is_quoted && digits > 0 => rest[..digits].parse().ok().and_then(|n: usize| own.get(n - 1)),
            b'?' if !is_quoted => unnumbered.next(),
            _ => None,
        };
        is_quoted ^= mark.starts_with('\'');
        match value {
            Some(value) => {
                sql.push('?');
                values.push(value.clone());
                rest = if mark.starts_with('$') { &rest[digits..] } else { rest };
            }
            None => sql.push_str(&mark[..1]),
        }
    }
    sql.push_str(rest);
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn of(sql: &str, values: &[i64]) -> Statement {
        let values: Vec<Value> = values.iter().copied().map(Value::from).collect();
        Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
    }

    #[test]
    fn each_statement_keeps_its_values_in_its_own_order() {
        let numbered = of("UPDATE a SET b = $2, c = $2 WHERE id = $1", &[1, 2]);
        let plain = of("INSERT INTO d VALUES (?,?)", &[3, 4]);
        let quoted = of("SELECT '$1 ?' || $1", &[5]);
        let all = joined(&[numbered, plain, quoted]);
        assert_snapshot!(all.sql, @"UPDATE a SET b = ?, c = ? WHERE id = ?;INSERT INTO d VALUES (?,?);SELECT '$1 ?' || ?");
        let values: Vec<Value> = [2_i64, 2, 1, 3, 4, 5].map(Value::from).into();
        assert_eq!(all.values, Some(Values(values)));
    }
}
