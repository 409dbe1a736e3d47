//! Webhooks: JSON posted to any address, signed as Standard Webhooks wants it.
//!
//! Receivers check a request with [`signature::verify`] or any Standard Webhooks library, and can tell a repetition by
//! its `webhook-id`.

mod body;
mod outcome;
pub mod signature;

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use coatcheck_domain::delivery::SendOutcome;
use coatcheck_domain::{Clock, Destination};
use secrecy::ExposeSecret;
use url::Url;

use crate::{Capabilities, Channel, Envelope};
use signature::Secret;

pub use body::body;
pub(crate) use outcome::of_error as outcome_of_error;

/// Says which addresses may not be posted to (SSRF). The floor above implements it with the guard of the shops.
pub trait Gate: Send + Sync {
    /// Refuses an address by what can be seen of it: scheme, port, an IP literal.
    ///
    /// # Errors
    /// Why it is refused, without the address's path or query.
    fn check(&self, url: &Url) -> Result<(), String>;

    /// Is this error (one of the client's sources) the guard's own, made while a name was resolved?
    fn is_refusal(&self, error: &(dyn Error + 'static)) -> bool;
}

/// The channel that posts.
pub struct Webhook {
    client: reqwest::Client,
    gate: Arc<dyn Gate>,
    clock: Arc<dyn Clock>,
}

/// Why nothing could be posted at all. Shows neither the address's path nor the secret.
struct Unsendable(String);

impl fmt::Display for Unsendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Webhook {
    /// A channel that posts with `client`, which must follow no redirects, have a timeout, and resolve names through
    /// the guard behind `gate`.
    #[must_use]
    pub fn new(client: reqwest::Client, gate: Arc<dyn Gate>, clock: Arc<dyn Clock>) -> Self {
        Self { client, gate, clock }
    }

    /// The signed request for an envelope.
    fn request(&self, envelope: &Envelope, now: DateTime<Utc>) -> Result<reqwest::RequestBuilder, Unsendable> {
        let Destination::Webhook(url) = &envelope.destination else {
            return Err(Unsendable(format!("{} is no webhook", envelope.destination)));
        };
        self.gate.check(url).map_err(Unsendable)?;
        let secret = envelope.secret.as_ref().ok_or_else(|| Unsendable("the webhook has no secret".to_owned()))?;
        let secret: Secret = secret.expose_secret().parse().map_err(|error| Unsendable(format!("{error}")))?;
        let body = body(&envelope.message);
        let timestamp = now.timestamp();
        Ok(self
            .client
            .post(url.clone())
            .header("content-type", "application/json")
            .header("webhook-id", &envelope.key)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", secret.sign(&envelope.key, timestamp, body.as_bytes()))
            .body(body))
    }
}

#[async_trait]
impl Channel for Webhook {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { edit: false, width: 32, knows_keys_for: None }
    }

    async fn send(&self, envelope: &Envelope) -> SendOutcome {
        let now = self.clock.now();
        let request = match self.request(envelope, now) {
            Ok(request) => request,
            Err(why) => return SendOutcome::GiveUp { why: why.to_string() },
        };
        match request.send().await {
            Ok(response) => outcome::of_answer(response.status(), response.headers(), self.clock.now()),
            Err(error) => outcome::of_error(error, self.gate.as_ref()),
        }
    }
}

#[cfg(test)]
mod tests;
