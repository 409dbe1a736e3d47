//! What Discord brought in, read. Only what is needed is looked at, so that new fields break nothing.

use coatcheck_domain::Destination;
use serde_json::Value;

use crate::commands::{self, Command, ParseError, Said};
use crate::{Platform, Room, Who};

const MANAGE_CHANNELS: u64 = 1 << 4;
const ADMINISTRATOR: u64 = 1 << 3;

/// Somebody did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) id: u64,
    pub(super) application: u64,
    /// Answers an interaction; empty for a text.
    pub(super) token: String,
    pub(super) channel: u64,
    pub(super) person: u64,
    pub(super) may_manage: bool,
    /// Others read along here: the answer is for who asked alone.
    pub(super) in_public: bool,
    pub(super) deed: Deed,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    /// Discord asks whether we are there.
    Ping,
    /// A slash command.
    Say(Said),
    /// A button of this message.
    Press { data: String, below: Below },
    /// Typing in an option.
    Complete { command: Command, argument: String, typed: String },
    /// A text that is meant for us.
    Text(Result<Said, ParseError>),
    /// A command or a widget that we do not have, any more or yet.
    Strange,
}

/// The message that a pressed button belongs to, as far as it is kept when the rest changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Below {
    /// As it was sent: escaped.
    pub(super) content: String,
    /// Its link buttons.
    pub(super) links: Vec<Value>,
}

impl Below {
    fn read(message: &Value) -> Self {
        let rows = message["components"].as_array().into_iter().flatten();
        let buttons = rows.filter_map(|row| row["components"].as_array()).flatten();
        Self {
            content: message["content"].as_str().unwrap_or_default().to_owned(),
            links: buttons.filter(|button| button["url"].is_string()).cloned().collect(),
        }
    }
}

impl Heard {
    /// Is "is thinking…" out of place, because a message is there already?
    pub(super) fn is_press(&self) -> bool {
        matches!(self.deed, Deed::Press { .. })
    }

    pub(super) fn who(&self) -> Who {
        let destination = Destination::DiscordUser(self.person);
        let room = (self.in_public && self.channel != 0).then(|| Room {
            destination: Destination::DiscordChannel(self.channel),
            person: Some(destination.clone()),
        });
        Who { destination, may_manage: self.may_manage, room }
    }
}

/// Reads a payload; `None` if it is nothing that could be answered.
pub(super) fn read(payload: &str) -> Option<Heard> {
    let json: Value = serde_json::from_str(payload).ok()?;
    if json.get("author").is_some() { message(&json) } else { interaction(&json) }
}

fn interaction(json: &Value) -> Option<Heard> {
    let deed = match json["type"].as_u64()? {
        1 => Deed::Ping,
        2 => said(&json["data"]).map_or(Deed::Strange, Deed::Say),
        3 => json["data"]["custom_id"]
            .as_str()
            .map_or(Deed::Strange, |data| Deed::Press { data: data.to_owned(), below: Below::read(&json["message"]) }),
        4 => typed(&json["data"]).unwrap_or(Deed::Strange),
        _ => Deed::Strange,
    };
    let (user, member) = (&json["user"], &json["member"]);
    let in_public = json["guild_id"].is_string();
    let person = id(&member["user"]["id"]).or_else(|| id(&user["id"]));
    let permissions: u64 = member["permissions"].as_str().and_then(|bits| bits.parse().ok()).unwrap_or_default();
    Some(Heard {
        id: id(&json["id"])?,
        application: id(&json["application_id"])?,
        token: json["token"].as_str().unwrap_or_default().to_owned(),
        channel: id(&json["channel_id"]).unwrap_or_default(),
        // A ping comes from nobody.
        person: person.or((deed == Deed::Ping).then_some(0))?,
        may_manage: in_public && permissions & (MANAGE_CHANNELS | ADMINISTRATOR) != 0,
        in_public,
        deed,
    })
}

/// A text in the direct messages, or one that mentions us. Bots are not answered: they might answer back.
fn message(json: &Value) -> Option<Heard> {
    if json["author"]["bot"] == Value::Bool(true) {
        return None;
    }
    let text = json["content"].as_str()?;
    Some(Heard {
        id: id(&json["id"])?,
        application: 0,
        token: String::new(),
        channel: id(&json["channel_id"])?,
        person: id(&json["author"]["id"])?,
        may_manage: false,
        in_public: json["guild_id"].is_string(),
        deed: Deed::Text(commands::parse_to_us(text, Platform::Discord)),
    })
}

fn said(data: &Value) -> Option<Said> {
    let command = command(data)?;
    let options: Vec<(&str, &str)> =
        options(data).filter_map(|o| Some((o["name"].as_str()?, o["value"].as_str()?))).collect();
    Some(Said::from_options(command, &options))
}

fn typed(data: &Value) -> Option<Deed> {
    let focused = options(data).find(|option| option["focused"] == Value::Bool(true))?;
    Some(Deed::Complete {
        command: command(data)?,
        argument: focused["name"].as_str()?.to_owned(),
        typed: focused["value"].as_str()?.to_owned(),
    })
}

fn command(data: &Value) -> Option<Command> {
    let name = data["name"].as_str()?;
    Command::on(Platform::Discord).find(|command| command.name() == name)
}

fn options(data: &Value) -> impl Iterator<Item = &Value> {
    data["options"].as_array().into_iter().flatten()
}

/// A snowflake: text as a rule. Zero is nobody.
fn id(value: &Value) -> Option<u64> {
    value.as_str().and_then(|text| text.parse().ok()).or_else(|| value.as_u64()).filter(|id| *id != 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn who_may_manage_is_told_by_the_server_alone() {
        let said = |permissions: &str, guild: Option<&str>| {
            let payload = json!({ "type": 2, "id": "1", "application_id": "2", "token": "t", "channel_id": "3",
                "guild_id": guild, "member": { "user": { "id": "4" }, "permissions": permissions },
                "data": { "name": "watches" } });
            read(&payload.to_string()).expect("heard").may_manage
        };
        assert_eq!(
            [
                said("16", Some("9")),
                said("8", Some("9")),
                said("2048", Some("9")),
                said("16", None),
                said("x", Some("9"))
            ],
            [true, true, false, false, false]
        );
    }

    #[test]
    fn bots_and_nonsense_are_not_answered() {
        let bot = json!({ "id": "1", "channel_id": "3", "content": "/help", "author": { "id": "5", "bot": true } });
        for payload in [bot.to_string(), "{}".into(), "[".into(), r#"{"type":2,"id":"0"}"#.into(), String::new()] {
            assert_eq!(read(&payload), None, "{payload}");
        }
    }

    proptest! {
        #[test]
        fn no_payload_panics(text in ".{0,80}", kind in 0_u64..9, name in "[a-z]{0,9}|watch") {
            let _ = read(&text);
            let payload = json!({ "type": kind, "id": "1", "application_id": "2", "user": { "id": "3" },
                "data": { "name": name, "custom_id": text, "options": [{ "name": "product", "value": text, "focused": true }] } });
            prop_assert!(read(&payload.to_string()).is_some());
        }
    }
}
