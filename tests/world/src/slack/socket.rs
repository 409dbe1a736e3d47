//! Socket Mode: envelopes over WebSocket, brought again until they are acknowledged; connections that can be cut, sent
//! away and left silent.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::routing::any;
use serde_json::{Value, json};
use tokio::sync::broadcast;

use super::locked;

/// What is done to every open connection.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Cut,
    SendAway,
    Look,
}

/// The connections of a fake Slack.
#[derive(Clone)]
pub struct Socket {
    inner: Arc<Inner>,
}

struct Inner {
    /// Envelopes that are not acknowledged, and by which connection each was brought last.
    waiting: Mutex<Vec<(Value, usize)>>,
    acknowledged: AtomicUsize,
    deeds: broadcast::Sender<Deed>,
    opened: AtomicUsize,
    open: AtomicUsize,
}

impl Default for Socket {
    fn default() -> Self {
        let inner = Inner {
            waiting: Mutex::default(),
            acknowledged: AtomicUsize::new(0),
            deeds: broadcast::Sender::new(64),
            opened: AtomicUsize::new(0),
            open: AtomicUsize::new(0),
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
        waiting.push((json!({ "envelope_id": id, "type": kind, "payload": payload }), 0));
        drop(waiting);
        self.order(Deed::Look);
    }

    /// Breaks the connections without a word.
    pub fn cut(&self) {
        self.order(Deed::Cut);
    }

    /// Says that the connections will be closed soon.
    pub fn send_away(&self) {
        self.order(Deed::SendAway);
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

async fn talk(inner: &Inner, socket: &mut WebSocket, number: usize) -> Option<()> {
    let mut deeds = inner.deeds.subscribe();
    say(socket, &json!({ "type": "hello", "num_connections": inner.open.load(Ordering::SeqCst) })).await?;
    loop {
        // The newest connection brings what waits, also what an older one brought and nobody acknowledged.
        if number == inner.opened.load(Ordering::SeqCst) {
            let next: Vec<Value> = {
                let mut waiting = locked(&inner.waiting);
                let unsaid = waiting.iter_mut().filter(|(_, by)| *by != number);
                unsaid
                    .map(|(envelope, by)| {
                        *by = number;
                        envelope.clone()
                    })
                    .collect()
            };
            for envelope in next {
                say(socket, &envelope).await?;
            }
        }
        tokio::select! {
            came = socket.recv() => {
                if let Message::Text(text) = came?.ok()? {
                    acknowledge(inner, &serde_json::from_str(&text).ok()?);
                }
            }
            deed = deeds.recv() => match deed.ok()? {
                Deed::Cut => return None,
                Deed::SendAway => say(socket, &json!({ "type": "disconnect", "reason": "warning" })).await?,
                Deed::Look => {}
            },
        }
    }
}

fn acknowledge(inner: &Inner, said: &Value) {
    let mut waiting = locked(&inner.waiting);
    let before = waiting.len();
    waiting.retain(|(envelope, _)| envelope["envelope_id"] != said["envelope_id"]);
    inner.acknowledged.fetch_add(before - waiting.len(), Ordering::SeqCst);
}

async fn say(socket: &mut WebSocket, what: &Value) -> Option<()> {
    socket.send(Message::Text(what.to_string().into())).await.ok()
}
