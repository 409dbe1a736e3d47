//! Interactions by HTTP: the answer stands in the response if it is there soon, else "is thinking…" does, and the
//! answer follows.

use std::time::Duration;

use serde_json::{Value, json};

use super::Discord;
use super::answer::{CHOICES, PATIENCE, PONG, deferred, offered};
use super::payload::{self, Deed};
use crate::{EventSink, InboundEvent, Inbox, SinkClosed};

/// The response is on its way while its answer is edited in: Discord says so until it has it.
pub(super) const ON_ITS_WAY: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

impl Discord {
    /// The body that answers an HTTP interaction, whose signature was checked: a pong, completions, the answer, or
    /// "is thinking…". What changes something goes through `sink` first. `None`: the body is no interaction (400).
    ///
    /// # Errors
    /// When it cannot be stored now: the person is told by Discord that nobody answered.
    pub async fn interaction(
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
            Deed::Say(_) | Deed::Press(_) | Deed::Strange => {}
        }
        let arrived = InboundEvent {
            external_id: heard.id.to_string(),
            chat: heard.person.to_string(),
            payload: payload.to_owned(),
            fleeting: false,
        };
        let body = self.callers.wait(heard.id, sink.arrived(arrived), PATIENCE).await?;
        Ok(Some(body.unwrap_or_else(|| deferred(&heard))))
    }
}
