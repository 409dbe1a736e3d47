//! The schema's steps, up and down and up again, on both databases.

use coatcheck_migrations::{Migrator, MigratorTrait};
use coatcheck_world::Cluster;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};

/// What there is, but for the table in which the steps are counted and SQLite's own.
const IN_SQLITE: &str = "SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS line FROM sqlite_master
    WHERE tbl_name NOT LIKE 'seaql%' AND tbl_name NOT LIKE 'sqlite%' ORDER BY line";

/// The same in PostgreSQL's words: columns, constraints, indexes, and the sequences that no table owns any more.
const IN_POSTGRES: &str = "SELECT line FROM (
    SELECT concat_ws(' ', 'table', table_name, column_name, data_type, is_nullable, column_default) AS line, table_name AS of
      FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, pg_get_constraintdef(oid)), conrelid::regclass::text
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', 'index', indexdef), tablename FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT concat_ws(' ', 'sequence', sequencename), sequencename FROM pg_sequences WHERE schemaname = 'public'
  ) AS all_there_is WHERE of NOT LIKE 'seaql%' ORDER BY line";

async fn lines(db: &DatabaseConnection, sql: &str) -> Vec<String> {
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.expect("the schema is read");
    rows.iter().map(|row| row.try_get("", "line").expect("a line of text")).collect()
}

async fn up_and_down_and_up(url: &str, schema: &str) {
    let db = Database::connect(url).await.expect("a database");
    Migrator::up(&db, None).await.expect("up");
    let first = lines(&db, schema).await;
    assert!(first.iter().any(|line| line.starts_with("table delivery ")), "{first:?}");

    Migrator::down(&db, None).await.expect("down");
    assert_eq!(lines(&db, schema).await, Vec::<String>::new(), "left behind");

    Migrator::up(&db, None).await.expect("up again");
    assert_eq!(lines(&db, schema).await, first);
}

#[tokio::test]
async fn every_step_can_be_taken_back_and_taken_again_on_sqlite() {
    up_and_down_and_up("sqlite::memory:", IN_SQLITE).await;
}

#[tokio::test]
async fn every_step_can_be_taken_back_and_taken_again_on_postgresql() {
    let cluster = Cluster::shared().expect("this test needs Debian's package postgresql");
    up_and_down_and_up(&cluster.database().expect("a database"), IN_POSTGRES).await;
}
