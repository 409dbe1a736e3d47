//! Socket Mode: envelopes over WebSocket, brought again until they are acknowledged; connections that can be cut, sent
//! away and left silent.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::routing::any;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::locked;

/// What is done to every open connection.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Cut,
    SendAway(&'static str),
    Look,
}

/// The connections of a fake Slack.
#[derive(Clone)]
pub struct Socket {
    inner: Arc<Inner>,
}

struct Inner {
    /// Envelopes that are not acknowledged, and the newest connection that brought each.
    waiting: Mutex<Vec<(Value, usize)>>,
    acknowledged: AtomicUsize,
    deeds: broadcast::Sender<Deed>,
    opened: AtomicUsize,
    open: AtomicUsize,
    /// What every connection brings, from when on that was ordered.
    by_all: Mutex<Option<Vec<Value>>>,
    silent: AtomicBool,
    brought: Mutex<Vec<Value>>,
}

impl Default for Socket {
    fn default() -> Self {
        let inner = Inner {
            waiting: Mutex::default(),
            acknowledged: AtomicUsize::new(0),
            deeds: broadcast::Sender::new(64),
            opened: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
            by_all: Mutex::default(),
            silent: AtomicBool::new(false),
            brought: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }
}

impl Socket {
    pub(super) fn routes(&self) -> Router {
        let inner = Arc::clone(&self.inner);
        let serve = move |upgrade: WebSocketUpgrade| {
            let inner = Arc::clone(&inner);
            async move { upgrade.on_upgrade(|socket| serve(inner, socket)) }
        };
        Router::new().route("/link", any(serve))
    }

    pub(super) fn bring(&self, kind: &str, payload: Value) {
        let mut waiting = locked(&self.inner.waiting);
        let id = format!("envelope-{}-{}", self.inner.acknowledged.load(Ordering::SeqCst), waiting.len());
        let envelope = json!({ "envelope_id": id, "type": kind, "payload": payload });
        if let Some(by_all) = locked(&self.inner.by_all).as_mut() {
            by_all.push(envelope.clone());
        }
        waiting.push((envelope, 0));
        drop(waiting);
        self.order(Deed::Look);
    }

    /// Breaks the connections without a word.
    pub fn cut(&self) {
        self.order(Deed::Cut);
    }

    /// Says that the connections will be closed soon, and why: `warning`, `refresh_requested`, `link_disabled`.
    pub fn send_away(&self, reason: &'static str) {
        self.order(Deed::SendAway(reason));
    }

    /// From now on every connection brings everything, not only the newest one.
    pub fn bring_by_all(&self) {
        *locked(&self.inner.by_all) = Some(Vec::new());
    }

    /// From now on nothing comes by any connection, not even pings, and none is closed.
    pub fn fall_silent(&self) {
        self.inner.silent.store(true, Ordering::SeqCst);
    }

    /// Connections speak again.
    pub fn speak(&self) {
        self.inner.silent.store(false, Ordering::SeqCst);
        self.order(Deed::Look);
    }

    /// What the acknowledgements of envelopes brought, in order.
    #[must_use]
    pub fn brought(&self) -> Vec<Value> {
        locked(&self.inner.brought).clone()
    }

    /// Connections that were made.
    #[must_use]
    pub fn opened(&self) -> usize {
        self.inner.opened.load(Ordering::SeqCst)
    }

    /// Connections that are open now.
    #[must_use]
    pub fn now_open(&self) -> usize {
        self.inner.open.load(Ordering::SeqCst)
    }

    /// Envelopes that were acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        self.inner.acknowledged.load(Ordering::SeqCst)
    }

    fn order(&self, deed: Deed) {
        let _heard_by = self.inner.deeds.send(deed);
    }
}

async fn serve(inner: Arc<Inner>, mut socket: WebSocket) {
    let number = inner.opened.fetch_add(1, Ordering::SeqCst) + 1;
    inner.open.fetch_add(1, Ordering::SeqCst);
    let _ended = talk(&inner, &mut socket, number).await;
    inner.open.fetch_sub(1, Ordering::SeqCst);
}

/// Slack pings every connection.
const PING: Duration = Duration::from_millis(200);

async fn talk(inner: &Inner, socket: &mut WebSocket, number: usize) -> Option<()> {
    let mut deeds = inner.deeds.subscribe();
    say(socket, &json!({ "type": "hello", "num_connections": inner.open.load(Ordering::SeqCst) })).await?;
    let mut said = BTreeSet::new();
    loop {
        if inner.silent.load(Ordering::SeqCst) {
            tokio::time::sleep(PING).await;
            continue;
        }
        for envelope in next(inner, number, &mut said) {
            say(socket, &envelope).await?;
        }
        tokio::select! {
            () = tokio::time::sleep(PING) => socket.send(Message::Ping(Bytes::new())).await.ok()?,
            came = socket.recv() => {
                if let Message::Text(text) = came?.ok()? {
                    acknowledge(inner, &serde_json::from_str(&text).ok()?);
                }
            }
            deed = deeds.recv() => match deed.ok()? {
                Deed::Cut => return None,
                Deed::SendAway(reason) => say(socket, &json!({ "type": "disconnect", "reason": reason })).await?,
                Deed::Look => {}
            },
        }
    }
}

/// What this connection brings now. The newest one: what waits, also what an older one brought and nobody acknowledged.
fn next(inner: &Inner, number: usize, said: &mut BTreeSet<String>) -> Vec<Value> {
    let mut next = locked(&inner.by_all).clone().unwrap_or_default();
    if number == inner.opened.load(Ordering::SeqCst) {
        for (envelope, by) in locked(&inner.waiting).iter_mut().filter(|(_, by)| *by != number) {
            *by = number;
            next.push(envelope.clone());
        }
    }
    next.retain(|envelope| said.insert(envelope["envelope_id"].to_string()));
    next
}

fn acknowledge(inner: &Inner, said: &Value) {
    if !said["payload"].is_null() {
        locked(&inner.brought).push(said["payload"].clone());
    }
    let mut waiting = locked(&inner.waiting);
    let before = waiting.len();
    waiting.retain(|(envelope, _)| envelope["envelope_id"] != said["envelope_id"]);
    inner.acknowledged.fetch_add(before - waiting.len(), Ordering::SeqCst);
}

async fn say(socket: &mut WebSocket, what: &Value) -> Option<()> {
    socket.send(Message::Text(what.to_string().into())).await.ok()
}
