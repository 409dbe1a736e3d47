//! Alerts and their edits: one request each, what came of it, and a look for one that is in doubt.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use coatcheck_domain::Destination;
use coatcheck_domain::delivery::SendOutcome;
use serde_json::{Value, json};

use super::api::Failure;
use super::blocks::{self, Shown};
use super::{Slack, lock, outcome};
use crate::{Capabilities, Channel, Envelope, Found, RateLimiter};

/// Requests in flight.
const WIDTH: usize = 8;
/// How many messages are looked through.
const LOOKED_THROUGH: usize = 100;
/// What our messages are marked with, so that one in doubt can be found.
const EVENT: &str = "coatcheck_delivery";

#[async_trait]
impl Channel for Slack {
    fn name(&self) -> &'static str {
        "slack"
    }

    /// Slack knows no keys: what may have arrived is looked for at any age.
    fn capabilities(&self) -> Capabilities {
        Capabilities { edit: true, width: WIDTH, knows_keys_for: Some(Duration::ZERO) }
    }

    async fn send(&self, envelope: &Envelope) -> SendOutcome {
        let Destination::Slack { id, .. } = &envelope.destination else {
            return SendOutcome::GiveUp { why: format!("{} is not on Slack", envelope.destination) };
        };
        let mut body = body(&blocks::message(&envelope.message, &envelope.buttons));
        // A person's id opens the direct messages with them.
        body["channel"] = id.as_str().into();
        if let Some((_, ts)) = envelope.answers().and_then(|before| before.split_once('/')) {
            (body["thread_ts"], body["reply_broadcast"]) = (ts.into(), true.into());
        }
        body["metadata"] = json!({ "event_type": EVENT, "event_payload": { "key": envelope.key } });
        match self.api.call("chat.postMessage", &body).await {
            Ok(posted) => SendOutcome::Sent { provider_ref: provider_ref(&posted) },
            Err(failure) => outcome::of_send(&failure),
        }
    }

    async fn edit(&self, envelope: &Envelope, provider_ref: &str) -> SendOutcome {
        let Some((channel, ts)) = provider_ref.split_once('/') else {
            return SendOutcome::GiveUp { why: format!("{provider_ref:?} is no message on Slack") };
        };
        let mut body = body(&blocks::message(&envelope.message, &envelope.buttons));
        (body["channel"], body["ts"]) = (channel.into(), ts.into());
        match self.api.call("chat.update", &body).await {
            Ok(_) => SendOutcome::Sent { provider_ref: Some(provider_ref.to_owned()) },
            Err(failure) => outcome::of_edit(&failure),
        }
    }

    async fn find(&self, envelope: &Envelope) -> Found {
        match self.looked(envelope).await {
            Ok(found) => found,
            Err(failure) => Found::NotYet { why: failure.to_string() },
        }
    }

    fn rate_limiter(&self) -> Option<Arc<RateLimiter>> {
        Some(Arc::clone(&self.limiter))
    }
}

impl Slack {
    async fn looked(&self, envelope: &Envelope) -> Result<Found, Failure> {
        let Destination::Slack { id, .. } = &envelope.destination else { return Ok(Found::NotHere) };
        let channel = self.channel_of(id).await?;
        let limit = LOOKED_THROUGH.to_string();
        let query = [("channel", channel.as_str()), ("limit", &limit), ("include_all_metadata", "true")];
        let history = self.api.get("conversations.history", &query).await?;
        let messages = history["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_ours = |message: &&Value| {
            let metadata = &message["metadata"];
            metadata["event_type"] == EVENT && metadata["event_payload"]["key"] == envelope.key.as_str()
        };
        if let Some(ts) = messages.iter().find(is_ours).and_then(|message| message["ts"].as_str()) {
            return Ok(Found::Here { provider_ref: format!("{channel}/{ts}") });
        }
        Ok(if messages.len() < LOOKED_THROUGH { Found::NotHere } else { Found::CannotTell })
    }

    /// A channel's own id; of a person, the direct messages with them, opened once.
    pub(super) async fn channel_of(&self, id: &str) -> Result<String, Failure> {
        if !id.starts_with(['U', 'W']) {
            return Ok(id.to_owned());
        }
        if let Some(known) = lock(&self.dms).get(id) {
            return Ok(known.clone());
        }
        let opened = self.api.call("conversations.open", &json!({ "users": id })).await?;
        let channel = opened["channel"]["id"].as_str().unwrap_or_default().to_owned();
        if channel.is_empty() {
            return Err(Failure::NoAnswer("the direct channel has no id".to_owned()));
        }
        lock(&self.dms).insert(id.to_owned(), channel.clone());
        Ok(channel)
    }
}

/// No previews: they would show the shop's words and picture as ours.
pub(super) fn body(shown: &Shown) -> Value {
    json!({ "text": shown.text, "blocks": shown.blocks, "unfurl_links": false, "unfurl_media": false })
}

/// `channel/ts`.
fn provider_ref(posted: &Value) -> Option<String> {
    Some(format!("{}/{}", posted["channel"].as_str()?, posted["ts"].as_str()?))
}
