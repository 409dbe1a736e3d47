//! What unit tests stand on: a database in a throw-away folder and a clock that stands still.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use coatcheck_domain::clock::ManualClock;
use tempfile::TempDir;

use crate::store::db::Durability;
use crate::store::{Db, NoFaults};

pub(crate) fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).expect("a date")
}

pub(crate) async fn empty_db() -> (Db, TempDir) {
    let (db, folder, _) = open().await;
    (db, folder)
}

pub(crate) async fn db() -> (Db, TempDir) {
    let (db, folder, _) = db_with_clock().await;
    (db, folder)
}

pub(crate) async fn db_with_clock() -> (Db, TempDir, Arc<ManualClock>) {
    let (db, folder, clock) = open().await;
    db.migrate().await.expect("migrated");
    (db, folder, clock)
}

async fn open() -> (Db, TempDir, Arc<ManualClock>) {
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::at(start()));
    let url = format!("sqlite://{}/test.db", folder.path().display());
    let clock_of_db = Arc::clone(&clock) as Arc<dyn coatcheck_domain::Clock>;
    let db = Db::open(&url, Durability::Process, clock_of_db, Arc::new(NoFaults)).await.expect("opened");
    (db, folder, clock)
}
