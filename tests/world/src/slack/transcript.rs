//! A channel as a person sees it.

use serde_json::Value;

use super::state::{Message, State};

pub(super) fn of(state: &State, channel: &str, person: &str) -> String {
    let sees =
        |message: &&Message| message.channel == channel && message.only.as_deref().is_none_or(|only| only == person);
    state.messages.iter().filter(sees).map(shown).collect::<Vec<_>>().join("\n")
}

/// The app's home as a person sees it.
pub(super) fn home(state: &State, person: &str) -> String {
    let blocks = state.homes.get(person).and_then(Value::as_array).cloned().unwrap_or_default();
    blocks.iter().map(block).collect::<Vec<_>>().join("\n").replace('\u{200b}', "")
}

fn shown(message: &Message) -> String {
    let only = if message.only.is_some() { " (only you see this)" } else { "" };
    let thread = if message.thread.is_some() { " (in thread)" } else { "" };
    let edited = if message.edited { " (edited)" } else { "" };
    let blocks = message.blocks.as_array().map(Vec::as_slice).unwrap_or_default();
    let body = if blocks.is_empty() {
        message.text.clone()
    } else {
        blocks.iter().map(block).collect::<Vec<_>>().join("\n  ")
    };
    format!("{}{only}{thread}{edited}: {}", message.author, body.replace('\u{200b}', ""))
}

fn block(block: &Value) -> String {
    let text = |value: &Value| value["text"].as_str().unwrap_or_default().replace('\n', "\n  ");
    let all = |name: &str| block[name].as_array().cloned().unwrap_or_default();
    match block["type"].as_str() {
        Some("header") => format!("# {}", text(&block["text"])),
        Some("context") => format!("┃ {}", all("elements").iter().map(text).collect::<Vec<_>>().join(" ")),
        Some("actions") => {
            let button = |button: &Value| match button["url"].as_str() {
                Some(url) => format!("[{} → {url}]", text(&button["text"])),
                None => format!("[{}]", text(&button["text"])),
            };
            all("elements").iter().map(button).collect::<Vec<_>>().join(" ")
        }
        _ => {
            let picture = block["accessory"]["image_url"].as_str().map(|url| format!(" (picture {url})"));
            let fields = all("fields").iter().map(text).collect::<Vec<_>>().join(" | ");
            format!("{}{fields}{}", text(&block["text"]), picture.unwrap_or_default())
        }
    }
}
