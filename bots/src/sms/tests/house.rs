//! A whole small service around the bot.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use tokio::net::TcpListener;

use super::*;
use crate::sms::hook::TEXTS;
use crate::{
    Command, DeliveryStatus, InboundEvent, InboundWebhook, Receipt, Reply, Said, SinkClosed, StatusHeard,
    WebhookRequest, Who,
};

/// A whole small service: its routes, its sink, and an inbox that says what it was told.
pub(super) struct House {
    pub(super) bot: Sms,
    pub(super) heard: Mutex<Vec<String>>,
    pub(super) kept: Mutex<Vec<InboundEvent>>,
    pub(super) statuses: Mutex<Vec<String>>,
    /// What is answered; nothing: what was said.
    pub(super) reply: Mutex<Option<Reply>>,
    /// Nobody does what is asked until [`House::work`].
    pub(super) asleep: bool,
    pub(super) closed: bool,
    pub(super) stored: AtomicUsize,
    /// The names of its texts are known by now.
    pub(super) known: AtomicBool,
    /// How often a status was to be noted.
    pub(super) asked: AtomicUsize,
}

impl House {
    /// Nobody answers in time.
    pub(super) fn asleep(self) -> Self {
        Self { asleep: true, bot: self.bot.with_patience(Duration::from_millis(50)), ..self }
    }

    /// Opens at a port of its own, and tells the world where it is.
    pub(super) async fn open(world: &World, made: impl FnOnce(Self) -> Self) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let public_url: Url = format!("http://{}/", listener.local_addr().expect("it has one")).parse().expect("one");
        world.set_hook(public_url.join(TEXTS).expect("one").as_str());
        let settings = Settings { public_url: Some(public_url), ..settings(world) };
        let house = Arc::new(made(Self {
            bot: bot_with(settings, &clock(), LONG).with_patience(LONG),
            heard: Mutex::default(),
            kept: Mutex::default(),
            statuses: Mutex::default(),
            reply: Mutex::default(),
            asleep: false,
            closed: false,
            stored: AtomicUsize::default(),
            known: AtomicBool::new(true),
            asked: AtomicUsize::default(),
        }));
        let routes = house.bot.paths().iter().fold(Router::new(), |routes, path| routes.route(path, post(answered)));
        let routes = routes.with_state(Arc::clone(&house));
        tokio::spawn(async { axum::serve(listener, routes).await });
        house
    }

    /// Does what the newest text asks.
    pub(super) async fn work(&self) {
        let payload = lock(&self.kept).last().expect("something arrived").payload.clone();
        self.bot.handle(&payload, self).await.expect("answered");
    }

    pub(super) fn heard(&self) -> String {
        lock(&self.heard).join("\n")
    }
}

async fn answered(State(house): State<Arc<House>>, uri: Uri, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let request = WebhookRequest { path: uri.path(), query: uri.query(), headers: &headers, body: &body };
    let sink = HouseSink(Arc::clone(&house));
    let answer = match house.bot.precheck(&headers) {
        Ok(()) => house.bot.answer(request, &sink, house.as_ref()).await,
        Err(refusal) => refusal,
    };
    (StatusCode::from_u16(answer.status).expect("a status"), answer.body)
}

/// The house's sink: keeps each thing once, and has it done at once while somebody is awake.
struct HouseSink(Arc<House>);

#[async_trait]
impl EventSink for HouseSink {
    async fn arrived(&self, arrived: InboundEvent) -> Result<Receipt, SinkClosed> {
        let house = &self.0;
        if house.closed {
            return Err(SinkClosed("the disk is full".to_owned()));
        }
        let mut kept = lock(&house.kept);
        if kept.iter().any(|known| known.external_id == arrived.external_id) {
            return Ok(Receipt::Again);
        }
        kept.push(arrived.clone());
        house.stored.fetch_add(1, Ordering::SeqCst);
        drop(kept);
        if !house.asleep {
            let house = Arc::clone(house);
            tokio::spawn(async move { house.bot.handle(&arrived.payload, house.as_ref()).await });
        }
        Ok(Receipt::First)
    }

    async fn delivery_status(&self, status: &DeliveryStatus) -> Result<StatusHeard, SinkClosed> {
        let known = self.0.known.load(Ordering::SeqCst);
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        if !known {
            return Ok(StatusHeard::NotKnownYet);
        }
        let code = status.error_code.map(|code| format!(" {code}")).unwrap_or_default();
        lock(&self.0.statuses).push(format!("{} {}{code}", &status.provider_ref[30..], status.status));
        Ok(StatusHeard::Noted)
    }
}

#[async_trait]
impl Inbox for House {
    async fn said(&self, who: &Who, said: Said) -> Reply {
        let Destination::Sms(phone) = &who.destination else { panic!("{} is no phone", who.destination) };
        let words = format!("{} {}", said.command.name(), said.text());
        lock(&self.heard).push(format!("{phone}: {}", words.trim()));
        lock(&self.reply).clone().unwrap_or_else(|| Reply::text(format!("You said {}.", words.trim())))
    }

    async fn pressed(&self, _: &Who, data: &str) -> Reply {
        panic!("nobody can press {data} on a phone")
    }

    async fn complete(&self, _: &Who, _: Command, _: &str, _: &str) -> Vec<String> {
        Vec::new()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
