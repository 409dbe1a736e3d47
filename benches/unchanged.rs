//! A million polls that bring no news: what they leave behind in the database.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::DateTime;
use coatcheck::store::Db;
use coatcheck::store::db::conn::Durability;
use coatcheck::store::polls::ended::{End, Ended, Written};
use coatcheck::store::polls::held::HeldSource;
use coatcheck_domain::clock::ManualClock;
use coatcheck_domain::poll::{self, Outcome};
use coatcheck_domain::{Availability, Clock};

use crate::support::args::Args;
use crate::support::figure::{Figure, Quantity, Target};
use crate::support::house::{self, Folder};
use crate::support::stats::{Watch, rate};

/// Polls that are written down together, as the poller has it when it is behind.
const GROUP: usize = 256;

/// Ten thousand sources, a hundred times over.
pub(crate) fn run(args: &Args) -> Result<Vec<Figure>> {
    let (sources, rounds) = args.pick((10_000, 100), (1_000, 10));
    house::runtime()?.block_on(measure(sources, rounds))
}

async fn measure(sources: usize, rounds: usize) -> Result<Vec<Figure>> {
    let folder = Folder::new()?;
    let start = DateTime::from_timestamp(1_800_000_000, 0).context("a date")?;
    let clock = Arc::new(ManualClock::at(start));
    let clock_of_db = Arc::clone(&clock) as Arc<dyn Clock>;
    let db = house::open_with(&folder.database("unchanged.db"), Durability::Process, clock_of_db).await?;
    let mut held = first_readings(&db, sources).await?;
    // One round before the count: the first rewrite of each row finds its place in the file.
    round(&db, &clock, &mut held).await?;
    let before = (rows(&db).await?, size(&db, &folder.path("unchanged.db")).await?);
    let watch = Watch::start()?;
    for _ in 0..rounds {
        round(&db, &clock, &mut held).await?;
    }
    let spent = watch.read()?;
    let after = (rows(&db).await?, size(&db, &folder.path("unchanged.db")).await?);
    db.close().await;
    let polls = sources * rounds;
    let grown = (after.1 as f64 / before.1 as f64 - 1.0) * 100.0;
    Ok(vec![
        Figure::note(
            format!("{polls} unchanged polls: rows added"),
            Quantity::new((after.0 - before.0) as f64, "rows"),
        )
        .against("the promise, and one more", Quantity::new(1.0, "row"))
        .wants(Target::AtMost(0.0)),
        Figure::note(format!("{polls} unchanged polls: growth of the file"), Quantity::new(grown, "%"))
            .against("the promise", Quantity::new(1.0, "%"))
            .wants(Target::AtMost(1.0)),
        Figure::note("written down, without the network", Quantity::new(rate(polls, spent.time), "polls/s")),
        Figure::note("the same", Quantity::new(rate(polls, spent.cpu), "polls/processor-second")),
    ])
}

/// Every source is read once: three sizes, sold out.
async fn first_readings(db: &Db, sources: usize) -> Result<Vec<HeldSource>> {
    let mut held = Vec::with_capacity(sources);
    for number in 0..sources {
        let host = format!("shop-{number}.example");
        let url = format!("https://{host}/products/jacket");
        let (source_id, _) = db.add_source(&house::source(&url, &host, Some("shopify"))).await?;
        held.push(house::says(db, source_id, Availability::OutOfStock).await?);
    }
    Ok(held)
}

/// An hour later each source is polled and says the same.
async fn round(db: &Db, clock: &ManualClock, held: &mut [HeldSource]) -> Result<()> {
    clock.advance(Duration::from_secs(3600));
    let now = db.now();
    for group in held.chunks_mut(GROUP) {
        let end = |source: &HeldSource| {
            let plan = poll::after(&source.schedule, Outcome::Read, now, 0.0);
            Ended {
                source: Arc::new(source.clone()),
                end: End::Unchanged { read_at: now },
                plan,
                is_back: false,
                shop_not_before: None,
            }
        };
        let ended: Vec<Ended> = group.iter().map(end).collect();
        let written = db.end_polls(house::HOLDER, &ended).await?;
        ensure!(written.iter().all(|one| *one == Written::Done), "not all were written down");
        group.iter_mut().for_each(|source| source.readings += 1);
    }
    Ok(())
}

async fn rows(db: &Db) -> Result<i64> {
    let tables = ["source", "product", "variant", "span", "restock", "restock", "delivery", "attempt", "shop"];
    let counts = tables.map(|table| format!("(SELECT count(*) FROM {table})"));
    house::number(db, &format!("SELECT {}", counts.join(" + "))).await
}

/// The file, with its log folded in.
async fn size(db: &Db, file: &Path) -> Result<u64> {
    house::number(db, "PRAGMA wal_checkpoint(TRUNCATE)").await?;
    Ok(std::fs::metadata(file)?.len())
}
