//! What unit tests stand on: a database of their own, a clock that stands still, made-up shops.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_bots::message::{Alert, Message};
use coatcheck_domain::clock::ManualClock;
use coatcheck_domain::delivery::Kind;
use coatcheck_domain::poll::{Plan, State};
use coatcheck_domain::{Availability, Clock, Destination, Money, ProductReading, Reading, VariantReading};

use crate::store::db::sql::Sql;
use crate::store::outbox::fanout::{Chunk, FanoutRules, OpenRestock};
use crate::store::polls::ended::{End, Ended, Failed, Written};
use crate::store::polls::held::HeldSource;
use crate::store::polls::source::NewSource;
use crate::store::stock::new_reading::NewReading;
use crate::store::{Db, Keys, NoFaults};

mod place;

pub(crate) use place::{Engine, Place};

pub(crate) fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).expect("a date")
}

/// Root keys made from these numbers, the newest first.
pub(crate) fn keys(numbers: &[u64]) -> Keys {
    use rand::SeedableRng;
    use secrecy::ExposeSecret;
    let key = |number: &u64| Keys::generate(&mut rand::rngs::StdRng::seed_from_u64(*number)).expose_secret().to_owned();
    let text: Vec<String> = numbers.iter().map(key).collect();
    Keys::parse(&text.join(" ").into()).expect("keys")
}

pub(crate) async fn db(engine: Engine) -> (Db, Place) {
    let (db, place, _) = db_with_clock(engine).await;
    (db, place)
}

pub(crate) async fn db_with_clock(engine: Engine) -> (Db, Place, Arc<ManualClock>) {
    let place = Place::migrated(engine).await;
    let clock = Arc::new(ManualClock::at(start()));
    let db = place.open(Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(NoFaults)).await;
    (db, place, clock)
}

/// A made-up shop's address, polled each minute.
pub(crate) fn source(url: &str) -> NewSource {
    let address = url::Url::parse(url).expect("an address");
    NewSource {
        url: url.to_owned(),
        host: address.host_str().expect("a host").to_owned(),
        reader: None,
        jq: None,
        more_urls: Vec::new(),
        headers: Vec::new(),
        interval: Duration::from_secs(60),
        listed: true,
        added_by: None,
    }
}

/// Follows a made-up shop's address.
pub(crate) async fn follow(db: &Db, url: &str) -> i64 {
    db.add_source(&source(url)).await.expect("followed").0
}

/// The instance that polls in tests.
pub(crate) const HOLDER: &str = "test";

/// Takes the source's shop from its holder for [`HOLDER`] and returns the source.
pub(crate) async fn hold(db: &Db, source_id: i64) -> HeldSource {
    hold_as(db, HOLDER, source_id).await
}

/// The same for another holder.
pub(crate) async fn hold_as(db: &Db, holder: &str, source_id: i64) -> HeldSource {
    let shop = db.shop_of(source_id).await.expect("asked").expect("it is followed");
    let txn = db.write().await.expect("begun");
    txn.run("UPDATE shop SET holder = '' WHERE id = $1", vec![shop.into()]).await.expect("freed");
    txn.commit().await.expect("freed");
    let (_, sources) = db.take_shops(holder, &[shop]).await.expect("taken");
    sources.into_iter().find(|source| source.source_id == source_id).expect("it is polled")
}

/// Is a document of the source being parsed, as far as the store knows?
pub(crate) async fn trial_of(db: &Db, source_id: i64) -> bool {
    let sql = "SELECT count(*) FROM source WHERE id = $1 AND trial_at IS NOT NULL";
    db.read().id(sql, vec![source_id.into()]).await.expect("asked") == Some(1)
}

/// Writes down how a poll by [`HOLDER`] ended.
pub(crate) async fn end(db: &Db, source: HeldSource, end: End, plan: Plan) -> Written {
    let ended = Ended { source: Arc::new(source), end, plan, is_back: true, shop_not_before: None };
    db.end_polls(HOLDER, &[ended]).await.expect("written").remove(0)
}

/// A reading with these products, complete now.
pub(crate) fn reading(db: &Db, products: Vec<ProductReading>) -> NewReading {
    NewReading {
        to_its_end: false,
        reading: Reading { products, complete: true, doubts: Vec::new() },
        same: Vec::new(),
        reader: "shopify".to_owned(),
        began_at: db.now(),
        read_at: db.now(),
        body_digest: "made up".to_owned(),
        etag: None,
        last_modified: None,
        slow: false,
    }
}

/// Stores what the shop is made to say now. The source is due again at once.
pub(crate) async fn read(db: &Db, source_id: i64, products: Vec<ProductReading>) {
    let now = db.now();
    let source = hold(db, source_id).await;
    let plan = Plan { state: State::Idle, scheduled_at: now, next_poll_at: now, failures: 0, gone_since: None };
    let read = End::Read(Arc::new(reading(db, products)));
    assert!(matches!(end(db, source, read, plan).await, Written::Stored { .. }));
}

/// The oldest restock whose fan-out is not done.
pub(crate) async fn open_restock(db: &Db) -> Option<OpenRestock> {
    db.open_restocks(0, 1).await.expect("asked").pop()
}

/// The next chunk of its fan-out alone.
pub(crate) async fn fan_out_chunk(db: &Db, restock: &OpenRestock, rules: &FanoutRules) -> Chunk {
    let cases = db.cases_of(restock).await.expect("asked");
    db.fan_out(&[(restock.clone(), cases)], rules).await.expect("fanned out")[0]
}

/// Lets the shop fail with these words.
pub(crate) async fn fail(db: &Db, source_id: i64, error: &str) {
    let now = db.now();
    let source = hold(db, source_id).await;
    let plan = Plan { state: State::Idle, scheduled_at: now, next_poll_at: now, failures: 1, gone_since: None };
    let failed = Failed { fault: "http_500".to_owned(), error: error.to_owned(), shop_failed: true, is_wall: false };
    assert_eq!(end(db, source, End::Failed(failed), plan).await, Written::Done);
}

/// An example alert to somebody on Discord that failed with these words.
pub(crate) async fn dead_letter(db: &Db, error: &str) -> i64 {
    let ann = db.destination_for(&Destination::DiscordUser(1), || None).await.expect("stored");
    let message = Message::Alert(Box::new(Alert::example(db.now())));
    let hour = Duration::from_secs(3600);
    let id = db.enqueue(Kind::Alert, "t:1", ann.destination_id, &message, hour).await.expect("stored").expect("new");
    let txn = db.write().await.expect("begun");
    let sql = "UPDATE delivery SET state = 'dead', reason = 'gave_up', last_error = $2, ended_at = 1 WHERE id = $1";
    txn.run(sql, vec![id.into(), error.into()]).await.expect("run");
    txn.commit().await.expect("stored");
    id
}

/// A product at `shop.example` with variants `(size, style, availability)`, each for 129.00 EUR.
pub(crate) fn product(title: &str, variants: &[(&str, &str, Availability)]) -> ProductReading {
    let letters = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let handle: String = title.chars().map(letters).collect();
    let url = url::Url::parse(&format!("https://shop.example/products/{handle}")).expect("an address");
    let variants = variants.iter().map(|(size, style, availability)| {
        let named = [("Size", *size), ("Color", *style)].into_iter().filter(|(_, value)| !value.is_empty());
        let options = named.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        VariantReading {
            price: Some(Money::minor(12_900, 2, Some("EUR"))),
            ..VariantReading::bare(options, *availability)
        }
    });
    ProductReading {
        external_id: None,
        handle: Some(handle),
        title: title.to_owned(),
        url: Some(url),
        image: None,
        complete: true,
        updated_at: None,
        variants: variants.collect(),
    }
}
