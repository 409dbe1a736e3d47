//! A restock that a whole crowd waits for, against one bare INSERT … SELECT of the same rows, on both databases.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use coatcheck::engine::fanout::Fanout;
use coatcheck::store::db::conn::Durability;
use coatcheck::store::outbox::fanout::FanoutRules;
use coatcheck::store::{Db, NoFaults};
use coatcheck_domain::Availability;
use coatcheck_world::Cluster;

use crate::support::args::Args;
use crate::support::figure::{Figure, Quantity, Target};
use crate::support::house::{self, Folder};

/// As the service has them.
pub(crate) const RULES: FanoutRules = FanoutRules {
    quiet_for: Duration::from_secs(15 * 60),
    expire_after: Duration::from_secs(2 * 60 * 60),
    chunk: FanoutRules::CHUNK,
};

/// The same rows as the fan-out writes, by the simplest statement that gives them.
const BARE: &str = "INSERT INTO delivery (kind, dedupe_key, restock_id, subscriber_id, destination_id, hop, lane, payload, state, \
     attempts, next_attempt_at, epoch, expires_at, created_at) \
     SELECT 'alert', 'a:1:' || w.subscriber_id || ':0', 1, w.subscriber_id, t.id, 0, t.lane, '[1,2,3]', 'pending', 0, 1, 0, 2, 1 \
     FROM watch w JOIN destination t ON t.subscriber_id = w.subscriber_id ORDER BY w.id";

/// A hundred thousand watches, then a million.
pub(crate) fn run(args: &Args) -> Result<Vec<Figure>> {
    let runtime = house::runtime()?;
    let mut figures = Vec::new();
    for count in args.pick([100_000, 1_000_000], [10_000, 50_000]) {
        figures.extend(runtime.block_on(sqlite(count))?);
        figures.push(runtime.block_on(postgres(count))?);
    }
    Ok(figures)
}

async fn sqlite(count: usize) -> Result<Vec<Figure>> {
    let folder = Folder::new()?;
    let db = house::open(&folder.database("scene.db"), Durability::Full).await?;
    crowd(&db, count).await?;
    db.close().await;
    std::fs::copy(folder.path("scene.db"), folder.path("bare.db"))?;
    let db = house::open(&folder.database("bare.db"), Durability::Full).await?;
    let bare = bare(&db).await?;
    db.close().await;
    let db = house::open(&folder.database("scene.db"), Durability::Full).await?;
    let (ours, longest) = ours(&db, count).await?;
    db.close().await;
    let longest =
        Figure::note(format!("SQLite, {count} watches: longest transaction"), Quantity::new(millis(longest), "ms"));
    Ok(vec![figure("SQLite", count, ours, bare), longest])
}

async fn postgres(count: usize) -> Result<Figure> {
    let cluster = Cluster::shared().map_err(anyhow::Error::msg)?;
    let scene = cluster.database()?;
    let db = house::open(&scene, Durability::Full).await?;
    crowd(&db, count).await?;
    db.close().await;
    let copy = cluster.database_like(name_of(&scene)?)?;
    let db = open(&copy).await?;
    let bare = bare(&db).await?;
    db.close().await;
    let db = open(&scene).await?;
    let (ours, _) = ours(&db, count).await?;
    db.close().await;
    for url in [&copy, &scene] {
        cluster.run(&format!("DROP DATABASE {} WITH (FORCE)", name_of(url)?))?;
    }
    Ok(figure("PostgreSQL", count, ours, bare))
}

/// The database in an address like `postgres://postgres@localhost/t1?host=/run`.
fn name_of(url: &str) -> Result<&str> {
    let (before, _) = url.split_once('?').unwrap_or((url, ""));
    before.rsplit('/').next().context("the address names no database")
}

async fn open(url: &str) -> Result<Db> {
    Ok(Db::open(url, Durability::Full, house::clock(), std::sync::Arc::new(NoFaults)).await?)
}

fn figure(database: &str, count: usize, ours: Duration, bare: Duration) -> Figure {
    let each = |time: Duration| Quantity::new(time.as_secs_f64() * 1e6 / count as f64, "µs/watch");
    Figure::note(format!("{database}, {count} watches"), each(ours))
        .against("bare INSERT … SELECT", each(bare))
        .wants(Target::AtMost(3.0))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A crowd that waits for a product that is back just now.
async fn crowd(db: &Db, count: usize) -> Result<()> {
    let source = house::sold_out(db).await?;
    house::people(db, count, "https://hooks.example", "webhook:hooks.example").await?;
    // SQLite's planner is at its worst when it knows the numbers of today, and PostgreSQL counts by itself sooner or later.
    house::set(db, "ANALYZE").await?;
    house::says(db, source, Availability::InStock).await.map(|_| ())
}

async fn bare(db: &Db) -> Result<Duration> {
    let began = Instant::now();
    house::set(db, BARE).await?;
    Ok(began.elapsed())
}

/// The whole fan-out, and its longest chunk: for so long nobody else could write.
async fn ours(db: &Db, count: usize) -> Result<(Duration, Duration)> {
    let restock = db.open_restocks(0, 1).await?.pop().context("a restock is open")?;
    let group = [(restock.clone(), db.cases_of(&restock).await?)];
    let (began, mut longest, mut done) = (Instant::now(), Duration::ZERO, false);
    while !done {
        let chunk_began = Instant::now();
        done = db.fan_out(&group, &RULES).await?[0].done;
        longest = longest.max(chunk_began.elapsed());
    }
    let time = began.elapsed();
    // Nothing may be left for the loop of the service to do.
    ensure!(Fanout::new(db.clone(), RULES).tick().await? == 0, "the fan-out was not done");
    let told = house::number(db, "SELECT count(*) FROM delivery").await?;
    ensure!(told == i64::try_from(count)?, "{told} alerts for {count} watches");
    Ok((time, longest))
}
