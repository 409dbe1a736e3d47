//! Answers that are owed: what was asked is done once, and its answer given again until it reaches the chat.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use coatcheck_bots::{Command, Inbox, Reply, Said, Who};
use coatcheck_domain::Destination;

use crate::store::chats::inbox::Arrival;

/// An inbox that keeps the answer: should it not reach the chat, it is given again, and nothing is done twice.
pub(super) struct Remembering<'a> {
    inbox: &'a dyn Inbox,
    reply: Mutex<Option<Reply>>,
    /// It was done before this time.
    was_owed: bool,
}

impl<'a> Remembering<'a> {
    pub(super) fn new(inbox: &'a dyn Inbox, arrival: &Arrival) -> Self {
        let reply: Option<Reply> = arrival.reply.as_deref().and_then(|json| serde_json::from_str(json).ok());
        Self { inbox, was_owed: reply.is_some(), reply: Mutex::new(reply) }
    }

    /// The answer, to be stored; nothing where that was done already.
    pub(super) fn owed(&self) -> Option<String> {
        if self.was_owed {
            return None;
        }
        serde_json::to_string(self.lock().as_ref()?).ok()
    }

    fn known(&self) -> Option<Reply> {
        self.lock().clone()
    }

    fn keep(&self, reply: Reply) -> Reply {
        *self.lock() = Some(reply.clone());
        reply
    }

    fn lock(&self) -> MutexGuard<'_, Option<Reply>> {
        self.reply.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Inbox for Remembering<'_> {
    async fn said(&self, who: &Who, said: Said) -> Reply {
        match self.known() {
            Some(reply) => reply,
            None => self.keep(self.inbox.said(who, said).await),
        }
    }

    async fn unclear(&self, who: &Who, why: String) -> Reply {
        match self.known() {
            Some(reply) => reply,
            None => self.keep(self.inbox.unclear(who, why).await),
        }
    }

    async fn pressed(&self, who: &Who, data: &str) -> Reply {
        match self.known() {
            Some(reply) => reply,
            None => self.keep(self.inbox.pressed(who, data).await),
        }
    }

    async fn moved(&self, from: &Destination, to: &Destination) {
        self.inbox.moved(from, to).await;
    }

    async fn complete(&self, who: &Who, command: Command, argument: &str, typed: &str) -> Vec<String> {
        self.inbox.complete(who, command, argument, typed).await
    }
}
