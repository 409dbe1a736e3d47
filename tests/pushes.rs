//! A shop pushes: what comes back is notified within a second, however seldom it is polled.

mod support;

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use coatcheck_bots::webhook::signature::Secret;
use coatcheck_world::{Shop, Sink};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use support::{House, Service, page, until};

/// From a push to the alert.
const SOON: Duration = Duration::from_secs(1);

/// A shop with a jacket that is polled each five minutes, somebody who waits for M, and a service that has just read it.
struct Town {
    shop: Shop,
    sink: Sink,
    house: House,
    service: Service,
    path: String,
    secret: String,
}

impl Town {
    fn open() -> Self {
        let (shop, sink) = (Shop::open().expect("a shop"), Sink::open().expect("a sink"));
        shop.stock("jacket", "M", "Black", false);
        let house = House::open(&[shop.host(), sink.host()]);
        house.done(&["shop", "add", &page(&shop, "jacket"), "--name", "jacket", "--interval", "5m"]);
        house.watch(&["jacket", "--size", "M"], &sink.url("/hook"));
        let hook = house.json(&["shop", "hook", &shop.host()]);
        let word = |name: &str| hook[name].as_str().expect("a text").to_owned();
        let (path, secret) = (word("path"), word("secret"));
        let before = shop.heard_on("/products/jacket.js").len();
        let service = house.serve();
        until("the poll of a start", || shop.heard_on("/products/jacket.js").len() > before);
        // Nothing that was read lately is read again for a push.
        std::thread::sleep(Duration::from_secs(6));
        Self { shop, sink, house, service, path, secret }
    }

    fn polls(&self) -> usize {
        self.shop.heard_on("/products/jacket.js").len()
    }

    /// Says how long it took until it was told.
    async fn told_after(&self, began: Instant, alerts: usize) -> Duration {
        self.sink.wait_for(alerts, SOON * 10).await.expect("it is told");
        began.elapsed()
    }
}

fn signed(secret: &str, body: &str) -> String {
    let mut code = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key");
    code.update(body.as_bytes());
    BASE64_STANDARD.encode(code.finalize().into_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_shop_pushes_is_notified_within_a_second() {
    let town = Town::open();
    let before = town.polls();
    town.shop.stock("jacket", "M", "Black", true);
    let body = r#"{"handle":"jacket","title":"Corps Jacket"}"#;
    let signature = signed(&town.secret, body);
    let headers = [
        ("x-shopify-topic", "products/update"),
        ("x-shopify-webhook-id", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"),
        ("x-shopify-hmac-sha256", &signature),
    ];

    let forged = signed("whsec_another", body);
    let wrong = [headers[0], headers[1], ("x-shopify-hmac-sha256", &forged)];
    assert_eq!(town.service.post(&town.path, &wrong, body).0, "HTTP/1.1 403 Forbidden");
    let began = Instant::now();
    assert_eq!(town.service.post(&town.path, &headers, body).0, "HTTP/1.1 200 OK");
    let answered = began.elapsed();
    let took = town.told_after(began, 1).await;
    assert!(answered < Duration::from_millis(500) && took < SOON, "answered after {answered:?}, told after {took:?}");

    // The same push again, and again, has nothing read.
    let polls = town.polls();
    for _ in 0..3 {
        assert_eq!(town.service.post(&town.path, &headers, body).0, "HTTP/1.1 200 OK");
    }
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!((polls, town.polls()), (before + 1, before + 1));
    assert_eq!(town.sink.heard().len(), 1);
    let hook = town.house.json(&["shop", "hook", &town.shop.host()]);
    assert!(hook["secret"].is_null() && !hook["pushed_at"].is_null(), "{hook:#}");
}

#[expect(clippy::disallowed_methods, reason = "the program under test has the machine's time")]
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_secs()).expect("a time")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_house_made_shop_pushes_by_a_standard_webhook() {
    let town = Town::open();
    town.shop.stock("jacket", "M", "Black", true);
    let secret: Secret = town.secret.parse().expect("a secret");
    let now = now();
    let post = |id: &str, time: i64, body: &str| {
        let (signature, time) = (secret.sign(id, time, body.as_bytes()), time.to_string());
        let headers = [("webhook-id", id), ("webhook-timestamp", &time), ("webhook-signature", &signature)];
        town.service.post(&town.path, &headers, body).0
    };
    assert_eq!(post("old", now - 3600, "{}"), "HTTP/1.1 403 Forbidden");
    let began = Instant::now();
    assert_eq!(post("new", now, r#"{"product":"jacket"}"#), "HTTP/1.1 200 OK");
    let took = town.told_after(began, 1).await;
    assert!(took < SOON, "told after {took:?}");
}
