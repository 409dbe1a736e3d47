//! What an update means: something said, something pressed, a group that moved. Pure.

use teloxide::types::{CallbackQuery, Message, Update, UpdateKind};

use super::place::Place;
use super::pressed::Above;
use crate::Platform;
use crate::commands::{ParseError, Said, addressee, parse, parse_to_us};

/// Who did it, as far as the update tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// A person in their own chat with us.
    Alone,
    /// A member of a group; what they may, Telegram must be asked.
    Member(u64),
    /// Who could not speak so otherwise: by a post in a channel, or as an anonymous administrator.
    Manager,
}

/// Where and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) place: Place,
    pub(super) speaker: Speaker,
    /// The message that was said, or that the button stands below.
    pub(super) message: Option<i32>,
}

impl Spot {
    /// Do others read along?
    pub(super) fn is_room(&self) -> bool {
        self.speaker != Speaker::Alone
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    Said { spot: Spot, text: String },
    Pressed { spot: Spot, query: String, data: String, above: Option<Above> },
    Moved { from: i64, to: i64 },
}

/// None: nothing for us. Edits are ignored, so that mending a typo does nothing twice.
pub(super) fn heard(update: &Update) -> Option<Heard> {
    match &update.kind {
        UpdateKind::Message(message) => said(message),
        UpdateKind::ChannelPost(post) => {
            let spot = Spot { speaker: Speaker::Manager, ..spot(post, Speaker::Manager) };
            Some(Heard::Said { spot, text: post.text()?.to_owned() })
        }
        UpdateKind::CallbackQuery(query) => pressed(query),
        _ => None,
    }
}

fn said(message: &Message) -> Option<Heard> {
    if let Some(to) = message.migrate_to_chat_id() {
        return Some(Heard::Moved { from: message.chat.id.0, to: to.0 });
    }
    let text = message.text()?.to_owned();
    Some(Heard::Said { spot: spot(message, speaker(message)?), text })
}

fn speaker(message: &Message) -> Option<Speaker> {
    if message.chat.is_private() {
        return message.from.as_ref().filter(|from| !from.is_bot).map(|_| Speaker::Alone);
    }
    if message.sender_chat.as_ref().is_some_and(|sender| sender.id == message.chat.id) {
        return Some(Speaker::Manager);
    }
    message.from.as_ref().filter(|from| !from.is_bot).map(|from| Speaker::Member(from.id.0))
}

/// Outside forums a thread is only a chain of replies.
fn spot(message: &Message, speaker: Speaker) -> Spot {
    let topic = message.thread_id.filter(|_| message.is_topic_message).map(|thread| thread.0.0);
    Spot { place: Place::new(message.chat.id.0, topic), speaker, message: Some(message.id.0) }
}

fn pressed(query: &CallbackQuery) -> Option<Heard> {
    let below = query.message.as_ref()?;
    let speaker = if below.chat().is_private() { Speaker::Alone } else { Speaker::Member(query.from.id.0) };
    let spot = match below.regular_message() {
        Some(message) => spot(message, speaker),
        None => Spot { place: Place { chat: below.chat().id.0, topic: None }, speaker, message: None },
    };
    let above = below.regular_message().map(Above::of);
    Some(Heard::Pressed { spot, query: query.id.0.clone(), data: query.data.clone()?, above })
}

/// What a text says to us. In a room only what begins with our name is meant for us, and commands that name us or
/// nobody; a command we do not know may be another bot's.
pub(super) fn words(text: &str, room: bool, our_name: &str) -> Option<Result<Said, ParseError>> {
    if !room {
        return Some(parse_to_us(text, Platform::Telegram));
    }
    if let Some(words) = without_our_name(text, our_name) {
        return Some(parse_to_us(words, Platform::Telegram));
    }
    if !text.starts_with('/') {
        return None;
    }
    match addressee(text) {
        Some(name) if name.eq_ignore_ascii_case(our_name) => Some(parse(text, Platform::Telegram)),
        Some(_) => None,
        None => Some(parse(text, Platform::Telegram)).filter(|said| !matches!(said, Err(ParseError::Unknown { .. }))),
    }
}

/// The words behind `@CoatBot`.
fn without_our_name<'t>(text: &'t str, our_name: &str) -> Option<&'t str> {
    let rest = text.trim_start().strip_prefix('@')?;
    let (name, words) = rest.split_at_checked(our_name.len())?;
    let is_ours = !our_name.is_empty() && name.eq_ignore_ascii_case(our_name);
    let ends = |c: char| !c.is_alphanumeric() && c != '_';
    (is_ours && words.chars().next().is_none_or(ends)).then(|| words.trim_start_matches([',', ':', ' ']))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(update: Value) -> Option<Heard> {
        heard(&serde_json::from_str(&update.to_string()).expect("an update"))
    }

    fn message(chat: Value, more: Value) -> Value {
        let mut message = json!({"message_id": 9, "date": 1_800_000_000, "chat": chat, "text": "/watches",
            "from": {"id": 5, "is_bot": false, "first_name": "Ann"}});
        for (name, value) in more.as_object().expect("an object") {
            message[name] = value.clone();
        }
        message
    }

    fn speaker_of(update: Value) -> Option<(Speaker, Option<i32>)> {
        match read(update)? {
            Heard::Said { spot, .. } | Heard::Pressed { spot, .. } => Some((spot.speaker, spot.place.topic)),
            Heard::Moved { .. } => None,
        }
    }

    #[test]
    fn who_speaks_is_told_by_the_update_where_it_can() {
        let private = json!({"id": 5, "type": "private", "first_name": "Ann"});
        let group = json!({"id": -1001, "type": "supergroup", "title": "Team", "is_forum": true});
        let channel = json!({"id": -1002, "type": "channel", "title": "News"});
        let said = |chat: &Value, more| json!({"update_id": 1, "message": message(chat.clone(), more)});
        assert_eq!(speaker_of(said(&private, json!({}))), Some((Speaker::Alone, None)));
        assert_eq!(speaker_of(said(&group, json!({}))), Some((Speaker::Member(5), None)));
        let topic = json!({"message_thread_id": 3, "is_topic_message": true});
        assert_eq!(speaker_of(said(&group, topic)), Some((Speaker::Member(5), Some(3))));
        assert_eq!(speaker_of(said(&group, json!({"message_thread_id": 3}))), Some((Speaker::Member(5), None)));
        let general = json!({"message_thread_id": 1, "is_topic_message": true});
        assert_eq!(speaker_of(said(&group, general)), Some((Speaker::Member(5), None)), "General is no thread");
        let bot = json!({"id": 1_087_968_824, "is_bot": true, "first_name": "Group"});
        let anonymous = json!({"from": bot, "sender_chat": group});
        assert_eq!(speaker_of(said(&group, anonymous)), Some((Speaker::Manager, None)));
        assert_eq!(speaker_of(said(&group, json!({"from": bot}))), None, "another bot is not answered");
        let post = json!({"update_id": 1, "channel_post": message(channel, json!({"from": null}))});
        assert_eq!(speaker_of(post), Some((Speaker::Manager, None)));
    }

    #[test]
    fn a_group_that_moves_says_where_and_an_edit_says_nothing() {
        let group = json!({"id": -7, "type": "group", "title": "Team"});
        let moved = message(group.clone(), json!({"migrate_to_chat_id": -1007, "text": null}));
        assert_eq!(read(json!({"update_id": 1, "message": moved})), Some(Heard::Moved { from: -7, to: -1007 }));
        assert_eq!(read(json!({"update_id": 1, "edited_message": message(group, json!({"edit_date": 1}))})), None);
    }

    #[test]
    fn in_rooms_only_what_is_meant_for_us_is_heard() {
        let heard = |text, room| match words(text, room, "CoatBot") {
            None => "–".to_owned(),
            Some(Ok(said)) => format!("/{} {}", said.command.name(), said.text()),
            Some(Err(error)) => error.to_string(),
        };
        let lines = [
            heard("/watch jacket M", true),
            heard("/watch@coatbot jacket M", true),
            heard("/watch@OtherBot jacket M", true),
            heard("/roll 20", true),
            heard("/roll@CoatBot 20", true),
            heard("any news of the jacket?", true),
            heard("@CoatBot watch jacket M", true),
            heard("@CoatBot, jacket M", true),
            heard("jacket M", false),
            heard("@coatbot: list", true),
            heard("@CoatBottle jacket M", true),
            heard("thanks @CoatBot", true),
            heard("any news of the jacket?", false),
            heard("/start ref_7", false),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r#"
        /watch jacket M
        /watch jacket M
        –
        –
        I don't know "/roll@ CoatBot". /help lists what I understand.
        –
        /watch jacket M
        /watch jacket M
        /watch jacket M
        /watches 
        –
        –
        /watch any news of the jacket?
        /start ref_7
        "#);
    }
}
