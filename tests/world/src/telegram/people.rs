//! The people: what they do, and what they see.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::state::{Chat, Kind, Message, Standing, World, person_id};
use super::{Limits, Telegram, hook, html};

impl Telegram {
    /// A person's own chat with the bot. The same name is the same person.
    pub fn person(&self, name: &str) -> i64 {
        let id = person_id(name);
        let mut chat = Chat::new(Kind::Private, name);
        chat.members.insert(name.to_owned(), false);
        self.shared.world().chats.entry(id).or_insert(chat);
        id
    }

    /// A group with its members; those whose name begins with `*` are administrators.
    pub fn group(&self, title: &str, members: &[&str]) -> i64 {
        self.room(Kind::Group, title, members)
    }

    /// A group with topics; in each of them things can be said.
    pub fn forum(&self, title: &str, members: &[&str], topics: &[i64]) -> i64 {
        let id = self.room(Kind::Forum, title, members);
        self.change(id, |chat| chat.topics = topics.to_vec());
        id
    }

    /// A channel. Who posts there is not told.
    pub fn channel(&self, title: &str) -> i64 {
        self.room(Kind::Channel, title, &[])
    }

    fn room(&self, kind: Kind, title: &str, members: &[&str]) -> i64 {
        let plain = person_id(title);
        let id = if kind == Kind::Group { -plain } else { -1_000_000_000_000 - plain };
        let mut chat = Chat::new(kind, title);
        let named = |member: &&str| (member.trim_start_matches('*').to_owned(), member.starts_with('*'));
        chat.members = members.iter().map(named).collect();
        self.shared.world().chats.insert(id, chat);
        id
    }

    /// Somebody says something.
    pub fn say(&self, chat: i64, name: &str, text: &str) {
        self.say_in(chat, None, name, text);
    }

    /// Somebody says something in a topic.
    pub fn say_in(&self, chat: i64, topic: Option<i64>, name: &str, text: &str) {
        let said = |world: &mut World| {
            let room = world.chats.get_mut(&chat)?;
            let author = name.to_owned();
            let message = Message {
                id: 0,
                author,
                text: html::plain(text),
                attached: None,
                keyboard: Value::Null,
                topic,
                edits: 0,
                by_bot: false,
            };
            let id = room.add(message.clone());
            let kind = if room.kind == Kind::Channel { "channel_post" } else { "message" };
            let content = room.message_json(chat, &Message { id, ..message });
            world.add_update(kind, content);
            Some(())
        };
        assert!(said(&mut self.shared.world()).is_some(), "there is no chat {chat}");
        self.told();
    }

    /// Somebody presses the newest button with this label. Gives back the press, for [`Telegram::note`].
    pub fn press(&self, chat: i64, name: &str, label: &str) -> String {
        let pressed = |world: &mut World| {
            let room = world.chats.get(&chat)?;
            let found = room.messages.iter().rev().find_map(|message| Some((message, data_of(message, label)?)));
            let (message, data) = found?;
            let query = format!("q{}", world.presses.len() + 1);
            let content = json!({"id": query, "chat_instance": "1", "data": data,
                "from": {"id": person_id(name), "is_bot": false, "first_name": name},
                "message": room.message_json(chat, message)});
            world.presses.insert(query.clone(), None);
            world.add_update("callback_query", content);
            Some(query)
        };
        let query = pressed(&mut self.shared.world());
        self.told();
        query.unwrap_or_else(|| panic!("chat {chat} has no button {label:?}:\n{}", self.seen(chat)))
    }

    /// What a press was answered with, words or a link; `None` while its button still waits.
    #[must_use]
    pub fn note(&self, press: &str) -> Option<String> {
        self.shared.world().presses.get(press).cloned().flatten()
    }

    /// Telegram brings the last updates again, the newest first, as it may.
    pub fn repeat(&self, updates: usize) {
        let mut world = self.shared.world();
        let again: Vec<Value> = world.updates.iter().rev().take(updates).cloned().collect();
        again.into_iter().for_each(|update| world.updates.push_front(update));
        drop(world);
        self.told();
    }

    /// Updates that are not acknowledged.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.world().updates.len()
    }

    /// The person blocks the bot.
    pub fn block(&self, chat: i64) {
        self.change(chat, |chat| chat.standing = Standing::Blocked);
    }

    /// They unblock it again.
    pub fn unblock(&self, chat: i64) {
        self.change(chat, |chat| chat.standing = Standing::Open);
    }

    /// The person's account is gone.
    pub fn deactivate(&self, chat: i64) {
        self.change(chat, |chat| chat.standing = Standing::Deactivated);
    }

    /// The bot is thrown out.
    pub fn kick(&self, chat: i64) {
        self.change(chat, |chat| chat.standing = Standing::Kicked);
    }

    /// The group becomes a supergroup; gives back its new id. The bot is told in the old one.
    pub fn migrate(&self, chat: i64) -> i64 {
        let new = self.migrate_unheard(chat);
        let mut world = self.shared.world();
        let Some(old) = world.chats.get(&chat).cloned() else { panic!("there is no chat {chat}") };
        let told = json!({"message_id": old.last_message + 1, "date": 1_800_000_000, "chat": old.json(chat),
            "from": {"id": 1, "is_bot": false, "first_name": "Owner"}, "migrate_to_chat_id": new});
        world.add_update("message", told);
        drop(world);
        self.told();
        new
    }

    /// The same while the bot hears nothing: only its next message there is refused.
    pub fn migrate_unheard(&self, chat: i64) -> i64 {
        let new = -1_000_000_000_000 + chat;
        let mut world = self.shared.world();
        let Some(old) = world.chats.get(&chat).cloned() else { panic!("there is no chat {chat}") };
        world.chats.insert(new, Chat { kind: Kind::Supergroup, messages: Vec::new(), ..old.clone() });
        world.chats.insert(chat, Chat { standing: Standing::MovedTo(new), ..old });
        new
    }

    /// BotFather gave the bot another token.
    pub fn revoke_token(&self) {
        self.shared.world().revoked = true;
    }

    /// The next messages to this chat are refused with 429 and this wait.
    pub fn flood(&self, chat: i64, seconds: u32, times: usize) {
        self.shared.world().rules.floods.insert(chat, (seconds, times));
    }

    /// From now on the bot may not speak more often than this.
    pub fn limit(&self, limits: Limits) {
        self.shared.world().rules.limits = Some(limits);
    }

    /// How many messages were refused with 429.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.shared.world().rules.refused
    }

    /// The commands that are shown, by scope: `default: watch, unwatch`.
    #[must_use]
    pub fn commands(&self) -> String {
        let world = self.shared.world();
        let line = |(scope, commands): (&String, &Vec<String>)| format!("{scope}: {}", commands.join(", "));
        world.commands.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Somebody sets a webhook for the bot.
    pub fn set_webhook(&self, url: &str, secret: &str) {
        let webhook = super::state::Webhook { url: url.to_owned(), secret: secret.to_owned(), error: None };
        self.shared.world().webhook = Some(webhook);
    }

    /// Where updates are brought to.
    #[must_use]
    pub fn webhook(&self) -> Option<String> {
        self.shared.world().webhook.as_ref().map(|webhook| webhook.url.clone())
    }

    /// What the chat shows, as people read it.
    #[must_use]
    pub fn seen(&self, chat: i64) -> String {
        let world = self.shared.world();
        let messages = world.chats.get(&chat).map(|chat| chat.messages.as_slice()).unwrap_or_default();
        messages.iter().map(shown).collect::<Vec<_>>().join("\n")
    }

    /// Waits until the chat shows so many messages of the bot's, and gives back what it shows then. What came too late
    /// is missing in it.
    pub async fn wait_seen(&self, chat: i64, by_bot: usize, timeout: Duration) -> String {
        let count = || {
            let world = self.shared.world();
            world.chats.get(&chat).map_or(0, |chat| chat.messages.iter().filter(|message| message.by_bot).count())
        };
        let came = async {
            while count() < by_bot {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let _ = tokio::time::timeout(timeout, came).await;
        self.seen(chat)
    }

    fn change(&self, chat: i64, change: impl FnOnce(&mut Chat)) {
        if let Some(chat) = self.shared.world().chats.get_mut(&chat) {
            change(chat);
        }
    }

    fn told(&self) {
        self.shared.changed.send_replace(());
        if self.webhook().is_some() {
            hook::bring(&self.shared);
        }
    }
}

fn buttons(message: &Message) -> impl Iterator<Item = &Vec<Value>> {
    message.keyboard.as_array().into_iter().flatten().filter_map(Value::as_array)
}

fn data_of(message: &Message, label: &str) -> Option<Value> {
    let button = buttons(message).flatten().find(|button| button["text"] == label)?;
    button.get("callback_data").cloned()
}

fn shown(message: &Message) -> String {
    let topic = message.topic.map(|topic| format!(" in {topic}")).unwrap_or_default();
    let mut text = format!("{}{topic}:", message.author);
    if let Some(attached) = &message.attached {
        let _ = write!(text, " ({attached})");
    }
    for line in message.text.shown.lines() {
        let _ = write!(text, " {line}\n ");
    }
    text.truncate(text.trim_end().len());
    for row in buttons(message) {
        let labels = row.iter().map(|button| match button["url"].as_str() {
            Some(url) => format!("[{} → {url}]", button["text"].as_str().unwrap_or_default()),
            None => format!("[{}]", button["text"].as_str().unwrap_or_default()),
        });
        let _ = write!(text, "\n  {}", labels.collect::<Vec<_>>().join(" "));
    }
    if message.edits > 0 {
        text.push_str("\n  (edited)");
    }
    text
}
