//! Web push: notifications that a browser shows although the page is closed. The text is sealed for that browser (RFC 8291); its
//! push service knows us by a key (RFC 8292) and reads nothing.

mod crypt;
mod notification;
mod subscription;
mod vapid;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use coatcheck_domain::Clock;
use coatcheck_domain::delivery::SendOutcome;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use secrecy::ExposeSecret;

use crate::webhook::{Gate, outcome_of_error};
use crate::wire::retry_after;
use crate::{Capabilities, Channel, Envelope};
use crypt::Fresh;

pub use subscription::Subscription;
pub use vapid::Vapid;

/// A push service keeps what it cannot deliver for so long: later it is no news.
const KEPT: Duration = Duration::from_secs(2 * 3600);

/// Our key, wherever it is kept.
#[async_trait]
pub trait OwnKey: Send + Sync {
    /// The key.
    ///
    /// # Errors
    /// Why there is none now.
    async fn key(&self) -> Result<Vapid, String>;
}

/// 32 bytes that nobody can guess.
pub type Random = Arc<dyn Fn() -> [u8; 32] + Send + Sync>;

/// The channel that pushes.
pub struct Push {
    client: reqwest::Client,
    gate: Arc<dyn Gate>,
    clock: Arc<dyn Clock>,
    own_key: Arc<dyn OwnKey>,
    random: Random,
    contact: Option<String>,
}

impl Push {
    /// A channel that posts with `client`, which must follow no redirects, have a timeout, and resolve names through the guard
    /// behind `gate`. `contact`: a `mailto:` or `https:` address of who runs this, which push services want to know.
    #[must_use]
    pub fn new(
        client: reqwest::Client,
        gate: Arc<dyn Gate>,
        clock: Arc<dyn Clock>,
        own_key: Arc<dyn OwnKey>,
        random: Random,
        contact: Option<String>,
    ) -> Self {
        Self { client, gate, clock, own_key, random, contact }
    }

    /// The request, or what came of the lack of one.
    async fn request(&self, envelope: &Envelope) -> Result<reqwest::RequestBuilder, SendOutcome> {
        let give_up = |why: &str| SendOutcome::GiveUp { why: why.to_owned() };
        let stored = envelope.secret.as_ref().map(|secret| Subscription::from_stored(secret.expose_secret()));
        let Some(Some(to)) = stored else {
            return Err(SendOutcome::AddressGone { why: "the browser's subscription is missing".to_owned() });
        };
        self.gate.check(to.endpoint()).map_err(|why| SendOutcome::GiveUp { why })?;
        let key = self.own_key.key().await.map_err(|why| SendOutcome::Retry { after: None, why })?;
        let mut salt = [0; 16];
        salt.copy_from_slice(&(self.random)()[..16]);
        let fresh = Fresh { salt, key: crypt::secret_key(&mut || (self.random)()) };
        let text = notification::notification(envelope);
        let body = crypt::sealed(text.as_bytes(), &to, &fresh).ok_or_else(|| give_up("the message is too long"))?;
        let authorization = key.authorization(to.endpoint(), self.contact.as_deref(), self.clock.now());
        Ok(self
            .client
            .post(to.endpoint().clone())
            .header("authorization", authorization)
            .header("content-encoding", "aes128gcm")
            .header("content-type", "application/octet-stream")
            .header("ttl", KEPT.as_secs())
            .header("urgency", "high")
            .header("topic", notification::topic(&envelope.key))
            .body(body))
    }

    fn of_answer(&self, status: StatusCode, headers: &HeaderMap) -> SendOutcome {
        let why = format!("the push service answered {status}");
        match status.as_u16() {
            200..=299 => SendOutcome::Sent { provider_ref: None },
            404 | 410 => SendOutcome::AddressGone { why },
            408 | 425 | 429 | 500..=599 => SendOutcome::Retry { after: retry_after(headers, self.clock.now()), why },
            _ => SendOutcome::GiveUp { why },
        }
    }
}

#[async_trait]
impl Channel for Push {
    fn name(&self) -> &'static str {
        "push"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { edit: false, width: 32, knows_keys_for: None }
    }

    async fn send(&self, envelope: &Envelope) -> SendOutcome {
        let request = match self.request(envelope).await {
            Ok(request) => request,
            Err(outcome) => return outcome,
        };
        match request.send().await {
            Ok(response) => self.of_answer(response.status(), response.headers()),
            Err(error) => outcome_of_error(error, self.gate.as_ref()),
        }
    }
}

#[cfg(test)]
mod tests;
