//! A channel as one person sees it, in plain text.

use serde_json::Value;

use super::town::{Message, Town};

/// Message after message: who, what, the embed behind bars, the buttons in brackets.
pub(super) fn of(town: &Town, channel: u64, person: u64) -> String {
    let seen = town.in_channel(channel).filter(|m| m.only.is_none_or(|only| only == person));
    seen.map(|message| told(town, message)).collect::<Vec<_>>().join("\n")
}

fn told(town: &Town, message: &Message) -> String {
    let who = town.people.get(&message.author).map_or("CoatCheck", |person| person.name.as_str());
    let hidden = if message.only.is_some() { " (only you see this)" } else { "" };
    let edited = if message.json["edited_timestamp"].is_null() { "" } else { " (edited)" };
    let mut lines = vec![format!("{who}{hidden}{edited}: {}", text(&message.json["content"]))];
    for embed in list(&message.json["embeds"]) {
        lines.extend(embed_lines(&embed).iter().flat_map(|part| part.lines()).map(|line| format!("┃ {line}")));
    }
    lines.extend(list(&message.json["files"]).iter().map(|file| format!("┃ file {}", text(file))));
    for row in list(&message.json["components"]) {
        let buttons: Vec<String> = list(&row["components"]).iter().map(button).collect();
        lines.push(buttons.join(" "));
    }
    lines.join("\n")
}

fn embed_lines(embed: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    match embed["url"].as_str() {
        Some(url) => lines.push(format!("{} → {url}", text(&embed["title"]))),
        None => lines.push(text(&embed["title"])),
    }
    lines.push(text(&embed["description"]));
    lines.extend(list(&embed["fields"]).iter().map(|f| format!("{}: {}", text(&f["name"]), text(&f["value"]))));
    lines.push(text(&embed["footer"]["text"]));
    lines.retain(|line| !line.is_empty());
    lines
}

fn button(button: &Value) -> String {
    match button["url"].as_str() {
        Some(url) => format!("[{} → {url}]", text(&button["label"])),
        None => format!("[{}]", text(&button["label"])),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
