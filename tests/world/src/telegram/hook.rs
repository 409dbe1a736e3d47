//! Updates that are brought: posted to the bot's webhook, in order, again until they are taken.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use super::state::{Shared, Webhook};

/// An update is brought so often, with a pause in between.
const TRIES: usize = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// Brings what waits, on a thread of its own: the bot may be the caller.
pub(super) fn bring(shared: &Arc<Shared>) {
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        let _in_order = shared.bringing.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..TRIES {
            let next = {
                let world = shared.world();
                world.webhook.clone().zip(world.updates.front().cloned())
            };
            let Some((webhook, update)) = next else { return };
            let result = post(&webhook, &update);
            let mut world = shared.world();
            let taken = matches!(result, Ok(200..=299));
            if taken {
                world.updates.pop_front();
            }
            if let Some(webhook) = &mut world.webhook {
                webhook.error = (!taken).then(|| format!("Wrong response from the webhook: {result:?}"));
            }
            drop(world);
            if !taken {
                thread::sleep(PAUSE);
            }
        }
    });
}

/// The status that came back. Plain HTTP only, as on loopback.
fn post(webhook: &Webhook, update: &Value) -> io::Result<u16> {
    let rest = webhook.url.strip_prefix("http://").ok_or(io::ErrorKind::Unsupported)?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let body = update.to_string();
    write!(
        stream,
        "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         x-telegram-bot-api-secret-token: {}\r\nconnection: close\r\n\r\n{body}",
        body.len(),
        webhook.secret
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.ok_or_else(|| io::ErrorKind::InvalidData.into())
}
