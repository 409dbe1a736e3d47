//! A thousand products that are back at once, by the real program: from the shop's last answer to the last webhook. Once
//! from one list, once from a thousand documents.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use coatcheck::store::db::conn::Durability;
use coatcheck::store::polls::source::NewSource;
use tokio::net::TcpListener;

use crate::latency::{Service, program};
use crate::loopback::server::{Answers, Asked, answer, serve};
use crate::support::args::Args;
use crate::support::figure::{Figure, Quantity, Target};
use crate::support::goods;
use crate::support::house::{self, Folder};

const PRODUCTS: u64 = 1_000;
const PAGE: u64 = 250;
const JSON: &str = "content-type: application/json\r\n";

/// A shop that is sold out until the flag says otherwise, and the webhooks of those who wait.
#[derive(Default)]
struct Town {
    is_back: AtomicBool,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// When the last answer that brought anything back was written.
    answered: Option<Instant>,
    /// Answers that did.
    answers: u64,
    notified: Vec<Instant>,
}

impl Town {
    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_back(&self) -> bool {
        self.is_back.load(Ordering::SeqCst)
    }
}

impl Answers for Town {
    fn answer(&self, asked: &Asked<'_>) -> Vec<u8> {
        let is_back = self.is_back();
        if asked.method == "POST" {
            self.seen().notified.push(asked.first_byte);
            return answer("200 OK", "", "");
        }
        if let Some(query) = asked.path.strip_prefix("/products.json?") {
            let page = query.rsplit_once("page=").and_then(|(_, page)| page.parse::<u64>().ok()).unwrap_or(1);
            let ids = (page - 1) * PAGE + 1..=PRODUCTS.min(page * PAGE);
            return answer("200 OK", JSON, &goods::shopify_page(ids, |_, _| is_back).to_string());
        }
        match asked.path.strip_prefix("/one/products/rain-jacket-").and_then(|rest| rest.strip_suffix(".js")) {
            Some(id) => {
                let body = goods::shopify_js(&format!("rain-jacket-{id}"), id.parse().unwrap_or(0), is_back, 12_900);
                answer("200 OK", JSON, &body.to_string())
            }
            None => answer("404 Not Found", "", ""),
        }
    }

    fn answered(&self, asked: &Asked<'_>, at: Instant) {
        let mut seen = self.seen();
        let of_shop = asked.path.starts_with("/products.json") || asked.path.starts_with("/one/products/");
        let most = if asked.path.starts_with("/one/") { PRODUCTS } else { PRODUCTS / PAGE };
        if of_shop && self.is_back() && seen.answers < most {
            seen.answers += 1;
            seen.answered = Some(at);
        }
    }
}

pub(crate) fn run(_args: &Args) -> Result<Vec<Figure>> {
    let second = Quantity::new(1.0, "s");
    let mut figures = Vec::new();
    for (what, many) in [("one list", false), ("1000 documents", true)] {
        let (last, all) = measure(many)?;
        let what = format!("{PRODUCTS} products back at once, from {what}");
        let last = Quantity::new(last.as_secs_f64(), "s");
        figures.push(
            Figure::note(format!("{what}: shop's last answer → last webhook"), last)
                .against("the promise", second)
                .wants(Target::AtMost(1.0)),
        );
        figures.push(Figure::note("… first webhook → last webhook", Quantity::new(all.as_secs_f64(), "s")));
    }
    Ok(figures)
}

/// From the shop's last answer to the last webhook, and from the first webhook to the last.
fn measure(many: bool) -> Result<(Duration, Duration)> {
    let folder = Folder::new()?;
    let town = Arc::new(Town::default());
    let runtime = house::runtime()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let host = listener.local_addr()?.to_string();
    runtime.spawn(serve(listener, Arc::clone(&town) as Arc<dyn Answers>));
    runtime.block_on(set_up(&folder, &host, many))?;
    let service = Service(program(&folder, &host, &["serve"]).env("COATCHECK_HOST_CONCURRENCY", "64").spawn()?);
    runtime.block_on(people(&folder, &host))?;
    town.is_back.store(true, Ordering::SeqCst);
    let patience = Instant::now();
    while (town.seen().notified.len() as u64) < PRODUCTS {
        let count = town.seen().notified.len();
        ensure!(patience.elapsed() < Duration::from_secs(60), "only {count} were notified within a minute");
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(service);
    let seen = town.seen();
    ensure!(seen.notified.len() as u64 == PRODUCTS, "{} messages", seen.notified.len());
    let (first, last) = (seen.notified.iter().min().copied(), seen.notified.iter().max().copied());
    let (Some(first), Some(last), Some(answered)) = (first, last, seen.answered) else { anyhow::bail!("nothing came") };
    Ok((last.saturating_duration_since(answered), last - first))
}

async fn set_up(folder: &Folder, host: &str, many: bool) -> Result<()> {
    let db = house::open(&folder.database("latency.db"), Durability::Full).await?;
    let urls: Vec<String> = if many {
        (1..=PRODUCTS).map(|id| format!("http://{host}/one/products/rain-jacket-{id}")).collect()
    } else {
        vec![format!("http://{host}/products.json")]
    };
    let interval = Duration::from_secs(1);
    for url in urls {
        db.add_source(&NewSource { interval, ..house::source(&url, host, Some("shopify")) }).await?;
    }
    db.close().await;
    Ok(())
}

/// Once all products are known, each gets somebody who waits for it.
async fn people(folder: &Folder, host: &str) -> Result<()> {
    let db = house::open(&folder.database("latency.db"), Durability::Full).await?;
    let began = Instant::now();
    let known = "SELECT count(*) FROM product p JOIN source s ON s.id = p.source_id WHERE s.readings > 1";
    while house::number(&db, known).await? < i64::try_from(PRODUCTS)? {
        ensure!(began.elapsed() < Duration::from_secs(60), "not all products were read within a minute");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let addresses: Vec<String> = (1..=PRODUCTS).map(|number| format!("webhook:http://{host}/hook/{number}")).collect();
    house::people_at(&db, "webhook", &format!("webhook:{host}"), &addresses).await?;
    house::set(&db, "UPDATE watch SET product_id = subscriber_id").await?;
    db.close().await;
    Ok(())
}
