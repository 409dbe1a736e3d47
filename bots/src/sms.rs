//! Text messages through Twilio: alerts in one segment where they fit, commands as plain words.
//!
//! ```text
//! request ─hook (is it Twilio's?)─▶ texted ─▶ Door                      (stored first)
//! payload ─handle─▶ Inbox ─▶ Reply ─▶ reply ─▶ TwiML, while the request waits; else api
//! Envelope ─send─▶ text ─▶ api ─▶ verdict         in doubt: find, by the short code at the end of each text
//! ```

mod api;
mod find;
mod form;
mod gsm;
pub mod hook;
mod parts;
mod reply;
mod signature;
mod text;
mod texted;
pub mod twiml;
mod verdict;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use coatcheck_domain::delivery::Verdict;
use coatcheck_domain::phone::Phone;
use coatcheck_domain::{Clock, Destination};
use secrecy::SecretString;
use url::Url;

use crate::callers::Callers;
use crate::{Capabilities, Channel, Door, Envelope, Found, Inbox, Message, Pace, Platform, Receiver, Trouble};
use api::{Api, Failure, Refusal};
use find::{Doubts, found, short_code};

/// Where Twilio is, unless `TWILIO_API_BASE` says otherwise.
pub const ORIGIN: &str = "https://api.twilio.com";

/// Texts a second. A number sends 1 (long code) to 3 (toll-free) or more; what is above that waits with Twilio, and
/// answers would wait behind it.
const PER_SECOND: u32 = 3;
/// Between two texts to one phone: they may overtake each other.
const PER_PHONE: Duration = Duration::from_secs(1);
/// Requests in flight.
const WIDTH: usize = 8;
/// News of stock that Twilio could not send by then is worth nothing any more.
const ALERT_VALID: Duration = Duration::from_secs(2 * 3600);
/// Other news, and codes.
const NOTICE_VALID: Duration = Duration::from_secs(4 * 3600);
const CODE_VALID: Duration = Duration::from_secs(600);
/// Twilio waits 15 s for the response to a text; the way there and back takes time too.
const PATIENCE: Duration = Duration::from_secs(8);

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
}

/// One sender: the channel that texts, and the receiver that is texted.
pub struct Sms {
    api: Api,
    sender: Sender,
    public_url: Option<Url>,
    opt_out: OptOut,
    seal: Arc<dyn Seal>,
    clock: Arc<dyn Clock>,
    pace: Arc<Pace>,
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
        Self {
            api: Api::new(client, &api_base, &account_sid, auth_token, api_key),
            sender,
            public_url,
            opt_out,
            seal,
            clock,
            pace: Arc::new(Pace::new(PER_SECOND, PER_PHONE)),
            alerts_valid: ALERT_VALID,
            patience: PATIENCE,
            doubts: Doubts::default(),
            callers: Callers::default(),
            trouble: Mutex::default(),
        }
    }

    /// The same at another pace.
    #[must_use]
    pub fn paced(self, pace: Pace) -> Self {
        Self { pace: Arc::new(pace), ..self }
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

    /// Asks Twilio whether it lets us in.
    ///
    /// # Errors
    /// It does not, or does not answer.
    pub async fn check(&self) -> Result<(), Trouble> {
        let checked = self.api.check(self.clock.now()).await.map_err(|failure| troubled(&self.noted(failure)));
        *self.trouble_now() = checked.as_ref().err().map(ToString::to_string);
        checked
    }

    /// One text to one phone.
    async fn say(&self, to: &Phone, body: String, valid: Duration) -> Result<Option<String>, Failure> {
        let (from, sender) = match &self.sender {
            Sender::Number(number) => ("From", number.expose().to_owned()),
            Sender::Service(service) => ("MessagingServiceSid", service.clone()),
        };
        // Twilio takes 1 to 36,000 seconds.
        let valid = valid.as_secs().clamp(1, 36_000).to_string();
        let mut form = vec![("To", to.expose().to_owned()), (from, sender), ("Body", body), ("ValidityPeriod", valid)];
        let callback = self.public_url.as_ref().and_then(|url| below(url, hook::STATUSES));
        form.extend(callback.map(|url| ("StatusCallback", url.to_string())));
        let said = self.api.create(&form, self.clock.now()).await.map_err(|failure| self.noted(failure));
        if said.is_ok() {
            *self.trouble_now() = None;
        }
        said
    }

    /// Keeps still when Twilio names a wait, and remembers what will not get better by itself.
    fn noted(&self, failure: Failure) -> Failure {
        if let Failure::Refused(Refusal { status: 429, after: Some(after), .. }) = &failure {
            self.pace.hold(self.clock.monotonic() + *after);
        }
        if let Verdict::Hold { why, .. } = verdict::of_send(&failure) {
            *self.trouble_now() = Some(why);
        }
        failure
    }

    fn valid(&self, envelope: &Envelope) -> Duration {
        match &envelope.message {
            Message::Alert(_) => self.alerts_valid,
            Message::Notice(_) if envelope.key.starts_with("c:") => CODE_VALID,
            Message::Notice(_) => NOTICE_VALID,
        }
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
impl Channel for Sms {
    fn name(&self) -> &'static str {
        "sms"
    }

    /// Twilio knows no keys: what may have arrived is looked for at any age.
    fn capabilities(&self) -> Capabilities {
        Capabilities { edit: false, width: WIDTH, knows_keys_for: Some(Duration::ZERO) }
    }

    async fn send(&self, envelope: &Envelope) -> Verdict {
        let Destination::Sms(phone) = &envelope.destination else {
            return Verdict::GiveUp { why: format!("{} is no phone", envelope.destination) };
        };
        let body = text::message(&envelope.message, &short_code(&envelope.key), self.public_url.as_ref());
        let verdict = match self.say(phone, body, self.valid(envelope)).await {
            Ok(provider_ref) => Verdict::Sent { provider_ref },
            Err(failure) => verdict::of_send(&failure),
        };
        match &verdict {
            Verdict::Unknown { .. } => self.doubts.begin(&envelope.key, self.clock.monotonic()),
            _ => self.doubts.end(&envelope.key),
        }
        verdict
    }

    async fn find(&self, envelope: &Envelope) -> Found {
        let Destination::Sms(phone) = &envelope.destination else { return Found::NotHere };
        let age = self.doubts.age(&envelope.key, self.clock.monotonic());
        let (now, code) = (self.clock.now(), short_code(&envelope.key));
        let found = match self.api.list(phone, now).await {
            Ok(page) => found(&page, &code, age, now),
            // Who cannot look knows nothing: better late than twice.
            Err(failure) => Found::NotYet { why: format!("it cannot be looked for: {}", self.noted(failure)) },
        };
        if matches!(found, Found::Here { .. }) {
            self.doubts.end(&envelope.key);
        }
        found
    }

    fn pace(&self) -> Option<Arc<Pace>> {
        Some(Arc::clone(&self.pace))
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
    async fn listen(&self, _: &dyn Door) -> Result<(), Trouble> {
        self.check().await?;
        std::future::pending().await
    }

    async fn handle(&self, payload: &str, inbox: &dyn Inbox) -> Result<(), Trouble> {
        self.handled(payload, inbox).await
    }

    fn trouble(&self) -> Option<String> {
        self.trouble_now().clone()
    }
}

/// What a failed call means for the connection.
fn troubled(failure: &Failure) -> Trouble {
    match verdict::of_send(failure) {
        Verdict::Hold { why, after } => Trouble { why, after, fatal: true },
        Verdict::Retry { why, after } => Trouble { why, after, fatal: false },
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
