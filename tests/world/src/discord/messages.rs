//! Messages: what may be said, kept once per nonce, and shown as the API shows it.

use serde_json::{Value, json};

use super::town::{Message, Town};

/// Why something was not done: status, Discord's own code, its words.
pub(super) struct Refusal(pub(super) u16, pub(super) u64, pub(super) &'static str);

const INVALID: Refusal = Refusal(400, 50035, "Invalid Form Body");

/// Says something in a channel. The same nonce again, where it counts, is the message that is there already.
pub(super) fn post(town: &mut Town, channel: u64, author: u64, body: &Value) -> Result<Value, Refusal> {
    let Some(place) = town.channels.get(&channel) else { return Err(Refusal(404, 10003, "Unknown Channel")) };
    let closed = place.dm_of.and_then(|person| town.people.get(&person)).is_some_and(|person| person.closed);
    if closed {
        return Err(Refusal(403, 50007, "Cannot send messages to this user"));
    }
    check(body)?;
    let nonce = body["nonce"].as_str().map(str::to_owned);
    if let Some(nonce) = &nonce
        && body["enforce_nonce"] == json!(true)
        && let Some(known) = town.nonces.get(&(channel, nonce.clone()))
        && let Some(message) = town.messages.iter().find(|m| m.id == *known)
    {
        return Ok(message.json.clone());
    }
    let id = keep(town, channel, author, None, body);
    if let Some(nonce) = &nonce {
        town.nonces.insert((channel, nonce.clone()), id);
    }
    let mut shown = shown(town, id);
    // The one who posts is told the nonce again; readers of the channel are not.
    shown["nonce"] = json!(nonce);
    Ok(shown)
}

/// Keeps a message without asking whether it may be said.
pub(super) fn keep(town: &mut Town, channel: u64, author: u64, only: Option<u64>, body: &Value) -> u64 {
    let id = town.id();
    let mut json = json!({
        "id": id.to_string(), "channel_id": channel.to_string(), "author": town.user(author), "type": 0,
        "timestamp": "2027-01-15T08:00:00.000000+00:00", "edited_timestamp": null, "tts": false,
        "mention_everyone": false, "mentions": [], "mention_roles": [], "attachments": [], "pinned": false,
        "content": "", "embeds": [], "components": [], "flags": 0,
    });
    merge(&mut json, body);
    town.messages.push(Message { id, channel, author, only, json });
    id
}

/// Changes what a message says.
pub(super) fn edit(town: &mut Town, id: u64, body: &Value) -> Result<Value, Refusal> {
    check(body)?;
    let message = town.messages.iter_mut().find(|m| m.id == id).ok_or(Refusal(404, 10008, "Unknown Message"))?;
    merge(&mut message.json, body);
    message.json["edited_timestamp"] = json!("2027-01-15T08:04:00.000000+00:00");
    Ok(message.json.clone())
}

/// As the API shows it.
pub(super) fn shown(town: &Town, id: u64) -> Value {
    town.messages.iter().find(|m| m.id == id).map_or(Value::Null, |m| m.json.clone())
}

fn merge(json: &mut Value, body: &Value) {
    for field in ["content", "embeds", "components", "flags", "allowed_mentions", "files"] {
        if let Some(value) = body.get(field).filter(|value| !value.is_null()) {
            json[field] = value.clone();
        }
    }
}

/// Discord's limits, as far as they can be reached.
pub(super) fn check(body: &Value) -> Result<(), Refusal> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let embeds = list(&body["embeds"]);
    let rows = list(&body["components"]);
    let sound = fits(&body["content"], 2000)
        && body["nonce"].as_str().is_none_or(|nonce| nonce.len() <= 25)
        && embeds.len() <= 10
        && embeds.iter().map(letters).sum::<usize>() <= 6000
        && embeds.iter().all(sound_embed)
        && rows.len() <= 5
        && rows.iter().all(|row| (1..=5).contains(&list(&row["components"]).len()))
        && rows.iter().flat_map(|row| list(&row["components"])).all(|button| sound_button(&button));
    if sound { Ok(()) } else { Err(INVALID) }
}

fn fits(text: &Value, most: usize) -> bool {
    text.as_str().is_none_or(|text| text.chars().count() <= most)
}

fn sound_embed(embed: &Value) -> bool {
    let fields = embed["fields"].as_array().cloned().unwrap_or_default();
    let full = |text: &Value, most| fits(text, most) && text.as_str().is_some_and(|text| !text.is_empty());
    fits(&embed["title"], 256)
        && fits(&embed["description"], 4096)
        && fits(&embed["footer"]["text"], 2048)
        && fields.len() <= 25
        && fields.iter().all(|field| full(&field["name"], 256) && full(&field["value"], 1024))
}

fn sound_button(button: &Value) -> bool {
    let linked = button["style"] == json!(5);
    fits(&button["label"], 80)
        && fits(&button["custom_id"], 100)
        && fits(&button["url"], 512)
        && button["url"].is_string() == linked
        && button["custom_id"].is_string() != linked
}

/// Characters of an embed, as the limit of 6000 counts them.
fn letters(embed: &Value) -> usize {
    let of = |text: &Value| text.as_str().map_or(0, |text| text.chars().count());
    let fields = embed["fields"].as_array().cloned().unwrap_or_default();
    let in_fields: usize = fields.iter().map(|field| of(&field["name"]) + of(&field["value"])).sum();
    of(&embed["title"]) + of(&embed["description"]) + of(&embed["footer"]["text"]) + in_fields
}
