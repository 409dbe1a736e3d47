//! How statements pass: each by its faults first, several in one message where that is SQLite's.

use std::ops::Range;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, FromQueryResult, QueryResult, Statement, Value};

use crate::store::db::conn::{Conn, Txn};
use crate::store::db::together;

/// A statement with more values goes by itself: it is no round trip that it waits for.
const LARGE: usize = 512;

/// A statement and its values.
pub(in crate::store) type Asked = (String, Vec<Value>);

/// Questions that do not depend on each other's answers.
#[derive(Default)]
pub(in crate::store) struct Questions(Vec<Asked>);

/// What came of them.
pub(in crate::store) struct Answers(Vec<Vec<QueryResult>>);

impl Questions {
    /// Adds some. Says where their answers are.
    pub(in crate::store) fn add(&mut self, asked: impl IntoIterator<Item = Asked>) -> Range<usize> {
        let first = self.0.len();
        self.0.extend(asked);
        first..self.0.len()
    }

    /// Asks them in this order, on SQLite by one message.
    pub(in crate::store) async fn ask<C: ConnectionTrait + Send + Sync>(
        self,
        conn: &Conn<C>,
    ) -> Result<Answers, DbErr> {
        conn.ask(self.0).await.map(Answers)
    }
}

impl Answers {
    /// The rows of these questions.
    pub(in crate::store) fn rows<T: FromQueryResult>(&self, of: &Range<usize>) -> Result<Vec<T>, DbErr> {
        self.of(of).map(|row| T::from_query_result(row, "")).collect()
    }

    /// The first column of their rows.
    pub(in crate::store) fn ids(&self, of: &Range<usize>) -> Result<Vec<i64>, DbErr> {
        self.of(of).map(|row| row.try_get_by_index(0)).collect()
    }

    fn of(&self, range: &Range<usize>) -> impl Iterator<Item = &QueryResult> {
        self.0.get(range.clone()).unwrap_or_default().iter().flatten()
    }
}

impl Txn {
    /// Runs a statement whose answer nobody waits for: on SQLite together with the next one, or with the commit.
    pub(in crate::store) async fn run_later(&self, sql: &str, values: Vec<Value>) -> Result<(), DbErr> {
        let is_large = values.len() > LARGE;
        let statement = Statement::from_sql_and_values(self.get_database_backend(), sql, values);
        if is_large || !self.may_join() {
            return self.execute_raw(statement).await.map(|_| ());
        }
        self.faults.before(&statement.sql)?;
        self.later.push(statement);
        Ok(())
    }
}

impl<C: ConnectionTrait + Send + Sync> Conn<C> {
    /// While the database fails, each statement goes alone: then it is known which one was stored.
    fn may_join(&self) -> bool {
        self.get_database_backend() == DbBackend::Sqlite && self.trouble.now().is_none()
    }

    async fn ask(&self, asked: Vec<Asked>) -> Result<Vec<Vec<QueryResult>>, DbErr> {
        let is_large = asked.iter().map(|(_, values)| values.len()).sum::<usize>() > LARGE * 4;
        let backend = self.get_database_backend();
        let statements = asked.into_iter().map(|(sql, values)| Statement::from_sql_and_values(backend, sql, values));
        if is_large || !self.may_join() {
            let mut answers = Vec::with_capacity(statements.len());
            for statement in statements {
                answers.push(self.query_all_raw(statement).await?);
            }
            return Ok(answers);
        }
        let _held = self.turn().await;
        let statements: Vec<Statement> = statements.collect();
        for statement in &statements {
            self.faults.before(&statement.sql)?;
        }
        let message = self.later.and_questions(statements);
        self.faults.sent();
        Ok(together::answers(self.noted(self.inner.query_all_raw(message).await)?))
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send + Sync> ConnectionTrait for Conn<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let _held = self.turn().await;
        self.faults.before(&statement.sql)?;
        self.faults.sent();
        let done = self.noted(self.inner.execute_raw(self.later.and(statement)).await)?;
        if done.rows_affected() > 0 {
            self.wrote.store(true, Ordering::Relaxed);
        }
        Ok(done)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let _held = self.turn().await;
        self.faults.before(sql)?;
        self.faults.sent();
        if let Some(rest) = self.later.rest() {
            self.noted(self.inner.execute_raw(rest).await)?;
        }
        self.noted(self.inner.execute_unprepared(sql).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let _held = self.turn().await;
        self.faults.before(&statement.sql)?;
        self.faults.sent();
        self.noted(self.inner.query_one_raw(self.later.and(statement)).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let _held = self.turn().await;
        self.faults.before(&statement.sql)?;
        self.faults.sent();
        self.noted(self.inner.query_all_raw(self.later.and(statement)).await)
    }
}
