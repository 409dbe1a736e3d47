//! Webhook mode: Telegram brings updates to us. Pure; the route is the web's.

use std::fmt;

use async_trait::async_trait;
use hmac::{Hmac, Mac};
use reqwest::header::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::Sha256;
use url::Url;

use super::{Telegram, update};
use crate::{EventSink, InboundEvent, InboundWebhook, Inbox, Platform, WebhookAnswer, WebhookRequest};

/// Where updates come to, below `PUBLIC_URL`.
pub const PATH: &str = "/hooks/telegram";

/// The header that holds the secret.
pub const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

/// Where Telegram brings updates, and what it says to prove that it is Telegram.
#[derive(Clone)]
pub struct Hook {
    pub(super) url: Url,
    secret: SecretString,
}

/// Why a secret is none that Telegram takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("TELEGRAM_WEBHOOK_SECRET must be 1 to 256 letters, digits, _ or -")]
pub struct NotASecret;

impl Hook {
    /// A hook at `url`.
    pub fn new(url: Url, secret: SecretString) -> Result<Self, NotASecret> {
        let text = secret.expose_secret();
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
        let usable = (1..=256).contains(&text.len()) && text.bytes().all(fits);
        if usable { Ok(Self { url, secret }) } else { Err(NotASecret) }
    }

    /// Does this header prove that the request is Telegram's? Takes the same time whatever it holds.
    #[must_use]
    pub fn verify(&self, header: Option<&[u8]>) -> bool {
        let secret = self.secret.expose_secret().as_bytes();
        let due = keyed(secret, secret).finalize().into_bytes();
        header.is_some_and(|given| keyed(secret, given).verify_slice(&due).is_ok())
    }

    pub(super) fn secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

#[async_trait]
impl InboundWebhook for Telegram {
    fn paths(&self) -> &'static [&'static str] {
        &[PATH]
    }

    /// The secret is all the proof there is, and it is in the headers.
    fn precheck(&self, headers: &HeaderMap) -> Result<(), WebhookAnswer> {
        let given = headers.get(SECRET_HEADER).map(HeaderValue::as_bytes);
        let is_telegram = self.hook.as_ref().is_some_and(|hook| hook.verify(given));
        let refused = if given.is_some() { WebhookAnswer::forged } else { WebhookAnswer::status };
        if is_telegram { Ok(()) } else { Err(refused(403, "the secret does not fit".to_owned())) }
    }

    async fn answer(&self, request: WebhookRequest<'_>, sink: &dyn EventSink, _: &dyn Inbox) -> WebhookAnswer {
        if let Err(refusal) = self.precheck(request.headers) {
            return refusal;
        }
        let Some(event) = arrived(request.body) else { return WebhookAnswer::unreadable() };
        match sink.arrived(event).await {
            Ok(_) => WebhookAnswer::ok("text/plain", ""),
            Err(closed) => WebhookAnswer::not_stored(Platform::Telegram, &closed),
        }
    }
}

/// The update in a request's body; `None` where it is none.
#[must_use]
pub fn arrived(body: &[u8]) -> Option<InboundEvent> {
    let update: Value = serde_json::from_slice(body).ok()?;
    update::arrived(&update).map(|(_, arrived)| arrived)
}

fn keyed(key: &[u8], text: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text);
    mac
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hook(secret: &str) -> Result<Hook, NotASecret> {
        Hook::new(Url::parse("https://coat.example/hooks/telegram").expect("a URL"), secret.to_owned().into())
    }

    #[test]
    fn only_the_very_secret_is_telegrams() {
        let hook = hook("s3cret_-A").expect("a secret");
        assert!(hook.verify(Some(b"s3cret_-A")));
        for header in [None, Some(&b""[..]), Some(b"s3cret_-"), Some(b"s3cret_-AA"), Some(b"S3cret_-A"), Some(b"\xff")]
        {
            assert!(!hook.verify(header), "{header:?}");
        }
        assert!(!format!("{hook:?}").contains("s3cret"));
    }

    proptest! {
        #[test]
        fn a_secret_with_anything_changed_is_not_telegrams(secret in "[A-Za-z0-9_-]{1,256}", place in 0..256_usize, change in 1..=255_u8, other in any::<Vec<u8>>()) {
            let hook = hook(&secret).expect("a secret");
            prop_assert!(hook.verify(Some(secret.as_bytes())));
            let place = place % secret.len();
            let mut changed = secret.clone().into_bytes();
            changed[place] ^= change;
            prop_assert!(!hook.verify(Some(&changed)));
            prop_assert!(!hook.verify(Some(&secret.as_bytes()[..place])));
            prop_assert_eq!(hook.verify(Some(&other)), other == secret.as_bytes());
        }
    }

    #[test]
    fn secrets_that_telegram_refuses_are_refused_first() {
        for bad in ["", "with blank", "ä", &"x".repeat(257)] {
            assert_eq!(hook(bad).err(), Some(NotASecret), "{bad}");
        }
    }

    #[test]
    fn a_body_that_is_no_update_is_nothing() {
        for body in [&b""[..], b"{}", b"[]", b"\xff", br#"{"update_id":"x"}"#] {
            assert_eq!(arrived(body), None);
        }
        assert_eq!(arrived(br#"{"update_id":7}"#).map(|arrived| arrived.external_id).as_deref(), Some("7"));
    }
}
