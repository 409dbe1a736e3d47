//! The poller over a real store, with a shop that is made up: batches, trials, and who holds what.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use coatcheck_domain::poll::State as Standing;
use coatcheck_domain::{Availability, Clock, ProductReading, Reading};
use sha2::{Digest, Sha256};

use super::Poller;
use crate::engine::Rng;
use crate::engine::readings::Readings;
use crate::shops::{
    FetchError, FetchErrorKind, ListPage, PageAnswer, PageAsk, Progress, Read, ReadError, ReadOutcome, SourceSpec,
};
use crate::store::Db;
use crate::store::tests::sqlite::scene::{IN, OUT, Scene, product};

/// Products a page.
const PAGE: usize = 5;

/// A shop with so many products; it remembers what it was asked.
#[derive(Debug, Default)]
struct Shop {
    db: Mutex<Option<Db>>,
    stock: Mutex<BTreeMap<u32, Availability>>,
    /// Not in the list.
    hidden: Mutex<Vec<u32>>,
    is_busy: Mutex<bool>,
    /// Does it answer as WooCommerce does, instead of Shopify?
    is_woo: bool,
    asked: Mutex<Vec<String>>,
    on_trial: Mutex<Vec<bool>>,
}

impl Shop {
    fn with(count: u32) -> Arc<Self> {
        let stock = Mutex::new((0..count).map(|number| (number, OUT)).collect());
        Arc::new(Self { stock, ..Self::default() })
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().expect("no panic"))
    }

    fn product(&self, number: u32) -> ProductReading {
        let is = self.stock.lock().expect("no panic")[&number];
        product(&number.to_string(), &format!("Product {number}"), &[("M", is)])
    }

    fn busy(&self, url: &url::Url) -> Result<(), ReadError> {
        let kind = FetchErrorKind::Status { code: 429, retry_after: Some(Duration::from_secs(77)), said: None };
        if *self.is_busy.lock().expect("no panic") {
            return Err(ReadError::Fetch(FetchError { url: Box::new(url.clone()), kind }));
        }
        Ok(())
    }
}

fn digest(product: &ProductReading) -> [u8; 32] {
    Sha256::digest(format!("{product:?}")).into()
}

#[async_trait]
impl Readings for Shop {
    async fn read(&self, spec: &SourceSpec, progress: &dyn Progress) -> Result<ReadOutcome, ReadError> {
        self.asked.lock().expect("no panic").push(spec.url.path().to_owned());
        self.busy(&spec.url)?;
        let db = self.db.lock().expect("no panic").clone().expect("a database");
        let number: u32 = spec.url.path().rsplit('/').next().and_then(|last| last.parse().ok()).expect("a number");
        let product = self.product(number);
        if spec.body_digest == Some(digest(&product)) {
            return Ok(ReadOutcome::NotModified { received_at: db.now() });
        }
        if progress.before_parsing(100).await == ControlFlow::Break(()) {
            return Err(ReadError::Stopped);
        }
        let source = db.sources().await.expect("asked").into_iter().find(|one| one.url == spec.url.as_str());
        let holding = crate::testing::trial_of(&db, source.expect("there").id).await;
        self.on_trial.lock().expect("no panic").push(holding);
        Ok(ReadOutcome::Read(Box::new(Read {
            body_digest: digest(&product),
            reading: Reading { products: vec![product], complete: true, doubts: Vec::new() },
            reader: if self.is_woo { "woocommerce" } else { "shopify" }.parse().expect("a reader"),
            resolved_url: spec.url.clone(),
            etag: None,
            last_modified: None,
            received_at: db.now(),
            slow: false,
            cut_by: None,
            to_its_end: false,
            how: Vec::new(),
            same: Vec::new(),
            pages: None,
        })))
    }

    async fn page(&self, ask: PageAsk, _progress: &dyn Progress) -> Result<PageAnswer, ReadError> {
        let what = if ask.ids.is_empty() { ask.number.to_string() } else { ask.ids.join(",") };
        self.asked.lock().expect("no panic").push(format!("{} {what}", ask.list.path()));
        self.busy(&ask.list)?;
        let received_at = self.db.lock().expect("no panic").clone().expect("a database").now();
        let hidden = self.hidden.lock().expect("no panic").clone();
        let shown: Vec<u32> = self.stock.lock().expect("no panic").keys().copied().collect();
        let shown = shown.into_iter().filter(|number| !hidden.contains(number));
        let shown = shown.filter(|number| ask.ids.is_empty() || ask.ids.contains(&number.to_string()));
        let (mut page, mut products) = (ListPage::default(), HashMap::new());
        for product in shown.skip(ask.number.saturating_sub(1) * PAGE).take(PAGE).map(|number| self.product(number)) {
            let mut item = [0; 16];
            item.copy_from_slice(&digest(&product)[..16]);
            if ask.wanted.get(&product.key()).is_some_and(|known| *known != Some(item)) {
                products.insert(product.key(), product.clone());
            }
            page.items.push((item, Some(product.key().into())));
        }
        Ok(PageAnswer { page: Arc::new(page), products, received_at })
    }
}

/// A shop whose first products are followed, and were read once.
async fn followed(shop: &Arc<Shop>, count: u32) -> (Scene, Poller) {
    let scene = Scene::new().await;
    *shop.db.lock().expect("no panic") = Some(scene.db.clone());
    for number in 0..count {
        scene.source(&format!("https://shop.example/products/{number}")).await;
    }
    let poller = Poller::new(scene.db.clone(), Arc::clone(shop) as Arc<dyn Readings>, Arc::new(Rng::seeded(1)));
    assert_eq!(poller.tick().await.expect("polled"), count as usize, "each is read by itself first");
    shop.asked();
    (scene, poller)
}

/// All are due again.
async fn round(scene: &Scene, poller: &Poller) {
    // In steps that the lease bears.
    for _ in 0..12 {
        scene.pass(8);
        poller.keep_lease().await.expect("renewed");
    }
    poller.tick().await.expect("polled");
}

async fn readings(scene: &Scene) -> i64 {
    scene.number("SELECT CAST(sum(readings) AS BIGINT) FROM source").await
}

#[tokio::test]
async fn many_products_of_a_shop_are_read_by_the_pages_of_its_list() {
    let shop = Shop::with(20);
    let (scene, poller) = followed(&shop, 18).await;
    round(&scene, &poller).await;
    assert_eq!(shop.asked(), [1, 2, 3, 4].map(|page| format!("/products.json {page}")), "as far as it takes");
    assert_eq!(readings(&scene).await, 36);
    shop.stock.lock().expect("no panic").insert(7, IN);
    round(&scene, &poller).await;
    assert_eq!(shop.asked().len(), 4);
    assert_eq!(readings(&scene).await, 54);
    assert_eq!(scene.number("SELECT count(*) FROM restock").await, 1, "what came back is seen, and nothing else");
    assert_eq!(scene.number("SELECT count(*) FROM span").await, 19);
}

#[tokio::test]
async fn where_a_shop_can_be_asked_by_ids_several_products_are_one_request() {
    let Some(shop) = Arc::into_inner(Shop::with(5)) else { panic!("nobody else has it") };
    let shop = Arc::new(Shop { is_woo: true, ..shop });
    let (scene, poller) = followed(&shop, 4).await;
    *shop.hidden.lock().expect("no panic") = vec![2];
    shop.stock.lock().expect("no panic").insert(1, IN);
    round(&scene, &poller).await;
    let asked = shop.asked();
    let (together, alone): (Vec<_>, Vec<_>) = asked.iter().partition(|path| path.contains("wp-json"));
    assert_eq!((together.len(), alone), (1, vec![&"/products/2".to_owned()]), "{asked:?}");
    assert_eq!(readings(&scene).await, 8);
    assert_eq!(scene.number("SELECT count(*) FROM restock").await, 1);
    assert_eq!(scene.number("SELECT count(*) FROM variant WHERE availability = 'absent'").await, 0);
}

#[tokio::test]
async fn what_a_list_does_not_have_is_read_alone_and_nothing_is_concluded() {
    let shop = Shop::with(12);
    let (scene, poller) = followed(&shop, 12).await;
    *shop.hidden.lock().expect("no panic") = vec![3];
    round(&scene, &poller).await;
    let asked = shop.asked();
    assert!(asked.contains(&"/products/3".to_owned()), "{asked:?}");
    assert_eq!(asked.iter().filter(|path| path.starts_with("/products/")).count(), 1, "{asked:?}");
    assert_eq!(readings(&scene).await, 24);
    round(&scene, &poller).await;
    assert!(shop.asked().len() <= 4, "it is not looked for in the list again");
    assert_eq!(scene.number("SELECT count(*) FROM variant WHERE availability = 'absent'").await, 0);
}

#[tokio::test]
async fn a_list_that_asks_for_patience_counts_once_and_holds_the_whole_shop() {
    let shop = Shop::with(12);
    let (scene, poller) = followed(&shop, 12).await;
    *shop.is_busy.lock().expect("no panic") = true;
    round(&scene, &poller).await;
    assert_eq!(shop.asked().len(), 1, "one request, and then the shop is left alone");
    assert_eq!(scene.number("SELECT CAST(failures AS BIGINT) FROM shop").await, 1);
    *shop.is_busy.lock().expect("no panic") = false;
    for _ in 0..3 {
        round(&scene, &poller).await;
    }
    assert!(readings(&scene).await >= 24, "all are read again");
    assert_eq!(scene.number("SELECT CAST(failures AS BIGINT) FROM shop").await, 0);
}

#[tokio::test]
async fn a_source_that_was_never_read_is_named_before_its_document_is_parsed() {
    let shop = Shop::with(2);
    let (scene, poller) = followed(&shop, 1).await;
    assert_eq!(*shop.on_trial.lock().expect("no panic"), [true]);
    shop.stock.lock().expect("no panic").insert(0, IN);
    round(&scene, &poller).await;
    assert_eq!(
        *shop.on_trial.lock().expect("no panic"),
        [true, false],
        "a small one of a source that was read well is harmless"
    );
    assert_eq!(scene.number("SELECT count(*) FROM source WHERE trial_at IS NOT NULL").await, 0);
}

#[tokio::test]
async fn a_document_that_ended_the_process_does_not_do_so_at_each_start() {
    let shop = Shop::with(2);
    let (scene, _) = followed(&shop, 2).await;
    scene.run("UPDATE source SET trial_at = 1, next_poll_at = 0 WHERE id = 1").await;
    scene.run("UPDATE source SET next_poll_at = 0 WHERE id = 2").await;
    scene.db.free_all_leases().await.expect("freed");
    let poller = Poller::new(scene.db.clone(), Arc::clone(&shop) as Arc<dyn Readings>, Arc::new(Rng::seeded(2)));
    assert_eq!(poller.tick().await.expect("polled"), 1, "the other one");
    assert_eq!(shop.asked(), ["/products/1"]);
    for _ in 0..10 {
        round(&scene, &poller).await;
    }
    assert!(shop.asked().contains(&"/products/0".to_owned()), "after a quarter of an hour it is tried again");
}

#[tokio::test]
async fn an_instance_that_stood_still_starts_anew_and_one_that_left_hands_on_at_once() {
    let shop = Shop::with(3);
    let (scene, poller) = followed(&shop, 3).await;
    let other = Poller::new(scene.db.clone(), Arc::clone(&shop) as Arc<dyn Readings>, Arc::new(Rng::seeded(3)));
    assert_eq!(other.tick().await.expect("polled"), 0, "all is held");
    scene.pass(120);
    // Its lease ran out meanwhile, and it has not noticed yet.
    assert_eq!(other.tick().await.expect("polled"), 3);
    scene.pass(120);
    assert_eq!(poller.tick().await.expect("polled"), 3, "the other one's lease ran out, too");
    assert_eq!(readings(&scene).await, 9);
}

#[tokio::test]
async fn a_new_address_goes_before_all_that_is_overdue() {
    let shop = Shop::with(4);
    let (scene, poller) = followed(&shop, 3).await;
    scene.pass(300);
    scene.source("https://shop.example/products/3").await;
    poller.tick().await.expect("polled");
    assert_eq!(shop.asked()[0], "/products/3");
    let states = scene.db.sources().await.expect("asked");
    assert!(states.iter().all(|source| source.state == Standing::Idle));
    assert!(scene.clock.monotonic() >= Duration::from_secs(300));
}

#[tokio::test]
async fn a_source_that_its_shop_pushes_is_read_at_once() {
    let shop = Shop::with(1);
    let (scene, poller) = followed(&shop, 1).await;
    let source = scene.db.sources().await.expect("asked")[0].id;
    let id = scene.db.shop_of(source).await.expect("asked").expect("there");
    poller.tick().await.expect("polled");
    scene.pass(6);
    scene.db.push(id, "a", &coatcheck_domain::push::Hint::Shop).await.expect("stored");
    shop.asked();
    assert_eq!(poller.tick().await.expect("polled"), 1);
    assert_eq!(shop.asked(), ["/products/0"]);
    assert_eq!(poller.tick().await.expect("polled"), 0, "once");
}

/// Ticks and lets time pass, in steps that the leases bear.
async fn minutes(scene: &Scene, pollers: &[&Poller], minutes: u32) {
    for _ in 0..minutes * 15 {
        scene.pass(4);
        for poller in pollers {
            poller.tick().await.expect("polled");
        }
    }
}

#[tokio::test]
async fn an_instance_that_joins_gets_its_share_and_its_shops_are_polled_on() {
    let shop = Shop::with(4);
    let scene = Scene::new().await;
    *shop.db.lock().expect("no panic") = Some(scene.db.clone());
    for number in 0..4 {
        scene.source(&format!("https://shop-{number}.example/products/{number}")).await;
    }
    let poller =
        |seed| Poller::new(scene.db.clone(), Arc::clone(&shop) as Arc<dyn Readings>, Arc::new(Rng::seeded(seed)));
    let (first, second) = (poller(1), poller(2));
    minutes(&scene, &[&first], 1).await;
    minutes(&scene, &[&first, &second], 3).await;
    assert_eq!(second.state().weight(), 0, "a shop stays where it is for five minutes");
    minutes(&scene, &[&first, &second], 3).await;
    assert_eq!(first.state().weight(), second.state().weight(), "then they share");
    let before = readings(&scene).await;
    minutes(&scene, &[&first, &second], 2).await;
    assert!(readings(&scene).await >= before + 4, "and all are polled");
}
