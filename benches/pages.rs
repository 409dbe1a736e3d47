//! A catalogue whose pages stay as they are, against downloading and hashing the same pages: as one list, and as a thousand
//! products that people gave one by one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use coatcheck::engine::poll::Poller;
use coatcheck::engine::{Heartbeats, Stopper};
use coatcheck::shops::{FetchLimits, Fetcher, Guard, Shops, WorkerLimits, Workers};
use coatcheck::store::db::conn::Durability;
use coatcheck::store::polls::source::NewSource;
use sha2::{Digest, Sha256};

use crate::loopback::Loopback;
use crate::loopback::answers::{CATALOGUE, PAGE};
use crate::polling::http;
use crate::support::args::Args;
use crate::support::figure::{Figure, Quantity, Target};
use crate::support::house::{self, Folder};
use crate::support::stats::{Spent, Watch, rate};

const HOST: &str = "catalogue.example";
/// Products of the catalogue that are followed one by one.
const FOLLOWED: u64 = 1_000;
const INTERVAL: Duration = Duration::from_millis(500);

/// What is followed.
#[derive(Clone, Copy)]
enum Follow {
    List,
    Products,
}

/// What was done, and what it took.
struct Done {
    requests: u64,
    readings: u64,
    spent: Spent,
}

pub(crate) fn run(args: &Args) -> Result<Vec<Figure>> {
    let server = Loopback::start()?;
    let runtime = house::runtime()?;
    let seconds = Duration::from_secs(args.pick(10, 4));
    let mut figures = Vec::new();
    for (folder, note) in [("list", ""), ("packed", ", gzip")] {
        let bare = runtime.block_on(bare(server.port, folder, seconds / 2))?;
        for follow in [Follow::List, Follow::Products] {
            let done = runtime.block_on(ours(server.port, folder, follow, seconds))?;
            figures.extend(figures_of(follow, note, &done, bare));
        }
    }
    Ok(figures)
}

fn figures_of(follow: Follow, note: &str, done: &Done, bare: f64) -> Vec<Figure> {
    let requests = usize::try_from(done.requests).unwrap_or_default();
    let (what, rounds) = match follow {
        Follow::List => (format!("one list of {CATALOGUE} products"), done.readings),
        Follow::Products => {
            (format!("{FOLLOWED} products of {CATALOGUE}, followed one by one"), done.readings / FOLLOWED)
        }
    };
    let pages = Quantity::new(rate(requests, done.spent.cpu), "pages/processor-second");
    let figure = Figure::note(format!("{what}{note}"), pages)
        .against("downloading and hashing", Quantity::new(bare, "pages/processor-second"));
    let figure = if note.is_empty() { figure.wants(Target::AtLeast(0.5)) } else { figure };
    let round = Figure::note(
        format!("… requests a round{note}"),
        Quantity::new(done.requests as f64 / rounds.max(1) as f64, "requests"),
    );
    vec![figure, round.against("the promise", Quantity::new(6.0, "requests")).wants(Target::AtMost(1.0))]
}

/// Pages in a processor-second, downloaded and hashed one after the other.
async fn bare(port: u16, folder: &str, time: Duration) -> Result<f64> {
    let http = http(&Arc::new(Guard::default()), port)?;
    let pages = CATALOGUE.div_ceil(PAGE) + 1;
    let (watch, began) = (Watch::start()?, Instant::now());
    let mut count = 0;
    while began.elapsed() < time {
        for page in 1..=pages {
            let url = format!("http://{HOST}/{folder}/products.json?limit={PAGE}&page={page}");
            let body = http.get(url).send().await?.error_for_status()?.bytes().await?;
            std::hint::black_box(Sha256::digest(&body));
            count += 1;
        }
    }
    Ok(rate(count, watch.read()?.cpu))
}

async fn ours(port: u16, name: &str, follow: Follow, time: Duration) -> Result<Done> {
    let folder = Folder::new()?;
    let db = house::open(&folder.database("pages.db"), Durability::Full).await?;
    let urls: Vec<String> = match follow {
        Follow::List => vec![format!("http://{HOST}/{name}/products.json")],
        Follow::Products => {
            (1..=FOLLOWED).map(|id| format!("http://{HOST}/{name}/products/rain-jacket-{id}")).collect()
        }
    };
    for url in &urls {
        db.add_source(&NewSource { interval: INTERVAL, ..house::source(url, HOST, Some("shopify")) }).await?;
    }
    let guard = Arc::new(Guard::default());
    let client = http(&guard, port)?;
    let fetcher = Fetcher::new(client.clone(), guard, house::clock(), FetchLimits::default());
    let workers = Workers::new(env!("CARGO_BIN_EXE_coatcheck").into(), WorkerLimits::default());
    let poller = Poller::new(db.clone(), Arc::new(Shops::new(fetcher, workers)), house::rng());
    let (stopper, stop) = Stopper::pair();
    let running = tokio::spawn(poller.run(Heartbeats::new(house::clock()), stop));
    let began = Instant::now();
    while house::number(&db, "SELECT min(readings) FROM source").await? < 8 {
        ensure!(began.elapsed() < Duration::from_secs(120), "not all were read eight times in two minutes");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let count = || async {
        let asked = client.get(format!("http://{HOST}/asked")).send().await?.text().await?.parse::<u64>()?;
        let readings = house::number(&db, "SELECT CAST(sum(readings) AS BIGINT) FROM source").await?;
        anyhow::Ok((asked, u64::try_from(readings)?))
    };
    let (before, watch) = (count().await?, Watch::start()?);
    tokio::time::sleep(time).await;
    let (spent, after) = (watch.read()?, count().await?);
    stopper.stop();
    running.await?;
    db.close().await;
    Ok(Done { requests: after.0 - before.0, readings: after.1 - before.1, spent })
}
