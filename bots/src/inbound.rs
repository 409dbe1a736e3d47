//! How what people say comes in: stored first, acknowledged then, done after that.

use std::time::Duration;

use async_trait::async_trait;

use crate::{Inbox, Platform};

/// One thing that a platform brought in, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundEvent {
    /// The platform's id of it: the same thing brought twice has the same.
    pub external_id: String,
    /// What must be done in order has the same: a chat, or a person.
    pub chat: String,
    /// The platform's own JSON.
    pub payload: String,
    /// Worth nothing a moment later, and without effect (a completion while somebody types): it is not stored.
    pub fleeting: bool,
}

/// Where arrivals are stored before they are acknowledged.
#[async_trait]
pub trait EventSink: Send + Sync {
    /// Stores what arrived; a known id changes nothing. After an error it must not be acknowledged: it comes again.
    async fn arrived(&self, arrived: InboundEvent) -> Result<Receipt, SinkClosed>;
}

/// Has it come before?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// No: it will be done and answered.
    First,
    /// Yes: nothing more comes of it.
    Again,
}

/// Nothing can be stored now, or nobody listens any more.
#[derive(Debug, thiserror::Error)]
#[error("what arrived cannot be stored: {0}")]
pub struct SinkClosed(pub String);

/// What went wrong between us and the platform. Never holds a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Trouble {
    /// What happened.
    pub why: String,
    /// How long the platform asked us to wait.
    pub after: Option<Duration>,
    /// It will not get better by itself: the token is not taken.
    pub fatal: bool,
}

/// A platform that people speak on, seen from below: what it brings in, and how it is answered.
#[async_trait]
pub trait Receiver: Send + Sync {
    /// Which.
    fn platform(&self) -> Platform;

    /// Tells the platform which commands there are. May be repeated at will.
    async fn register(&self) -> Result<(), Trouble>;

    /// Brings in what people say and press, until the connection ends or the sink is closed.
    async fn listen(&self, sink: &dyn EventSink) -> Result<(), Trouble>;

    /// Does what a payload asks and answers it. After a crash the same payload may come again.
    async fn handle(&self, payload: &str, inbox: &dyn Inbox) -> Result<(), Trouble>;

    /// What is wrong with the connection now, in words; `None` while it is well.
    fn trouble(&self) -> Option<String>;
}
