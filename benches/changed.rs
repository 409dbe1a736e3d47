//! Readings that changed without being a restock: eighteen variants with a new price, many readings in a transaction, against
//! one bare statement for each table that writes the same rows.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use coatcheck::store::Db;
use coatcheck::store::db::conn::Durability;
use coatcheck::store::polls::ended::{End, Ended, Written};
use coatcheck::store::polls::held::HeldSource;
use coatcheck::store::stock::new_reading::NewReading;
use coatcheck_domain::poll::{self, Outcome};
use coatcheck_domain::{Availability, Money, ProductReading, Reading, VariantReading};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, TransactionTrait};

use crate::support::args::Args;
use crate::support::figure::{Figure, Quantity, Target};
use crate::support::goods;
use crate::support::house::{self, Folder};
use crate::support::stats::{Spent, Watch, rate};

/// Readings in one transaction: as many as the poller takes of this size.
const GROUP: usize = 50;

/// The same rows as a transaction of changed readings writes: `$at` and `$reading` are its time and number.
const BARE: [&str; 4] = [
    "UPDATE span SET last_seen = $at, last_reading = $reading, ended_at = $at WHERE ended_at IS NULL",
    "INSERT INTO span (variant_id, availability, price_minor, price_exponent, currency, started_at, last_seen, first_reading, \
     last_reading) SELECT id, 'out_of_stock', $reading, 2, 'EUR', $at, $at, $reading, $reading FROM variant ORDER BY id",
    "UPDATE product SET digest = $reading, title = title, settled = TRUE",
    "UPDATE source SET last_read_at = $at, readings = $reading, next_poll_at = $at, scheduled_at = $at, body_digest = $reading",
];

pub(crate) fn run(args: &Args) -> Result<Vec<Figure>> {
    house::runtime()?.block_on(measure(args.pick(100, 20)))
}

async fn measure(rounds: u64) -> Result<Vec<Figure>> {
    let folder = Folder::new()?;
    let db = house::open(&folder.database("scene.db"), Durability::Full).await?;
    let mut held = Vec::with_capacity(GROUP);
    for number in 0..GROUP {
        let host = format!("shop-{number}.example");
        let url = format!("https://{host}/products/jacket");
        let (source, _) = db.add_source(&house::source(&url, &host, Some("shopify"))).await?;
        held.push(house::hold(&db, source).await?);
    }
    for price in 1..=3 {
        round(&db, &mut held, price).await?;
    }
    house::number(&db, "PRAGMA wal_checkpoint(TRUNCATE)").await?;
    std::fs::copy(folder.path("scene.db"), folder.path("bare.db"))?;
    let watch = Watch::start()?;
    for price in 4..4 + rounds {
        round(&db, &mut held, price).await?;
    }
    let ours = watch.read()?;
    let spans = house::number(&db, "SELECT count(*) FROM span").await?;
    ensure!(spans == i64::try_from((rounds + 3) * 18 * GROUP as u64)?, "{spans} spans");
    db.close().await;
    let bare = bare(&folder, rounds).await?;
    let count = usize::try_from(rounds)? * GROUP;
    let quantity = |spent: &Spent| Quantity::new(rate(count, spent.time), "readings/s");
    let what = format!("changed readings of 18 variants, {GROUP} in a transaction");
    Ok(vec![
        Figure::note(what, quantity(&ours))
            .against("the same rows written bare", quantity(&bare))
            .wants(Target::AtLeast(0.3)),
        Figure::note("… processor time of one", Quantity::new(ours.cpu.as_secs_f64() * 1e6 / count as f64, "µs"))
            .against("written bare", Quantity::new(bare.cpu.as_secs_f64() * 1e6 / count as f64, "µs")),
    ])
}

async fn round(db: &Db, held: &mut [HeldSource], price: u64) -> Result<()> {
    let end = |source: &HeldSource| {
        let new = NewReading {
            to_its_end: false,
            reading: Reading { products: vec![jacket(price)], complete: true, doubts: Vec::new() },
            same: Vec::new(),
            reader: "shopify".to_owned(),
            began_at: db.now(),
            read_at: db.now(),
            body_digest: price.to_string(),
            etag: None,
            last_modified: None,
            slow: false,
        };
        let plan = poll::after(&source.schedule, Outcome::Read, db.now(), 0.0);
        let source = Arc::new(source.clone());
        Ended { source, end: End::Read(Arc::new(new)), plan, is_back: false, shop_not_before: None }
    };
    let ended: Vec<Ended> = held.iter().map(end).collect();
    for (source, written) in held.iter_mut().zip(db.end_polls(house::HOLDER, &ended).await?) {
        match written {
            Written::Stored { source: Some(now), .. } => *source = *now,
            other => anyhow::bail!("it was not stored: {other:?}"),
        }
    }
    Ok(())
}

/// Eighteen variants, all sold out, at this price.
fn jacket(price: u64) -> ProductReading {
    let variants = goods::pairs().map(|(number, size, colour)| VariantReading {
        external_id: Some(number.to_string()),
        price: Some(Money::minor(i64::try_from(price).unwrap_or_default(), 2, Some("EUR"))),
        ..VariantReading::bare(
            vec![("Size".to_owned(), size.to_owned()), ("Color".to_owned(), colour.to_owned())],
            Availability::OutOfStock,
        )
    });
    ProductReading { variants: variants.collect(), ..goods::product(Availability::OutOfStock) }
}

#[allow(clippy::disallowed_methods, reason = "the bare way, without our store")]
async fn bare(folder: &Folder, rounds: u64) -> Result<Spent> {
    let mut options = ConnectOptions::new(folder.database("bare.db"));
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await?;
    connection.execute_unprepared("PRAGMA synchronous = FULL").await?;
    let watch = Watch::start()?;
    for number in 4..4 + rounds {
        let txn = connection.begin().await?;
        for sql in BARE {
            let at = Duration::from_secs(1_900_000_000 + number).as_micros().to_string();
            txn.execute_unprepared(&sql.replace("$at", &at).replace("$reading", &number.to_string())).await?;
        }
        txn.commit().await?;
    }
    let spent = watch.read()?;
    connection.close().await?;
    Ok(spent)
}
