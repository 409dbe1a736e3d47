//! Slack's requests to us, where Socket Mode is not used: events, commands and buttons come to one address. Each is
//! stored, then acknowledged with an empty answer; the answer follows by its `response_url`.

use async_trait::async_trait;
use reqwest::header::HeaderMap;
use serde_json::Value;
use url::form_urlencoded;

use super::payload::{Deed, Heard};
use super::{Slack, payload, signature};
use crate::{EventSink, InboundWebhook, Inbox, Platform, WebhookAnswer, WebhookRequest};

/// Where all of it comes to, below `PUBLIC_URL`.
pub(super) const PATH: &str = "/hooks/slack";
const SIGNATURE: &str = "x-slack-signature";
const TIMESTAMP: &str = "x-slack-request-timestamp";

#[async_trait]
impl InboundWebhook for Slack {
    fn paths(&self) -> &'static [&'static str] {
        &[PATH]
    }

    fn precheck(&self, headers: &HeaderMap) -> Result<(), WebhookAnswer> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !text(SIGNATURE).starts_with("v0=") {
            return Err(WebhookAnswer::status(403, "the request is not signed"));
        }
        if signature::is_fresh(text(TIMESTAMP), self.clock.now()) { Ok(()) } else { Err(forged()) }
    }

    async fn answer(&self, request: WebhookRequest<'_>, sink: &dyn EventSink, inbox: &dyn Inbox) -> WebhookAnswer {
        let (signature, timestamp) = (request.header(SIGNATURE), request.header(TIMESTAMP));
        let is_slacks = self
            .signing_secret
            .as_ref()
            .is_some_and(|secret| signature::fits(secret, signature, timestamp, request.body));
        if let Err(refusal) = self.precheck(request.headers) {
            return refusal;
        }
        if !is_slacks {
            return forged();
        }
        let Some(payload) = read(request.body) else {
            return WebhookAnswer::unreadable();
        };
        if payload["type"] == "url_verification" {
            return WebhookAnswer::ok("text/plain", payload["challenge"].as_str().unwrap_or_default());
        }
        if let Some(Heard { deed: Deed::Complete { argument, typed, .. }, person, .. }) = payload::read(&payload) {
            let options = self.offered(&person, &argument, &typed, inbox).await;
            return WebhookAnswer::ok("application/json", options.to_string());
        }
        // What nobody could answer is acknowledged all the same: Slack would bring it again.
        let Some(event) = payload::event(&payload) else { return WebhookAnswer::ok("text/plain", "") };
        match sink.arrived(event).await {
            Ok(_) => WebhookAnswer::ok("text/plain", ""),
            Err(closed) => WebhookAnswer::not_stored(Platform::Slack, &closed),
        }
    }
}

/// Events are JSON, buttons are JSON in a field of a form, commands are a form.
fn read(body: &[u8]) -> Option<Value> {
    if body.starts_with(b"{") {
        return serde_json::from_slice(body).ok().filter(Value::is_object);
    }
    let form: serde_json::Map<String, Value> =
        form_urlencoded::parse(body).map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect();
    match form.get("payload").and_then(Value::as_str) {
        Some(payload) => serde_json::from_str(payload).ok().filter(Value::is_object),
        None => (!form.is_empty()).then_some(Value::Object(form)),
    }
}

fn forged() -> WebhookAnswer {
    WebhookAnswer::forged(403, "the signature does not fit, or is not fresh")
}
