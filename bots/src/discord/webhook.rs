//! Interactions by HTTP: the answer stands in the response if it is there soon, else "is thinking…" does, and the
//! answer follows.

use async_trait::async_trait;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::Discord;
use super::answer::{CHOICES, DEFER_AFTER, PONG, deferred, offered};
use super::payload::{self, Deed};
use crate::{EventSink, InboundEvent, InboundWebhook, Inbox, Platform, SinkClosed, WebhookAnswer, WebhookRequest};

/// Where interactions come to, below `PUBLIC_URL`.
const PATH: &str = "/hooks/discord";
const SIGNATURE: &str = "x-signature-ed25519";
const TIMESTAMP: &str = "x-signature-timestamp";

#[async_trait]
impl InboundWebhook for Discord {
    fn paths(&self) -> &'static [&'static str] {
        &[PATH]
    }

    fn precheck(&self, headers: &HeaderMap) -> Result<(), WebhookAnswer> {
        let is_signed = headers.contains_key(SIGNATURE) && headers.contains_key(TIMESTAMP);
        if is_signed { Ok(()) } else { Err(WebhookAnswer::status(401, "the request is not signed")) }
    }

    /// Discord sends wrong signatures now and then, and wants 401 for them.
    async fn answer(&self, request: WebhookRequest<'_>, sink: &dyn EventSink, inbox: &dyn Inbox) -> WebhookAnswer {
        let Some(key) = &self.public_key else { return WebhookAnswer::status(404, "interactions come by the gateway") };
        let (signature, timestamp) = (request.header(SIGNATURE), request.header(TIMESTAMP));
        if let Err(why) = key.verify(signature, timestamp, request.body, self.clock.now()) {
            return WebhookAnswer::forged(401, why.to_string());
        }
        let Ok(payload) = std::str::from_utf8(request.body) else { return WebhookAnswer::unreadable() };
        match self.interaction(payload, inbox, sink).await {
            Ok(Some(answer)) => WebhookAnswer::ok("application/json", answer.to_string()),
            Ok(None) => WebhookAnswer::unreadable(),
            Err(closed) => WebhookAnswer::not_stored(Platform::Discord, &closed),
        }
    }
}

impl Discord {
    /// The body that answers an HTTP interaction, whose signature was checked: a pong, completions, the answer, or
    /// "is thinking…". What changes something goes through `sink` first. `None`: the body is no interaction (400).
    ///
    /// # Errors
    /// When it cannot be stored now: the person is told by Discord that nobody answered.
    async fn interaction(
        &self,
        payload: &str,
        inbox: &dyn Inbox,
        sink: &dyn EventSink,
    ) -> Result<Option<Value>, SinkClosed> {
        let Some(heard) = payload::read(payload) else { return Ok(None) };
        match &heard.deed {
            Deed::Ping => return Ok(Some(json!({ "type": PONG }))),
            Deed::Complete { .. } => return Ok(Some(json!({ "type": CHOICES, "data": offered(&heard, inbox).await }))),
            Deed::Text(_) => return Ok(None),
            Deed::Say(_) | Deed::Press { .. } | Deed::Strange => {}
        }
        let arrived = InboundEvent {
            external_id: heard.id.to_string(),
            chat: heard.person.to_string(),
            payload: payload.to_owned(),
            fleeting: false,
        };
        let body = self.callers.wait(heard.id, sink.arrived(arrived), DEFER_AFTER).await?;
        Ok(Some(body.unwrap_or_else(|| deferred(&heard))))
    }
}
