//! The schema: its steps, and what is refused.

use std::sync::Arc;

use coatcheck_domain::clock::ManualClock;
use coatcheck_migrations::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;

use crate::store::db::schema::Standing;
use crate::store::{NoFaults, StoreError};
use crate::testing::{self, Engine, Place};

#[tokio::test]
async fn steps_go_up_down_and_up_again() {
    let place = Place::empty(Engine::of(module_path!()));
    let db = place.open(Arc::new(ManualClock::at(testing::start())), Arc::new(NoFaults)).await;
    let steps = Migrator::migrations().len();
    assert_eq!(db.standing().await.expect("asked"), Standing::Behind(steps));
    assert_eq!(db.migrate().await.expect("up"), steps);
    Migrator::down(db.raw_writer(), None).await.expect("down");
    assert_eq!(db.migrate().await.expect("up again"), steps);
    assert_eq!(db.standing().await.expect("asked"), Standing::Current);
}

#[tokio::test]
async fn a_schema_of_a_newer_version_is_refused() {
    let place = Place::empty(Engine::of(module_path!()));
    let db = place.open(Arc::new(ManualClock::at(testing::start())), Arc::new(NoFaults)).await;
    db.migrate().await.expect("migrated");
    let step = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)";
    db.raw_writer().execute_unprepared(step).await.expect("a step of the future");
    assert!(matches!(db.migrate().await, Err(StoreError::Newer { step }) if step == "m9999_future"));
}

#[tokio::test]
async fn a_database_of_before_the_first_release_is_refused_in_one_sentence() {
    let place = Place::empty(Engine::of(module_path!()));
    let db = place.open(Arc::new(ManualClock::at(testing::start())), Arc::new(NoFaults)).await;
    db.migrate().await.expect("migrated");
    let step = "UPDATE seaql_migrations SET version = 'm0001_first'";
    db.raw_writer().execute_unprepared(step).await.expect("a database of before");
    let refused = db.migrate().await.expect_err("refused").to_string();
    assert!(refused.contains("from before its first release"), "{refused}");
}
