//! Socket Mode: events come by a WebSocket that we open, each stored before it is acknowledged.
//!
//! Slack closes a connection every few hours and says so before: the next one is opened first, and both are read until
//! the old one ends. What comes by both has one id, and so one effect.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{NOT_YET, Slack, lock, outcome, payload};
use crate::{EventSink, Trouble};

/// A connection that does not stand after this long never will.
const CONNECT: Duration = Duration::from_secs(10);
/// Slack pings every few seconds: after so long without any frame the connection is dead.
const SILENCE: Duration = Duration::from_secs(60);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

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
        let mut current = self.connect(token).await?;
        let mut old: Option<Socket> = None;
        loop {
            let (frame, is_current) = tokio::select! {
                frame = next(&mut current) => (frame, true),
                frame = next_of(&mut old) => (frame, false),
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
                Frame::Leaving if is_current => {
                    tracing::info!("Slack asks for another connection");
                    let next = self.connect(token).await?;
                    old = Some(std::mem::replace(&mut current, next));
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
}

/// The next text; none once the connection is over. Pings are answered while it is waited for.
async fn next(socket: &mut Socket) -> Option<String> {
    loop {
        match timeout(SILENCE, socket.next()).await {
            Ok(Some(Ok(Message::Text(text)))) => return Some(text),
            Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) | Err(_) => return None,
            Ok(Some(Ok(_))) => {}
        }
    }
}

async fn next_of(socket: &mut Option<Socket>) -> Option<String> {
    match socket {
        Some(socket) => next(socket).await,
        None => std::future::pending().await,
    }
}

/// Stores what the envelope holds, then acknowledges it. What could not be stored is not acknowledged, and comes again.
async fn heard(text: &str, socket: &mut Socket, sink: &dyn EventSink) -> Result<Frame, Trouble> {
    let Ok(envelope) = serde_json::from_str::<Value>(text) else { return Ok(Frame::Nothing) };
    match envelope["type"].as_str() {
        Some("hello") => return Ok(Frame::Hello),
        Some("disconnect") => {
            let reason = envelope["reason"].as_str().unwrap_or_default();
            let is_disabled = reason == "link_disabled";
            return Ok(if is_disabled { Frame::Disabled(reason.to_owned()) } else { Frame::Leaving });
        }
        _ => {}
    }
    let Some(id) = envelope["envelope_id"].as_str() else { return Ok(Frame::Nothing) };
    if let Some(event) = payload::event(&envelope["payload"]) {
        sink.arrived(event).await.map_err(|closed| calm(&closed.to_string()))?;
    }
    let acknowledgement = json!({ "envelope_id": id }).to_string();
    // Not acknowledged it comes again, and is known then.
    let _ = socket.send(Message::Text(acknowledgement)).await;
    Ok(Frame::Nothing)
}

fn calm(why: &str) -> Trouble {
    Trouble { why: why.to_owned(), after: None, fatal: false }
}
