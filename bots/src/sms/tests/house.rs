//! A whole small service around the bot.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use tokio::net::TcpListener;

use super::*;
use crate::sms::hook::{Form, Hook, SIGNATURE_HEADER, STATUSES, TEXTS, read_status, read_text};
use crate::{Command, InboundEvent, Receipt, Reply, Said, SinkClosed, Who};

/// A whole small service: its routes, its sink, and an inbox that says what it was told.
pub(super) struct House {
    pub(super) bot: Sms,
    pub(super) hook: Hook,
    pub(super) heard: Mutex<Vec<String>>,
    pub(super) kept: Mutex<Vec<InboundEvent>>,
    pub(super) statuses: Mutex<Vec<String>>,
    /// What is answered; nothing: what was said.
    pub(super) reply: Mutex<Option<Reply>>,
    /// Nobody does what is asked until [`House::work`].
    pub(super) asleep: bool,
    pub(super) closed: bool,
    pub(super) stored: AtomicUsize,
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
        let settings = Settings { public_url: Some(public_url.clone()), ..settings(world) };
        let house = Arc::new(made(Self {
            hook: Hook::new(public_url, world.auth_token().to_owned().into()),
            bot: bot_with(settings, &clock(), LONG).with_patience(LONG),
            heard: Mutex::default(),
            kept: Mutex::default(),
            statuses: Mutex::default(),
            reply: Mutex::default(),
            asleep: false,
            closed: false,
            stored: AtomicUsize::default(),
        }));
        let routes =
            Router::new().route(TEXTS, post(texted)).route(STATUSES, post(told)).with_state(Arc::clone(&house));
        tokio::spawn(async { axum::serve(listener, routes).await });
        house
    }

    fn is_twilios(&self, uri: &Uri, headers: &HeaderMap, form: &Form) -> bool {
        let signature = headers.get(SIGNATURE_HEADER).map(axum::http::HeaderValue::as_bytes);
        self.hook.verify(uri.path(), uri.query(), form, signature)
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

async fn texted(State(house): State<Arc<House>>, uri: Uri, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let form = Form::read(&body);
    if !house.is_twilios(&uri, &headers, &form) {
        return (StatusCode::FORBIDDEN, String::new());
    }
    let inbound = read_text(&form).expect("a text");
    let sink = HouseSink(Arc::clone(&house));
    match house.bot.texted(&inbound, &sink).await {
        Ok(twiml) => (StatusCode::OK, twiml),
        Err(closed) => (StatusCode::SERVICE_UNAVAILABLE, closed.to_string()),
    }
}

async fn told(State(house): State<Arc<House>>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let form = Form::read(&body);
    if !house.is_twilios(&uri, &headers, &form) {
        return StatusCode::FORBIDDEN;
    }
    let status = read_status(&form).expect("a status");
    let code = status.error_code.map(|code| format!(" {code}")).unwrap_or_default();
    lock(&house.statuses).push(format!("{} {}{code}", &status.sid[30..], status.status));
    StatusCode::OK
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
