//! What this machine is and does, for the reader of the numbers.

use std::time::{Duration, Instant};

use anyhow::Result;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection, query};

use super::house::{self, Folder};
use super::stats::percentile;

/// A line on the machine and what else it does at this moment.
pub(crate) fn describe() -> Result<String> {
    let cpus = std::thread::available_parallelism()?;
    let info = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    let model = model.map_or("an unknown processor", |(_, name)| name.trim());
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let load = load.split_whitespace().next().unwrap_or("?");
    let folder = Folder::new()?;
    let commits = house::runtime()?.block_on(commits(&folder, 200))?;
    let (median, p95) = (percentile(&commits, 0.5), percentile(&commits, 0.95));
    Ok(format!(
        "{cpus} processors ({model}), load {load} at the start. One durable SQLite commit (WAL, synchronous=FULL, one row): \
         {median:.2?} median, {p95:.2?} p95."
    ))
}

/// How long bare durable commits take: begin, one update, commit.
pub(crate) async fn commits(folder: &Folder, count: usize) -> Result<Vec<Duration>> {
    let mut bare = bare(&folder.path("commit.db"), SqliteSynchronous::Full).await?;
    run(&mut bare, "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, n INTEGER)").await?;
    run(&mut bare, "INSERT OR IGNORE INTO t VALUES (1, 0)").await?;
    let mut samples = Vec::with_capacity(count);
    for _ in 0..count {
        let began = Instant::now();
        run(&mut bare, "BEGIN IMMEDIATE").await?;
        run(&mut bare, "UPDATE t SET n = n + 1 WHERE id = 1").await?;
        run(&mut bare, "COMMIT").await?;
        samples.push(began.elapsed());
    }
    Ok(samples)
}

/// A connection with nothing of ours between.
pub(crate) async fn bare(file: &std::path::Path, synchronous: SqliteSynchronous) -> Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true);
    Ok(options.connect().await?)
}

/// Runs a statement on it and says how many rows it changed.
pub(crate) async fn run(bare: &mut SqliteConnection, sql: &str) -> Result<u64> {
    Ok(query(AssertSqlSafe(sql.to_owned())).execute(bare).await?.rows_affected())
}
