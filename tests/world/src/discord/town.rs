//! Who and what there is: people, channels, messages, interactions, and what the bot may do.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Instant;

use serde_json::{Value, json};

/// The bot's own ids.
pub(super) const BOT: u64 = 900_000_000_000_000_001;
pub(super) const APPLICATION: u64 = 900_000_000_000_000_002;

pub(super) struct Person {
    pub(super) name: String,
    pub(super) closed: bool,
    pub(super) dm: u64,
}

pub(super) struct Channel {
    /// The person of a direct channel.
    pub(super) dm_of: Option<u64>,
}

pub(super) struct Message {
    pub(super) id: u64,
    pub(super) channel: u64,
    pub(super) author: u64,
    /// Only this person sees it.
    pub(super) only: Option<u64>,
    /// As the API shows it.
    pub(super) json: Value,
}

/// Something a person did that wants an answer within three seconds.
pub(super) struct Interaction {
    pub(super) token: String,
    pub(super) person: u64,
    pub(super) channel: u64,
    pub(super) payload: Value,
    /// How it was answered first: the callback's type.
    pub(super) answered: Option<u64>,
    /// The message that answers it.
    pub(super) original: Option<u64>,
    /// Completions that were offered.
    pub(super) choices: Option<Vec<String>>,
    /// Three seconds are over.
    pub(super) expired: bool,
}

pub(super) struct Town {
    pub(super) gateway_url: String,
    pub(super) people: BTreeMap<u64, Person>,
    pub(super) channels: BTreeMap<u64, Channel>,
    pub(super) messages: Vec<Message>,
    pub(super) interactions: BTreeMap<u64, Interaction>,
    /// What `enforce_nonce` knows, by channel and nonce.
    pub(super) nonces: HashMap<(u64, String), u64>,
    pub(super) commands: Vec<Value>,
    pub(super) revoked: bool,
    pub(super) limit: Option<usize>,
    pub(super) recent: VecDeque<Instant>,
    pub(super) too_fast: usize,
    next: u64,
}

impl Town {
    pub(super) fn new() -> Self {
        Self {
            gateway_url: String::new(),
            people: BTreeMap::new(),
            channels: BTreeMap::new(),
            messages: Vec::new(),
            interactions: BTreeMap::new(),
            nonces: HashMap::new(),
            commands: Vec::new(),
            revoked: false,
            limit: None,
            recent: VecDeque::new(),
            too_fast: 0,
            next: 100_000_000_000_000_000,
        }
    }

    /// A new id; ids grow, as snowflakes do.
    pub(super) fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn person(&mut self, name: &str) -> u64 {
        let (id, dm) = (self.id(), self.id());
        self.people.insert(id, Person { name: name.to_owned(), closed: false, dm });
        self.channels.insert(dm, Channel { dm_of: Some(id) });
        id
    }

    pub(super) fn channel(&mut self) -> u64 {
        let id = self.id();
        self.channels.insert(id, Channel { dm_of: None });
        id
    }

    /// The channel with the bot; of a person nobody knows, none.
    pub(super) fn dm(&self, person: u64) -> u64 {
        self.people.get(&person).map_or(0, |p| p.dm)
    }

    pub(super) fn in_channel(&self, channel: u64) -> impl Iterator<Item = &Message> {
        self.messages.iter().filter(move |m| m.channel == channel)
    }

    /// A user object.
    pub(super) fn user(&self, id: u64) -> Value {
        let (name, bot) = match self.people.get(&id) {
            Some(person) => (person.name.as_str(), false),
            None => ("CoatCheck", true),
        };
        json!({
            "id": id.to_string(), "username": name, "discriminator": "0", "global_name": name, "avatar": null, "bot": bot,
        })
    }

    /// Is this one request too many within a second?
    pub(super) fn hurries(&mut self, now: Instant) -> bool {
        let Some(limit) = self.limit else { return false };
        while self.recent.front().is_some_and(|at| now.duration_since(*at).as_secs_f64() >= 1.0) {
            self.recent.pop_front();
        }
        let hurries = self.recent.len() >= limit;
        if hurries {
            self.too_fast += 1;
        } else {
            self.recent.push_back(now);
        }
        hurries
    }
}
