//! How long what is kept: the table of docs/ops/data.md names each table there is, and says so of each.

use std::time::Duration;

use super::filled::fill;
use super::scene::Scene;
use crate::store::db::sql::Sql;
use crate::store::db::tables::tables;

const PAGE: &str = include_str!("../../../docs/ops/data.md");

/// The rows of the retention table: the table's name, and how long its rows are kept.
fn documented() -> Vec<(String, String)> {
    let rows = PAGE.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        (cells[1].trim_matches('`').to_owned(), cells[3].to_owned())
    })
    .collect()
}

#[tokio::test]
async fn the_retention_table_has_every_table_of_the_schema() {
    let scene = Scene::new().await;
    let mut there: Vec<String> =
        tables(scene.db.read()).await.expect("asked").into_iter().map(|table| table.name).collect();
    let mut named: Vec<String> = documented().into_iter().map(|(name, _)| name).collect();
    there.sort();
    named.sort();
    assert_eq!(named, there, "docs/ops/data.md against the schema");
}

#[tokio::test]
async fn what_is_kept_for_some_days_is_gone_after_them() {
    let scene = Scene::new().await;
    fill(&scene.db, 1).await;
    // Everything ended in 1970; what a closed conversation or watch belongs to goes after it.
    let month = Duration::from_secs(30 * 24 * 3600);
    assert!(scene.db.delete_old(month).await.expect("deleted") > 0);
    let mut timed = 0;
    for (name, kept) in
        documented().into_iter().filter(|(_, kept)| kept.contains("30 days") || kept.contains("within a day"))
    {
        let sql = format!("SELECT count(*) FROM {name}");
        assert_eq!(scene.db.read().id(&sql, vec![]).await.expect("counted"), Some(0), "{name}: {kept}");
        timed += 1;
    }
    assert!(timed >= 9, "{timed}");
}
