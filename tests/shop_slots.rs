//! A shop is asked no more often at once than it has slots, however many instances poll it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use coatcheck::app::SystemClock;
use coatcheck::engine::Rng;
use coatcheck::engine::poll::Poller;
use coatcheck::shops::{
    ClientOptions, FetchLimits, Fetcher, Guard, Shops, SystemResolver, WorkerLimits, Workers, client, user_agent,
};
use coatcheck::store::db::conn::Durability;
use coatcheck::store::polls::source::NewSource;
use coatcheck::store::{Db, NoFaults};
use coatcheck_domain::Clock;
use coatcheck_world::Cluster;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const SLOTS: usize = 2;
const SOURCES: usize = 8;
const STOCK: &str = r#"{"Black":[{"size":"M","available":true}]}"#;

/// A shop that counts who is inside.
#[derive(Default)]
struct Counter {
    inside: AtomicUsize,
    most: AtomicUsize,
    asked: AtomicUsize,
}

impl Counter {
    async fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await?);
        }
        if request.starts_with(b"GET /robots.txt") {
            return stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
        }
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.most.fetch_max(self.inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(30)).await;
        self.inside.fetch_sub(1, Ordering::SeqCst);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", STOCK.len());
        stream.write_all(format!("{head}connection: close\r\n\r\n{STOCK}").as_bytes()).await
    }

    async fn open() -> (Arc<Self>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let counter = Arc::new(Self::default());
        let behind = Arc::clone(&counter);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counter = Arc::clone(&behind);
                tokio::spawn(async move { counter.answer(stream).await });
            }
        });
        (counter, host)
    }
}

/// An instance: its own connections, its own client.
async fn instance(database: &str, host: &str) -> (Db, Poller) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let db = Db::open(database, Durability::Process, Arc::clone(&clock), Arc::new(NoFaults)).await.expect("opened");
    let guard = Arc::new(Guard::new(host.parse().expect("a host")));
    let options = ClientOptions::new(user_agent(None));
    let client = client(Arc::clone(&guard), Arc::new(SystemResolver::new()), &options).expect("a client");
    let fetcher = Fetcher::new(client, guard, clock, FetchLimits::default());
    let jq = Workers::new(PathBuf::from("none-is-needed"), WorkerLimits::default());
    let poller = Poller::new(db.clone(), Arc::new(Shops::new(fetcher, jq)), Arc::new(Rng::from_system()));
    (db, poller.with_slots(SLOTS))
}

async fn two_instances_share_the_slots(database: &str) {
    let (counter, host) = Counter::open().await;
    let (db, first) = instance(database, &host).await;
    db.migrate().await.expect("migrated");
    let (_other, second) = instance(database, &host).await;
    for number in 0..SOURCES {
        let new = NewSource {
            url: format!("http://{host}/stock/{number}"),
            host: host.clone(),
            reader: None,
            jq: None,
            more_urls: Vec::new(),
            headers: Vec::new(),
            interval: Duration::from_millis(50),
            listed: true,
            added_by: None,
        };
        db.add_source(&new).await.expect("followed");
    }
    let started = Instant::now();
    while counter.asked.load(Ordering::SeqCst) < SOURCES * 4 {
        let (a, b) = tokio::join!(first.tick(), second.tick());
        a.and(b).expect("polled");
        assert!(started.elapsed() < Duration::from_secs(120), "{} polls", counter.asked.load(Ordering::SeqCst));
    }
    assert_eq!(counter.most.load(Ordering::SeqCst), SLOTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pollers_on_one_sqlite_file_never_exceed_a_shops_slots() {
    let folder = tempfile::tempdir().expect("a folder");
    two_instances_share_the_slots(&format!("sqlite://{}/test.db", folder.path().display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_pollers_on_one_postgresql_never_exceed_a_shops_slots() {
    let database = tokio::task::spawn_blocking(|| {
        Cluster::shared().and_then(|cluster| cluster.database().map_err(|why| why.to_string()))
    });
    two_instances_share_the_slots(&database.await.expect("no panic").expect("PostgreSQL")).await;
}
