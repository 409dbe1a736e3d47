//! What the bot writes into chats, and writes anew.

use std::time::Instant;

use serde_json::Value;

use super::answers::Refused;
use super::html::{self, Parsed};
use super::rules;
use super::state::{BOT, Chat, Message, Standing, World};

const LONGEST_TEXT: usize = 4096;
const LONGEST_CAPTION: usize = 1024;

/// `sendMessage`.
pub(super) fn text(world: &mut World, fields: &Value) -> Result<Value, Refused> {
    let text = parsed(fields, "text")?;
    if text.text.trim().is_empty() {
        return Err(Refused::bad("Bad Request: message text is empty"));
    }
    if text.length() > LONGEST_TEXT {
        return Err(Refused::bad("Bad Request: message is too long"));
    }
    post(world, fields, text, None)
}

/// `sendPhoto` and `sendDocument`.
pub(super) fn file(world: &mut World, fields: &Value, name: &str) -> Result<Value, Refused> {
    let Some(file) = fields[name].as_str() else {
        return Err(Refused::bad(format!("Bad Request: there is no {name} in the request")));
    };
    let caption = parsed(fields, "caption")?;
    if caption.length() > LONGEST_CAPTION {
        return Err(Refused::bad("Bad Request: message caption is too long"));
    }
    let attached = if name == "photo" { "picture".to_owned() } else { file.to_owned() };
    post(world, fields, caption, Some(attached))
}

/// `deleteMessage`, of anybody's message.
pub(super) fn delete(world: &mut World, fields: &Value) -> Result<Value, Refused> {
    let (_, chat) = open_chat(world, fields)?;
    let wanted = fields["message_id"].as_i64().unwrap_or_default();
    let before = chat.messages.len();
    chat.messages.retain(|message| message.id != wanted);
    if chat.messages.len() == before {
        return Err(Refused::bad("Bad Request: message to delete not found"));
    }
    Ok(true.into())
}

/// `editMessageText`, `editMessageCaption`, `editMessageReplyMarkup`. Without a keyboard the message loses its own.
pub(super) fn edit(world: &mut World, fields: &Value) -> Result<Value, Refused> {
    let keyboard = rules::keyboard(&fields["reply_markup"]).map_err(Refused::bad)?;
    let text = ["text", "caption"].into_iter().find(|name| fields.get(*name).is_some());
    let text = text.map(|name| parsed(fields, name)).transpose()?;
    let (id, chat) = open_chat(world, fields)?;
    let wanted = fields["message_id"].as_i64().unwrap_or_default();
    let message = chat.messages.iter_mut().find(|message| message.id == wanted && message.by_bot);
    let message = message.ok_or_else(|| Refused::bad("Bad Request: message to edit not found"))?;
    let text = text.unwrap_or_else(|| message.text.clone());
    if text == message.text && keyboard == message.keyboard {
        return Err(Refused::bad(
            "Bad Request: message is not modified: specified new message content and reply markup are exactly the \
             same as a current content and reply markup of the message",
        ));
    }
    (message.text, message.keyboard, message.edits) = (text, keyboard, message.edits + 1);
    let message = message.clone();
    Ok(chat.message_json(id, &message))
}

fn post(world: &mut World, fields: &Value, text: Parsed, attached: Option<String>) -> Result<Value, Refused> {
    let keyboard = rules::keyboard(&fields["reply_markup"]).map_err(Refused::bad)?;
    let (id, chat) = open_chat(world, fields)?;
    let topic = fields["message_thread_id"].as_i64();
    if topic.is_some_and(|topic| !chat.topics.contains(&topic)) {
        return Err(Refused::bad("Bad Request: message thread not found"));
    }
    world.rules.ask(id, Instant::now()).map_err(Refused::flood)?;
    let (_, chat) = open_chat(world, fields)?;
    let author = BOT.1.to_owned();
    let message = Message { id: 0, author, text, attached, keyboard, topic, edits: 0, by_bot: true };
    let added = chat.add(message.clone());
    Ok(chat.message_json(id, &Message { id: added, ..message }))
}

fn parsed(fields: &Value, name: &str) -> Result<Parsed, Refused> {
    let text = fields[name].as_str().unwrap_or_default();
    match fields["parse_mode"].as_str() {
        Some("HTML") => html::parse(text).map_err(Refused::bad),
        _ => {
            let entities = fields["entities"].as_array().map(Vec::as_slice).unwrap_or_default();
            let end = text.encode_utf16().count() as u64;
            let fits = |it: &Value| it["offset"].as_u64().zip(it["length"].as_u64()).is_some_and(|(o, l)| o + l <= end);
            if !entities.iter().all(fits) {
                return Err(Refused::bad("Bad Request: ENTITY_BOUNDS_INVALID"));
            }
            Ok(html::marked(text, entities))
        }
    }
}

/// The chat, if the bot may write there.
fn open_chat<'w>(world: &'w mut World, fields: &Value) -> Result<(i64, &'w mut Chat), Refused> {
    let id = fields["chat_id"].as_i64().unwrap_or_default();
    let chat = world.chats.get_mut(&id).ok_or_else(|| Refused::bad("Bad Request: chat not found"))?;
    match chat.standing {
        Standing::Open => Ok((id, chat)),
        Standing::Blocked => Err(Refused::new(403, "Forbidden: bot was blocked by the user")),
        Standing::Deactivated => Err(Refused::new(403, "Forbidden: user is deactivated")),
        Standing::Kicked => Err(Refused::new(403, "Forbidden: bot was kicked from the supergroup chat")),
        Standing::MovedTo(new) => Err(Refused::moved(new)),
    }
}
