//! Killed once, at a chosen moment of one restock.

use std::time::{Duration, Instant};

use coatcheck_world::{Fault, Order, Shop, Sink};

use crate::support::{self, House, PATIENCE, seen, until};

const WATCHERS: usize = 12;

/// A shop with a sold-out jacket, and a house where twelve receivers behind one host wait for it.
fn crowd() -> (Shop, Sink, House) {
    let (shop, sink) = (Shop::open().expect("a shop"), Sink::open().expect("a sink"));
    shop.stock("jacket", "M", "Black", false);
    let house = House::open(&[shop.host(), sink.host()]);
    house.follow(&shop, "jacket");
    for number in 0..WATCHERS {
        house.watch(&["jacket", "--size", "M"], &sink.url(&format!("/{number}")));
    }
    (shop, sink, house)
}

/// Everybody behind the sink was told, nobody more often than there were kills in the midst of a request and once.
fn all_are_told(sink: &Sink, kills: usize) {
    until("everybody is told", || (0..WATCHERS).all(|number| !sink.heard_on(&format!("/{number}")).is_empty()));
    assert_eq!(sink.distinct(), WATCHERS, "an alert has one id however often it is sent");
    for number in 0..WATCHERS {
        let told = sink.heard_on(&format!("/{number}")).len();
        assert!(told <= 1 + kills, "told {told} times with {kills} kills");
    }
}

/// All deliveries are sent, one for each watcher, and nothing more comes.
fn nothing_is_left(house: &House, shop: &Shop, sink: &Sink) {
    house.until(&["deliveries"], |all| {
        let all = all.as_array().expect("a list");
        all.len() == WATCHERS && all.iter().all(|delivery| delivery["state"] == "sent")
    });
    let told = sink.heard().len();
    seen(shop, "jacket");
    assert_eq!(sink.heard().len(), told, "told again after all was sent");
    assert_eq!(house.restocks("jacket"), 1, "one restock in the shop, one in the history");
}

/// One restock, and a kill this long after it.
fn killed_after(moment: Duration) {
    let (shop, sink, house) = crowd();
    // Requests take a while, so that some kills come in the midst of them.
    sink.order(Order::all(Fault::Late(Duration::from_millis(60))));
    let service = house.serve();
    seen(&shop, "jacket");
    shop.stock("jacket", "M", "Black", true);
    std::thread::sleep(moment);
    service.kill9();
    let _again = house.serve();
    all_are_told(&sink, 1);
    nothing_is_left(&house, &shop, &sink);
}

#[test]
fn killed_at_any_moment_around_a_restock_it_is_told() {
    let moments = [0, 30, 60, 90, 120, 160, 200, 260].map(Duration::from_millis);
    std::thread::scope(|scope| {
        for pair in moments.chunks(2) {
            scope.spawn(move || pair.iter().copied().for_each(killed_after));
        }
    });
}

#[tokio::test]
async fn killed_with_requests_under_way_only_those_are_notified_twice() {
    let (shop, sink, house) = crowd();
    let service = house.serve();
    seen(&shop, "jacket");
    // Half of the answers come, the others are on their way when it dies.
    sink.plan((0..WATCHERS / 2).map(|_| None));
    sink.order(Order::all(Fault::Hang));
    shop.stock("jacket", "M", "Black", true);
    sink.wait_for(WATCHERS, PATIENCE).await.unwrap();
    house.until(&["deliveries", "--state", "sent"], |sent| {
        sent.as_array().is_some_and(|sent| sent.len() == WATCHERS / 2)
    });
    service.kill9();
    sink.lift();

    let _again = house.serve();
    sink.wait_for(WATCHERS + WATCHERS / 2, PATIENCE).await.unwrap();
    all_are_told(&sink, 1);
    nothing_is_left(&house, &shop, &sink);
    assert_eq!(sink.doubles(), WATCHERS / 2, "those in flight, and no other");
}

#[test]
fn what_comes_back_while_it_is_dead_is_told_when_it_lives_again() {
    let (shop, sink, house) = crowd();
    let service = house.serve();
    seen(&shop, "jacket");
    service.kill9();
    shop.stock("jacket", "M", "Black", true);
    let _again = house.serve();
    all_are_told(&sink, 0);
    nothing_is_left(&house, &shop, &sink);
}

#[tokio::test]
async fn killed_while_it_reads_it_reads_again_at_once() {
    let shop = Shop::open().unwrap();
    shop.stock("jacket", "M", "Black", false);
    let house = House::open(&[shop.host()]);
    house.done(&["shop", "add", &support::page(&shop, "jacket"), "--interval", "300ms"]);
    let service = house.serve();
    shop.order(Order::goods(Fault::Hang));
    let before = shop.heard().len();
    until("a poll that hangs", || shop.heard().len() > before);
    service.kill9();

    shop.lift();
    shop.forget();
    let started = Instant::now();
    let _again = house.serve();
    shop.wait_for(1, PATIENCE).await.unwrap();
    let first = shop.heard()[0].at - started;
    // 300 ms by itself; the rest is for a machine that runs other tests.
    assert!(first < Duration::from_secs(3), "the lease of the dead held it up: {first:?}");
}
