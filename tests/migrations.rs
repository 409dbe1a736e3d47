//! The schema's steps, up and down and up again, on SQLite.

use coatcheck_migrations::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};

/// What there is, but for the table in which the steps are counted and SQLite's own.
const SCHEMA: &str = "SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS line FROM sqlite_master
    WHERE tbl_name NOT LIKE 'seaql%' AND tbl_name NOT LIKE 'sqlite%' ORDER BY line";

async fn schema(db: &DatabaseConnection) -> Vec<String> {
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Sqlite, SCHEMA)).await.expect("the schema is read");
    rows.iter().map(|row| row.try_get("", "line").expect("a line of text")).collect()
}

#[tokio::test]
async fn every_step_can_be_taken_back_and_taken_again() {
    let db = Database::connect("sqlite::memory:").await.expect("a database in memory");
    Migrator::up(&db, None).await.expect("up");
    let first = schema(&db).await;
    assert!(first.iter().any(|line| line.starts_with("table delivery ")), "{first:?}");

    Migrator::down(&db, None).await.expect("down");
    assert_eq!(schema(&db).await, Vec::<String>::new(), "left behind");

    Migrator::up(&db, None).await.expect("up again");
    assert_eq!(schema(&db).await, first);
}
