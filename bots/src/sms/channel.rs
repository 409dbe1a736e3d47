//! Texts of ours: one request each, what came of it, and a look for one that is in doubt.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use coatcheck_domain::Destination;
use coatcheck_domain::delivery::SendOutcome;
use coatcheck_domain::phone::Phone;

use super::api::{Failure, Refusal};
use super::find::{found, short_code};
use super::text::Links;
use super::{Sender, Sms, below, hook, outcome, text};
use crate::{Capabilities, Channel, Envelope, Found, Message, RateLimiter};

/// Requests in flight.
const WIDTH: usize = 8;
/// Other news, answers and codes that Twilio could not send by then are dropped.
pub(super) const NOTICE_VALID: Duration = Duration::from_secs(4 * 3600);
const CODE_VALID: Duration = Duration::from_secs(600);

#[async_trait]
impl Channel for Sms {
    fn name(&self) -> &'static str {
        "sms"
    }

    /// Twilio knows no keys: what may have arrived is looked for at any age.
    fn capabilities(&self) -> Capabilities {
        Capabilities { edit: false, width: WIDTH, knows_keys_for: Some(Duration::ZERO) }
    }

    async fn send(&self, envelope: &Envelope) -> SendOutcome {
        let Destination::Sms(phone) = &envelope.destination else {
            return SendOutcome::GiveUp { why: format!("{} is no phone", envelope.destination) };
        };
        let name = |variant| self.seal.link(variant);
        let links = self.public_url.as_ref().map(|below| Links { below, name: &name });
        let body = text::message(&envelope.message, &short_code(&envelope.key), links.as_ref());
        let outcome = match self.say(phone, body, self.valid(envelope)).await {
            Ok(provider_ref) => SendOutcome::Sent { provider_ref },
            Err(failure) => outcome::of_send(&failure),
        };
        match &outcome {
            SendOutcome::Unknown { .. } => self.doubts.begin(&envelope.key, self.clock.monotonic()),
            _ => self.doubts.end(&envelope.key),
        }
        outcome
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

    fn rate_limiter(&self) -> Option<Arc<RateLimiter>> {
        Some(Arc::clone(&self.limiter))
    }
}

impl Sms {
    /// One text to one phone.
    pub(super) async fn say(&self, to: &Phone, body: String, valid: Duration) -> Result<Option<String>, Failure> {
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
    pub(super) fn noted(&self, failure: Failure) -> Failure {
        if let Failure::Refused(Refusal { status: 429, after: Some(after), .. }) = &failure {
            self.limiter.hold(self.clock.monotonic() + *after);
        }
        if let SendOutcome::Hold { why, .. } = outcome::of_send(&failure) {
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
}
