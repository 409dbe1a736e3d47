//! Polling that finds nothing new, against a bare loop that asks the same shops: one shop with many products, many shops
//! with one, and between.

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

/// Requests at the same time, as the poller has it.
const WIDTH: usize = 256;

/// What every name resolves to, as far as the guard is asked; the socket then goes to our server.
const PUBLIC: IpAddr = IpAddr::V4(Ipv4Addr::new(93, 184, 216, 34));

/// What is polled.
#[derive(Debug, Clone, Copy)]
struct Scene {
    shops: usize,
    products: usize,
    slots: usize,
    /// Time between polls: as short as the loop bears, so that it always has something to do.
    interval: Duration,
}

impl Scene {
    const fn new(shops: usize, products: usize, slots: usize, millis: u64) -> Self {
        Self { shops, products, slots, interval: Duration::from_millis(millis) }
    }

    fn sources(self) -> usize {
        self.shops * self.products
    }

    fn connections(self) -> usize {
        (self.shops * self.slots).min(WIDTH)
    }

    fn url(self, number: usize) -> String {
        format!("http://{}/products/same-{}", self.host(number), 1_000_000 + number)
    }

    fn host(self, number: usize) -> String {
        format!("shop-{}.example", number / self.products)
    }
}

/// Sources of one shop share a grid: they are all due at the same moments. What is measured is a whole number of intervals, or
/// it might fall between two of those moments.
const SCENES: [Scene; 8] = [
    Scene::new(1, 100, 1, 100),
    Scene::new(1, 1_000, 1, 1_000),
    Scene::new(1, 10_000, 1, 4_000),
    Scene::new(1, 100, 64, 100),
    Scene::new(1, 1_000, 64, 1_000),
    Scene::new(1, 10_000, 64, 4_000),
    Scene::new(1_000, 10, 1, 4_000),
    Scene::new(10_000, 1, 1, 4_000),
];

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

/// Every scene beside the bare loop with as many connections, in the same run.
pub(crate) fn run(args: &Args) -> Result<Vec<Figure>> {
    let server = Loopback::start()?;
    let runtime = house::runtime()?;
    let seconds = Duration::from_secs(args.pick(8, 3));
    let mut figures = Vec::new();
    let mut with_few = None;
    let most = args.pick(usize::MAX, 1_000);
    for scene in SCENES.into_iter().filter(|scene| scene.sources() <= most) {
        let (bare_count, bare) = runtime.block_on(bare(server.port, scene, seconds / 2))?;
        let (count, ours) = runtime.block_on(ours(server.port, scene, seconds))?;
        ensure!(count > 0, "no poll of {scene:?} in {seconds:?}");
        let each = |count: usize, spent: &Spent| spent.cpu.as_secs_f64() * 1e6 / count as f64;
        let (shops, products, slots) = (scene.shops, scene.products, scene.slots);
        let what = format!("{shops} shops × {products} products, {slots} slots: {:.0} polls/s", rate(count, ours.time));
        let work = Quantity::new(rate(count, ours.cpu), "polls/processor-second");
        let limit = Quantity::new(rate(bare_count, bare.cpu), "requests/processor-second");
        figures.push(Figure::note(what, work).against("a bare loop", limit).wants(Target::AtLeast(0.4)));
        let cost = each(count, &ours);
        match (shops, products) {
            (1, 100) => with_few = Some(cost),
            (1, 10_000) => {
                let cost = Figure::note(format!("… of one poll, {slots} slots"), Quantity::new(cost, "µs"));
                let few = Quantity::new(with_few.unwrap_or_default(), "µs");
                figures.push(cost.against("with 100 products", few).wants(Target::AtMost(1.2)));
            }
            _ => {}
        }
    }
    Ok(figures)
}

/// As `shops::client` makes it, but for the address that is dialled in the end.
pub(crate) fn http(guard: &Arc<Guard>, port: u16) -> Result<reqwest::Client> {
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

/// Asks for so long, after a round that opens the connections. Says how many requests there were, and what they took.
async fn bare(port: u16, scene: Scene, time: Duration) -> Result<(usize, Spent)> {
    let http = http(&Arc::new(Guard::default()), port)?;
    bare_for(&http, scene, Duration::from_millis(500)).await?;
    bare_for(&http, scene, time).await
}

async fn bare_for(http: &reqwest::Client, scene: Scene, time: Duration) -> Result<(usize, Spent)> {
    let next = Arc::new(AtomicUsize::new(0));
    let watch = Watch::start()?;
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..scene.connections() {
        let (http, next) = (http.clone(), Arc::clone(&next));
        tasks.spawn(async move {
            while began.elapsed() < time {
                let number = next.fetch_add(1, Ordering::Relaxed) % scene.sources();
                http.get(format!("{}.js", scene.url(number))).send().await?.error_for_status()?.bytes().await?;
            }
            reqwest::Result::Ok(())
        });
    }
    tasks.join_all().await.into_iter().collect::<reqwest::Result<()>>()?;
    Ok((next.load(Ordering::Relaxed), watch.read()?))
}

/// The poller's loop over a store of its own, once everything was read twice.
async fn ours(port: u16, scene: Scene, time: Duration) -> Result<(usize, Spent)> {
    let folder = Folder::new()?;
    let db = house::open(&folder.database("polling.db"), Durability::Full).await?;
    for number in 0..scene.sources() {
        let source = house::source(&scene.url(number), &scene.host(number), Some("shopify"));
        db.add_source(&NewSource { interval: scene.interval, ..source }).await?;
    }
    let guard = Arc::new(Guard::default());
    let fetcher = Fetcher::new(http(&guard, port)?, guard, house::clock(), FetchLimits::default());
    let workers = Workers::new(env!("CARGO_BIN_EXE_coatcheck").into(), WorkerLimits::default());
    let shops = Arc::new(Shops::new(fetcher, workers));
    let poller = Poller::new(db.clone(), shops, house::rng()).with_slots(scene.slots);
    let (stopper, stop) = Stopper::pair();
    let running = tokio::spawn(poller.run(Heartbeats::new(house::clock()), stop));
    let began = Instant::now();
    while house::number(&db, "SELECT count(*) FROM source WHERE readings < 2").await? > 0 {
        ensure!(began.elapsed() < Duration::from_secs(600), "not all were read in ten minutes");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let before = readings(&db).await?;
    let watch = Watch::start()?;
    tokio::time::sleep(time).await;
    let spent = watch.read()?;
    let count = readings(&db).await? - before;
    stopper.stop();
    running.await?;
    ensure!(house::number(&db, "SELECT count(*) FROM restock").await? == 0, "nothing came back");
    db.close().await;
    Ok((usize::try_from(count)?, spent))
}

async fn readings(db: &Db) -> Result<i64> {
    house::number(db, "SELECT CAST(sum(readings) AS BIGINT) FROM source").await
}
