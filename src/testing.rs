//! What unit tests stand on: a database of their own, a clock that stands still, made-up shops.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::clock::ManualClock;
use coatcheck_domain::poll::{Plan, State};
use coatcheck_domain::{Availability, Clock, Money, ProductReading, Reading, VariantReading};

use crate::store::polls::ended::Failed;
use crate::store::polls::source::NewSource;
use crate::store::stock::reading::NewReading;
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

/// Follows a made-up shop's address, polled each minute.
pub(crate) async fn follow(db: &Db, url: &str) -> i64 {
    let address = url::Url::parse(url).expect("an address");
    let new = NewSource {
        url: url.to_owned(),
        host: address.host_str().expect("a host").to_owned(),
        reader: None,
        jq: None,
        more_urls: Vec::new(),
        headers: Vec::new(),
        interval: Duration::from_secs(60),
        listed: true,
        slots: 1,
    };
    db.add_source(&new).await.expect("followed").0
}

/// Stores what the shop is made to say now. The source is due again at once.
pub(crate) async fn read(db: &Db, source_id: i64, products: Vec<ProductReading>) {
    let now = db.now();
    let claim = db.claim_source("test", source_id).await.expect("claimed").expect("due");
    let plan = Plan { state: State::Idle, scheduled_at: now, next_poll_at: now, failures: 0, not_found: 0 };
    let reading = Reading { products, complete: true };
    let new = NewReading {
        reading: &reading,
        reader: "shopify",
        read_at: now,
        body_digest: "made up",
        etag: None,
        last_modified: None,
    };
    db.store_reading(&claim, &new, &plan).await.expect("stored");
}

/// Lets the shop fail with these words.
pub(crate) async fn fail(db: &Db, source_id: i64, error: &str) {
    let now = db.now();
    let claim = db.claim_source("test", source_id).await.expect("claimed").expect("due");
    let plan = Plan { state: State::Idle, scheduled_at: now, next_poll_at: now, failures: 1, not_found: 0 };
    let failed = Failed {
        plan,
        fault: "http_500".to_owned(),
        error: error.to_owned(),
        shop_not_before: None,
        shop_failed: true,
    };
    db.end_failed(&claim, &failed).await.expect("ended");
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
        variants: variants.collect(),
    }
}
