//! What is so in this Telegram, apart from its port.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::html::Parsed;
use super::rules::Rules;

/// The bot's own id and name.
pub(super) const BOT: (u64, &str, &str) = (110_201_543, "CoatCheck", "CoatBot");

/// The world behind a lock, and a bell for who waits for updates.
#[derive(Default)]
pub(super) struct Shared {
    world: Mutex<World>,
    pub(super) changed: watch::Sender<()>,
    /// Held while updates are brought to the webhook, so that they come in order.
    pub(super) bringing: Mutex<()>,
}

impl Shared {
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything.
#[derive(Default)]
pub(super) struct World {
    pub(super) chats: BTreeMap<i64, Chat>,
    /// Not acknowledged yet.
    pub(super) updates: VecDeque<Value>,
    pub(super) last_update: i64,
    /// Counts fetches: a newer one ends an older.
    pub(super) fetches: u64,
    pub(super) webhook: Option<Webhook>,
    /// Presses by query id; what was answered, once it was.
    pub(super) presses: HashMap<String, Option<String>>,
    /// The registered commands, by scope.
    pub(super) commands: BTreeMap<String, Vec<String>>,
    pub(super) revoked: bool,
    pub(super) rules: Rules,
}

/// Where updates are brought.
#[derive(Debug, Clone)]
pub(super) struct Webhook {
    pub(super) url: String,
    pub(super) secret: String,
    pub(super) error: Option<String>,
}

/// What a chat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Private,
    Group,
    Supergroup,
    Forum,
    Channel,
}

/// May the bot write?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Standing {
    #[default]
    Open,
    Blocked,
    Deactivated,
    Kicked,
    MovedTo(i64),
}

/// One chat.
#[derive(Debug, Clone)]
pub(super) struct Chat {
    pub(super) kind: Kind,
    pub(super) title: String,
    /// Name → is an administrator.
    pub(super) members: BTreeMap<String, bool>,
    pub(super) standing: Standing,
    pub(super) topics: Vec<i64>,
    pub(super) messages: Vec<Message>,
    pub(super) last_message: i64,
}

/// One message, as it stands in the chat.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) id: i64,
    pub(super) author: String,
    pub(super) text: Parsed,
    /// `picture` or a file's name.
    pub(super) attached: Option<String>,
    /// `inline_keyboard`.
    pub(super) keyboard: Value,
    pub(super) topic: Option<i64>,
    pub(super) edits: usize,
    pub(super) by_bot: bool,
}

impl Chat {
    pub(super) fn new(kind: Kind, title: &str) -> Self {
        Self {
            kind,
            title: title.to_owned(),
            members: BTreeMap::new(),
            standing: Standing::Open,
            topics: Vec::new(),
            messages: Vec::new(),
            last_message: 0,
        }
    }

    /// As the API shows it.
    pub(super) fn json(&self, id: i64) -> Value {
        match self.kind {
            Kind::Private => json!({"id": id, "type": "private", "first_name": self.title}),
            Kind::Group => {
                json!({"id": id, "type": "group", "title": self.title, "all_members_are_administrators": false})
            }
            Kind::Supergroup => json!({"id": id, "type": "supergroup", "title": self.title}),
            Kind::Forum => json!({"id": id, "type": "supergroup", "title": self.title, "is_forum": true}),
            Kind::Channel => json!({"id": id, "type": "channel", "title": self.title}),
        }
    }

    /// Puts a message into the chat.
    pub(super) fn add(&mut self, message: Message) -> i64 {
        self.last_message += 1;
        let id = self.last_message;
        self.messages.push(Message { id, ..message });
        id
    }

    /// A message as the API shows it.
    pub(super) fn message_json(&self, chat: i64, message: &Message) -> Value {
        let from = if message.by_bot {
            json!({"id": BOT.0, "is_bot": true, "first_name": BOT.1, "username": BOT.2})
        } else {
            json!({"id": person_id(&message.author), "is_bot": false, "first_name": message.author})
        };
        let mut shown = json!({
            "message_id": message.id, "date": 1_800_000_000 + message.id, "chat": self.json(chat),
            "text": message.text.text,
        });
        if !message.text.entities.is_empty() {
            shown["entities"] = message.text.entities.clone().into();
        }
        if self.kind == Kind::Channel {
            shown["sender_chat"] = self.json(chat);
        } else {
            shown["from"] = from;
        }
        if let Some(topic) = message.topic {
            (shown["message_thread_id"], shown["is_topic_message"]) = (topic.into(), true.into());
        }
        if message.keyboard.as_array().is_some_and(|rows| !rows.is_empty()) {
            shown["reply_markup"] = json!({"inline_keyboard": message.keyboard});
        }
        shown
    }
}

/// The id of a person, which is also that of their private chat: the same name is the same person.
pub(super) fn person_id(name: &str) -> i64 {
    name.bytes().fold(7, |id: i64, byte| (id * 31 + i64::from(byte)) % 1_000_000_007)
}

impl World {
    /// A new update, which waits until it is fetched or brought.
    pub(super) fn add_update(&mut self, kind: &str, content: Value) -> Value {
        self.last_update += 1;
        let mut update = json!({"update_id": self.last_update});
        update[kind] = content;
        self.updates.push_back(update.clone());
        update
    }
}
