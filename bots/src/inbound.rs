//! What a platform is to the layers above: how what people say comes in (stored, then acknowledged, then done), and the
//! whole of it, [`ChatPlatform`].

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::HeaderMap;

use crate::{Channel, Inbox, Platform};

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

    /// Stores what became of a message of ours. Of platforms that report nothing it is never asked.
    async fn delivery_status(&self, _status: &DeliveryStatus) -> Result<StatusHeard, SinkClosed> {
        Ok(StatusHeard::Noted)
    }

    /// Hears of each request of a platform whether its signature fitted.
    async fn verified(&self, _is_genuine: bool) {}
}

/// What became of a message after the platform took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryStatus {
    /// As in [`coatcheck_domain::delivery::SendOutcome::Sent`].
    pub provider_ref: String,
    /// In the platform's words: `queued`, `sent`, `delivered`, `undelivered`, `failed`, …
    pub status: String,
    /// Why it was not delivered.
    pub error_code: Option<u32>,
}

/// Whether a delivery status could be noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusHeard {
    /// It is noted, or it is not of a message of ours.
    Noted,
    /// A message is in flight whose `provider_ref` is not known yet: this may be its status.
    NotKnownYet,
}

/// The HTTP requests that a platform makes to us: verified, stored, answered, in that order. They are verified against
/// the raw body and `PUBLIC_URL`, never against what the request says of its host.
#[async_trait]
pub trait InboundWebhook: Send + Sync {
    /// Where the platform posts to, below `PUBLIC_URL`: `/hooks/discord`.
    fn paths(&self) -> &'static [&'static str];

    /// A look at the headers before the body is read. `Err` is the answer, and the body is never read.
    fn precheck(&self, headers: &HeaderMap) -> Result<(), WebhookAnswer>;

    /// Verifies the request, stores what it brings in `sink`, and answers it.
    async fn answer(&self, request: WebhookRequest<'_>, sink: &dyn EventSink, inbox: &dyn Inbox) -> WebhookAnswer;
}

/// A request as it came.
#[derive(Debug, Clone, Copy)]
pub struct WebhookRequest<'a> {
    /// Which of [`InboundWebhook::paths`] it was made to.
    pub path: &'a str,
    /// Without the question mark.
    pub query: Option<&'a str>,
    /// As sent.
    pub headers: &'a HeaderMap,
    /// The raw body.
    pub body: &'a [u8],
}

impl<'a> WebhookRequest<'a> {
    /// A header's text; empty where it is missing or no text.
    #[must_use]
    pub fn header(&self, name: &str) -> &'a str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// What a request is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The body's type.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
    /// It was signed, and not by the platform, or too long ago.
    pub forged: bool,
}

impl WebhookAnswer {
    /// A status, and a line for whoever reads the platform's log.
    #[must_use]
    pub fn status(status: u16, words: impl Into<String>) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: words.into(), forged: false }
    }

    /// It has a signature, which is not the platform's or too old.
    #[must_use]
    pub fn forged(status: u16, words: impl Into<String>) -> Self {
        Self { forged: true, ..Self::status(status, words) }
    }

    /// Whether it proves to come from the platform; `None`: it does not say.
    #[must_use]
    pub fn is_genuine(&self) -> Option<bool> {
        if self.forged { Some(false) } else { (self.status < 300).then_some(true) }
    }

    /// 200 with a body of this type.
    #[must_use]
    pub fn ok(content_type: &'static str, body: impl Into<String>) -> Self {
        Self { status: 200, content_type, body: body.into(), forged: false }
    }

    /// It is not what the platform sends.
    #[must_use]
    pub fn unreadable() -> Self {
        Self::status(400, "the request cannot be read")
    }

    /// It could not be stored; the platform sends it again.
    #[must_use]
    pub fn not_stored(platform: Platform, closed: &SinkClosed) -> Self {
        tracing::error!(%platform, error = %closed, "inbound request not stored");
        Self::status(503, "the request cannot be stored now")
    }
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
#[error("the inbound event cannot be stored: {0}")]
pub struct SinkClosed(pub String);

/// What is wrong between us and the platform. Never holds a token.
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

/// A link that opens the chat with us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeepLink {
    /// Where it leads.
    pub url: String,
    /// Is the word said there by itself? Else the person types it.
    pub says_it: bool,
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

    /// How a web page opens the chat with us, to say `word` there. `None`: nobody knows now.
    async fn deep_link(&self, _word: &str) -> Option<DeepLink> {
        None
    }

    /// Asks the platform, in one or two requests, whether it accepts the credentials and can deliver to us. In words for
    /// `coatcheck doctor`.
    async fn self_check(&self) -> Result<String, Trouble> {
        Ok("set up".to_owned())
    }
}

/// One chat service: how messages go out, how people's words come in, and the HTTP requests it makes to us.
#[derive(Clone)]
pub struct ChatPlatform {
    /// Sends.
    pub channel: Arc<dyn Channel>,
    /// Brings in what people say, and answers it.
    pub receiver: Arc<dyn Receiver>,
    /// Set where the platform posts to us.
    pub webhook: Option<Arc<dyn InboundWebhook>>,
}
