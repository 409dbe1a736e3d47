//! A Discord of our own: people, direct messages, team channels, interactions, the REST API and the gateway.
//!
//! It keeps the truth: [`Discord::chat`] is what a person sees in a channel, whatever the bot believes.

mod gateway;
mod interaction;
mod messages;
mod payload;
mod rest;
mod signing;
mod town;
mod transcript;

use std::io;
use std::net::Ipv4Addr;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use crate::Fault;
use crate::front::{Front, Honest};
use gateway::Gateway;
use town::Town;

/// The bot's token here. A test that searches logs for it will not find it in anything else.
const TOKEN: &str = "MTIzNDU2Nzg5.fake-discord-token.do-not-show";

/// Where a person speaks to the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the direct messages with the bot.
    Dm,
    /// In this team channel.
    Channel(u64),
    /// In this team channel, as somebody who may manage it.
    Managed(u64),
}

/// The whole platform on a port of loopback.
pub struct Discord {
    front: Front,
    town: Arc<Mutex<Town>>,
    gateway: Gateway,
}

impl Discord {
    /// Opens on a free port of loopback, without people.
    ///
    /// # Errors
    /// There is no port, thread or file handle to be had.
    pub fn open() -> io::Result<Self> {
        let town = Arc::new(Mutex::new(Town::new()));
        let gateway = Gateway::new(Arc::clone(&town));
        let honest: Honest = {
            let town = Arc::clone(&town);
            Arc::new(move |heard| rest::answer(&mut locked(&town), heard))
        };
        let front = Front::start_beside((Ipv4Addr::LOCALHOST, 0).into(), honest, gateway.routes())?;
        locked(&town).gateway_url = format!("ws://{}/gateway", front.addr());
        Ok(Self { front, town, gateway })
    }

    /// What `DISCORD_API_BASE` must be: the origin.
    #[must_use]
    pub fn base(&self) -> String {
        self.front.url("")
    }

    /// The bot's token.
    #[must_use]
    pub fn token(&self) -> &'static str {
        TOKEN
    }

    /// A person, who can be written to.
    pub fn person(&self, name: &str) -> u64 {
        self.town().person(name)
    }

    /// A team channel in a server of its own.
    pub fn channel(&self) -> u64 {
        self.town().channel()
    }

    /// The direct messages of the bot with `person`, which exist once somebody wrote there.
    #[must_use]
    pub fn dm(&self, person: u64) -> u64 {
        self.town().dm(person)
    }

    /// From now on the person takes no direct messages (50007), or does again.
    pub fn close_dms(&self, person: u64, closed: bool) {
        self.town().people.entry(person).and_modify(|p| p.closed = closed);
    }

    /// Somebody deletes a channel (10003 from now on).
    pub fn delete_channel(&self, channel: u64) {
        self.town().channels.remove(&channel);
    }

    /// Somebody deletes a message (10008 from now on).
    pub fn delete_message(&self, message: u64) {
        self.town().messages.retain(|m| m.id != message);
    }

    /// The token is not taken any more, or is again.
    pub fn revoke_token(&self, revoked: bool) {
        self.town().revoked = revoked;
    }

    /// More requests than these within any second are refused with 429; interactions are free, as they are there.
    pub fn limit(&self, per_second: usize) {
        self.town().limit = Some(per_second);
    }

    /// Requests that were refused because they came too fast.
    #[must_use]
    pub fn too_fast(&self) -> usize {
        self.town().too_fast
    }

    /// The commands that were registered last.
    #[must_use]
    pub fn commands(&self) -> Vec<Value> {
        self.town().commands.clone()
    }

    /// The messages of a channel as they stand now, oldest first, ephemeral ones of anybody included.
    #[must_use]
    pub fn messages(&self, channel: u64) -> Vec<Value> {
        self.town().in_channel(channel).map(|m| m.json.clone()).collect()
    }

    /// What `person` sees in a channel, as one would read it aloud.
    #[must_use]
    pub fn chat(&self, channel: u64, person: u64) -> String {
        transcript::of(&self.town(), channel, person)
    }

    /// A fault: this status with Discord's JSON error.
    #[must_use]
    pub fn refusal(status: u16, code: u64, message: &str) -> Fault {
        let body = serde_json::json!({ "message": message, "code": code }).to_string();
        Fault::Says { status, headers: vec![("content-type".into(), "application/json".into())], body }
    }

    /// A fault: 429 for this route, or for everything.
    #[must_use]
    pub fn slow_down(after: Duration, global: bool) -> Fault {
        let scope = if global { "global" } else { "user" };
        let (seconds, whole) = (after.as_secs_f64(), after.as_secs_f64().ceil());
        let body =
            serde_json::json!({ "message": "You are being rate limited.", "retry_after": seconds, "global": global });
        let mut headers = vec![
            ("content-type".to_owned(), "application/json".to_owned()),
            ("retry-after".to_owned(), format!("{whole}")),
            ("x-ratelimit-scope".to_owned(), scope.to_owned()),
        ];
        if global {
            headers.push(("x-ratelimit-global".to_owned(), "true".to_owned()));
        }
        Fault::Says { status: 429, headers, body: body.to_string() }
    }

    /// Where messages of a channel are posted, for orders.
    #[must_use]
    pub fn messages_path(channel: u64) -> String {
        format!("/api/v10/channels/{channel}/messages")
    }

    /// The gateway, to cut it.
    #[must_use]
    pub fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    fn town(&self) -> MutexGuard<'_, Town> {
        locked(&self.town)
    }
}

impl Deref for Discord {
    type Target = Front;

    fn deref(&self) -> &Front {
        &self.front
    }
}

fn locked(town: &Mutex<Town>) -> MutexGuard<'_, Town> {
    town.lock().unwrap_or_else(PoisonError::into_inner)
}
