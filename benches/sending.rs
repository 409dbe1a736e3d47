//! Sending to one webhook host, outbox included, against a bare client that posts the same bodies at the same width.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, ensure};
use coatcheck::engine::fanout::Fanout;
use coatcheck::engine::send::{Channels, Sender};
use coatcheck::shops::{ClientOptions, Guard, Refused, SystemResolver, client};
use coatcheck::store::Db;
use coatcheck::store::db::conn::Durability;
use coatcheck_bots::webhook::{self, Webhook};
use coatcheck_bots::{Channel, Message};
use coatcheck_domain::Availability;
use tokio::task::JoinSet;
use url::Url;

use crate::fanout::RULES;
use crate::loopback::Loopback;
use crate::support::args::Args;
use crate::support::figure::{Figure, Quantity, Target};
use crate::support::goods;
use crate::support::house::{self, Folder};
use crate::support::stats::{Spent, Watch, rate};

/// Requests in flight, as the webhook channel has it.
const WIDTH: usize = 32;

struct Gate(Arc<Guard>);

impl webhook::Gate for Gate {
    fn check(&self, url: &Url) -> Result<(), String> {
        self.0.check_url(url).map_err(|why| why.to_string())
    }

    fn is_refusal(&self, error: &(dyn Error + 'static)) -> bool {
        error.is::<Refused>()
    }
}

/// Sends some thousand alerts both ways.
pub(crate) fn run(args: &Args) -> Result<Vec<Figure>> {
    let count = args.pick(20_000, 2_000);
    let sink = Loopback::start()?;
    let lane = format!("127.0.0.1:{}", sink.port);
    let guard = Arc::new(Guard::new(lane.parse()?));
    let runtime = house::runtime()?;
    let bare = runtime.block_on(bare(&guard, &lane, count))?;
    // A task of its own, as in the program: what blocks on a runtime waits longer for its turn.
    let ours = runtime.block_on(runtime.spawn(ours(guard, lane, count)))??;
    let limit = ("a bare client posting the same", Quantity::new(rate(count, bare.time), "messages/s"));
    let cost = |spent: &Spent| Quantity::new(spent.cpu.as_secs_f64() * 1e6 / count as f64, "µs");
    Ok(vec![
        Figure::note(
            format!("{count} alerts to one host, width {WIDTH}"),
            Quantity::new(rate(count, ours.time), "messages/s"),
        )
        .against(limit.0, limit.1)
        .wants(Target::AtLeast(0.4)),
        Figure::note("processor time of one message", cost(&ours)).against("bare client", cost(&bare)),
    ])
}

fn http(guard: &Arc<Guard>) -> Result<reqwest::Client> {
    Ok(client(Arc::clone(guard), Arc::new(SystemResolver::new()), &ClientOptions::new("bench"))?)
}

/// A full outbox, and the sender that empties it.
async fn ours(guard: Arc<Guard>, lane: String, count: usize) -> Result<Spent> {
    let folder = Folder::new()?;
    let db = house::open(&folder.database("sending.db"), Durability::Full).await?;
    let source = house::sold_out(&db).await?;
    house::people(&db, count, &format!("http://{lane}/hook"), &format!("webhook:{lane}")).await?;
    house::says(&db, source, Availability::InStock).await?;
    Fanout::new(db.clone(), RULES).tick().await?;
    let sender = sender(&db, http(&guard)?, &guard);
    let watch = Watch::start()?;
    sender.tick().await?;
    let spent = watch.read()?;
    let sent = house::number(&db, "SELECT count(*) FROM delivery WHERE state = 'sent'").await?;
    ensure!(sent == i64::try_from(count)?, "only {sent} of {count} were sent");
    db.close().await;
    Ok(spent)
}

fn sender(db: &Db, http: reqwest::Client, guard: &Arc<Guard>) -> Sender {
    let webhook = Webhook::new(http, Arc::new(Gate(Arc::clone(guard))), house::clock());
    let channels: Channels = HashMap::from([("webhook", Arc::new(webhook) as Arc<dyn Channel>)]);
    Sender::new(db.clone(), channels, house::rng(), house::clock(), "bench".to_owned())
}

/// So many tasks as the lane is wide, each posting one after the other.
async fn bare(guard: &Arc<Guard>, lane: &str, count: usize) -> Result<Spent> {
    let http = http(guard)?;
    let body = webhook::body(&Message::Alert(Box::new(goods::alert())));
    let next = Arc::new(AtomicUsize::new(0));
    let watch = Watch::start()?;
    let mut tasks = JoinSet::new();
    for _ in 0..WIDTH {
        let (http, body, next) = (http.clone(), body.clone(), Arc::clone(&next));
        let hook = format!("http://{lane}/hook/");
        tasks.spawn(async move {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(());
                }
                let request = http.post(format!("{hook}{number}")).header("content-type", "application/json");
                request.body(body.clone()).send().await?.error_for_status()?;
            }
        });
    }
    tasks.join_all().await.into_iter().collect::<reqwest::Result<()>>()?;
    watch.read()
}
