//! What a story needs: a shop with its readings, people with their watches, a lane in hand, and a crash on order.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_bots::message::Alert;
use coatcheck_domain::clock::ManualClock;
use coatcheck_domain::delivery::{self, SendOutcome, Sending, State};
use coatcheck_domain::poll::{self, Outcome};
use coatcheck_domain::watch::{Mode, Wish};
use coatcheck_domain::{Availability, Clock, Destination, ProductReading, Reading, SizeKey, StyleKey, VariantReading};
use sea_orm::DbErr;
use tokio::sync::Notify;

use crate::store::db::lease::Lease;
use crate::store::db::sql::Sql;
use crate::store::outbox::deliveries::Delivery;
use crate::store::outbox::fanout::FanoutRules;
use crate::store::outbox::{Chosen, Finished, Started, Step};
use crate::store::people::watch::NewWatch;
use crate::store::polls::ended::{End, Ended, Failed, Written};
use crate::store::polls::held::HeldSource;
use crate::store::polls::source::NewSource;
use crate::store::stock::new_reading::{NewReading, StoredReading};
use crate::store::{Db, Faults, StoreError};
use crate::testing::{self, Engine, Place};

pub(crate) const IN: Availability = Availability::InStock;
pub(crate) const OUT: Availability = Availability::OutOfStock;
pub(crate) const INTERVAL: Duration = Duration::from_secs(60);
pub(crate) const TTL: Duration = Duration::from_secs(15);
pub(crate) const LANE: &str = "discord";
pub(crate) const SENDS: &str = "lane:send:";
pub(crate) const URL: &str = "https://shop.example/products/jacket";
pub(crate) const RULES: FanoutRules =
    FanoutRules { quiet_for: Duration::from_secs(15 * 60), expire_after: Duration::from_secs(2 * 3600), chunk: 1000 };

/// Counts statements; from the ordered one on, everything fails, as after a crash. Or it only rings a bell there.
#[derive(Debug)]
pub(crate) struct Crash {
    left: AtomicI64,
    fatal: AtomicU64,
    bell: Notify,
    heard: Mutex<Option<Vec<String>>>,
    messages: AtomicU64,
}

impl Crash {
    fn off() -> Arc<Self> {
        let (left, fatal) = (AtomicI64::new(i64::MAX), AtomicU64::new(1));
        Arc::new(Self { left, fatal, bell: Notify::new(), heard: Mutex::default(), messages: AtomicU64::new(0) })
    }

    /// From now on statements are written down.
    pub(crate) fn listen(&self) {
        *self.heard.lock().expect("no test panics with it") = Some(Vec::new());
    }

    /// The statements since then.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("no test panics with it").take().unwrap_or_default()
    }

    /// Messages to the database since this was asked last.
    pub(crate) fn messages(&self) -> u64 {
        self.messages.swap(0, Ordering::SeqCst)
    }

    /// From the `nth` statement on nothing works.
    pub(crate) fn at(&self, nth: i64) {
        self.fatal.store(1, Ordering::SeqCst);
        self.left.store(nth, Ordering::SeqCst);
    }

    /// At the `nth` statement the bell rings, and all goes on.
    pub(crate) fn ring_at(&self, nth: i64) {
        self.fatal.store(0, Ordering::SeqCst);
        self.left.store(nth, Ordering::SeqCst);
    }

    pub(crate) async fn rung(&self) {
        self.bell.notified().await;
    }

    /// The process is started again. Says whether it had crashed.
    pub(crate) fn over(&self) -> bool {
        self.left.swap(i64::MAX, Ordering::SeqCst) <= 0
    }
}

impl Faults for Crash {
    fn before(&self, statement: &str) -> Result<(), DbErr> {
        if let Some(heard) = self.heard.lock().expect("no test panics with it").as_mut() {
            heard.push(statement.to_owned());
        }
        let left = self.left.fetch_sub(1, Ordering::SeqCst) - 1;
        if left == 0 {
            self.bell.notify_one();
        }
        if left <= 0 && self.fatal.load(Ordering::SeqCst) == 1 {
            return Err(DbErr::Custom(format!("crashed before {statement}")));
        }
        Ok(())
    }

    fn sent(&self) {
        self.messages.fetch_add(1, Ordering::SeqCst);
    }
}

/// A store with a clock and a crash in hand.
pub(crate) struct Scene {
    pub(crate) db: Db,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) faults: Arc<Crash>,
    tokens: AtomicU64,
    place: Place,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(ManualClock::at(testing::start()));
        Self::by(Arc::clone(&clock) as Arc<dyn Clock>, clock).await
    }

    /// One that looks at another clock than the one in hand.
    pub(crate) async fn by(clock_of_db: Arc<dyn Clock>, clock: Arc<ManualClock>) -> Self {
        let place = Place::migrated(Engine::of(module_path!())).await;
        let faults = Crash::off();
        let db = place.open(clock_of_db, Arc::clone(&faults) as Arc<dyn Faults>).await.with_keys(testing::keys(&[1]));
        Self { db, clock, faults, tokens: AtomicU64::new(0), place }
    }

    /// Another instance on the same database.
    pub(crate) async fn another(&self) -> Db {
        self.with_keys(&[1]).await
    }

    /// Another instance on the same database, with root keys made from these numbers.
    pub(crate) async fn with_keys(&self, numbers: &[u64]) -> Db {
        let db = self.place.open(Arc::clone(&self.clock) as Arc<dyn Clock>, Crash::off()).await;
        db.with_keys(testing::keys(numbers))
    }

    /// Another instance that was given no keys.
    pub(crate) async fn without_keys(&self) -> Db {
        self.place.open(Arc::clone(&self.clock) as Arc<dyn Clock>, Crash::off()).await
    }

    /// SQLite's files still show, in pages and a log that are used again later, what was overwritten.
    pub(crate) fn is_sqlite(&self) -> bool {
        self.db.backend() == sea_orm::DbBackend::Sqlite
    }

    /// Does anything that is stored say this?
    pub(crate) async fn stores(&self, text: &str) -> bool {
        let contents = self.place.contents().await;
        contents.windows(text.len()).any(|bytes| bytes == text.as_bytes())
    }

    /// A scene with a jacket that was read once. Says its source and its product.
    pub(crate) async fn with_jacket(variants: &[(&str, Availability)]) -> (Self, i64, i64) {
        let scene = Self::new().await;
        let (source, product) = scene.jacket(variants).await;
        (scene, source, product)
    }

    /// A jacket that was read once. Says its source and its product.
    pub(crate) async fn jacket(&self, variants: &[(&str, Availability)]) -> (i64, i64) {
        let source = self.source(URL).await;
        self.read(source, &jacket(variants)).await;
        (source, self.db.products_of(source).await.expect("asked")[0])
    }

    pub(crate) fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn token(&self) -> String {
        format!("token-{}", self.tokens.fetch_add(1, Ordering::SeqCst))
    }

    pub(crate) async fn run(&self, sql: &str) -> u64 {
        let txn = self.db.write().await.expect("begun");
        let changed = txn.run(sql, vec![]).await.expect("run");
        txn.commit().await.expect("committed");
        changed
    }

    /// The number a query says.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        self.db.read().id(sql, vec![]).await.expect("asked").expect("a row")
    }
}

/// Shops and their readings.
impl Scene {
    pub(crate) async fn source(&self, url: &str) -> i64 {
        self.db.add_source(&Self::new_source(url)).await.expect("added").0
    }

    pub(crate) fn new_source(url: &str) -> NewSource {
        let host = url::Url::parse(url).expect("an address").host_str().expect("a host").to_owned();
        NewSource {
            url: url.to_owned(),
            host,
            reader: None,
            jq: None,
            more_urls: Vec::new(),
            headers: Vec::new(),
            interval: INTERVAL,
            listed: true,
            added_by: None,
        }
    }

    /// A minute passes, and the source is polled.
    pub(crate) async fn poll(&self, source: i64) -> HeldSource {
        self.pass(60);
        testing::hold(&self.db, source).await
    }

    /// `None`: it was not ours to store.
    pub(crate) async fn store(&self, polled: &HeldSource, reading: &Reading, digest: &str) -> Option<StoredReading> {
        self.try_store(polled, reading, digest).await.expect("stored")
    }

    pub(crate) async fn try_store(
        &self,
        polled: &HeldSource,
        reading: &Reading,
        digest: &str,
    ) -> Result<Option<StoredReading>, StoreError> {
        let new = NewReading {
            to_its_end: false,
            reading: reading.clone(),
            body_digest: digest.to_owned(),
            ..testing::reading(&self.db, vec![])
        };
        Ok(match self.end(polled, End::Read(Arc::new(new))).await? {
            Written::Stored { stored, .. } => Some(stored),
            _ => None,
        })
    }

    /// Ends a poll, planned as the poller plans.
    pub(crate) async fn end(&self, polled: &HeldSource, end: End) -> Result<Written, StoreError> {
        let outcome = if matches!(end, End::Failed(_)) { Outcome::Failed { retry_after: None } } else { Outcome::Read };
        let plan = poll::after(&polled.schedule, outcome, self.db.now(), 0.0);
        let ended = Ended { source: Arc::new(polled.clone()), end, plan, is_back: true, shop_not_before: None };
        Ok(self.db.end_polls(testing::HOLDER, &[ended]).await?.remove(0))
    }

    /// A minute later the source says this.
    pub(crate) async fn read(&self, source: i64, reading: &Reading) -> StoredReading {
        let polled = self.poll(source).await;
        self.store(&polled, reading, "body").await.expect("ours")
    }

    /// The source says the very same again. Was it ours to write down?
    pub(crate) async fn unchanged(&self, polled: &HeldSource) -> bool {
        self.end(polled, End::Unchanged { read_at: self.db.now() }).await.expect("written") == Written::Done
    }

    /// The poll fails. Was it ours to write down?
    pub(crate) async fn fail(&self, polled: &HeldSource) -> bool {
        let failed = Failed { fault: "timeout".into(), error: "too slow".into(), shop_failed: true, is_wall: false };
        self.end(polled, End::Failed(failed)).await.expect("written") == Written::Done
    }

    /// A minute later the source says the very same again.
    pub(crate) async fn read_again(&self, source: i64) {
        let polled = self.poll(source).await;
        assert!(self.unchanged(&polled).await);
    }
}

/// People and what they wait for.
impl Scene {
    pub(crate) async fn person(&self, number: u64) -> i64 {
        self.db.destination_for(&Destination::DiscordUser(number), || None).await.expect("stored").subscriber_id
    }

    /// A further destination of a person, ranked after those before.
    pub(crate) async fn also_at(&self, subscriber: i64, destination: &Destination, rank: i32) -> i64 {
        let there = self.db.destination_for(destination, || None).await.expect("stored").destination_id;
        self.run(&format!("UPDATE destination SET subscriber_id = {subscriber}, rank = {rank} WHERE id = {there}"))
            .await;
        there
    }

    /// `wish` is like `M`, `M/Black`, `/Black` or nothing for any.
    pub(crate) async fn watch(&self, subscriber: i64, product: i64, wish: &str, mode: Mode) -> i64 {
        let new = NewWatch {
            subscriber_id: subscriber,
            product_id: product,
            wish: wish_of(wish),
            size: None,
            style: None,
            mode,
        };
        self.db.add_watches(&[new]).await.expect("added")[0]
    }

    pub(crate) async fn is_armed(&self, watch: i64) -> bool {
        self.number(&format!("SELECT count(*) FROM watch WHERE armed AND id = {watch}")).await == 1
    }
}

/// Telling.
impl Scene {
    pub(crate) async fn try_fan_out(&self, rules: &FanoutRules) -> Result<u64, StoreError> {
        let mut alerts = 0;
        while let Some(restock) = self.db.open_restocks(0, 1).await?.pop() {
            let group = [(restock.clone(), self.db.cases_of(&restock).await?)];
            loop {
                let chunk = self.db.fan_out(&group, rules).await?[0];
                alerts += chunk.alerts;
                if chunk.done {
                    break;
                }
            }
        }
        Ok(alerts)
    }

    pub(crate) async fn fan_out(&self) -> u64 {
        self.try_fan_out(&RULES).await.expect("fanned out")
    }

    /// All deliveries, the oldest first.
    pub(crate) async fn deliveries(&self) -> Vec<Delivery> {
        let mut all = self.db.deliveries(None, 100_000).await.expect("asked");
        all.reverse();
        all
    }

    /// Like `discord:1 pending M L`, the oldest first.
    pub(crate) async fn told(&self) -> Vec<String> {
        self.deliveries().await.iter().map(line).collect()
    }

    pub(crate) async fn state(&self, id: i64) -> (State, Option<String>) {
        let delivery = self.db.delivery(id).await.expect("asked").expect("there");
        (delivery.state, delivery.reason)
    }

    pub(crate) async fn take_lane(&self, holder: &str) -> Lease {
        self.take_lane_of(LANE, holder).await
    }

    pub(crate) async fn take_lane_of(&self, lane: &str, holder: &str) -> Lease {
        let lease = self.db.take_lease(&format!("{SENDS}{lane}"), holder, TTL).await.expect("asked").expect("free");
        self.db.take_over_lane(&lease, lane, 0.5).await.expect("taken over");
        lease
    }

    pub(crate) async fn start(&self, lease: &Lease) -> Vec<Started> {
        step(&self.db, lease, lane_of(lease), &[], 32).await.expect("stepped").started
    }

    pub(crate) async fn finish(&self, lease: &Lease, started: &Started, outcome: SendOutcome) {
        let done = finished(started, outcome, self.db.now());
        step(&self.db, lease, lane_of(lease), &[done], 0).await.expect("stepped");
    }
}

/// A step of a lane that starts the `width` longest due, a message each.
pub(crate) async fn step(
    db: &Db,
    lease: &Lease,
    lane: &str,
    finished: &[Finished],
    width: usize,
) -> Result<Step, StoreError> {
    let due = if width == 0 { Vec::new() } else { db.due(lane, width).await? };
    db.step_lane(lease, lane, finished, &Chosen::each(&due)).await
}

fn lane_of(lease: &Lease) -> &str {
    lease.name.strip_prefix(SENDS).unwrap_or(LANE)
}

pub(crate) fn finished(started: &Started, outcome: SendOutcome, now: DateTime<Utc>) -> Finished {
    let sending = Sending { attempts: started.attempts, expires_at: started.expires_at };
    Finished {
        restock: started.restock,
        id: started.id,
        attempts: started.attempts,
        started_at: started.started_at,
        ended_at: now,
        next: delivery::next(sending, &outcome, now, 0.5),
        others: started.others.iter().map(|other| finished(other, outcome.clone(), now)).collect(),
        outcome,
    }
}

pub(crate) fn sent() -> SendOutcome {
    SendOutcome::Sent { provider_ref: Some("ref".to_owned()) }
}

fn line(delivery: &Delivery) -> String {
    let address = delivery.address.as_deref().unwrap_or("nowhere");
    format!("{address} {} {}", delivery.state, sizes(delivery).join(" "))
}

/// Which of the restock's variants a delivery tells, as `M/Black`, in the shop's order.
pub(crate) fn sizes(delivery: &Delivery) -> Vec<String> {
    let ids: Vec<i64> = serde_json::from_str(&delivery.payload).expect("rows of variants");
    let alert: Alert = serde_json::from_str(delivery.snapshot.as_deref().expect("a restock")).expect("an alert");
    let told = alert.variants.iter().filter(|variant| ids.contains(&variant.variant));
    told.map(|v| [v.size.as_deref(), v.style.as_deref()].into_iter().flatten().collect::<Vec<_>>().join("/")).collect()
}

pub(crate) fn wish_of(text: &str) -> Wish {
    let (size, style) = text.split_once('/').unwrap_or((text, ""));
    Wish { size: SizeKey::fold(size), style: StyleKey::fold(style) }
}

/// `spec` is like `M` or `M/Black`.
pub(crate) fn variant(spec: &str, availability: Availability) -> VariantReading {
    let (size, style) = spec.split_once('/').map_or((spec, None), |(size, style)| (size, Some(style)));
    let mut options = vec![("Size".to_owned(), size.to_owned())];
    options.extend(style.map(|style| ("Color".to_owned(), style.to_owned())));
    VariantReading::bare(options, availability)
}

pub(crate) fn product(id: &str, title: &str, variants: &[(&str, Availability)]) -> ProductReading {
    ProductReading {
        external_id: Some(id.to_owned()),
        handle: None,
        title: title.to_owned(),
        url: None,
        image: None,
        complete: true,
        updated_at: None,
        variants: variants.iter().map(|(spec, is)| variant(spec, *is)).collect(),
    }
}

pub(crate) fn jacket(variants: &[(&str, Availability)]) -> Reading {
    Reading { products: vec![product("1", "Jacket", variants)], complete: true, doubts: Vec::new() }
}
