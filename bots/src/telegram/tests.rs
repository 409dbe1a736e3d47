//! The adapter against a fake Telegram over real HTTP.

mod listening;
mod people;
mod telling;

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use coatcheck_domain::Destination;
use coatcheck_world::Telegram as World;
use tokio::sync::watch;

use super::*;
use crate::{Channel, EventSink, InboundEvent, Inbox, Receipt, Receiver, Reply, Said, SinkClosed, Who};

/// Nothing here takes so long, on any machine.
const LONG: Duration = Duration::from_secs(60);

/// A clock that runs, from a moment of its own.
#[derive(Debug)]
struct Running(Instant);

impl Clock for Running {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a date") + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

fn client(timeout: Duration) -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(timeout)
        .build()
        .expect("a client")
}

fn bot_with(world: &World, timeout: Duration, hook: Option<Hook>) -> Telegram {
    let settings = Settings {
        api_url: Url::parse(&world.url("/")).expect("an address"),
        token: world.token().to_owned().into(),
        hook,
        shows: |command| !matches!(command, Command::Phone | Command::Verify),
    };
    Telegram::new(settings, client(timeout), Arc::new(Running(Instant::now())))
}

fn bot(world: &World) -> Telegram {
    bot_with(world, LONG, None)
}

fn world() -> World {
    World::open().expect("a Telegram")
}

/// A sink that keeps what arrives, each thing once, and can be told to refuse.
#[derive(Default)]
struct Shelf {
    kept: Mutex<Vec<InboundEvent>>,
    changed: watch::Sender<()>,
    refuses: AtomicUsize,
    knocks: AtomicUsize,
}

#[async_trait]
impl EventSink for Shelf {
    async fn arrived(&self, arrived: InboundEvent) -> Result<Receipt, SinkClosed> {
        self.knocks.fetch_add(1, Ordering::SeqCst);
        let refuse = |left: usize| left.checked_sub(1);
        if self.refuses.fetch_update(Ordering::SeqCst, Ordering::SeqCst, refuse).is_ok() {
            return Err(SinkClosed("the disk is full".to_owned()));
        }
        let mut kept = lock(&self.kept);
        if !kept.iter().any(|known| known.external_id == arrived.external_id) {
            kept.push(arrived);
        }
        drop(kept);
        self.changed.send_replace(());
        Ok(Receipt::First)
    }
}

impl Shelf {
    /// Listens until `count` things are kept.
    async fn fill(&self, bot: &Telegram, count: usize) {
        let mut changed = self.changed.subscribe();
        let full = changed.wait_for(|()| lock(&self.kept).len() >= count);
        let listening = async {
            let ended = bot.listen(self).await;
            panic!("listening ended: {ended:?}");
        };
        tokio::select! {
            () = listening => {}
            full = tokio::time::timeout(LONG, full) => drop(full.expect("in time").expect("the shelf stands")),
        }
    }
}

/// Listens until `count` things came in all, and does what each new one asks.
async fn converse(bot: &Telegram, inbox: &Echo, count: usize) {
    inbox.shelf.fill(bot, count).await;
    let done = inbox.done.swap(count, Ordering::SeqCst);
    let new = lock(&inbox.shelf.kept)[done..].to_vec();
    for arrived in new {
        bot.handle(&arrived.payload, inbox).await.expect("answered");
    }
}

/// An inbox that says what it was told, and keeps it.
#[derive(Default)]
struct Echo {
    heard: Mutex<String>,
    reply: Mutex<Reply>,
    shelf: Shelf,
    done: AtomicUsize,
}

impl Echo {
    fn answering(reply: Reply) -> Self {
        Self { reply: Mutex::new(reply), ..Self::default() }
    }

    fn note(&self, who: &Who, what: &str) -> Reply {
        let manages = if who.may_manage { "manages" } else { "does not manage" };
        let _ = writeln!(lock(&self.heard), "{} ({manages}): {what}", who.destination);
        lock(&self.reply).clone()
    }

    fn heard(&self) -> String {
        lock(&self.heard).clone()
    }
}

#[async_trait]
impl Inbox for Echo {
    async fn said(&self, who: &Who, said: Said) -> Reply {
        self.note(who, &format!("/{} {}", said.command.name(), said.text()))
    }

    async fn pressed(&self, who: &Who, data: &str) -> Reply {
        self.note(who, &format!("[{data}]"))
    }

    async fn complete(&self, _: &Who, _: Command, _: &str, _: &str) -> Vec<String> {
        Vec::new()
    }

    async fn moved(&self, from: &Destination, to: &Destination) {
        let _ = writeln!(lock(&self.heard), "{from} is now {to}");
    }
}
