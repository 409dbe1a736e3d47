//! What people do that wants an answer: slash commands, completions, buttons. And how the bot answers.

use serde_json::{Value, json};

use super::messages::{self, Refusal};
use super::rest::Answer;
use super::town::{APPLICATION, BOT, Interaction, Town};
use super::{Discord, Place};

/// Only who it answers sees it.
const EPHEMERAL: u64 = 64;

const SLASH: u64 = 2;
const BUTTON: u64 = 3;
const TYPING: u64 = 4;

impl Discord {
    /// `person` says a slash command. The bot hears of it by the gateway, if it listens. Returns the interaction's id.
    pub fn slash(&self, person: u64, place: Place, command: &str, options: &[(&str, &str)]) -> u64 {
        let id = self.make(person, place, SLASH, command_data(command, options, None));
        self.announce(id);
        id
    }

    /// `person` types in one option of a slash command; the others are filled in already.
    pub fn types(
        &self,
        person: u64,
        place: Place,
        command: &str,
        focused: (&str, &str),
        filled: &[(&str, &str)],
    ) -> u64 {
        let id = self.make(person, place, TYPING, command_data(command, filled, Some(focused)));
        self.announce(id);
        id
    }

    /// `person` presses a button of a message by its label. None: there is no such button for them to see.
    pub fn presses(&self, person: u64, message: u64, label: &str) -> Option<u64> {
        let (channel, shown) = {
            let town = self.town();
            let message = town.messages.iter().find(|m| m.id == message)?;
            (message.channel, message.json.clone())
        };
        let rows = shown["components"].as_array()?.clone();
        let buttons = rows.iter().filter_map(|row| row["components"].as_array()).flatten();
        let pressed = buttons.clone().find(|button| button["label"] == json!(label))?["custom_id"].as_str()?.to_owned();
        let place = if channel == self.dm(person) { Place::Dm } else { Place::Channel(channel) };
        let id = self.make(person, place, BUTTON, json!({ "custom_id": pressed, "component_type": 2 }));
        if let Some(made) = self.town().interactions.get_mut(&id) {
            made.payload["message"] = shown;
        }
        self.announce(id);
        Some(id)
    }

    /// `person` writes to the bot in their direct messages.
    pub fn says(&self, person: u64, text: &str) -> u64 {
        let (id, json) = {
            let mut town = self.town();
            let dm = town.dm(person);
            let id = messages::keep(&mut town, dm, person, None, &json!({ "content": text }));
            (id, messages::shown(&town, id))
        };
        self.gateway().tell("MESSAGE_CREATE", json);
        id
    }

    /// `person` writes in a team channel. The bot is shown the words only where they mention it.
    pub fn says_in(&self, person: u64, channel: u64, text: &str) -> u64 {
        let (id, mut json) = {
            let mut town = self.town();
            let id = messages::keep(&mut town, channel, person, None, &json!({ "content": text }));
            (id, messages::shown(&town, id))
        };
        json["guild_id"] = json!("777000000000000001");
        if !text.contains(&format!("<@{BOT}>")) {
            json["content"] = json!("");
        }
        self.gateway().tell("MESSAGE_CREATE", json);
        id
    }

    /// How people mention the bot.
    #[must_use]
    pub fn mention(&self) -> String {
        format!("<@{BOT}>")
    }

    /// The gateway says it once more, as it may after a resume.
    pub fn announce(&self, interaction: u64) {
        let payload = self.interaction_payload(interaction);
        self.gateway().tell("INTERACTION_CREATE", payload);
    }

    /// The interaction as the platform words it.
    #[must_use]
    pub fn interaction_payload(&self, interaction: u64) -> Value {
        self.town().interactions.get(&interaction).map_or(Value::Null, |i| i.payload.clone())
    }

    /// The three seconds for an answer are over (10062 from now on).
    pub fn let_expire(&self, interaction: u64) {
        self.town().interactions.entry(interaction).and_modify(|i| i.expired = true);
    }

    /// Notes an answer that was given in the body of an HTTP interaction.
    ///
    /// # Errors
    /// Discord would not take it.
    pub fn answered_by_http(&self, interaction: u64, body: &Value) -> Result<(), String> {
        let mut town = self.town();
        let token = town.interactions.get(&interaction).map(|i| i.token.clone()).unwrap_or_default();
        callback(&mut town, interaction, &token, body)
            .map(drop)
            .map_err(|Refusal(_, code, why)| format!("{code} {why}"))
    }

    /// The type of the callback that answered it; None while nothing did.
    #[must_use]
    pub fn answer_type(&self, interaction: u64) -> Option<u64> {
        self.town().interactions.get(&interaction)?.answered
    }

    /// The completions that were offered.
    #[must_use]
    pub fn choices(&self, interaction: u64) -> Option<Vec<String>> {
        self.town().interactions.get(&interaction)?.choices.clone()
    }

    fn make(&self, person: u64, place: Place, kind: u64, data: Value) -> u64 {
        let mut town = self.town();
        let channel = match place {
            Place::Dm => town.dm(person),
            Place::Channel(channel) | Place::Managed(channel) => channel,
        };
        let id = town.id();
        let token = format!("interaction-token-{id}");
        let mut payload = json!({
            "id": id.to_string(), "application_id": APPLICATION.to_string(), "type": kind, "data": data, "token": token,
            "version": 1, "channel_id": channel.to_string(), "locale": "en-GB", "entitlements": [],
            "app_permissions": "562949953601536", "attachment_size_limit": 10_485_760,
        });
        surroundings(&mut payload, &town, person, place);
        payload["channel"] = json!({ "id": channel.to_string(), "type": i32::from(place == Place::Dm) });
        let made = Interaction {
            token,
            person,
            channel,
            payload,
            answered: None,
            original: None,
            choices: None,
            expired: false,
        };
        town.interactions.insert(id, made);
        id
    }
}

/// Who did it, as a member of a server or as a person.
fn surroundings(payload: &mut Value, town: &Town, person: u64, place: Place) {
    let user = town.user(person);
    let permissions = match place {
        Place::Dm => {
            payload["user"] = user;
            payload["context"] = json!(1);
            payload["authorizing_integration_owners"] = json!({ "1": person.to_string() });
            return;
        }
        Place::Channel(_) => "2147483648",
        Place::Managed(_) => "2147483664",
    };
    payload["guild_id"] = json!("777000000000000001");
    payload["guild_locale"] = json!("en-US");
    payload["context"] = json!(0);
    payload["authorizing_integration_owners"] = json!({ "0": "777000000000000001" });
    payload["member"] = json!({
        "user": user, "nick": null, "avatar": null, "roles": [], "joined_at": "2026-01-01T00:00:00.000000+00:00",
        "deaf": false, "mute": false, "flags": 0, "pending": false, "permissions": permissions,
    });
}

fn command_data(command: &str, options: &[(&str, &str)], focused: Option<(&str, &str)>) -> Value {
    let option = |name: &str, value: &str| json!({ "name": name, "type": 3, "value": value });
    let mut all: Vec<Value> = options.iter().map(|(name, value)| option(name, value)).collect();
    if let Some((name, value)) = focused {
        let mut typed = option(name, value);
        typed["focused"] = json!(true);
        all.push(typed);
    }
    json!({ "id": "555000000000000001", "name": command, "type": 1, "options": all })
}

/// `POST /interactions/{id}/{token}/callback`.
pub(super) fn callback(town: &mut Town, id: u64, token: &str, body: &Value) -> Answer {
    let known = town.interactions.get(&id).filter(|known| known.token == token && !known.expired);
    let known = known.ok_or(Refusal(404, 10062, "Unknown interaction"))?;
    if known.answered.is_some() {
        return Err(Refusal(400, 40060, "Interaction has already been acknowledged."));
    }
    let (person, channel) = (known.person, known.channel);
    let (kind, mut data) = (body["type"].as_u64().unwrap_or_default(), body["data"].clone());
    if let Some(files) = body.get("files") {
        data["files"] = files.clone();
    }
    let data = &data;
    messages::check(data)?;
    let original = match kind {
        4 => Some(messages::keep(town, channel, BOT, only(data, person), data)),
        5 | 8 => None,
        6 => Some(pressed(town, id)?),
        7 => Some(updated(town, id, data)?),
        _ => return Err(Refusal(400, 50035, "Invalid Form Body")),
    };
    let choices = data["choices"]
        .as_array()
        .map(|all| all.iter().filter_map(|c| c["value"].as_str().map(str::to_owned)).collect());
    if let Some(known) = town.interactions.get_mut(&id) {
        (known.answered, known.original, known.choices) = (Some(kind), original, choices);
        known.payload["ephemeral"] = json!(only(data, person).is_some());
    }
    Ok((204, Value::Null))
}

/// The message a pressed button belongs to says something else now.
fn updated(town: &mut Town, id: u64, data: &Value) -> Result<u64, Refusal> {
    let message = pressed(town, id)?;
    messages::edit(town, message, data).map(|_| message)
}

/// The message whose button was pressed.
fn pressed(town: &Town, id: u64) -> Result<u64, Refusal> {
    let message = town.interactions.get(&id).and_then(|i| i.payload["message"]["id"].as_str()?.parse().ok());
    message.ok_or(Refusal(400, 50035, "Invalid Form Body"))
}

fn only(data: &Value, person: u64) -> Option<u64> {
    let flags = data["flags"].as_u64().unwrap_or_default();
    (flags & EPHEMERAL != 0).then_some(person)
}

/// The interaction a token belongs to, if it was answered at all.
fn by_token(town: &Town, token: &str) -> Result<u64, Refusal> {
    let found = town.interactions.iter().find(|(_, i)| i.token == token && i.answered.is_some());
    found.map(|(id, _)| *id).ok_or(Refusal(404, 10015, "Unknown Webhook"))
}

/// `PATCH /webhooks/{application}/{token}/messages/@original`: also what ends "is thinking…".
pub(super) fn edit_original(town: &mut Town, token: &str, body: &Value) -> Answer {
    let id = by_token(town, token)?;
    messages::check(body)?;
    let known = &town.interactions[&id];
    if let Some(original) = known.original {
        return messages::edit(town, original, body).map(|json| (200, json));
    }
    let (channel, person) = (known.channel, known.person);
    let hidden = known.payload["ephemeral"] == json!(true);
    let original = messages::keep(town, channel, BOT, hidden.then_some(person), body);
    town.interactions.entry(id).and_modify(|i| i.original = Some(original));
    Ok((200, messages::shown(town, original)))
}

/// `POST /webhooks/{application}/{token}`: one more message.
pub(super) fn follow_up(town: &mut Town, token: &str, body: &Value) -> Answer {
    let id = by_token(town, token)?;
    messages::check(body)?;
    let (channel, person) = (town.interactions[&id].channel, town.interactions[&id].person);
    let message = messages::keep(town, channel, BOT, only(body, person), body);
    Ok((200, messages::shown(town, message)))
}
