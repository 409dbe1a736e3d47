//! A store in a throw-away folder on a real disk, filled with as many people as a measurement wants.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use coatcheck::app::SystemClock;
use coatcheck::engine::Rng;
use coatcheck::store::db::conn::Durability;
use coatcheck::store::polls::ended::{End, Ended, Written};
use coatcheck::store::polls::held::HeldSource;
use coatcheck::store::polls::source::NewSource;
use coatcheck::store::stock::new_reading::NewReading;
use coatcheck::store::{Db, NoFaults};
use coatcheck_domain::poll::{self, Outcome};
use coatcheck_domain::{Availability, Clock, Reading};
use sea_orm::{ConnectionTrait, Statement};
use tempfile::TempDir;

use super::goods;

/// A folder beside the build, which is on a disk where a temporary one may be in memory.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The folder itself.
    pub(crate) fn root(&self) -> &Path {
        self.0.path()
    }

    /// The address of a database in it.
    pub(crate) fn database(&self, name: &str) -> String {
        format!("sqlite://{}", self.path(name).display())
    }
}

/// The runtime of a measurement, as the program has it.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// The store that a service would have.
pub(crate) async fn open(url: &str, durability: Durability) -> Result<Db> {
    open_with(url, durability, clock()).await
}

/// The same with another clock.
pub(crate) async fn open_with(url: &str, durability: Durability, clock: Arc<dyn Clock>) -> Result<Db> {
    let db = Db::open(url, durability, clock, Arc::new(NoFaults)).await?;
    db.migrate().await?;
    Ok(db)
}

/// The system's time.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::start())
}

/// Rng that is the same in each run.
pub(crate) fn rng() -> Arc<Rng> {
    Arc::new(Rng::seeded(7))
}

/// Runs a statement outside the store, for setting the scene.
pub(crate) async fn set(db: &Db, sql: &str) -> Result<u64> {
    let statement = Statement::from_string(db.backend(), sql);
    Ok(db.read().execute_raw(statement).await.with_context(|| sql.to_owned())?.rows_affected())
}

/// The number that a query says.
pub(crate) async fn number(db: &Db, sql: &str) -> Result<i64> {
    let statement = Statement::from_string(db.backend(), sql);
    let row = db.read().query_one_raw(statement).await?.context("no row")?;
    Ok(row.try_get_by_index(0)?)
}

/// A source as `shop add` would make it, polled once an hour.
pub(crate) fn source(url: &str, host: &str, reader: Option<&str>) -> NewSource {
    NewSource {
        url: url.to_owned(),
        host: host.to_owned(),
        reader: reader.map(str::to_owned),
        jq: None,
        more_urls: Vec::new(),
        headers: Vec::new(),
        interval: Duration::from_secs(3600),
        listed: true,
        added_by: None,
    }
}

/// Follows a made-up product and reads it once, sold out. Says its source; its product is the first.
pub(crate) async fn sold_out(db: &Db) -> Result<i64> {
    let (source_id, _) =
        db.add_source(&source("https://shop.example/products/jacket", "shop.example", Some("shopify"))).await?;
    says(db, source_id, Availability::OutOfStock).await?;
    Ok(source_id)
}

/// The instance that polls in measurements.
pub(crate) const HOLDER: &str = "bench";

/// Takes the source's shop from its holder and returns the source.
pub(crate) async fn hold(db: &Db, source_id: i64) -> Result<HeldSource> {
    let shop = db.shop_of(source_id).await?.context("it is followed")?;
    set(db, &format!("UPDATE shop SET holder = '' WHERE id = {shop}")).await?;
    let (_, sources) = db.take_shops(HOLDER, &[shop]).await?;
    sources.into_iter().find(|source| source.source_id == source_id).context("it is polled")
}

/// The shop says so now, whatever was planned. Says what is known of the source then.
pub(crate) async fn says(db: &Db, source_id: i64, availability: Availability) -> Result<HeldSource> {
    let source = Arc::new(hold(db, source_id).await?);
    let new = NewReading {
        to_its_end: false,
        reading: Reading { products: vec![goods::product(availability)], complete: true, doubts: Vec::new() },
        same: Vec::new(),
        reader: "shopify".to_owned(),
        began_at: db.now(),
        read_at: db.now(),
        body_digest: availability.as_str().to_owned(),
        etag: None,
        last_modified: None,
        slow: false,
    };
    let plan = poll::after(&source.schedule, Outcome::Read, db.now(), 0.0);
    let ended = Ended { source, end: End::Read(Arc::new(new)), plan, is_back: false, shop_not_before: None };
    match db.end_polls(HOLDER, &[ended]).await?.pop() {
        Some(Written::Stored { source: Some(source), .. }) => Ok(*source),
        other => bail!("it was not stored: {other:?}"),
    }
}

/// So many people, each with one webhook at `hook` and one watch for any size of the first product.
pub(crate) async fn people(db: &Db, count: usize, hook: &str, lane: &str) -> Result<()> {
    let addresses: Vec<String> = (1..=count).map(|number| format!("webhook:{hook}/{number}")).collect();
    people_at(db, "webhook", lane, &addresses).await
}

/// A person at each address, with one watch for a size of the first product.
pub(crate) async fn people_at(db: &Db, channel: &str, lane: &str, addresses: &[String]) -> Result<()> {
    let count = addresses.len();
    let numbers = format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})");
    let secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    set(db, &format!("INSERT INTO subscriber (kind, paused_until, created_at) {numbers} SELECT 'person', 0, 0 FROM n"))
        .await?;
    let numbered: Vec<(usize, &String)> = addresses.iter().enumerate().collect();
    for chunk in numbered.chunks(1000) {
        let row = |(index, address): &(usize, &String)| format!("({}, '{address}')", index + 1);
        let rows: Vec<String> = chunk.iter().map(row).collect();
        let sql = format!(
            "INSERT INTO destination (subscriber_id, channel, address, lane, rank, state, secret, created_at) \
             SELECT a.n, '{channel}', a.address, '{lane}', 0, 'active', '{secret}', 0 FROM \
             (SELECT column1 AS n, column2 AS address FROM (VALUES {}) AS v) AS a",
            rows.join(",")
        );
        set(db, &sql).await?;
    }
    // Three of four want one size, the fourth takes any.
    let sql = "INSERT INTO watch (subscriber_id, product_id, size_key, style_key, fold_version, mode, armed, armed_after, created_at) \
               SELECT id, 1, CASE id % 4 WHEN 0 THEN '' WHEN 1 THEN 's' WHEN 2 THEN 'm' ELSE 'l' END, '', 1, 'once', TRUE, 0, 0 \
               FROM subscriber ORDER BY id";
    set(db, sql).await.map(|_| ())
}
