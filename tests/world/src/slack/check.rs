//! What Slack takes, by its documented limits.

use std::collections::BTreeSet;

use serde_json::Value;

pub(super) fn message(text: &str, blocks: &Value) -> Result<(), String> {
    let blocks = blocks.as_array().map(Vec::as_slice).unwrap_or_default();
    if text.chars().count() > 40_000 {
        return Err("msg_too_long".to_owned());
    }
    if text.is_empty() && blocks.is_empty() {
        return Err("no_text".to_owned());
    }
    if blocks.len() > 50 {
        return Err("invalid_blocks: more than 50".to_owned());
    }
    blocks.iter().try_for_each(|block| self::block(block).map_err(|why| format!("invalid_blocks: {why}: {block}")))
}

fn block(block: &Value) -> Result<(), String> {
    let elements = block["elements"].as_array().map(Vec::as_slice).unwrap_or_default();
    match block["type"].as_str() {
        Some("header") => text(&block["text"], 150, &["plain_text"]),
        Some("section") => {
            let fields = block["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
            if block["text"].is_null() && fields.is_empty() {
                return Err("a section needs text or fields".to_owned());
            }
            if fields.len() > 10 {
                return Err("more than 10 fields".to_owned());
            }
            if !block["text"].is_null() {
                text(&block["text"], 3000, &["plain_text", "mrkdwn"])?;
            }
            fields.iter().try_for_each(|field| text(field, 2000, &["plain_text", "mrkdwn"]))?;
            if block["accessory"].is_null() { Ok(()) } else { image(&block["accessory"]) }
        }
        Some("context") if (1..=10).contains(&elements.len()) => {
            elements.iter().try_for_each(|element| text(element, 2000, &["plain_text", "mrkdwn"]))
        }
        Some("actions") if (1..=25).contains(&elements.len()) => {
            let names: BTreeSet<&str> = elements.iter().filter_map(|it| it["action_id"].as_str()).collect();
            if names.len() != elements.len() {
                return Err("action_ids must be unique".to_owned());
            }
            elements.iter().try_for_each(button)
        }
        _ => Err("not a block, or of a wrong size".to_owned()),
    }
}

fn text(value: &Value, most: usize, kinds: &[&str]) -> Result<(), String> {
    let text = value["text"].as_str().unwrap_or_default();
    let is_kind = value["type"].as_str().is_some_and(|kind| kinds.contains(&kind));
    let fits = (1..=most).contains(&text.chars().count()) && !text.trim().is_empty();
    if is_kind && fits { Ok(()) } else { Err(format!("text of {} characters, {most} at most", text.chars().count())) }
}

/// The form of a modal.
pub(super) fn form(view: &Value) -> Result<(), String> {
    text(&view["title"], 24, &["plain_text"])?;
    text(&view["submit"], 24, &["plain_text"])?;
    let blocks = view["blocks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let input = |block: &Value| {
        let is_known =
            matches!(block["element"]["type"].as_str(), Some("plain_text_input" | "static_select" | "external_select"));
        if block["type"] != "input" || !is_known {
            return Err(format!("invalid_arguments: no input: {block}"));
        }
        text(&block["label"], 2000, &["plain_text"])?;
        text(&block["hint"], 2000, &["plain_text"])?;
        match &block["element"]["placeholder"] {
            Value::Null => Ok(()),
            placeholder => text(placeholder, 150, &["plain_text"]),
        }
    };
    blocks.iter().try_for_each(input)
}

/// What a field offers.
pub(super) fn options(offered: &Value) -> Result<Vec<String>, String> {
    let options = offered["options"].as_array().filter(|all| all.len() <= 100).ok_or("no options, or more than 100")?;
    let option = |option: &Value| {
        text(&option["text"], 75, &["plain_text"])?;
        let value = option["value"].as_str().filter(|it| (1..=150).contains(&it.chars().count()));
        Ok(value.ok_or_else(|| format!("value of a wrong size: {option}"))?.to_owned())
    };
    options.iter().map(option).collect()
}

fn image(image: &Value) -> Result<(), String> {
    let fits = |name: &str, most: usize| image[name].as_str().is_some_and(|it| (1..=most).contains(&it.len()));
    let is_good = image["type"] == "image" && fits("image_url", 3000) && fits("alt_text", 8000);
    if is_good { Ok(()) } else { Err("a bad image".to_owned()) }
}

fn button(button: &Value) -> Result<(), String> {
    text(&button["text"], 75, &["plain_text"])?;
    let fits = |name: &str, most: usize| button[name].as_str().is_none_or(|it| it.len() <= most);
    let is_good = button["type"] == "button" && fits("value", 2000) && fits("url", 3000) && fits("action_id", 255);
    if is_good { Ok(()) } else { Err("a bad button".to_owned()) }
}
