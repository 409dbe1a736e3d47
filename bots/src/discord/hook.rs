//! Interactions by HTTP: the answer stands in the response if it is there soon, else "is thinking…" does, and the
//! answer follows.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::Discord;
use super::answer::{CHOICES, PATIENCE, PONG, deferred, offered};
use super::payload::{self, Deed};
use crate::{Arrived, Door, DoorClosed, Inbox};

/// The response is on its way while its answer is edited in: Discord says so until it has it.
pub(super) const ON_ITS_WAY: [Duration; 4] =
    [Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// Requests that wait for their answer, by the id of their interaction.
#[derive(Default)]
pub(super) struct Callers(Mutex<HashMap<u64, oneshot::Sender<Value>>>);

impl Callers {
    fn calls(&self, id: u64) -> oneshot::Receiver<Value> {
        let (tell, told) = oneshot::channel();
        self.callers().insert(id, tell);
        told
    }

    /// `false`: nobody waits any more.
    pub(super) fn tell(&self, id: u64, body: Value) -> bool {
        let caller = self.callers().remove(&id);
        caller.is_some_and(|caller| caller.send(body).is_ok())
    }

    fn hangs_up(&self, id: u64) {
        self.callers().remove(&id);
    }

    fn callers(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<Value>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Discord {
    /// The body that answers an HTTP interaction, whose signature was checked: a pong, completions, the answer, or
    /// "is thinking…". What changes something goes through `door` first. `None`: the body is no interaction (400).
    ///
    /// # Errors
    /// When it cannot be stored now: the person is told by Discord that nobody answered.
    pub async fn interaction(
        &self,
        payload: &str,
        inbox: &dyn Inbox,
        door: &dyn Door,
    ) -> Result<Option<Value>, DoorClosed> {
        let Some(heard) = payload::read(payload) else { return Ok(None) };
        match &heard.deed {
            Deed::Ping => return Ok(Some(json!({ "type": PONG }))),
            Deed::Complete { .. } => return Ok(Some(json!({ "type": CHOICES, "data": offered(&heard, inbox).await }))),
            Deed::Text(_) => return Ok(None),
            Deed::Say(_) | Deed::Press(_) | Deed::Strange => {}
        }
        let mut told = self.callers.calls(heard.id);
        let arrived = Arrived {
            external_id: heard.id.to_string(),
            chat: heard.person.to_string(),
            payload: payload.to_owned(),
            fleeting: false,
        };
        let stored = door.arrived(arrived).await;
        let mut body = None;
        if stored.is_ok() {
            body = tokio::time::timeout(PATIENCE, &mut told).await.ok().and_then(Result::ok);
        }
        self.callers.hangs_up(heard.id);
        // The answer may have come at the last moment: nobody else has it.
        told.close();
        body = body.or_else(|| told.try_recv().ok());
        stored.map(|()| Some(body.unwrap_or_else(|| deferred(&heard))))
    }
}
