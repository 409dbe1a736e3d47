//! What a play stands on: a database of its own, a clock, shops, platforms, turns.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use coatcheck::store::db::conn::Durability;
use coatcheck::store::{Db, Faults, NoFaults};
use coatcheck_domain::Clock;
use coatcheck_domain::clock::ManualClock;
use coatcheck_world::Cluster;
use tempfile::TempDir;

use crate::shops::Shops;
use crate::sink::Sink;
use crate::turns::Turns;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file, copied from a migrated one.
    Sqlite,
    /// A database of the test's own cluster, copied from a migrated one.
    Postgres,
}

/// The stage.
pub(crate) struct Stage {
    /// What everything is drawn from.
    pub(crate) seed: u64,
    /// When it all began.
    pub(crate) start: DateTime<Utc>,
    /// The time.
    pub(crate) clock: Arc<ManualClock>,
    /// Who goes next.
    pub(crate) turns: Arc<Turns>,
    /// The shops.
    pub(crate) shops: Arc<Shops>,
    /// The platforms.
    pub(crate) sink: Arc<Sink>,
    url: String,
    _folder: TempDir,
}

static SQLITE: OnceLock<(PathBuf, TempDir)> = OnceLock::new();

impl Stage {
    /// An empty one.
    pub(crate) async fn new(kind: Kind, seed: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let start = DateTime::from_timestamp(1_800_000_000, 0).expect("a date");
        let clock = Arc::new(ManualClock::at(start));
        let turns = Arc::new(Turns::default());
        let shops = Shops::new(seed, &turns, &clock);
        let sink = Sink::new(seed, &clock);
        let url = match kind {
            Kind::Sqlite => {
                let file = folder.path().join("play.db");
                std::fs::copy(migrated_file().await, &file).expect("copied");
                format!("sqlite://{}", file.display())
            }
            Kind::Postgres => Cluster::shared().expect("PostgreSQL").database_like(TEMPLATE).expect("made"),
        };
        Self { seed, start, clock, turns, shops, sink, url, _folder: folder }
    }

    /// The database through this line.
    pub(crate) async fn open(&self, faults: Arc<dyn Faults>) -> Db {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        Db::open(&self.url, Durability::Process, clock, faults).await.expect("opened")
    }
}

const TEMPLATE: &str = "simulator";

/// Makes the PostgreSQL database that all others are copied from.
pub(crate) async fn make_template() {
    let cluster = Cluster::shared().expect("PostgreSQL");
    cluster.run(&format!("CREATE DATABASE {TEMPLATE}")).expect("made");
    migrate(&cluster.address(TEMPLATE)).await;
}

async fn migrated_file() -> PathBuf {
    if SQLITE.get().is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("migrated.db");
        migrate(&format!("sqlite://{}", file.display())).await;
        // Another thread may have been quicker; its file is as good.
        let _ = SQLITE.set((file, folder));
    }
    SQLITE.get().expect("just set").0.clone()
}

async fn migrate(url: &str) {
    let clock = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH));
    let db = Db::open(url, Durability::Process, clock, Arc::new(NoFaults)).await.expect("opened");
    db.migrate().await.expect("migrated");
    db.close().await;
}
