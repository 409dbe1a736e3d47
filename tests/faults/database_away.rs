//! PostgreSQL is away for a while: its connections break, and new ones are not to be had.
//!
//! `FAULT_SECONDS=60 cargo test --test faults away` keeps it away for a minute: longer than any lease.

use std::path::Path;
use std::time::Duration;

use coatcheck_world::{Cluster, Fault, Order, Shop, Sink};

use crate::proxy::Proxy;
use crate::support::{House, PATIENCE, Service, page, until};

const WATCHERS: usize = 8;

/// How long the database is away.
fn a_while() -> Duration {
    let seconds = std::env::var("FAULT_SECONDS").map(|text| text.parse().expect("FAULT_SECONDS is a number"));
    Duration::from_secs(seconds.unwrap_or(3))
}

/// A house on PostgreSQL with something between, and its database seen past that.
fn crowd() -> (Shop, Sink, House, Proxy) {
    let cluster = Cluster::shared().expect("PostgreSQL");
    let direct = cluster.database().expect("a database");
    let (address, behind) = direct.split_once("?host=").expect("it is on a socket");
    let proxy = Proxy::before(Path::new(behind)).expect("a socket");
    let (shop, sink) = (Shop::open().expect("a shop"), Sink::open().expect("a sink"));
    shop.stock("jacket", "M", "Black", false);
    let through = format!("{address}?host={}", proxy.folder().display());
    let house = House::open(&[shop.host(), sink.host()]).with("DATABASE_URL", &through);
    house.done(&["migrate"]);
    house.done(&["shop", "add", &page(&shop, "jacket"), "--name", "jacket", "--interval", "500ms"]);
    for number in 0..WATCHERS {
        house.watch(&["jacket", "--size", "M"], &sink.url(&format!("/{number}")));
    }
    (shop, sink, house, proxy)
}

fn is_ready(service: &Service) -> bool {
    service.get("/readyz").0.contains("200")
}

/// Everybody hears of it; more often only what was on its way when the database went.
fn all_are_told(house: &House, sink: &Sink, on_the_way: usize) {
    // A source that was being read when the database went waits for its lease of 60 s to run out.
    let began = std::time::Instant::now();
    while sink.distinct() < WATCHERS && began.elapsed() < PATIENCE * 5 {
        std::thread::sleep(Duration::from_millis(50));
    }
    house.until(&["deliveries"], |all| {
        let all = all.as_array().expect("a list");
        all.len() == WATCHERS && all.iter().all(|delivery| delivery["state"] == "sent")
    });
    assert_eq!(sink.distinct(), WATCHERS);
    assert!(sink.doubles() <= on_the_way, "{} doubles, {on_the_way} were on their way", sink.doubles());
}

#[test]
fn what_comes_back_while_the_database_is_away_is_told_when_it_is_back() {
    let (shop, sink, house, proxy) = crowd();
    let service = house.serve();
    until("a poll", || shop.heard_on("/products/jacket.js").len() > 1);
    proxy.cut();
    shop.stock("jacket", "M", "Black", true);
    until("it is known", || !is_ready(&service));
    std::thread::sleep(a_while());
    assert_eq!(sink.heard().len(), 0);
    let said = service.err().iter().filter(|line| line.contains("the database fails")).count();
    assert_eq!(said, 1, "{:#?}", service.err());

    proxy.mend();
    all_are_told(&house, &sink, 0);
    until("it is ready again", || is_ready(&service));
}

#[tokio::test]
async fn a_database_that_goes_while_requests_are_under_way_loses_none() {
    let (shop, sink, house, proxy) = crowd();
    let service = house.serve();
    until("a poll", || shop.heard_on("/products/jacket.js").len() > 1);
    sink.order(Order::all(Fault::Late(Duration::from_secs(1))));
    shop.stock("jacket", "M", "Black", true);
    sink.wait_for(WATCHERS, PATIENCE).await.expect("all requests are under way");
    proxy.cut();
    std::thread::sleep(a_while());
    assert!(!is_ready(&service));
    assert_eq!(sink.heard().len(), WATCHERS, "asked again although the answer is known");
    sink.lift();
    proxy.mend();
    all_are_told(&house, &sink, WATCHERS);
}

/// Two services at once find a database that nobody has prepared: one makes the schema, the other waits for it.
#[test]
fn services_prepare_a_new_database_by_themselves() {
    let database = Cluster::shared().expect("PostgreSQL").database().expect("a database");
    let houses = [(); 2].map(|()| House::open(&[]).with("DATABASE_URL", &database));
    let services: Vec<Service> = std::thread::scope(|scope| {
        let starting: Vec<_> = houses.iter().map(|house| scope.spawn(|| house.serve())).collect();
        starting.into_iter().map(|starting| starting.join().expect("it starts")).collect()
    });
    for service in &services {
        until("it is ready", || is_ready(service));
    }
}
