//! Slack: alerts as blocks, commands as slash commands, buttons and words.
//!
//! ```text
//! envelope ─socket─▶ EventSink           (Socket Mode: stored first, acknowledged then)
//! request  ─webhook (is it Slack's?)─▶ EventSink
//! payload  ─payload─▶ Inbox ─▶ Reply ─▶ blocks ─▶ api, by response_url or as a message
//! Envelope ─channel─▶ blocks ─▶ api ─▶ outcome        in doubt: the channel's history, by the message's metadata
//! ```

mod answer;
mod api;
mod blocks;
mod channel;
pub mod manifest;
mod outcome;
mod payload;
mod signature;
mod socket;
mod text;
mod views;
mod webhook;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use coatcheck_domain::Clock;
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::{OnceCell, mpsc};
use url::Url;

use crate::{ChatPlatform, DeepLink, EventSink, InboundWebhook, Inbox, Platform, RateLimiter, Receiver, Trouble};
use api::Api;

/// Where the Web API is, unless `SLACK_API_BASE` says otherwise.
pub const API: &str = "https://slack.com/api";

/// Messages a second over all channels. Slack allows "several hundred" a minute in a workspace.
const PER_SECOND: u32 = 5;
/// Between two messages to one channel.
const PER_CHANNEL: Duration = Duration::from_secs(1);

/// Slack pings every few seconds: after so long without any frame a connection is dead.
const SILENCE: Duration = Duration::from_secs(60);

/// What is wrong until Socket Mode says hello.
const NOT_YET: &str = "Socket Mode is not connected yet";

/// What is needed to speak on Slack.
pub struct Settings {
    /// `SLACK_API_BASE`; [`API`] as a rule.
    pub api_base: Url,
    /// `SLACK_BOT_TOKEN`.
    pub bot_token: SecretString,
    /// `SLACK_APP_TOKEN`: events come by Socket Mode.
    pub app_token: Option<SecretString>,
    /// `SLACK_SIGNING_SECRET`: events come as HTTP requests signed with it. The app token wins.
    pub signing_secret: Option<SecretString>,
}

/// One app in one workspace: the channel that sends, and the receiver that listens.
pub struct Slack {
    api: Api,
    app_token: Option<SecretString>,
    signing_secret: Option<SecretString>,
    clock: Arc<dyn Clock>,
    limiter: Arc<RateLimiter>,
    /// The direct channel of each person, opened once.
    dms: Mutex<HashMap<String, String>>,
    /// Our workspace and our own id in it, asked once.
    own_id: OnceCell<(String, String)>,
    trouble: Mutex<Option<String>>,
    /// After so long without any frame a connection of Socket Mode is dead.
    silence: Duration,
    /// Where the listening loop takes what the form's fields offer.
    offers: Mutex<Option<mpsc::Sender<Offer>>>,
}

/// An envelope of Socket Mode, and what its acknowledgement brings.
type Offer = (String, Value);

impl Slack {
    /// An app that makes its requests with `client`, which must have a timeout and follow no redirects.
    #[must_use]
    pub fn new(settings: Settings, client: reqwest::Client, clock: Arc<dyn Clock>) -> Self {
        let Settings { api_base, bot_token, app_token, signing_secret } = settings;
        let not_yet = app_token.as_ref().map(|_| NOT_YET.to_owned());
        Self {
            api: Api::new(client, &api_base, bot_token, Arc::clone(&clock)),
            signing_secret: signing_secret.filter(|_| app_token.is_none()),
            app_token,
            clock,
            limiter: Arc::new(RateLimiter::new(PER_SECOND, PER_CHANNEL)),
            dms: Mutex::default(),
            own_id: OnceCell::new(),
            trouble: Mutex::new(not_yet),
            silence: SILENCE,
            offers: Mutex::default(),
        }
    }

    /// The same at another rate.
    #[must_use]
    pub fn limited_by(self, limiter: RateLimiter) -> Self {
        Self { limiter: Arc::new(limiter), ..self }
    }

    /// The same with another patience for silent connections.
    #[must_use]
    pub fn patient_for(self, silence: Duration) -> Self {
        Self { silence, ..self }
    }

    /// As `app` and `web` need it.
    #[must_use]
    pub fn platform(self: Arc<Self>) -> ChatPlatform {
        let webhook = self.signing_secret.is_some().then(|| Arc::clone(&self) as Arc<dyn InboundWebhook>);
        ChatPlatform { channel: Arc::clone(&self) as _, receiver: self as _, webhook }
    }

    /// Hands what a field offers to the connection that asked. One that is gone asks again with the next letter.
    fn offer(&self, envelope: Option<&str>, options: Value) {
        let listening = lock(&self.offers).clone();
        if let (Some(envelope), Some(listening)) = (envelope, listening) {
            let _gone = listening.try_send((envelope.to_owned(), options));
        }
    }

    /// Notes whether the connection is healthy, and hands the result on.
    fn noted<T>(&self, result: Result<T, Trouble>) -> Result<T, Trouble> {
        *lock(&self.trouble) = result.as_ref().err().map(ToString::to_string);
        result
    }
}

impl fmt::Debug for Slack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slack").field("by_socket", &self.app_token.is_some()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Receiver for Slack {
    fn platform(&self) -> Platform {
        Platform::Slack
    }

    /// Slack takes its commands from the app's manifest, which an administrator installs. Whether the token is good is
    /// asked here.
    async fn register(&self) -> Result<(), Trouble> {
        let checked = self.api.call("auth.test", &serde_json::json!({})).await;
        checked.map(drop).map_err(|failure| outcome::trouble(&failure))
    }

    /// Opens our direct messages in the app. Slack says nothing there by itself.
    async fn deep_link(&self, _word: &str) -> Option<DeepLink> {
        let ask = async {
            let me = self
                .api
                .call("auth.test", &serde_json::json!({}))
                .await
                .map_err(|failure| outcome::trouble(&failure))?;
            let id = |name: &str| me[name].as_str().unwrap_or_default().to_owned();
            Ok::<_, Trouble>((id("team_id"), id("user_id")))
        };
        let (team, user) = self.own_id.get_or_try_init(|| ask).await.ok()?;
        let is_id = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric());
        (is_id(team) && is_id(user))
            .then(|| DeepLink { url: format!("slack://user?team={team}&id={user}"), says_it: false })
    }

    async fn self_check(&self) -> Result<String, Trouble> {
        let me =
            self.api.call("auth.test", &serde_json::json!({})).await.map_err(|failure| outcome::trouble(&failure))?;
        let way = if self.app_token.is_some() { "Socket Mode" } else { "HTTP requests" };
        Ok(format!(
            "logged in as {} in {}, events by {way}",
            me["user"].as_str().unwrap_or("the app"),
            me["team"].as_str().unwrap_or("a workspace")
        ))
    }

    async fn listen(&self, sink: &dyn EventSink) -> Result<(), Trouble> {
        let Some(token) = &self.app_token else { return std::future::pending().await };
        let ended = self.listen_at_socket(token, sink).await;
        self.noted(ended)
    }

    async fn handle(&self, payload: &str, inbox: &dyn Inbox) -> Result<(), Trouble> {
        self.handled(payload, inbox).await
    }

    fn trouble(&self) -> Option<String> {
        lock(&self.trouble).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod socket_tests;
#[cfg(test)]
mod tests;
