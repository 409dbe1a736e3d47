//! Where a test's database is: an SQLite file in a throw-away folder, or a database of this process's own PostgreSQL.

use std::sync::{Arc, Mutex, PoisonError};

use coatcheck_domain::Clock;
use coatcheck_domain::clock::ManualClock;
use coatcheck_world::Cluster;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::store::db::conn::Durability;
use crate::store::{Db, Faults, NoFaults};

/// Which database a test is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// By the path of the module that asks: the suites of both stand in modules named like them.
    pub(crate) fn of(module: &str) -> Self {
        if module.split("::").any(|part| part == "postgres") { Self::Postgres } else { Self::Sqlite }
    }
}

/// A database for one test.
#[derive(Debug)]
pub(crate) struct Place {
    url: String,
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    Folder {
        _until_dropped: TempDir,
    },
    /// Goes to the next test when this one is over.
    Lent,
    Cluster,
}

/// Databases whose tests are over. Making one takes longer than emptying one.
static FREE: Mutex<Vec<String>> = Mutex::new(Vec::new());

const TEMPLATE: &str = "migrated";

/// What the tests of a database before left there, and they themselves, are gone.
const EMPTIED: &str = r"
DO $$ DECLARE one regclass; BEGIN
    PERFORM pg_terminate_backend(pid, 10000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname <> 'seaql_migrations' LOOP EXECUTE format('DELETE FROM %s', one); END LOOP;
    PERFORM setval(oid::regclass, 1, false) FROM pg_class
        WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace;
END $$";

impl Place {
    /// With no tables.
    pub(crate) fn empty(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::sqlite(),
            Engine::Postgres => Self { url: cluster().database().expect("a database"), kept: Kept::Cluster },
        }
    }

    /// With all tables, and nothing in them.
    pub(crate) async fn migrated(engine: Engine) -> Self {
        if engine == Engine::Postgres {
            return Self::lent().await;
        }
        let place = Self::sqlite();
        place.migrate().await;
        place
    }

    /// A store over it; two of them are two processes.
    pub(crate) async fn open(&self, clock: Arc<dyn Clock>, faults: Arc<dyn Faults>) -> Db {
        Db::open(&self.url, Durability::Process, clock, faults).await.expect("opened")
    }

    /// All that is stored, as bytes: SQLite's files as they are, or each row of each table as text.
    pub(crate) async fn contents(&self) -> Vec<u8> {
        if let Kept::Folder { _until_dropped: folder } = &self.kept {
            let files = std::fs::read_dir(folder.path()).expect("a folder");
            return files.flat_map(|file| std::fs::read(file.expect("a file").path()).expect("read")).collect();
        }
        let db: DatabaseConnection = Database::connect(&self.url).await.expect("connected");
        let all = "SELECT query_to_xml(format('SELECT * FROM %s', oid::regclass), true, false, '')::text AS rows \
                   FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
        let tables = db.query_all_raw(Statement::from_string(db.get_database_backend(), all)).await.expect("asked");
        let rows = tables.iter().map(|table| table.try_get::<String>("", "rows").expect("text"));
        let contents = rows.collect::<Vec<_>>().concat().into_bytes();
        db.close().await.expect("closed");
        contents
    }

    fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}/test.db", folder.path().display());
        Self { url, kept: Kept::Folder { _until_dropped: folder } }
    }

    async fn migrate(&self) {
        let db = self.open(Arc::new(ManualClock::at(super::start())), Arc::new(NoFaults)).await;
        db.migrate().await.expect("migrated");
        db.close().await;
    }

    async fn lent() -> Self {
        static MADE: OnceCell<()> = OnceCell::const_new();
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(url) = free {
            let db: DatabaseConnection = Database::connect(&url).await.expect("connected");
            db.execute_unprepared(EMPTIED).await.expect("emptied");
            db.close().await.expect("closed");
            return Self { url, kept: Kept::Lent };
        }
        MADE.get_or_init(|| async {
            cluster().run(&format!("CREATE DATABASE {TEMPLATE}")).expect("a template");
            Self { url: cluster().address(TEMPLATE), kept: Kept::Cluster }.migrate().await;
        })
        .await;
        Self { url: cluster().database_like(TEMPLATE).expect("a database"), kept: Kept::Lent }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What a test has done to it before it failed, nobody knows.
        if matches!(self.kept, Kept::Lent) && !std::thread::panicking() {
            FREE.lock().unwrap_or_else(PoisonError::into_inner).push(std::mem::take(&mut self.url));
        }
    }
}

/// Without PostgreSQL the stories on it fail, and say what to install: left out, they would prove nothing.
fn cluster() -> &'static Cluster {
    Cluster::shared().expect("these tests need Debian's package postgresql")
}
