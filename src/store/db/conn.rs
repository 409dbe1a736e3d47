//! The only connection type, and the only place that begins a transaction.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::{Clock, SmsRules};
use futures_util::future::BoxFuture;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

use crate::store::db::class::{Class, Classed};
pub use crate::store::db::connect::Durability;
use crate::store::db::connect::{connect, without_password};
use crate::store::db::database_clock::DatabaseClock;
use crate::store::db::error::StoreError;
use crate::store::db::file::DatabaseFile;
use crate::store::db::postgres;
use crate::store::db::together::Later;
use crate::store::db::trouble::Trouble;
use crate::store::db::turns::{Turns, WriterTurn};
use crate::store::db::wake::Wake;
use crate::store::people::keys::Keys;

/// Asked before each statement, each commit and right after each commit. Tests make it fail there.
pub trait Faults: Send + Sync {
    /// An error stands in for a crash or a lost database at this very point.
    fn before(&self, statement: &str) -> Result<(), DbErr>;

    /// A message goes to the database: a statement, or several that SQLite takes together. Tests count them.
    fn sent(&self) {}

    /// Asked where others may come in between: before a transaction begins, and before a reader asks something.
    /// What is given lasts until that transaction or question is over. Production waits for nobody.
    fn turn(&self) -> Option<Turn> {
        None
    }
}

/// A turn that is waited for, and then held.
pub type Turn = BoxFuture<'static, Held>;

/// A turn that is held: its end is its drop.
pub type Held = Arc<dyn Any + Send + Sync>;

/// How often a transaction is tried again that PostgreSQL ended for the sake of another.
const TRIES: u32 = 8;

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
    trouble: Trouble,
    turns: Turns,
    file: Option<DatabaseFile>,
    keys: Option<Keys>,
    sms_rules: Arc<SmsRules>,
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Db({:?})", self.backend())
    }
}

/// A connection whose statements pass by [`Faults`] first.
#[derive(Clone)]
pub struct Conn<C> {
    pub(super) inner: C,
    pub(super) faults: Arc<dyn Faults>,
    pub(super) trouble: Trouble,
    /// Did a statement of this transaction change anything? Only then is its commit a proof that the database stores.
    pub(super) wrote: Arc<AtomicBool>,
    /// What goes with the next statement of this transaction.
    pub(super) later: Later,
    /// Failures of the database before this transaction began.
    after: u64,
    /// A transaction holds one turn from its beginning to its end.
    held: Option<Held>,
    /// On SQLite: the writer, until the transaction ends.
    _writer_turn: Option<WriterTurn>,
}

/// A write transaction. Dropped without [`Txn::commit`], it never happened.
pub type Txn = Conn<DatabaseTransaction>;

impl Db {
    /// Opens what `url` names, making an SQLite file that does not exist. Does not touch the schema.
    pub async fn open(
        url: &str,
        durability: Durability,
        clock: Arc<dyn Clock>,
        faults: Arc<dyn Faults>,
    ) -> Result<Self, StoreError> {
        if !url.starts_with("sqlite:") {
            let reached = postgres::try_connecting(url).await;
            reached.map_err(|why| StoreError::Open { url: without_password(url), why })?;
        }
        let file = DatabaseFile::prepare(url);
        let trouble = Trouble::none(Arc::clone(&clock));
        let connect = |connections| connect(url, connections, durability, trouble.clone());
        let (writer, reader) = if url.starts_with("sqlite:") {
            (connect(1).await?, connect(4).await?)
        } else {
            let pool = connect(10).await?;
            (pool.clone(), pool)
        };
        let guard = |inner| Conn::new(inner, Arc::clone(&faults), trouble.clone());
        Ok(Self {
            writer: guard(writer),
            reader: guard(reader),
            clock,
            shared_clock: None,
            wake: Wake::default(),
            trouble: trouble.clone(),
            turns: Turns::default(),
            file: file.map(DatabaseFile::opened),
            keys: None,
            sms_rules: Arc::default(),
        })
    }

    /// The same; texts are sent by these rules. Without them those hold that nobody has set.
    #[must_use]
    pub fn with_sms_rules(self, rules: SmsRules) -> Self {
        Self { sms_rules: Arc::new(rules), ..self }
    }

    pub(in crate::store) fn sms_rules(&self) -> &SmsRules {
        &self.sms_rules
    }

    /// The same with keys, by which phones are found and sealed.
    #[must_use]
    pub fn with_keys(self, keys: Keys) -> Self {
        Self { keys: Some(keys), ..self }
    }

    /// The keys, for what cannot be done without.
    pub fn keys(&self) -> Result<&Keys, StoreError> {
        self.keys.as_ref().ok_or(StoreError::NoKey)
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

    pub(in crate::store) fn set_clock(&mut self, clock: Arc<DatabaseClock>) {
        self.clock = Arc::clone(&clock) as Arc<dyn Clock>;
        self.shared_clock = Some(clock);
    }

    pub(in crate::store) fn shared_clock(&self) -> Option<&DatabaseClock> {
        self.shared_clock.as_deref()
    }

    /// Time since some moment, for measuring: no clock jump moves it.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        self.clock.monotonic()
    }

    /// The bells between the loops.
    #[must_use]
    pub fn wake(&self) -> &Wake {
        &self.wake
    }

    /// What fails now, as far as is known from memory.
    #[must_use]
    pub fn trouble(&self) -> &Trouble {
        &self.trouble
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

    /// The file behind an SQLite database.
    pub(super) fn file(&self) -> Option<&DatabaseFile> {
        self.file.as_ref()
    }

    /// Begins a write transaction. On SQLite it is immediate, because a transaction that reads first and writes later
    /// loses against another writer with "database is locked".
    pub async fn write(&self) -> Result<Txn, DbErr> {
        self.begin(false).await
    }

    /// The same for the way of a restock: store, fan-out, start, outcome. On SQLite it goes before all others that wait
    /// for the writer.
    pub async fn write_urgently(&self) -> Result<Txn, DbErr> {
        self.begin(true).await
    }

    async fn begin(&self, urgent: bool) -> Result<Txn, DbErr> {
        let held = self.writer.turn().await;
        let writer_turn = match self.backend() {
            DbBackend::Sqlite => Some(self.turns.take(urgent).await),
            _ => None,
        };
        self.writer.faults.before("BEGIN")?;
        self.writer.faults.sent();
        let after = self.trouble.failures();
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        #[expect(clippy::disallowed_methods, reason = "this is the one place that begins transactions")]
        let inner = self.writer.noted(self.writer.inner.begin_with_options(options).await)?;
        Ok(Conn {
            after,
            held,
            _writer_turn: writer_turn,
            ..Conn::new(inner, Arc::clone(&self.writer.faults), self.trouble.clone())
        })
    }

    /// Makes a whole write transaction, and makes it again where PostgreSQL ended it for the sake of another one that it
    /// met (a deadlock, a serialization failure): nothing of it has happened then.
    pub(in crate::store) async fn retrying<T, E: Classed, F: Future<Output = Result<T, E>>>(
        &self,
        attempt: impl Fn() -> F,
    ) -> Result<T, E> {
        let mut tries = 1;
        loop {
            match attempt().await {
                Err(error) if error.class() == Class::Conflict && tries < TRIES => {
                    // The other one is let through first.
                    tokio::time::sleep(Duration::from_millis(1 << tries)).await;
                    tries += 1;
                }
                done => return done,
            }
        }
    }

    /// Closes all connections, so that SQLite folds its log into the file.
    pub async fn close(self) {
        // A connection that cannot be closed is gone already.
        let _ = self.reader.inner.close().await;
        let _ = self.writer.inner.close().await;
    }
}

impl<C> Conn<C> {
    fn new(inner: C, faults: Arc<dyn Faults>, trouble: Trouble) -> Self {
        Self {
            inner,
            faults,
            trouble,
            wrote: Arc::default(),
            later: Later::default(),
            after: 0,
            held: None,
            _writer_turn: None,
        }
    }

    /// A failure is remembered by all who share the database.
    pub(super) fn noted<T>(&self, result: Result<T, DbErr>) -> Result<T, DbErr> {
        result.inspect_err(|error| self.trouble.failed(error))
    }

    /// A turn of its own, unless it is within a transaction that holds one.
    pub(super) async fn turn(&self) -> Option<Held> {
        match self.faults.turn() {
            Some(turn) if self.held.is_none() => Some(turn.await),
            _ => None,
        }
    }
}

impl Txn {
    /// Makes it so.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.faults.before("COMMIT")?;
        if let Some(rest) = self.later.rest() {
            self.faults.sent();
            let done = self.noted(self.inner.execute_raw(rest).await)?;
            self.wrote.fetch_or(done.rows_affected() > 0, Ordering::Relaxed);
        }
        self.faults.sent();
        let committed = self.inner.commit().await;
        match &committed {
            Ok(()) if self.wrote.load(Ordering::Relaxed) => self.trouble.is_over(self.after),
            Ok(()) => {}
            Err(error) => self.trouble.failed(error),
        }
        committed?;
        self.faults.before("AFTER COMMIT")
    }
}
