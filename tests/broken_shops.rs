//! A shop that breaks tells nobody anything, changes nothing that is known, says why, and is asked again in time.

mod support;

use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_world::{Fault, Heard, Order, Shop, Sink};
use serde_json::Value;
use support::{House, page, seen, until};

/// Slow enough that a busy machine makes no gap (three intervals) by itself.
const INTERVAL: Duration = Duration::from_millis(400);
/// What a busy machine may add to any wait.
const SLACK: Duration = Duration::from_secs(2);

/// A shop that breaks: M is sold out, L is there.
struct Story {
    shop: Shop,
    sink: Sink,
    house: House,
}

fn goods(heard: Vec<Heard>) -> Vec<Heard> {
    heard.into_iter().filter(|heard| heard.path != "/robots.txt").collect()
}

fn moment(source: &Value, name: &str) -> DateTime<Utc> {
    source[name].as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no {name} in {source:#}"))
}

/// The history without when it was last confirmed, which moves on with each good poll.
fn without_last_seen(mut history: Value) -> Value {
    for variant in history["variants"].as_array_mut().expect("variants") {
        for span in variant["spans"].as_array_mut().expect("spans") {
            span.as_object_mut().expect("a span").remove("last_seen");
        }
    }
    history
}

impl Story {
    fn open() -> Self {
        let (shop, sink) = (Shop::open().expect("a shop"), Sink::open().expect("a sink"));
        shop.stock("jacket", "M", "Black", false);
        shop.stock("jacket", "L", "Black", true);
        let house = House::open(&[shop.host(), sink.host()]);
        let interval = format!("{}ms", INTERVAL.as_millis());
        house.done(&["shop", "add", &page(&shop, "jacket"), "--name", "jacket", "--interval", &interval]);
        house.watch(&["jacket", "--every"], &sink.url("/hook"));
        Self { shop, sink, house }
    }

    /// Waits for so many failures in a row.
    fn failed(&self, times: u64) -> Value {
        self.house.until(&["shop", "list"], |list| list[0]["failures"].as_u64() >= Some(times))[0].clone()
    }

    /// Breaks the shop in the midst of a running service, mends it, and gives the error that `shop list` showed.
    fn of(&self, order: Order, wait: Duration) -> String {
        let _service = self.house.serve();
        seen(&self.shop, "jacket");
        let before = without_last_seen(self.house.json(&["history", "jacket"]));
        let asked = goods(self.shop.heard()).len();
        self.shop.order(order);
        let once = self.failed(1);
        self.is_planned(&once, wait);
        let then = self.house.json(&["history", "jacket"]);
        let twice = self.failed(2);

        assert_eq!(self.house.json(&["history", "jacket"]), then, "a failed poll is no reading");
        assert_eq!(without_last_seen(then), before, "what is known changed");
        assert_eq!(self.sink.heard().len(), 0, "somebody was notified of a broken shop");
        assert_eq!(twice["readings"], once["readings"]);
        let list = self.house.done(&["shop", "list"]);
        let error = twice["last_error"].as_str().expect("it says why");
        assert!(list.contains("failing") && list.contains(error) && list.contains("next try in"), "{list}");
        self.waited(asked, wait);
        self.comes_back();
        error.to_owned()
    }

    /// The next poll is due an interval later, or as the shop wishes, and at most twice that with each failure.
    fn is_planned(&self, source: &Value, wait: Duration) {
        let ahead = (moment(source, "next_poll_at") - moment(source, "last_error_at")).to_std().expect("it is ahead");
        let failures = u32::try_from(source["failures"].as_u64().expect("a number")).expect("a few");
        let longest = wait.max(INTERVAL * (1 + (1 << (failures - 1))));
        assert!(ahead + Duration::from_millis(50) >= wait && ahead <= longest + SLACK, "{ahead:?} {source:#}");
    }

    /// The shop was really left alone as long.
    fn waited(&self, asked: usize, wait: Duration) {
        let heard = goods(self.shop.heard());
        // The first of them may have been on its way when the fault was ordered.
        let faulty: Vec<_> = heard[asked..].iter().filter(|heard| heard.path.ends_with("jacket.js")).collect();
        let longest = faulty.windows(2).map(|pair| pair[1].at - pair[0].at).max().expect("asked again");
        assert!(longest + Duration::from_millis(50) >= wait, "asked again after {longest:?}, not {wait:?}");
    }

    /// Once it is well again, what came back meanwhile is told: once.
    fn comes_back(&self) {
        self.shop.stock("jacket", "M", "Black", true);
        self.shop.lift();
        until("the restock is told", || !self.sink.heard().is_empty());
        let told = self.sink.heard();
        let variants = told[0].json().map(|alert| alert["variants"].as_array().map_or(0, Vec::len));
        assert_eq!(variants, Some(1), "M only: L was never out");
        self.house.until(&["shop", "list"], |list| list[0]["last_error"].is_null() && list[0]["failures"] == 0);
        seen(&self.shop, "jacket");
        assert_eq!(self.sink.heard().len(), 1);
        assert_eq!(self.house.shelf("jacket"), ["M Black: in_stock", "L Black: in_stock"]);
    }

    /// An error without this run's port.
    fn redacted(&self, error: &str) -> String {
        error.replace(&self.shop.host(), "SHOP")
    }
}

/// The error of a shop that breaks in this way, after all that must hold was looked at.
fn broken(order: Order, wait: Duration) -> String {
    let story = Story::open();
    // For the redirect to lead somewhere.
    story.shop.stock("boots", "42", "", true);
    let error = story.of(order, wait);
    story.redacted(&error)
}

/// Ways to break, each in a house of its own, beside each other: they wait more than they work.
fn each_way(ways: &[(&str, Order, Duration)]) -> String {
    let lines = std::thread::scope(|scope| {
        let stories = ways.iter().map(|(name, order, wait)| {
            let story = scope.spawn(|| broken(order.clone(), *wait));
            (*name, story)
        });
        let stories: Vec<_> = stories.collect();
        let lines = stories.into_iter().map(|(name, story)| match story.join() {
            Ok(error) => format!("{name}: {error}"),
            Err(_) => panic!("{name}: see above"),
        });
        lines.collect::<Vec<_>>()
    });
    lines.join("\n")
}

#[test]
fn by_its_status() {
    let errors = each_way(&[
        ("500", Order::goods(Fault::status(500)), INTERVAL),
        ("429", Order::goods(Fault::too_many(3)), Duration::from_secs(3)),
        ("403", Order::goods(Fault::status(403)), INTERVAL),
        ("another product", Order::on("/products/jacket.js", Fault::redirect("/products/boots.js")), INTERVAL),
        ("round and round", Order::goods(Fault::redirect("/")), INTERVAL),
    ]);
    insta::assert_snapshot!(errors, @"
    500: SHOP/products/jacket.js: the shop is in trouble (500)
    429: SHOP/products/jacket.js: the shop asks us to slow down (429); it wants to be left alone for 3 s
    403: SHOP/products/jacket.js: the shop does not let us in (403); it may need a header, see --header
    another product: asked for product 45612961333530 but got product 45612961333533; the address may have changed hands, check it
    round and round: SHOP/: redirected more than 5 times
    ");
}

#[test]
fn by_what_it_says() {
    let errors = each_way(&[
        ("a page", Order::goods(Fault::html()), INTERVAL),
        ("{}", Order::goods(Fault::json("{}")), INTERVAL),
        ("[]", Order::goods(Fault::json("[]")), INTERVAL),
        ("no products", Order::goods(Fault::no_products()), INTERVAL),
        ("another shape", Order::goods(Fault::another_shape()), INTERVAL),
    ]);
    insta::assert_snapshot!(errors, @r#"
    a page: SHOP/products/jacket.js: expected JSON but got a web page titled "Just a moment"
    {}: $: expected a product or a list of products, got an empty object
    []: $: expected a product or a list of products, got an empty list
    no products: $.products: the list is empty; nothing is concluded from that
    another shape: $: expected a product or a list of products, got an object with version, data
    "#);
}

#[test]
fn by_how_much_it_says() {
    let errors = each_way(&[
        ("half the JSON", Order::goods(Fault::Truncated), INTERVAL),
        ("half the answer", Order::goods(Fault::CutShort), INTERVAL),
        ("no answer", Order::goods(Fault::Drop), INTERVAL),
        ("300 MB", Order::goods(Fault::Huge(300_000_000)), INTERVAL),
        ("300 MB packed", Order::goods(Fault::GzipBomb(300_000_000)), INTERVAL),
    ]);
    insta::assert_snapshot!(errors, @"
    half the JSON: line 1 column 557: the JSON ends too early; the answer was cut
    half the answer: SHOP/products/jacket.js: the answer broke off: unexpected EOF during chunk size line
    no answer: SHOP/products/jacket.js: the answer broke off: connection closed before message completed
    300 MB: SHOP/products/jacket.js: the answer is larger than 16 MiB and was not read further
    300 MB packed: SHOP/products/jacket.js: the answer is larger than 16 MiB and was not read further
    ");
}

#[test]
fn by_a_slow_drip() {
    let story = Story::open();
    let _service = story.house.serve();
    seen(&story.shop, "jacket");
    story.shop.order(Order::goods(Fault::Drip(Duration::from_millis(500))));
    let failed = story.failed(1);
    story.is_planned(&failed, INTERVAL);
    let error = story.redacted(failed["last_error"].as_str().unwrap());
    insta::assert_snapshot!(error, @"SHOP/products/jacket.js: the shop did not finish its answer in time");
    assert_eq!(story.sink.heard().len(), 0);
    story.comes_back();
}

#[test]
fn by_a_bot_wall_which_is_left_alone_for_a_quarter_of_an_hour() {
    let story = Story::open();
    let _service = story.house.serve();
    seen(&story.shop, "jacket");
    story.shop.order(Order::goods(Fault::bot_wall()));
    let blocked = story.failed(1);
    assert_eq!(blocked["state"], "blocked");
    let wait = moment(&blocked, "next_poll_at") - moment(&blocked, "last_error_at");
    // A fifth more or less.
    assert!((12..18).contains(&wait.num_minutes()), "{wait}");
    let asked = story.shop.heard().len();
    std::thread::sleep(INTERVAL * 4);
    assert_eq!(story.shop.heard().len(), asked);
    assert_eq!(story.sink.heard().len(), 0);

    // A person who knows better may resume it.
    story.house.done(&["shop", "resume", &story.shop.host()]);
    story.comes_back();
}

#[test]
fn a_product_that_is_not_found_is_looked_for_and_its_history_stays() {
    let story = Story::open();
    let _service = story.house.serve();
    seen(&story.shop, "jacket");
    story.shop.order(Order::goods(Fault::status(404)));
    // A product that is unpublished while it is sold out comes back at the same address.
    story.house.until(&["shop", "list"], |list| list[0]["failures"].as_u64() >= Some(4));
    assert_eq!(story.house.shelf("jacket"), ["M Black: out_of_stock", "L Black: in_stock"]);
    assert_eq!(story.sink.heard().len(), 0);
    story.comes_back();
}

#[test]
fn a_source_that_never_could_be_read_is_not_followed() {
    let shop = Shop::open().unwrap();
    shop.stock("jacket", "M", "Black", false);
    let house = House::open(&[shop.host()]);
    for fault in [Fault::status(500), Fault::json("{}"), Fault::html()] {
        shop.order(Order::goods(fault.clone()));
        let out = house.run(&["shop", "add", &page(&shop, "jacket"), "--interval", "100ms"]);
        assert_eq!((out.status, out.stdout.as_str()), (3, ""), "{fault:?}: {out:?}");
        assert!(out.stderr.starts_with("coatcheck: "), "{out:?}");
        shop.lift();
    }
    assert_eq!(house.json(&["shop", "list"]), serde_json::json!([]));
}

#[tokio::test]
async fn one_broken_shop_holds_up_no_other() {
    let (ill, well, sink) = (Shop::open().unwrap(), Shop::open().unwrap(), Sink::open().unwrap());
    ill.stock("boots", "42", "", false);
    well.stock("jacket", "M", "", false);
    let house = House::open(&[ill.host(), well.host(), sink.host()]);
    house.follow(&ill, "boots");
    house.follow(&well, "jacket");
    house.watch(&["jacket"], &sink.url("/hook"));
    let _service = house.serve();
    seen(&well, "jacket");
    ill.order(Order::goods(Fault::Hang));
    let before = ill.heard().len();
    until("a poll that hangs", || ill.heard().len() > before);
    well.stock("jacket", "M", "", true);
    // Sooner than the one that hangs is given up.
    sink.wait_for(1, Duration::from_secs(5)).await.unwrap();
}
