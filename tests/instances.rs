//! Two services on one PostgreSQL: one of them goes, and the other polls what it held. How long that took is printed.

#![allow(clippy::print_stdout, reason = "a test says how long it took")]

mod support;

use std::time::{Duration, Instant};

use coatcheck_world::{Cluster, Shop, Sink};
use support::{House, page, until};

/// Shops, each with a product that is polled every second.
const SHOPS: usize = 8;
/// What the services share.
struct Town {
    shops: Vec<Shop>,
    sink: Sink,
    house: House,
}

impl Town {
    fn open() -> Self {
        let shops: Vec<Shop> = (0..SHOPS).map(|_| Shop::open().expect("a shop")).collect();
        let sink = Sink::open().expect("a sink");
        let hosts: Vec<String> = shops.iter().map(|shop| shop.host()).chain([sink.host()]).collect();
        let database = Cluster::shared().expect("PostgreSQL").database().expect("a database");
        let house = House::open(&hosts).with("DATABASE_URL", &database);
        house.done(&["migrate"]);
        for (number, shop) in shops.iter().enumerate() {
            shop.stock("jacket", "M", "Black", false);
            house.done(&[
                "shop",
                "add",
                &page(shop, "jacket"),
                "--name",
                &format!("jacket{number}"),
                "--interval",
                "1s",
            ]);
        }
        house.watch(&["jacket0", "--size", "M"], &sink.url("/hook"));
        Self { shops, sink, house }
    }

    fn polls(&self) -> Vec<usize> {
        self.shops.iter().map(|shop| shop.heard_on("/products/jacket.js").len()).collect()
    }

    /// Waits until each shop was polled so often from now on. Says how long that took.
    fn polled(&self, times: usize) -> Duration {
        let (began, before) = (Instant::now(), self.polls());
        until("polls of all shops", || self.polls().iter().zip(&before).all(|(now, before)| *now >= before + times));
        began.elapsed()
    }

    /// No shop was ever asked twice at once, and what comes back is told once.
    async fn is_in_order(&self) {
        for shop in &self.shops {
            assert_eq!(shop.most_at_once(), 1, "{} has one slot", shop.host());
        }
        self.shops[0].stock("jacket", "M", "Black", true);
        self.sink.wait_for(1, Duration::from_secs(10)).await.expect("it is told");
        self.polled(3);
        assert_eq!((self.sink.heard().len(), self.sink.doubles()), (1, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_instance_held_is_polled_by_the_other() {
    let town = Town::open();
    let first = town.house.serve();
    town.polled(2);
    let _second = town.house.serve();
    town.polled(1);
    first.kill9();
    let took = town.polled(1);
    println!("an instance was killed; all of its shops were polled again after {took:.1?}");
    // They are due after a second, and overdue for fifteen at most.
    assert!(took < Duration::from_secs(16), "overdue for longer than 15 s: {took:.1?}");
    town.is_in_order().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_stops_hands_its_shops_over() {
    let town = Town::open();
    let first = town.house.serve();
    town.polled(2);
    let _second = town.house.serve();
    town.polled(1);
    assert!(first.stop().success());
    let took = town.polled(1);
    println!("an instance was stopped; all of its shops were polled again after {took:.1?}");
    // They are due after a second, and overdue for one at most; a busy machine gets another.
    assert!(took < Duration::from_secs(3), "handed over late: {took:.1?}");
    town.is_in_order().await;
}

/// The command line beside a service adds and watches; the service polls, and no shop is asked twice at once.
#[tokio::test(flavor = "multi_thread")]
async fn commands_beside_a_service_poll_nothing_themselves() {
    let town = Town::open();
    let _service = town.house.serve();
    town.polled(1);
    for (number, shop) in town.shops.iter().enumerate() {
        shop.stock("coat", "L", "", true);
        town.house.done(&["shop", "add", &page(shop, "coat"), "--name", &format!("coat{number}"), "--interval", "1s"]);
    }
    town.polled(2);
    town.is_in_order().await;
}
