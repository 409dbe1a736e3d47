//! Discord: alerts as embeds in direct messages and team channels, commands as interactions.
//!
//! Bodies, routes, the gateway and signatures are serenity's; the requests are made here, because serenity keeps
//! neither Retry-After nor the body of a 429.

mod answer;
mod api;
mod check;
mod escape;
mod failure;
mod gateway;
mod health;
mod invalid;
mod payload;
mod register;
mod render;
mod reply;
mod send;
mod signature;
mod webhook;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use coatcheck_domain::Clock;
use coatcheck_domain::delivery::SendOutcome;
use secrecy::SecretString;
use serde_json::Value;
use serenity::http::Route;
use tokio::sync::OnceCell;
use url::Url;

use crate::callers::Callers;
use crate::{
    Capabilities, Channel, ChatPlatform, Command, DeepLink, Envelope, EventSink, Found, InboundWebhook, Inbox,
    Platform, RateLimiter, Receiver, Trouble,
};
use api::Api;
use health::Health;
use invalid::Invalid;

pub use signature::{BadKey, PublicKey, Unverified};

/// Where Discord is, unless `DISCORD_API_BASE` says otherwise.
pub const ORIGIN: &str = "https://discord.com";

/// Requests per second. Discord takes 50 of a bot: a full bucket and what flows into it within a second are fewer.
const PER_SECOND: u32 = 38;

/// What is needed to speak on Discord.
pub struct Settings {
    /// `DISCORD_TOKEN`.
    pub token: SecretString,
    /// `DISCORD_API_BASE`, the origin alone; [`ORIGIN`] as a rule.
    pub base: Url,
    /// `DISCORD_PUBLIC_KEY`: interactions come as HTTP requests signed with it, and the gateway is not used.
    pub public_key: Option<PublicKey>,
    /// Which commands people are shown.
    pub shows: fn(Command) -> bool,
}

/// One bot: the channel that sends, and the receiver that listens.
pub struct Discord {
    api: Api,
    public_key: Option<PublicKey>,
    shows: fn(Command) -> bool,
    clock: Arc<dyn Clock>,
    limiter: Arc<RateLimiter>,
    invalid: Mutex<Invalid>,
    health: Arc<Health>,
    callers: Callers<u64, Value>,
    /// The direct channel of each person, opened once.
    dms: Mutex<HashMap<u64, u64>>,
    /// Our own id, asked once.
    own_id: OnceCell<String>,
}

impl Discord {
    /// A bot that makes its requests with `client`, which must have a timeout and follow no redirects.
    #[must_use]
    pub fn new(settings: Settings, client: reqwest::Client, clock: Arc<dyn Clock>) -> Self {
        Self {
            api: Api::new(settings.token, &settings.base, client),
            public_key: settings.public_key,
            shows: settings.shows,
            limiter: Arc::new(RateLimiter::new(PER_SECOND, Duration::ZERO)),
            invalid: Mutex::default(),
            health: Arc::new(Health::new(Arc::clone(&clock))),
            callers: Callers::default(),
            dms: Mutex::default(),
            own_id: OnceCell::new(),
            clock,
        }
    }

    /// The same at another rate.
    #[must_use]
    pub fn limited_by(self, limiter: RateLimiter) -> Self {
        Self { limiter: Arc::new(limiter), ..self }
    }

    /// As `app` and `web` need it.
    #[must_use]
    pub fn platform(self: Arc<Self>) -> ChatPlatform {
        let webhook = self.is_by_http().then(|| Arc::clone(&self) as Arc<dyn InboundWebhook>);
        ChatPlatform { channel: Arc::clone(&self) as _, receiver: self as _, webhook }
    }

    fn is_by_http(&self) -> bool {
        self.public_key.is_some()
    }

    fn invalid(&self) -> MutexGuard<'_, Invalid> {
        self.invalid.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Discord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Discord").field("by_http", &self.is_by_http()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Channel for Discord {
    fn name(&self) -> &'static str {
        "discord"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { edit: true, width: 32, knows_keys_for: Some(Duration::from_secs(120)) }
    }

    async fn send(&self, envelope: &Envelope) -> SendOutcome {
        self.tell(envelope).await
    }

    async fn edit(&self, envelope: &Envelope, provider_ref: &str) -> SendOutcome {
        self.change(envelope, provider_ref).await
    }

    async fn find(&self, envelope: &Envelope) -> Found {
        self.look_for(envelope).await
    }

    fn rate_limiter(&self) -> Option<Arc<RateLimiter>> {
        Some(Arc::clone(&self.limiter))
    }
}

#[async_trait]
impl Receiver for Discord {
    fn platform(&self) -> Platform {
        Platform::Discord
    }

    async fn register(&self) -> Result<(), Trouble> {
        self.register_commands().await
    }

    /// By HTTP there is nothing to listen to: the web floor brings in what comes.
    async fn listen(&self, sink: &dyn EventSink) -> Result<(), Trouble> {
        if self.is_by_http() { std::future::pending().await } else { self.listen_at_gateway(sink).await }
    }

    async fn handle(&self, payload: &str, inbox: &dyn Inbox) -> Result<(), Trouble> {
        self.handled(payload, inbox).await
    }

    fn trouble(&self) -> Option<String> {
        if self.is_by_http() { None } else { self.health.trouble() }
    }

    /// Our profile, where "Message" opens the chat. Discord says nothing there by itself.
    async fn deep_link(&self, _word: &str) -> Option<DeepLink> {
        let ask = async {
            let me = self.api.get(Route::UserMe, Vec::new()).await.map_err(failure::Failure::trouble)?;
            Ok::<_, Trouble>(me["id"].as_str().unwrap_or_default().to_owned())
        };
        let id = self.own_id.get_or_try_init(|| ask).await.ok()?;
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Some(DeepLink { url: format!("https://discord.com/users/{id}"), says_it: false })
    }

    async fn self_check(&self) -> Result<String, Trouble> {
        self.checked().await
    }
}

#[cfg(test)]
mod tests;
