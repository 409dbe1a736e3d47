//! A sweep of many sources, each on a host name of its own, against a bare client that asks the same hosts.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use coatcheck::engine::poll::Poller;
use coatcheck::engine::{Heartbeats, Stopper};
use coatcheck::shops::{FetchLimits, Fetcher, Guard, Shops, WorkerLimits, Workers};
use coatcheck::store::Db;
use coatcheck::store::db::conn::Durability;
use coatcheck::store::polls::source::NewSource;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::task::JoinSet;

use crate::loopback::Loopback;
use crate::support::args::Args;
use crate::support::figure::{Figure, Quantity, Target};
use crate::support::house::{self, Folder};
use crate::support::stats::{Spent, Watch, rate};

/// Sources that are read at once, as the poller has it.
const WIDTH: usize = 256;

/// What every name resolves to, as far as the guard is asked; the socket then goes to our server.
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 216, 34));

struct EveryName {
    guard: Arc<Guard>,
    port: u16,
}

impl Resolve for EveryName {
    fn resolve(&self, name: Name) -> Resolving {
        let answer = self.guard.check_address(name.as_str(), PUBLIC).map_err(Into::into).map(|()| {
            let server = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
            Box::new(std::iter::once(server)) as Addrs
        });
        Box::pin(async move { answer })
    }
}

/// The same bodies, "not modified", and new prices.
pub(crate) fn run(args: &Args) -> Result<Vec<Figure>> {
    let count = args.pick(10_000, 1_000);
    let server = Loopback::start()?;
    let runtime = house::runtime()?;
    let bare = runtime.block_on(bare(server.port, count, "same"))?;
    let mut figures = Vec::new();
    for (path, what) in [("same", "the same body"), ("validated", "304, not modified"), ("changing", "a new price")] {
        let ours = runtime.block_on(ours(server.port, count, path))?;
        let what = format!("{count} sources on {count} host names, {what}");
        let polls = Quantity::new(rate(count, ours.time), "polls/s");
        let mut speed = Figure::note(what.clone(), polls)
            .against("a bare client that reads the same body", Quantity::new(rate(count, bare.time), "requests/s"));
        let mut work = Figure::note(what, Quantity::new(rate(count, ours.cpu), "polls/processor-second"));
        if path == "same" {
            speed = speed.wants(Target::AtLeast(0.5));
            work = work
                .against("the promise", Quantity::new(8_000.0, "polls/processor-second"))
                .wants(Target::AtLeast(1.0));
        }
        figures.extend([speed, work]);
    }
    let work = Quantity::new(rate(count, bare.cpu), "requests/processor-second");
    figures.push(Figure::note("the bare client", work));
    Ok(figures)
}

fn host(number: usize) -> String {
    format!("shop-{number}.example")
}

/// As `shops::client` makes it, but for the address that is dialled in the end.
fn http(guard: &Arc<Guard>, port: u16) -> Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .user_agent("bench")
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(10))
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .no_proxy()
        .dns_resolver(Arc::new(EveryName { guard: Arc::clone(guard), port }));
    Ok(builder.build()?)
}

/// Two rounds over all hosts, of which the second is measured: connections are open by then, as they are for a poller.
async fn bare(port: u16, count: usize, path: &'static str) -> Result<Spent> {
    let http = http(&Arc::new(Guard::default()), port)?;
    bare_round(&http, count, path).await?;
    bare_round(&http, count, path).await
}

async fn bare_round(http: &reqwest::Client, count: usize, path: &'static str) -> Result<Spent> {
    let next = Arc::new(AtomicUsize::new(0));
    let watch = Watch::start()?;
    let mut tasks = JoinSet::new();
    for _ in 0..WIDTH {
        let (http, next) = (http.clone(), Arc::clone(&next));
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(());
                }
                let url = format!("http://{}/products/{path}.js", host(number));
                http.get(url).send().await?.error_for_status()?.bytes().await?;
            }
        });
    }
    tasks.join_all().await.into_iter().collect::<reqwest::Result<()>>()?;
    watch.read()
}

/// The poller's loop over a store of its own. The first sweep learns the products and each shop's robots.txt.
async fn ours(port: u16, count: usize, path: &str) -> Result<Spent> {
    let folder = Folder::new()?;
    let db = house::open(&folder.database("sweep.db"), Durability::Full).await?;
    for number in 0..count {
        let url = format!("http://{}/products/{path}", host(number));
        // Each minute, the interval of whoever sets none: connections are kept for that.
        let source = house::source(&url, &host(number), Some("shopify"));
        db.add_source(&NewSource { interval: Duration::from_secs(60), ..source }).await?;
    }
    let guard = Arc::new(Guard::default());
    let fetcher = Fetcher::new(http(&guard, port)?, guard, house::clock(), FetchLimits::default());
    let jq = Workers::new(env!("CARGO_BIN_EXE_coatcheck").into(), WorkerLimits::default());
    let poller = Poller::new(db.clone(), Arc::new(Shops::new(fetcher, jq)), house::rng());
    sweep(&db, &poller, count).await?;
    sweep(&db, &poller, count).await?;
    let spent = sweep(&db, &poller, count).await?;
    db.close().await;
    Ok(spent)
}

/// All sources are due at once; until the last one is read and written down.
async fn sweep(db: &Db, poller: &Poller, count: usize) -> Result<Spent> {
    let before = readings(db).await?;
    db.make_due(|_| true, Duration::ZERO).await?;
    let (stopper, stop) = Stopper::pair();
    let watch = Watch::start()?;
    let patience = Instant::now();
    let running = tokio::spawn(poller.clone().run(Heartbeats::new(house::clock()), stop));
    while readings(db).await? < before + i64::try_from(count)? {
        ensure!(patience.elapsed() < Duration::from_secs(120), "only {} of {count}", readings(db).await? - before);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let spent = watch.read()?;
    stopper.stop();
    running.await?;
    Ok(spent)
}

async fn readings(db: &Db) -> Result<i64> {
    house::number(db, "SELECT CAST(sum(readings) AS BIGINT) FROM source").await
}
