//! The only connection type, and the only place that begins a transaction.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use coatcheck_domain::Clock;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult,
    QueryResult, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};

use super::error::StoreError;
use super::timekeeper::DatabaseClock;
use super::wake::Wake;

/// Asked before each statement, each commit and right after each commit. Tests make it fail there.
pub trait Faults: Send + Sync {
    /// An error stands in for a crash or a lost database at this very point.
    ///
    /// # Errors
    /// When the fault is due.
    fn before(&self, statement: &str) -> Result<(), DbErr>;
}

/// Production: nothing fails on purpose.
#[derive(Debug, Clone, Copy)]
pub struct NoFaults;

impl Faults for NoFaults {
    fn before(&self, _statement: &str) -> Result<(), DbErr> {
        Ok(())
    }
}

/// The database.
#[derive(Clone)]
pub struct Db {
    writer: Conn<DatabaseConnection>,
    reader: Conn<DatabaseConnection>,
    clock: Arc<dyn Clock>,
    shared_clock: Option<Arc<DatabaseClock>>,
    wake: Wake,
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Db({:?})", self.backend())
    }
}

/// A connection whose statements pass by [`Faults`] first.
#[derive(Clone)]
pub struct Conn<C> {
    inner: C,
    faults: Arc<dyn Faults>,
}

/// A write transaction. Dropped without [`Txn::commit`], it never happened.
pub type Txn = Conn<DatabaseTransaction>;

/// How durable SQLite is. Tests that crash processes need the truth; tests by the thousand need speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A commit survives a power cut.
    Full,
    /// A commit survives a killed process only.
    Process,
}

impl Db {
    /// Opens what `url` names, making an SQLite file that does not exist. Does not touch the schema.
    ///
    /// # Errors
    /// [`StoreError::Open`] when it cannot be reached or is no such database.
    pub async fn open(
        url: &str,
        durability: Durability,
        clock: Arc<dyn Clock>,
        faults: Arc<dyn Faults>,
    ) -> Result<Self, StoreError> {
        let connect = |connections| connect(url, connections, durability);
        let (writer, reader) = if url.starts_with("sqlite:") {
            (connect(1).await?, connect(4).await?)
        } else {
            let pool = connect(10).await?;
            (pool.clone(), pool)
        };
        let guard = |inner| Conn { inner, faults: Arc::clone(&faults) };
        Ok(Self { writer: guard(writer), reader: guard(reader), clock, shared_clock: None, wake: Wake::default() })
    }

    /// Which database this is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// Now, in whole microseconds.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The clock that [`Db::now`] reads.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    pub(super) fn set_clock(&mut self, clock: Arc<DatabaseClock>) {
        self.clock = Arc::clone(&clock) as Arc<dyn Clock>;
        self.shared_clock = Some(clock);
    }

    pub(super) fn shared_clock(&self) -> Option<&DatabaseClock> {
        self.shared_clock.as_deref()
    }

    /// The bells between the loops.
    #[must_use]
    pub fn wake(&self) -> &Wake {
        &self.wake
    }

    /// For reading what is committed.
    #[must_use]
    pub fn read(&self) -> &Conn<DatabaseConnection> {
        &self.reader
    }

    /// For migrations, which make transactions of their own.
    pub(crate) fn raw_writer(&self) -> &DatabaseConnection {
        &self.writer.inner
    }

    /// Begins a write transaction: the one helper. On SQLite it is immediate, because a transaction that reads first
    /// and writes later loses against another writer with "database is locked".
    ///
    /// # Errors
    /// When the database cannot be reached, or is held by another writer for longer than 10 s.
    pub async fn write(&self) -> Result<Txn, DbErr> {
        self.writer.faults.before("BEGIN")?;
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        #[expect(clippy::disallowed_methods, reason = "this is the one place that begins transactions")]
        let inner = self.writer.inner.begin_with_options(options).await?;
        Ok(Conn { inner, faults: Arc::clone(&self.writer.faults) })
    }

    /// Closes all connections, so that SQLite folds its log into the file.
    pub async fn close(self) {
        // A connection that cannot be closed is gone already.
        let _ = self.reader.inner.close().await;
        let _ = self.writer.inner.close().await;
    }
}

impl Txn {
    /// Makes it so.
    ///
    /// # Errors
    /// When the database did not confirm; then it may or may not be so.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.faults.before("COMMIT")?;
        self.inner.commit().await?;
        self.faults.before("AFTER COMMIT")
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send> ConnectionTrait for Conn<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.faults.before(&statement.sql)?;
        self.inner.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.faults.before(sql)?;
        self.inner.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.faults.before(&statement.sql)?;
        self.inner.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.faults.before(&statement.sql)?;
        self.inner.query_all_raw(statement).await
    }
}

async fn connect(url: &str, connections: u32, durability: Durability) -> Result<DatabaseConnection, StoreError> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(!url.starts_with("sqlite:"))
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(match durability {
                    Durability::Full => SqliteSynchronous::Full,
                    Durability::Process => SqliteSynchronous::Off,
                })
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
        })
        // "relation already exists, skipping" is no news to anybody.
        .map_sqlx_postgres_opts(|postgres| postgres.options([("client_min_messages", "warning")]));
    Database::connect(options)
        .await
        .map_err(|why| StoreError::Open { url: without_password(url), why: plainly(&why.to_string()) })
}

/// The database's own words with what a person can do, where SQLite's result code (sqlite.org/rescode.html) tells.
fn plainly(why: &str) -> String {
    let words = why.rsplit_once("error returned from database: ").map_or(why, |(_, words)| words);
    let advice = match words.strip_prefix("(code: ").and_then(|rest| rest.split_once(')')) {
        Some(("14", _)) => "; is its folder there, and may this user write in it?",
        Some(("8", _)) => "; may this user write to it?",
        Some(("26", _)) => "; it is something else and is left as it is",
        _ => "",
    };
    format!("{words}{advice}")
}

fn without_password(url: &str) -> String {
    let Ok(mut parsed) = url::Url::parse(url) else { return url.to_owned() };
    if parsed.password().is_some() && parsed.set_password(Some("…")).is_err() {
        return parsed.scheme().to_owned();
    }
    parsed.to_string()
}
