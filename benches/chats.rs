//! Alerts through Discord and Telegram, against a bare client that makes the same requests at the same width; at the
//! rate that is configured; and how long an answer takes while a crowd is being told.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use coatcheck::engine::fanout::Fanout;
use coatcheck::engine::send::{Channels, Sender};
use coatcheck::engine::{Heartbeats, Stopper};
use coatcheck::store::Db;
use coatcheck::store::db::conn::Durability;
use coatcheck_bots::{Channel, Command, RateLimiter, discord, telegram};
use coatcheck_domain::Availability;
use coatcheck_world::{Discord, Limits, Telegram};
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::fanout::RULES;
use crate::support::args::Args;
use crate::support::figure::{Figure, Quantity, Target};
use crate::support::house::{self, Folder};
use crate::support::stats::{percentile, rate};

/// Requests in flight, as both channels have it.
const WIDTH: usize = 32;
/// How often what takes a moment is measured.
const ROUNDS: usize = 5;

/// What both platforms are, seen from here.
trait Platform: Sync {
    fn name(&self) -> &'static str;
    /// A stranger's address.
    fn person(&self, number: usize) -> String;
    /// A channel; without a rate as fast as it can.
    fn channel(&self, free: bool) -> Result<Arc<dyn Channel>>;
    /// What a bare client posts to tell this person: each path and body, the second of which may need the answer to the
    /// first.
    fn requests(&self, number: usize) -> Vec<(String, Value)>;
    /// How many requests were refused as too many.
    fn refused(&self) -> usize;
    /// From now on it refuses what its real one would.
    fn limit(&self);
    /// Alerts in a second, as configured.
    fn rate_limiter(&self) -> f64;
    fn authorization(&self) -> String;
}

struct OnDiscord(Discord);

struct OnTelegram(Telegram);

fn client() -> Result<reqwest::Client> {
    Ok(reqwest::Client::builder().no_proxy().redirect(Policy::none()).timeout(Duration::from_secs(15)).build()?)
}

fn without_pace() -> RateLimiter {
    RateLimiter::new(10_000_000, Duration::ZERO)
}

fn shows(_: Command) -> bool {
    true
}

impl Platform for OnDiscord {
    fn name(&self) -> &'static str {
        "discord"
    }

    fn person(&self, number: usize) -> String {
        format!("discord:{}", self.0.person(&format!("Person{number}")))
    }

    fn channel(&self, free: bool) -> Result<Arc<dyn Channel>> {
        let (token, base) = (self.0.token().to_owned().into(), self.0.base().parse()?);
        let settings = discord::Settings { token, base, public_key: None, shows };
        let bot = discord::Discord::new(settings, client()?, house::clock());
        Ok(Arc::new(if free { bot.limited_by(without_pace()) } else { bot }))
    }

    fn requests(&self, number: usize) -> Vec<(String, Value)> {
        let person = self.0.person(&format!("Bare{number}"));
        let embed = json!({ "title": "Corps Jacket", "url": "https://shop.example/products/jacket", "color": 3_066_993,
            "fields": [{ "name": "Size", "value": "M", "inline": true }, { "name": "Price", "value": "129.00 EUR", "inline": true }] });
        let message = json!({ "content": "Back in stock: Corps Jacket — M / Black, 129.00 EUR", "embeds": [embed],
            "allowed_mentions": { "parse": [] }, "nonce": format!("bare-{number}"), "enforce_nonce": true });
        let posts = Discord::messages_path(self.0.dm(person));
        vec![
            ("/api/v10/users/@me/channels".to_owned(), json!({ "recipient_id": person.to_string() })),
            (posts, message),
        ]
        .into_iter()
        .map(|(path, body)| (self.0.url(&path), body))
        .collect()
    }

    fn refused(&self) -> usize {
        self.0.too_fast()
    }

    fn limit(&self) {
        self.0.limit(50);
    }

    // Each stranger's channel is opened first, which is a request as well.
    fn rate_limiter(&self) -> f64 {
        38.0 / 2.0
    }

    fn authorization(&self) -> String {
        format!("Bot {}", self.0.token())
    }
}

impl Platform for OnTelegram {
    fn name(&self) -> &'static str {
        "telegram"
    }

    fn person(&self, number: usize) -> String {
        format!("telegram:{}", self.0.person(&format!("Person{number}")))
    }

    fn channel(&self, free: bool) -> Result<Arc<dyn Channel>> {
        let (token, api_url) = (self.0.token().to_owned().into(), self.0.url("").parse()?);
        let settings = telegram::Settings { api_url, token, hook: None, shows };
        let bot = telegram::Telegram::new(settings, client()?, house::clock());
        Ok(Arc::new(if free { bot.limited_by(without_pace()) } else { bot }))
    }

    fn requests(&self, number: usize) -> Vec<(String, Value)> {
        let chat = self.0.person(&format!("Bare{number}"));
        let text = "<b>Back in stock: Corps Jacket — M / Black, 129.00 EUR</b>\nhttps://shop.example/products/jacket";
        let body = json!({ "chat_id": chat, "text": text, "parse_mode": "HTML" });
        vec![(self.0.url(&self.0.path("SendMessage")), body)]
    }

    fn refused(&self) -> usize {
        self.0.refused()
    }

    fn limit(&self) {
        self.0.limit(Limits { per_second: 30, per_chat: 1 });
    }

    fn rate_limiter(&self) -> f64 {
        25.0
    }

    fn authorization(&self) -> String {
        String::new()
    }
}

/// Both platforms, then answers.
pub(crate) fn run(args: &Args) -> Result<Vec<Figure>> {
    let runtime = house::runtime()?;
    let mut figures = Vec::new();
    let platforms: [Box<dyn Platform>; 2] =
        [Box::new(OnDiscord(Discord::open()?)), Box::new(OnTelegram(Telegram::open()?))];
    for platform in &platforms {
        figures.extend(runtime.block_on(telling(args, platform.as_ref()))?);
    }
    figures.extend(answering(args)?);
    Ok(figures)
}

async fn telling(args: &Args, platform: &dyn Platform) -> Result<Vec<Figure>> {
    let (count, name) = (args.pick(2_000, 300), platform.name());
    // A tenth of a second says little: by turns, and the median of each.
    let (mut bares, mut frees) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        bares.push(bare(platform, round * count..(round + 1) * count).await?);
        frees.push(told(platform, count, platform.channel(true)?).await?);
    }
    let (bare, free) = (percentile(&bares, 0.5), percentile(&frees, 0.5));
    platform.limit();
    let before = platform.refused();
    let seconds = args.pick(20.0, 5.0);
    let few = (platform.rate_limiter() * seconds) as usize;
    let paced = told(platform, few, platform.channel(false)?).await?;
    let per_second = |time| Quantity::new(time, "alerts/s");
    Ok(vec![
        Figure::note(
            format!("{name}: {count} people notified, no limits, width {WIDTH}, median of {ROUNDS}"),
            per_second(rate(count, free)),
        )
        .against("a bare client's same requests", per_second(rate(count, bare)))
        .wants(Target::AtLeast(0.4)),
        Figure::note(format!("{name}: {few} people notified at its rate limit"), per_second(rate(few, paced)))
            .against("what is configured", per_second(platform.rate_limiter()))
            .wants(Target::AtLeast(0.95)),
        Figure::note(
            format!("{name}: answered 429 meanwhile"),
            Quantity::new((platform.refused() - before) as f64, "requests"),
        ),
    ])
}

/// An outbox full of alerts to strangers, and the sender that empties it.
async fn told(platform: &dyn Platform, count: usize, channel: Arc<dyn Channel>) -> Result<Duration> {
    let folder = Folder::new()?;
    let db = house::open(&folder.database("chats.db"), Durability::Full).await?;
    let source = house::sold_out(&db).await?;
    let addresses: Vec<String> = (0..count).map(|number| platform.person(number)).collect();
    house::people_at(&db, platform.name(), platform.name(), &addresses).await?;
    house::says(&db, source, Availability::InStock).await?;
    Fanout::new(db.clone(), RULES).tick().await?;
    let channels: Channels = HashMap::from([(platform.name(), channel)]);
    let sender = Sender::new(db.clone(), channels, house::rng(), house::clock(), "bench".to_owned());
    let (stopper, stop) = Stopper::pair();
    let began = Instant::now();
    let sending = tokio::spawn(sender.run(Heartbeats::new(house::clock()), stop));
    while house::number(&db, UNTOLD).await? > 0 {
        ensure!(began.elapsed() < Duration::from_secs(300), "only {} of {count} were told", sent(&db).await?);
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let took = began.elapsed();
    ensure!(sent(&db).await? == count, "only {} of {count} were told", sent(&db).await?);
    stopper.stop();
    sending.await?;
    db.close().await;
    Ok(took)
}

/// Is anybody left? Answered from indexes, which costs nothing of what is measured.
const UNTOLD: &str = "SELECT EXISTS (SELECT 1 FROM delivery WHERE state = 'pending') \
     + EXISTS (SELECT 1 FROM delivery WHERE state = 'sending')";

async fn sent(db: &Db) -> Result<usize> {
    Ok(usize::try_from(house::number(db, "SELECT count(*) FROM delivery WHERE state = 'sent'").await?)?)
}

/// So many tasks as the lane is wide, each telling one after the other.
async fn bare(platform: &dyn Platform, numbers: Range<usize>) -> Result<Duration> {
    let all: Arc<Vec<Vec<(String, Value)>>> = Arc::new(numbers.map(|number| platform.requests(number)).collect());
    let (http, authorization, next) = (client()?, platform.authorization(), Arc::new(AtomicUsize::new(0)));
    let began = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..WIDTH {
        let (http, all, next, authorization) =
            (http.clone(), Arc::clone(&all), Arc::clone(&next), authorization.clone());
        tasks.spawn(async move {
            while let Some(requests) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                for (url, body) in requests {
                    let request = http.post(url).header("authorization", &authorization).json(body);
                    request.send().await?.error_for_status()?.bytes().await?;
                }
            }
            Ok(())
        });
    }
    tasks.join_all().await.into_iter().collect::<reqwest::Result<()>>()?;
    Ok(began.elapsed())
}

/// Ann asks by Telegram, of the real program, while 100,000 others are being told there.
fn answering(args: &Args) -> Result<Vec<Figure>> {
    let (crowd, times) = (args.pick(100_000, 5_000), args.pick(40, 8));
    let (world, shop) = (Telegram::open()?, coatcheck_world::Shop::open()?);
    for size in ["S", "M", "L"] {
        shop.stock("jacket", size, "Black", false);
    }
    shop.title("jacket", "Corps Jacket");
    let folder = Folder::new()?;
    let program = |words: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_coatcheck"));
        let null = std::process::Stdio::null;
        command.args(words).env_clear().current_dir(folder.root()).stdin(null()).stdout(null()).stderr(null());
        command
            .env("DATABASE_URL", folder.database("answers.db"))
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .env("COATCHECK_ALLOW_HOSTS", shop.host())
            .env("TELEGRAM_TOKEN", world.token())
            .env("TELEGRAM_API_URL", world.url(""));
        command
    };
    let page = shop.url("/products/jacket");
    ensure!(program(&["shop", "add", &page, "--interval", "500ms"]).status()?.success(), "the shop is not followed");
    let runtime = house::runtime()?;
    runtime.block_on(async {
        let db = house::open(&folder.database("answers.db"), Durability::Full).await?;
        let addresses: Vec<String> =
            (0..crowd).map(|number| format!("telegram:{}", world.person(&format!("Person{number}")))).collect();
        house::people_at(&db, "telegram", "telegram", &addresses).await?;
        db.close().await;
        anyhow::Ok(())
    })?;
    let mut service = program(&["serve"]).spawn().context("the program does not start")?;
    let measured = (|| {
        let ann = world.person("Ann");
        asked(&world, ann, "/watches")?;
        let idle = all(&world, ann, times)?;
        for size in ["S", "M", "L"] {
            shop.stock("jacket", size, "Black", true);
        }
        std::thread::sleep(Duration::from_millis(700));
        let busy = all(&world, ann, times)?;
        anyhow::Ok((idle, busy))
    })();
    // It may have ended by itself, which was told already.
    let _ = service.kill();
    let _ = service.wait();
    let (idle, busy) = measured?;
    let limit = Duration::from_millis(15);
    let millis = |time: Duration| Quantity::new(time.as_secs_f64() * 1e3, "ms");
    let mut figures = Vec::new();
    for (when, samples) in [("idle", &idle), (&*format!("{crowd} being notified"), &busy)] {
        for (command, index) in [("/watches", 0), ("/watch of a known product", 1)] {
            let samples: Vec<Duration> = samples.iter().map(|pair| pair[index]).collect();
            figures.push(
                Figure::note(
                    format!("telegram: {command} sent → answer received, median, {when}"),
                    millis(percentile(&samples, 0.5)),
                )
                .against("15 ms", millis(limit))
                .wants(Target::AtMost(1.0)),
            );
        }
    }
    Ok(figures)
}

fn all(world: &Telegram, ann: i64, times: usize) -> Result<Vec<[Duration; 2]>> {
    (0..times).map(|_| Ok([asked(world, ann, "/watches")?, asked(world, ann, "/watch corps jacket XL")?])).collect()
}

/// Says something, and waits for the answer. Then a second of peace, as between people.
fn asked(world: &Telegram, ann: i64, text: &str) -> Result<Duration> {
    let answers = || world.seen(ann).matches("CoatCheck:").count();
    let before = answers();
    let began = Instant::now();
    world.say(ann, "Ann", text);
    while answers() == before {
        ensure!(began.elapsed() < Duration::from_secs(30), "{text} was never answered");
        std::thread::sleep(Duration::from_micros(200));
    }
    let took = began.elapsed();
    std::thread::sleep(Duration::from_millis(250));
    Ok(took)
}
