//! What Slack brought in, read. Only what is needed is looked at, so that new fields break nothing.

use coatcheck_domain::Destination;
use serde_json::Value;

use super::text::typed;
use super::views;
use crate::commands::{May, ParseError, Said, parse, parse_to_us};
use crate::{InboundEvent, Platform, Room, Who};

/// Ours in a payload: the envelope it came by.
const ENVELOPE: &str = "envelope_id";

/// Somebody did something.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Heard {
    /// Slack's id of it: brought again, by whichever way, it has the same.
    pub(super) id: String,
    pub(super) person: String,
    /// Where it was done.
    pub(super) channel: String,
    /// Where an answer for this person alone goes; nothing for words.
    pub(super) response_url: Option<String>,
    /// The message that was written, where others read along: the answer belongs below it.
    pub(super) thread: Option<String>,
    pub(super) deed: Deed,
}

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Deed {
    /// A slash command, or words to us.
    Say(Result<Said, ParseError>),
    /// A button of this message; of the app's home where there is none.
    Press { data: String, message: Option<Value> },
    /// The app's home was opened.
    Home,
    /// `/watch` without words: a form asks for them, as long as this trigger is good.
    Form { trigger: String },
    /// Typing in a field of the form. By Socket Mode the options are part of this envelope's acknowledgement.
    Complete { envelope: Option<String>, argument: String, typed: String },
}

impl Heard {
    pub(super) fn who(&self) -> Who {
        let slack = |id: &String| Destination::Slack { team: None, id: id.clone() };
        let destination = slack(&self.person);
        let room = slack(&self.channel);
        let room = room.is_room().then(|| Room { destination: room, person: Some(destination.clone()) });
        Who { destination, may_manage: false, room }
    }

    /// Is it something that only who manages the channel may do? Slack is asked only then.
    pub(super) fn is_for_managers(&self) -> bool {
        match &self.deed {
            Deed::Say(Ok(said)) => said.command.may() == May::RoomManagers,
            Deed::Press { data, .. } => data.starts_with("unannounce:"),
            Deed::Say(Err(_)) | Deed::Home | Deed::Form { .. } | Deed::Complete { .. } => false,
        }
    }
}

/// As it is stored; `None`: nothing that could be answered.
pub(super) fn event(payload: &Value) -> Option<InboundEvent> {
    let heard = read(payload)?;
    let fleeting = matches!(heard.deed, Deed::Complete { .. });
    Some(InboundEvent { external_id: heard.id, chat: heard.person, payload: payload.to_string(), fleeting })
}

pub(super) fn read(payload: &Value) -> Option<Heard> {
    match payload["type"].as_str() {
        Some("event_callback") => words(payload),
        Some("block_actions") => pressed(payload),
        Some("view_submission") => submitted(payload),
        Some("block_suggestion") => typing(payload),
        _ if payload["command"].is_string() => command(payload),
        _ => None,
    }
}

/// `/watch jacket M`, and `/coatcheck` with any command behind it.
fn command(payload: &Value) -> Option<Heard> {
    let (name, words) = (payload["command"].as_str()?, typed(payload["text"].as_str().unwrap_or_default()));
    let trigger = text_of(&payload["trigger_id"])?;
    let deed = match name {
        "/watch" if words.trim().is_empty() => Deed::Form { trigger: trigger.clone() },
        _ => Deed::Say(parse(&format!("{name} {words}"), Platform::Slack)),
    };
    Some(Heard {
        id: trigger,
        person: text_of(&payload["user_id"])?,
        channel: text_of(&payload["channel_id"]).unwrap_or_default(),
        response_url: text_of(&payload["response_url"]),
        thread: None,
        deed,
    })
}

/// Words in our direct messages, or behind our name in a channel. Apps are not answered: they might answer back.
fn words(payload: &Value) -> Option<Heard> {
    let event = &payload["event"];
    if event["type"] == "app_home_opened" && event["tab"] == "home" {
        return Some(Heard { deed: Deed::Home, ..at_home(text_of(&payload["event_id"])?, text_of(&event["user"])?) });
    }
    let in_private = event["type"] == "message" && event["channel_type"] == "im";
    let is_ours = in_private || event["type"] == "app_mention";
    if !is_ours || event["bot_id"].is_string() || event["subtype"].is_string() {
        return None;
    }
    let thread = text_of(&event["thread_ts"]).or_else(|| text_of(&event["ts"]));
    Some(Heard {
        id: text_of(&payload["event_id"])?,
        person: text_of(&event["user"])?,
        channel: text_of(&event["channel"])?,
        response_url: None,
        thread: thread.filter(|_| !in_private),
        deed: Deed::Say(parse_to_us(&typed(event["text"].as_str().unwrap_or_default()), Platform::Slack)),
    })
}

fn pressed(payload: &Value) -> Option<Heard> {
    let action = payload["actions"].as_array()?.first()?;
    // A link button brings an action as well, for which nothing is to be done.
    let data = text_of(&action["value"])?;
    Some(Heard {
        id: text_of(&payload["trigger_id"])?,
        person: text_of(&payload["user"]["id"])?,
        channel: text_of(&payload["channel"]["id"]).unwrap_or_default(),
        response_url: text_of(&payload["response_url"]),
        thread: None,
        deed: Deed::Press { data, message: payload.get("message").filter(|it| it.is_object()).cloned() },
    })
}

/// A form that was filled in. The answer comes by direct message.
fn submitted(payload: &Value) -> Option<Heard> {
    let said = views::submitted(&payload["view"])?;
    let heard = at_home(text_of(&payload["trigger_id"])?, text_of(&payload["user"]["id"])?);
    Some(Heard { deed: Deed::Say(Ok(said)), ..heard })
}

/// Each letter that is typed in a field is asked about; only the last answer is shown, so it has no id to know it by.
fn typing(payload: &Value) -> Option<Heard> {
    let deed = Deed::Complete {
        envelope: text_of(&payload[ENVELOPE]),
        argument: text_of(&payload["block_id"])?,
        typed: typed(text_of(&payload["value"]).unwrap_or_default().as_str()),
    };
    Some(Heard { deed, ..at_home(String::new(), text_of(&payload["user"]["id"])?) })
}

/// Notes by which envelope of Socket Mode a payload came, for what is answered in its acknowledgement.
pub(super) fn came_by(payload: &mut Value, envelope: &str) {
    if let Some(fields) = payload.as_object_mut() {
        fields.insert(ENVELOPE.to_owned(), envelope.into());
    }
}

/// Something that was done in no channel.
fn at_home(id: String, person: String) -> Heard {
    Heard { id, channel: person.clone(), person, response_url: None, thread: None, deed: Deed::Home }
}

/// Short enough for an id or an address, and not empty.
fn text_of(value: &Value) -> Option<String> {
    value.as_str().filter(|text| (1..=2000).contains(&text.len())).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn said(payload: Value) -> String {
        match read(&payload).map(|heard| heard.deed) {
            Some(Deed::Say(Ok(said))) => format!("/{} {}", said.command.name(), said.text()),
            Some(Deed::Say(Err(error))) => error.to_string(),
            Some(Deed::Press { data, .. }) => format!("[{data}]"),
            Some(Deed::Home) => "home".to_owned(),
            Some(Deed::Form { trigger }) => format!("form by {trigger}"),
            Some(Deed::Complete { argument, typed, .. }) => format!("{argument}: {typed}…"),
            None => "–".to_owned(),
        }
    }

    #[test]
    fn commands_words_and_buttons_are_read() {
        let command = |name: &str, text: &str| {
            said(json!({"command": name, "text": text, "trigger_id": "1", "user_id": "U1", "channel_id": "C1"}))
        };
        let event = |event: Value| said(json!({"type": "event_callback", "event_id": "E1", "event": event}));
        let lines = [
            command("/watch", "jacket size M"),
            command("/watch", " "),
            command("/coatcheck", "list"),
            command("/coatcheck", ""),
            command("/coatcheck", "wacth jacket"),
            event(
                json!({"type": "message", "channel_type": "im", "user": "U1", "channel": "D1", "text": "watch jacket M"}),
            ),
            event(
                json!({"type": "message", "channel_type": "channel", "user": "U1", "channel": "C1", "text": "watch x"}),
            ),
            event(json!({"type": "app_mention", "user": "U1", "channel": "C1", "ts": "1.2", "text": "<@U0BOT> list"})),
            event(
                json!({"type": "message", "channel_type": "im", "bot_id": "B1", "user": "U0", "channel": "D1", "text": "list"}),
            ),
            said(
                json!({"type": "block_actions", "trigger_id": "1", "user": {"id": "U1"}, "actions": [{"value": "stop:1"}]}),
            ),
            said(
                json!({"type": "block_actions", "trigger_id": "1", "user": {"id": "U1"}, "actions": [{"url": "https://x"}]}),
            ),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r#"
    /watch jacket size M
    form by 1
    /watches 
    /help 
    I don't know "wacth". Did you mean /watch? /coatcheck help lists what I understand.
    /watch jacket M
    –
    /watches 
    –
    [stop:1]
    –
    "#);
    }

    proptest! {
        #[test]
        fn no_payload_panics(text in ".{0,60}", kind in "[a-z_]{0,14}|event_callback|block_actions|block_suggestion") {
            let payload = json!({ "type": kind, "command": text, "text": text, "trigger_id": "1", "user_id": text,
                "event_id": "1", "event": { "type": "message", "channel_type": "im", "user": "U", "channel": "D", "text": text },
                "user": { "id": "U" }, "actions": [{ "value": text }], "block_id": text, "value": text });
            let _ = event(&payload);
        }
    }
}
