//! Socket Mode: events come by a WebSocket that we open, each stored before it is acknowledged.
//!
//! Slack closes a connection every few hours and says so before: the next one is opened while the old one is still
//! read, and both are read until the old one ends. What comes by both has one id, and so one effect.

use std::pin::Pin;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{NOT_YET, Slack, lock, outcome, payload};
use crate::{EventSink, Trouble};

/// A connection that does not stand after this long never will.
const CONNECT: Duration = Duration::from_secs(10);
/// Between two tries to open the next connection while the old one still stands.
const RETRY: Duration = Duration::from_secs(1);
/// Completions that wait for their connection. Those beyond it are dropped: the next letter asks again.
const OFFERS: usize = 64;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;
/// The next connection, on its way.
type Opening<'a> = Pin<Box<dyn Future<Output = Result<Socket, Trouble>> + Send + 'a>>;

/// What a frame means for its connection.
enum Frame {
    /// It is usable.
    Hello,
    /// It will be closed soon: open another.
    Leaving,
    /// It must not be used any more.
    Disabled(String),
    Nothing,
}

impl Slack {
    pub(super) async fn listen_at_socket(&self, token: &SecretString, sink: &dyn EventSink) -> Result<(), Trouble> {
        *lock(&self.trouble) = Some(NOT_YET.to_owned());
        let (offer, mut offered) = mpsc::channel(OFFERS);
        *lock(&self.offers) = Some(offer);
        let mut current = self.connect(token).await?;
        let mut old: Option<Socket> = None;
        let mut opening: Option<Opening<'_>> = None;
        loop {
            let (frame, is_current) = tokio::select! {
                frame = next(&mut current, self.silence) => (frame, true),
                frame = next_of(&mut old, self.silence) => (frame, false),
                opened = opened(&mut opening) => {
                    match opened {
                        Ok(socket) => (old, opening) = (Some(std::mem::replace(&mut current, socket)), None),
                        Err(trouble) => opening = Some(self.connect_later(token, trouble)?),
                    }
                    continue;
                }
                Some((envelope, options)) = offered.recv() => {
                    acknowledge(&mut current, json!({ "envelope_id": envelope, "payload": options })).await;
                    continue;
                }
            };
            let socket = if is_current { Some(&mut current) } else { old.as_mut() };
            let (Some(text), Some(socket)) = (frame, socket) else {
                if is_current {
                    return Err(calm("Socket Mode ended: the connection was closed or silent"));
                }
                old = None;
                continue;
            };
            match heard(&text, socket, sink).await? {
                Frame::Hello => *lock(&self.trouble) = None,
                Frame::Leaving if is_current && opening.is_none() => {
                    tracing::info!("Slack asks for another connection");
                    opening = Some(Box::pin(self.connect(token)));
                }
                Frame::Disabled(reason) => return Err(calm(&format!("Socket Mode ended: {reason}"))),
                Frame::Leaving | Frame::Nothing => {}
            }
        }
    }

    /// The address holds a ticket, and is never shown.
    async fn connect(&self, token: &SecretString) -> Result<Socket, Trouble> {
        let opened = self.api.call_as(token, "apps.connections.open", &json!({})).await;
        let opened = opened.map_err(|failure| outcome::trouble(&failure))?;
        let address = opened["url"].as_str().ok_or_else(|| calm("Slack names no address for Socket Mode"))?;
        match timeout(CONNECT, connect_async(address)).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(_)) => Err(calm("the WebSocket for Socket Mode could not be opened")),
            Err(_) => Err(calm("the WebSocket for Socket Mode was not opened in time")),
        }
    }

    /// The next try, as long as the old connection still brings what people say. A token that is not taken ends both.
    fn connect_later<'a>(&'a self, token: &'a SecretString, trouble: Trouble) -> Result<Opening<'a>, Trouble> {
        if trouble.fatal {
            return Err(trouble);
        }
        let wait = trouble.after.unwrap_or(RETRY);
        tracing::warn!(why = trouble.why, wait_ms = wait.as_millis(), "next Slack connection not opened, retrying");
        Ok(Box::pin(async move {
            tokio::time::sleep(wait).await;
            self.connect(token).await
        }))
    }
}

/// The next text; none once the connection is over. Pings are answered while it is waited for.
async fn next(socket: &mut Socket, silence: Duration) -> Option<String> {
    loop {
        match timeout(silence, socket.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => return Some(text),
            Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) | Err(_) => return None,
            Ok(Some(Ok(_))) => {}
        }
    }
}

async fn next_of(socket: &mut Option<Socket>, silence: Duration) -> Option<String> {
    match socket {
        Some(socket) => next(socket, silence).await,
        None => std::future::pending().await,
    }
}

async fn opened(opening: &mut Option<Opening<'_>>) -> Result<Socket, Trouble> {
    match opening {
        Some(opening) => opening.await,
        None => std::future::pending().await,
    }
}

/// Stores what the envelope holds, then acknowledges it. What could not be stored is not acknowledged, and comes again.
async fn heard(text: &str, socket: &mut Socket, sink: &dyn EventSink) -> Result<Frame, Trouble> {
    let Ok(mut envelope) = serde_json::from_str::<Value>(text) else { return Ok(Frame::Nothing) };
    match envelope["type"].as_str() {
        Some("hello") => return Ok(Frame::Hello),
        Some("disconnect") => {
            let reason = envelope["reason"].as_str().unwrap_or_default();
            let is_disabled = reason == "link_disabled";
            return Ok(if is_disabled { Frame::Disabled(reason.to_owned()) } else { Frame::Leaving });
        }
        _ => {}
    }
    let Some(id) = envelope["envelope_id"].as_str().map(str::to_owned) else { return Ok(Frame::Nothing) };
    let mut payload = envelope["payload"].take();
    payload::came_by(&mut payload, &id);
    if let Some(event) = payload::event(&payload) {
        let is_answered_so = event.fleeting;
        sink.arrived(event).await.map_err(|closed| calm(&closed.to_string()))?;
        if is_answered_so {
            return Ok(Frame::Nothing);
        }
    }
    acknowledge(socket, json!({ "envelope_id": id })).await;
    Ok(Frame::Nothing)
}

/// Not acknowledged it comes again, and is known then.
async fn acknowledge(socket: &mut Socket, acknowledgement: Value) {
    let _ended = socket.send(Message::Text(acknowledgement.to_string())).await;
}

fn calm(why: &str) -> Trouble {
    Trouble { why: why.to_owned(), after: None, fatal: false }
}
