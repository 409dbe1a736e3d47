//! The gateway: sessions over WebSocket that can be cut, closed, sent away and left without heartbeats.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::routing::any;
use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};

use super::town::{APPLICATION, BOT, Town};
use super::{TOKEN, locked};

const GUILD_MESSAGES: u64 = 1 << 9;
const DIRECT_MESSAGES: u64 = 1 << 12;

/// What is done to every open connection.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Cut,
    Close(u16),
    Invalidate,
    SendAway,
}

/// The gateway of a fake Discord.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

struct Inner {
    town: Arc<Mutex<Town>>,
    /// All events ever, in order: an event's number is its place plus two, for READY is one.
    events: Mutex<Vec<(String, Value)>>,
    told: watch::Sender<usize>,
    deeds: broadcast::Sender<Deed>,
    deaf: AtomicBool,
    ignores_resumes: AtomicBool,
    beat: AtomicU64,
    identified: AtomicUsize,
    /// What the last session asked for.
    intents: AtomicU64,
    resumed: AtomicUsize,
    open: AtomicUsize,
}

impl Gateway {
    pub(super) fn new(town: Arc<Mutex<Town>>) -> Self {
        let inner = Inner {
            town,
            events: Mutex::default(),
            told: watch::Sender::new(0),
            deeds: broadcast::Sender::new(16),
            deaf: AtomicBool::new(false),
            ignores_resumes: AtomicBool::new(false),
            beat: AtomicU64::new(41_250),
            identified: AtomicUsize::new(0),
            intents: AtomicU64::new(0),
            resumed: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    pub(super) fn routes(&self) -> Router {
        let inner = Arc::clone(&self.inner);
        let serve = move |upgrade: WebSocketUpgrade| {
            let inner = Arc::clone(&inner);
            async move { upgrade.on_upgrade(|socket| serve(inner, socket)) }
        };
        Router::new().route("/gateway", any(serve.clone())).route("/gateway/", any(serve))
    }

    /// Tells every session of an event, and those that resume later.
    pub(super) fn tell(&self, name: &str, data: Value) {
        let count = {
            let mut events = self.inner.events();
            events.push((name.to_owned(), data));
            events.len()
        };
        self.inner.told.send_replace(count);
    }

    /// Breaks the connections without a word.
    pub fn cut(&self) {
        self.order(Deed::Cut);
    }

    /// Closes the connections with this code.
    pub fn close(&self, code: u16) {
        self.order(Deed::Close(code));
    }

    /// The sessions are void: identify anew.
    pub fn invalidate(&self) {
        self.order(Deed::Invalidate);
    }

    /// Asks to reconnect and resume.
    pub fn send_away(&self) {
        self.order(Deed::SendAway);
    }

    /// From now on heartbeats are not acknowledged, or are again.
    pub fn deafen(&self, deaf: bool) {
        self.inner.deaf.store(deaf, Ordering::SeqCst);
    }

    /// From now on a RESUME gets no answer, though heartbeats do, or is answered again.
    pub fn ignore_resumes(&self, ignores: bool) {
        self.inner.ignores_resumes.store(ignores, Ordering::SeqCst);
    }

    /// How often new connections are told to beat.
    pub fn beat_each(&self, beat: Duration) {
        self.inner.beat.store(u64::try_from(beat.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// Sessions that were begun.
    #[must_use]
    pub fn identified(&self) -> usize {
        self.inner.identified.load(Ordering::SeqCst)
    }

    /// Sessions that were resumed.
    #[must_use]
    pub fn resumed(&self) -> usize {
        self.inner.resumed.load(Ordering::SeqCst)
    }

    /// Connections that are open now.
    #[must_use]
    pub fn open(&self) -> usize {
        self.inner.open.load(Ordering::SeqCst)
    }

    /// An order to nobody is no order.
    fn order(&self, deed: Deed) {
        let _heard_by = self.inner.deeds.send(deed);
    }
}

impl Inner {
    fn events(&self) -> std::sync::MutexGuard<'_, Vec<(String, Value)>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One connection. None of its ends is an error: that is what tests order.
async fn serve(inner: Arc<Inner>, mut socket: WebSocket) {
    inner.open.fetch_add(1, Ordering::SeqCst);
    let _ended = talk(&inner, &mut socket).await;
    inner.open.fetch_sub(1, Ordering::SeqCst);
}

/// Until the connection ends; `None` is its end.
async fn talk(inner: &Inner, socket: &mut WebSocket) -> Option<()> {
    let (mut told, mut deeds) = (inner.told.subscribe(), inner.deeds.subscribe());
    // How many events this session has seen; None before it has begun.
    let mut seen: Option<usize> = None;
    let beat = inner.beat.load(Ordering::SeqCst);
    say(socket, json!({ "op": 10, "d": { "heartbeat_interval": beat } })).await?;
    loop {
        tokio::select! {
            came = socket.recv() => {
                if let Message::Text(text) = came?.ok()? {
                    heard(inner, socket, &mut seen, &serde_json::from_str(&text).ok()?).await?;
                }
            }
            deed = deeds.recv() => done(socket, deed.ok()?).await?,
            changed = told.changed() => changed.ok()?,
        }
        catch_up(inner, socket, &mut seen).await?;
    }
}

async fn heard(inner: &Inner, socket: &mut WebSocket, seen: &mut Option<usize>, said: &Value) -> Option<()> {
    match said["op"].as_u64()? {
        1 if inner.deaf.load(Ordering::SeqCst) => Some(()),
        1 => say(socket, json!({ "op": 11 })).await,
        2 | 6 if !may_enter(inner, said) => close(socket, 4004).await,
        2 => {
            inner.identified.fetch_add(1, Ordering::SeqCst);
            inner.intents.store(said["d"]["intents"].as_u64().unwrap_or_default(), Ordering::SeqCst);
            *seen = Some(inner.events().len());
            let ready = ready(inner);
            say(socket, json!({ "op": 0, "s": 1, "t": "READY", "d": ready })).await
        }
        6 => {
            inner.resumed.fetch_add(1, Ordering::SeqCst);
            if inner.ignores_resumes.load(Ordering::SeqCst) {
                return Some(());
            }
            let last = usize::try_from(said["d"]["seq"].as_u64()?).ok()?;
            *seen = Some(last.saturating_sub(1));
            catch_up(inner, socket, seen).await?;
            let number = inner.events().len() + 1;
            say(socket, json!({ "op": 0, "s": number, "t": "RESUMED", "d": {} })).await
        }
        _ => Some(()),
    }
}

/// The token, with or without its scheme, while it is good.
fn may_enter(inner: &Inner, said: &Value) -> bool {
    let token = said["d"]["token"].as_str().unwrap_or_default();
    token.trim_start_matches("Bot ") == TOKEN && !locked(&inner.town).revoked
}

fn ready(inner: &Inner) -> Value {
    let town = locked(&inner.town);
    json!({
        "v": 10, "user": town.user(BOT), "guilds": [], "session_id": "a-session",
        "resume_gateway_url": town.gateway_url, "shard": [0, 1],
        "application": { "id": APPLICATION.to_string(), "flags": 0 },
    })
}

/// Tells a session what it has not seen.
async fn catch_up(inner: &Inner, socket: &mut WebSocket, seen: &mut Option<usize>) -> Option<()> {
    let Some(seen) = seen else { return Some(()) };
    loop {
        let next = inner.events().get(*seen).cloned();
        let Some((name, data)) = next else { return Some(()) };
        *seen += 1;
        let needed = if data["guild_id"].is_string() { GUILD_MESSAGES } else { DIRECT_MESSAGES };
        if name == "MESSAGE_CREATE" && inner.intents.load(Ordering::SeqCst) & needed == 0 {
            continue;
        }
        say(socket, json!({ "op": 0, "s": *seen + 1, "t": name, "d": data })).await?;
    }
}

async fn done(socket: &mut WebSocket, deed: Deed) -> Option<()> {
    match deed {
        Deed::Cut => None,
        Deed::Close(code) => close(socket, code).await,
        Deed::Invalidate => say(socket, json!({ "op": 9, "d": false })).await,
        Deed::SendAway => say(socket, json!({ "op": 7, "d": null })).await,
    }
}

async fn say(socket: &mut WebSocket, json: Value) -> Option<()> {
    socket.send(Message::Text(json.to_string().into())).await.ok()
}

async fn close(socket: &mut WebSocket, code: u16) -> Option<()> {
    let frame = CloseFrame { code, reason: "".into() };
    socket.send(Message::Close(Some(frame))).await.ok()?;
    None
}
