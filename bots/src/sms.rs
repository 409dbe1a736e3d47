//! Text messages through Twilio: alerts in one segment where they fit, commands as plain words.
//!
//! ```text
//! request ─hook (is it Twilio's?)─▶ texted ─▶ EventSink                      (stored first)
//! payload ─handle─▶ Inbox ─▶ Reply ─▶ reply ─▶ TwiML, while the request waits; else api
//! Envelope ─send─▶ text ─▶ api ─▶ outcome         in doubt: find, by the short code at the end of each text
//! ```

mod api;
mod channel;
mod find;
mod form;
mod gsm;
mod hook;
mod outcome;
mod parts;
mod reply;
mod signature;
mod text;
mod texted;
mod twiml;
mod webhook;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use coatcheck_domain::Clock;
use coatcheck_domain::delivery::SendOutcome;
use coatcheck_domain::phone::Phone;
use secrecy::SecretString;
use url::Url;

use crate::callers::Callers;
use crate::{ChatPlatform, EventSink, InboundWebhook, Inbox, Platform, RateLimiter, Receiver, Trouble};
use api::{Api, Failure};
use find::Doubts;
use hook::Hook;

/// Where Twilio is, unless `TWILIO_API_BASE` says otherwise.
pub const ORIGIN: &str = "https://api.twilio.com";

/// Texts a second. A number sends 1 (long code) to 3 (toll-free) or more; what is above that waits with Twilio, and
/// answers would wait behind it.
const PER_SECOND: u32 = 3;
/// Between two texts to one phone: they may overtake each other.
const PER_PHONE: Duration = Duration::from_secs(1);
/// News of stock that Twilio could not send by then is worth nothing any more.
const ALERT_VALID: Duration = Duration::from_secs(2 * 3600);
/// Twilio waits 15 s for the response to a text; the way there and back takes time too.
const ANSWER_WITHIN: Duration = Duration::from_secs(8);

/// What is needed to text.
pub struct Settings {
    /// `TWILIO_API_BASE`; [`ORIGIN`] as a rule.
    pub api_base: Url,
    /// `TWILIO_ACCOUNT_SID`.
    pub account_sid: String,
    /// `TWILIO_AUTH_TOKEN`: signs what Twilio brings, and proves who we are where there is no API key.
    pub auth_token: SecretString,
    /// `TWILIO_API_KEY_SID` and `TWILIO_API_KEY_SECRET`.
    pub api_key: Option<(String, SecretString)>,
    /// Who texts.
    pub sender: Sender,
    /// `PUBLIC_URL`: links begin with it, and statuses are brought there.
    pub public_url: Option<Url>,
    /// `TWILIO_OPTOUT`.
    pub opt_out: OptOut,
}

/// Who texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// `TWILIO_FROM`: one number.
    Number(Phone),
    /// `TWILIO_MESSAGING_SERVICE_SID`: a Messaging Service, which chooses among its numbers.
    Service(String),
}

/// Who answers STOP, START and HELP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptOut {
    /// Twilio, as it does unless it is told not to. What the words do is done all the same.
    Twilio,
    /// We.
    Own,
}

/// Keeps numbers out of what is stored. The floor above implements it with its keys.
pub trait Seal: Send + Sync {
    /// The number, readable by nobody without the key.
    fn seal(&self, phone: &Phone) -> String;

    /// What was sealed; `None` where the key is another one.
    fn open(&self, sealed: &str) -> Option<Phone>;

    /// Names the number without telling it: the same number has always the same name.
    fn chat(&self, phone: &Phone) -> String;

    /// Names the short link to a variant, so that nobody finds it by counting.
    fn link(&self, variant: i64) -> String;
}

/// One sender: the channel that texts, and the receiver that is texted.
pub struct Sms {
    api: Api,
    sender: Sender,
    public_url: Option<Url>,
    opt_out: OptOut,
    seal: Arc<dyn Seal>,
    clock: Arc<dyn Clock>,
    limiter: Arc<RateLimiter>,
    hook: Option<Hook>,
    alerts_valid: Duration,
    patience: Duration,
    doubts: Doubts,
    /// Requests that wait for their TwiML, by the text's SID.
    callers: Callers<String, String>,
    trouble: Mutex<Option<String>>,
}

impl Sms {
    /// A sender that makes its requests with `client`, which must have a timeout and follow no redirects.
    #[must_use]
    pub fn new(settings: Settings, client: reqwest::Client, clock: Arc<dyn Clock>, seal: Arc<dyn Seal>) -> Self {
        let Settings { api_base, account_sid, auth_token, api_key, sender, public_url, opt_out } = settings;
        let hook = public_url.clone().map(|url| Hook::new(url, auth_token.clone()));
        Self {
            hook,
            api: Api::new(client, &api_base, &account_sid, auth_token, api_key),
            sender,
            public_url,
            opt_out,
            seal,
            clock,
            limiter: Arc::new(RateLimiter::new(PER_SECOND, PER_PHONE)),
            alerts_valid: ALERT_VALID,
            patience: ANSWER_WITHIN,
            doubts: Doubts::default(),
            callers: Callers::default(),
            trouble: Mutex::default(),
        }
    }

    /// The same at another rate.
    #[must_use]
    pub fn limited_by(self, limiter: RateLimiter) -> Self {
        Self { limiter: Arc::new(limiter), ..self }
    }

    /// The same, but news of stock that Twilio could not send within `valid` is dropped there.
    #[must_use]
    pub fn with_alerts_valid(self, valid: Duration) -> Self {
        Self { alerts_valid: valid, ..self }
    }

    /// The same, but an answer that is not there after `patience` follows as a text of its own.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// As `app` and `web` need it.
    #[must_use]
    pub fn platform(self: Arc<Self>) -> ChatPlatform {
        let webhook = self.hook.is_some().then(|| Arc::clone(&self) as Arc<dyn InboundWebhook>);
        ChatPlatform { channel: Arc::clone(&self) as _, receiver: self as _, webhook }
    }

    /// Asks Twilio whether it lets us in.
    ///
    /// # Errors
    /// It does not, or does not answer.
    pub async fn check(&self) -> Result<(), Trouble> {
        let checked = self.api.check(self.clock.now()).await.map_err(|failure| troubled(&self.noted(failure)));
        *self.trouble_now() = checked.as_ref().err().map(ToString::to_string);
        checked
    }

    fn trouble_now(&self) -> MutexGuard<'_, Option<String>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sms").field("sender", &self.sender).field("opt_out", &self.opt_out).finish_non_exhaustive()
    }
}

#[async_trait]
impl Receiver for Sms {
    fn platform(&self) -> Platform {
        Platform::Sms
    }

    /// There is nothing to register: people type words.
    async fn register(&self) -> Result<(), Trouble> {
        Ok(())
    }

    /// Texts are brought to the web's route. Whether Twilio lets us in is found out before the first one has to go.
    async fn listen(&self, _: &dyn EventSink) -> Result<(), Trouble> {
        self.check().await?;
        std::future::pending().await
    }

    async fn handle(&self, payload: &str, inbox: &dyn Inbox) -> Result<(), Trouble> {
        self.handled(payload, inbox).await
    }

    async fn self_check(&self) -> Result<String, Trouble> {
        self.check().await?;
        Ok("Twilio accepts the credentials".to_owned())
    }

    fn trouble(&self) -> Option<String> {
        self.trouble_now().clone()
    }
}

/// What a failed call means for the connection.
fn troubled(failure: &Failure) -> Trouble {
    match outcome::of_send(failure) {
        SendOutcome::Hold { why, after } => Trouble { why, after, fatal: true },
        SendOutcome::Retry { why, after } => Trouble { why, after, fatal: false },
        _ => Trouble { why: failure.to_string(), after: None, fatal: false },
    }
}

/// An address below the one the world sees, which may have a path of its own.
fn below(public_url: &Url, path: &str) -> Option<Url> {
    let mut base = public_url.clone();
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", base.path()));
    }
    base.join(path.trim_start_matches('/')).ok()
}

#[cfg(test)]
mod tests;
