//! The chat vocabulary and the platforms that speak it. Knows nothing of databases or shops.
//!
//! The port has two directions. Down: a [`Channel`] is handed an [`Envelope`] and answers with a
//! [`SendOutcome`]. Up: an [`Inbox`] is told what a person said or pressed and answers
//! with a [`Reply`], which each platform renders in its own widgets.

// What platforms share is of no use to a build without some of them.
#![cfg_attr(
    not(all(feature = "discord", feature = "slack", feature = "sms", feature = "telegram")),
    allow(dead_code, unused_imports)
)]

#[cfg(any(feature = "discord", feature = "sms"))]
mod callers;
pub mod commands;
pub mod console;
#[cfg(feature = "discord")]
pub mod discord;
#[cfg(test)]
mod examples;
mod inbound;
mod platform;
pub mod push;
pub mod rate_limiter;
#[cfg(feature = "slack")]
pub mod slack;
#[cfg(feature = "sms")]
pub mod sms;
#[cfg(feature = "telegram")]
pub mod telegram;
pub mod webhook;
mod wire;
pub mod words;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use coatcheck_domain::Destination;
use coatcheck_domain::delivery::SendOutcome;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;

pub use coatcheck_domain::message::{self, Alert, AlertVariant, Message, Notice};
pub use commands::{Command, Said};
pub use inbound::{
    ChatPlatform, DeepLink, DeliveryStatus, EventSink, InboundEvent, InboundWebhook, Receipt, Receiver, SinkClosed,
    StatusHeard, Trouble, WebhookAnswer, WebhookRequest,
};
pub use platform::Platform;
pub use rate_limiter::RateLimiter;

/// The code that speaks for lanes of one kind.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Its name as in destinations: `console`, `webhook`, `discord`, …
    fn name(&self) -> &'static str;

    /// What the platform behind it can do.
    fn capabilities(&self) -> Capabilities;

    /// Makes one request and says what came of it. Never retries by itself; never panics on what it is handed.
    async fn send(&self, envelope: &Envelope) -> SendOutcome;

    /// Makes the message that the platform calls `provider_ref` say what `envelope` says now. Asked only of channels
    /// that can edit. A message that is gone is [`SendOutcome::GiveUp`]: it is not sent again.
    async fn edit(&self, _envelope: &Envelope, _provider_ref: &str) -> SendOutcome {
        SendOutcome::GiveUp { why: format!("{} cannot edit what was sent", self.name()) }
    }

    /// Looks for a message whose request got no answer.
    async fn find(&self, _envelope: &Envelope) -> Found {
        Found::CannotTell
    }

    /// How fast its one identity may speak. `None`: as fast as its width lets it.
    fn rate_limiter(&self) -> Option<Arc<RateLimiter>> {
        None
    }
}

/// What a platform can do, as far as the engine must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Can a sent message be edited ("gone after 4 min")?
    pub edit: bool,
    /// Requests in flight per lane, at most.
    pub width: usize,
    /// For how long the platform knows a repeated request by its key. An Unknown that is younger is sent again as it
    /// is; an older one is looked for first. `None`: it is sent again at any age, for looking would say nothing.
    pub knows_keys_for: Option<Duration>,
}

/// Whether a request that got no answer arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It did; this is the platform's id of it.
    Here {
        /// As in [`SendOutcome::Sent`].
        provider_ref: String,
    },
    /// It certainly did not.
    NotHere,
    /// The platform does not say. It is sent again.
    CannotTell,
    /// Not seen so far, which says nothing yet. It stays in doubt, and is looked for again before anything is sent.
    NotYet {
        /// What was looked at, or why it could not be.
        why: String,
    },
}

/// One message for one address.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// The delivery's dedupe key: the same in each attempt, so that a receiver can tell a repetition.
    pub key: String,
    /// Where it goes.
    pub destination: Destination,
    /// The destination's own secret (a webhook's `whsec_…`).
    pub secret: Option<SecretString>,
    /// What is told.
    pub message: Message,
    /// What can be pressed below it, where the platform has buttons.
    pub buttons: Vec<Button>,
    /// The page where the person manages their watches; nothing for rooms.
    pub manage: Option<Url>,
}

impl Envelope {
    /// What a room's post has more than an alert.
    fn post(&self) -> Option<&message::Post> {
        match &self.message {
            Message::Alert(alert) => alert.post.as_deref(),
            Message::Notice(_) => None,
        }
    }

    /// The platform's id of the message that this one answers.
    fn answers(&self) -> Option<&str> {
        self.post()?.answers.as_deref()
    }
}

/// Who speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Where the answer goes, and who the subscriber is.
    pub destination: Destination,
    /// May this person manage the room it was said in? The platform reports the fact, `commands` decides.
    pub may_manage: bool,
    /// The room it was said in, where others read along.
    pub room: Option<Room>,
}

/// A team channel, group or topic, and who speaks in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// Where posts go.
    pub destination: Destination,
    /// The person; nobody where a channel or a group speaks itself.
    pub person: Option<Destination>,
}

/// What people's words come to. Implemented above, by the code that knows the catalogue.
#[async_trait]
pub trait Inbox: Send + Sync {
    /// A person said something that parsed.
    async fn said(&self, who: &Who, said: Said) -> Reply;

    /// A person said something that means nothing here; `why` tells them so.
    async fn unclear(&self, _who: &Who, why: String) -> Reply {
        Reply::text(why)
    }

    /// A person pressed a button whose data is `data`.
    async fn pressed(&self, who: &Who, data: &str) -> Reply;

    /// An address became another one: a Telegram group that grew. What the first waits for is the second's now.
    async fn moved(&self, _from: &Destination, _to: &Destination) {}

    /// What could follow `typed` in the argument `argument` of `command`, best first, at most 25.
    async fn complete(&self, who: &Who, command: Command, argument: &str, typed: &str) -> Vec<String>;
}

/// An answer, in plain words; each platform escapes it and turns the buttons into its own. Stored as JSON while it is
/// owed, so a field keeps its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Reply {
    /// Lines of text, no markup.
    pub text: String,
    /// Offered next steps.
    pub buttons: Vec<Button>,
    /// A picture that says the same, for platforms that show some.
    pub picture: Option<Picture>,
    /// A file to keep.
    pub file: Option<File>,
    /// What becomes of the message whose button was pressed.
    pub pressed: Pressed,
    /// The answer is for one person, in a chat of their own: what a link into that chat says there (Telegram's deep links).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deep_link: Option<String>,
}

/// What becomes of a message when one of its buttons is pressed. Means nothing in an answer to words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pressed {
    /// It stays, and the reply is a message of its own.
    #[default]
    Answer,
    /// It keeps its words and its links and gets this line below, in place of an earlier one; the reply's buttons take
    /// the place of its own. The reply's text is sent only where the message cannot be edited.
    Note(String),
    /// It becomes the reply.
    Replace,
}

/// A file in an answer: text in UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub content: String,
}

/// A picture in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The PNG file.
    #[serde(with = "as_base64")]
    pub png: Arc<[u8]>,
    /// What is on it, for those who do not see it.
    pub alt: String,
}

mod as_base64 {
    use std::sync::Arc;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &Arc<[u8]>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<[u8]>, D::Error> {
        STANDARD.decode(String::deserialize(from)?).map(Into::into).map_err(Error::custom)
    }
}

impl Reply {
    /// Words alone.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The same with a picture.
    #[must_use]
    pub fn with_picture(mut self, png: Vec<u8>, alt: impl Into<String>) -> Self {
        self.picture = Some(Picture { png: png.into(), alt: alt.into() });
        self
    }

    /// The same with a file.
    #[must_use]
    pub fn with_file(mut self, name: impl Into<String>, content: impl Into<String>) -> Self {
        self.file = Some(File { name: name.into(), content: content.into() });
        self
    }

    /// The same, with the pressed message noting this: "✓ Watching again".
    #[must_use]
    pub fn with_note(self, note: impl Into<String>) -> Self {
        Self { pressed: Pressed::Note(note.into()), ..self }
    }

    /// The same in place of the pressed message.
    #[must_use]
    pub fn replacing(self) -> Self {
        Self { pressed: Pressed::Replace, ..self }
    }

    /// The same with one more button.
    #[must_use]
    pub fn with_button(mut self, label: impl Into<String>, data: impl Into<String>) -> Self {
        self.buttons.push(Button { label: label.into(), data: data.into() });
        self
    }
}

/// A thing to press. `data` carries ids, never names, and fits 64 bytes (Telegram's limit).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// What it says.
    pub label: String,
    /// What comes back in [`Inbox::pressed`].
    pub data: String,
}

impl Button {
    /// Those below an alert: wait for all it told of again, or no more.
    #[must_use]
    pub fn after_alert(restock: i64) -> Vec<Self> {
        let button = |label: &str, data: String| Self { label: label.to_owned(), data };
        vec![button("Watch again", format!("again-of:{restock}")), button("Got it", format!("got-of:{restock}"))]
    }

    /// Below a post: opens the presser's own watch.
    #[must_use]
    pub fn below_post(product: i64) -> Self {
        Self { label: "Watch my size".to_owned(), data: format!("mine:{product}") }
    }
}
