//! Shops that hang hold up nobody but themselves, however many there are.

mod support;

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use coatcheck::app::SystemClock;
use coatcheck::engine::heartbeat::Heartbeats;
use coatcheck::engine::poll::Poller;
use coatcheck::engine::{Rng, Stopper};
use coatcheck::shops::{
    ClientOptions, FetchLimits, Fetcher, Guard, Resolver, Shops, WorkerLimits, Workers, client, user_agent,
};
use coatcheck::store::db::conn::Durability;
use coatcheck::store::polls::source::NewSource;
use coatcheck::store::{Db, NoFaults};
use coatcheck_domain::Clock;
use coatcheck_world::{Fault, Order, Shop, Sink};
use support::{House, page, until};
use tokio::net::TcpListener;

/// What a busy machine may need for what takes a second. Shops that hang hang for longer.
const SOON: Duration = Duration::from_secs(40);

/// Every name leads to this machine.
struct Here;

#[async_trait]
impl Resolver for Here {
    async fn resolve(&self, _host: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(vec![Ipv4Addr::LOCALHOST.into()])
    }
}

/// Accepts and never answers. Says its port.
async fn hanging() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    port
}

fn poller(db: &Db, hosts: &[String], clock: &Arc<dyn Clock>) -> Poller {
    let guard = Arc::new(Guard::new(hosts.join(",").parse().expect("hosts")));
    let options = ClientOptions { timeout: SOON * 3, ..ClientOptions::new(user_agent(None)) };
    let client = client(Arc::clone(&guard), Arc::new(Here), &options).expect("a client");
    let limits = FetchLimits { patience: SOON * 3, ..FetchLimits::default() };
    let fetcher = Fetcher::new(client, guard, Arc::clone(clock), limits);
    let jq = Workers::new(PathBuf::from("none-is-needed"), WorkerLimits::default());
    Poller::new(db.clone(), Arc::new(Shops::new(fetcher, jq)), Arc::new(Rng::from_system()))
}

async fn follow(db: &Db, host: &str) {
    let new = NewSource {
        url: format!("http://{host}/products/jacket.js"),
        host: host.to_owned(),
        reader: None,
        jq: None,
        more_urls: Vec::new(),
        headers: Vec::new(),
        interval: Duration::from_secs(1),
        listed: true,
        added_by: None,
    };
    db.add_source(&new).await.expect("followed");
}

/// More shops begin to hang than are read at once; those that answer are read all the same, and go on being read.
#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_shops_that_hang_do_not_fill_the_house() {
    let folder = tempfile::tempdir().expect("a folder");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let url = format!("sqlite://{}/test.db", folder.path().display());
    let db = Db::open(&url, Durability::Process, Arc::clone(&clock), Arc::new(NoFaults)).await.expect("opened");
    db.migrate().await.expect("migrated");

    let well = Shop::open().expect("a shop");
    well.stock("jacket", "M", "", true);
    let (ill, port) = (hanging().await, well.host().rsplit_once(':').expect("a port").1.to_owned());
    let ill: Vec<String> = (0..300).map(|number| format!("ill-{number}.test:{ill}")).collect();
    let healthy: Vec<String> = (0..20).map(|number| format!("well-{number}.test:{port}")).collect();
    for host in ill.iter().chain(&healthy) {
        follow(&db, host).await;
    }
    let poller = poller(&db, &[ill, healthy].concat(), &clock);
    let (stopper, stop) = Stopper::pair();
    let running = tokio::spawn(poller.run(Heartbeats::new(Arc::clone(&clock)), stop));
    let started = Instant::now();
    loop {
        let sources = db.sources().await.expect("read");
        let slowest = sources[300..].iter().map(|source| source.readings).min();
        if slowest >= Some(3) {
            assert!(sources[..300].iter().all(|source| source.readings == 0 && source.failures == 0));
            break;
        }
        assert!(started.elapsed() < SOON, "after {SOON:?} one of the shops that answer was read {slowest:?} times");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    stopper.stop();
    running.await.expect("it ends");
}

/// Of fifty shops ten hang: the others are polled on time, and what comes back there is told at once.
#[tokio::test]
async fn of_fifty_shops_ten_hang_and_the_others_are_polled_on_time() {
    let shops: Vec<Shop> = (0..50).map(|_| Shop::open().expect("a shop")).collect();
    let sink = Sink::open().expect("a sink");
    let hosts: Vec<String> = shops.iter().map(|shop| shop.host()).chain([sink.host()]).collect();
    let house = House::open(&hosts);
    let follow = |number: usize| {
        shops[number].stock("jacket", "M", "", false);
        let (page, name) = (page(&shops[number], "jacket"), format!("jacket{number}"));
        house.done(&["shop", "add", &page, "--name", &name, "--interval", "1s"]);
    };
    house.done(&["migrate"]);
    // Beside each other: each waits for the disk.
    std::thread::scope(|scope| {
        for first in 0..5 {
            let follow = &follow;
            scope.spawn(move || (first..50).step_by(5).for_each(follow));
        }
    });
    house.watch(&["jacket30"], &sink.url("/hook"));
    let (ill, well) = shops.split_at(10);
    for shop in ill {
        shop.order(Order::all(Fault::Hang));
    }
    let _service = house.serve();
    let polls = || well.iter().map(|shop| shop.heard_on("/products/jacket.js").len()).collect::<Vec<_>>();
    let first = polls();
    until("three more polls of each", || polls().iter().zip(&first).all(|(now, first)| *now >= first + 3));
    let polls = polls();
    let started = Instant::now();
    until("polls of the shops that hang", || ill.iter().all(|shop| !shop.heard().is_empty()));
    shops[30].stock("jacket", "M", "", true);
    // Sooner than one of those that hang is given up.
    sink.wait_for(1, Duration::from_secs(8)).await.expect("it is told");
    tokio::time::sleep(Duration::from_secs(5).saturating_sub(started.elapsed())).await;
    for (shop, before) in well.iter().zip(polls) {
        let polled = shop.heard_on("/products/jacket.js").len() - before;
        assert!(polled >= 2, "{} was polled {polled} times in five seconds", shop.host());
    }
}
