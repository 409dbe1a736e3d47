//! Who and what there is: people, channels, messages, and where answers may go.

use std::collections::BTreeMap;

use serde_json::{Value, json};

#[derive(Default)]
pub(super) struct State {
    pub(super) address: String,
    /// Id → name.
    pub(super) people: BTreeMap<String, String>,
    /// Id → whose direct messages with the app, or nothing for a channel.
    pub(super) channels: BTreeMap<String, Option<String>>,
    /// Channels and people that cannot be written to, and what Slack says of them.
    pub(super) closed: BTreeMap<String, String>,
    /// Who runs the workspace.
    pub(super) admins: Vec<String>,
    pub(super) messages: Vec<Message>,
    /// `response_url`s by their tokens.
    pub(super) hooks: BTreeMap<String, Hook>,
    /// What was brought in, by its id.
    pub(super) payloads: BTreeMap<String, Value>,
    pub(super) files: BTreeMap<String, String>,
    pub(super) revoked: bool,
    /// The form that was opened last.
    pub(super) form: Value,
    /// The app's home, by whose it is.
    pub(super) homes: BTreeMap<String, Value>,
    last: u64,
}

#[derive(Clone)]
pub(super) struct Message {
    pub(super) channel: String,
    pub(super) ts: String,
    pub(super) author: String,
    /// Only this person sees it.
    pub(super) only: Option<String>,
    pub(super) thread: Option<String>,
    pub(super) text: String,
    pub(super) blocks: Value,
    pub(super) metadata: Value,
    pub(super) edited: bool,
}

/// Where an answer may go.
pub(super) struct Hook {
    pub(super) person: String,
    pub(super) channel: String,
    /// The message whose button was pressed.
    pub(super) message: Option<String>,
    pub(super) uses: usize,
}

impl State {
    pub(super) fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    pub(super) fn ts(&mut self) -> String {
        format!("1800000000.{:06}", self.number())
    }

    pub(super) fn dm(&self, person: &str) -> Option<String> {
        self.channels.iter().find(|(_, of)| of.as_deref() == Some(person)).map(|(id, _)| id.clone())
    }

    pub(super) fn hook(&mut self, person: &str, channel: &str, message: Option<String>) -> String {
        let token = format!("T{}", self.number());
        let hook = Hook { person: person.to_owned(), channel: channel.to_owned(), message, uses: 0 };
        self.hooks.insert(token.clone(), hook);
        format!("http://{}/response/{token}", self.address)
    }

    /// Keeps a message and gives back its ts.
    pub(super) fn keep(&mut self, channel: &str, author: &str, only: Option<String>, body: &Value) -> String {
        let ts = self.ts();
        self.messages.push(Message {
            channel: channel.to_owned(),
            ts: ts.clone(),
            author: author.to_owned(),
            only,
            thread: body["thread_ts"].as_str().map(str::to_owned),
            text: body["text"].as_str().unwrap_or_default().to_owned(),
            blocks: body.get("blocks").cloned().unwrap_or_else(|| json!([])),
            metadata: body["metadata"].clone(),
            edited: false,
        });
        ts
    }

    pub(super) fn edit(&mut self, channel: &str, ts: &str, body: &Value) -> bool {
        let found = self.messages.iter_mut().find(|it| it.channel == channel && it.ts == ts);
        let Some(message) = found else { return false };
        message.text = body["text"].as_str().unwrap_or_default().to_owned();
        message.blocks = body.get("blocks").cloned().unwrap_or_else(|| json!([]));
        message.edited = true;
        true
    }
}
