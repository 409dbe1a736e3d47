//! What a method was asked with: JSON, or a form with a file.

use serde_json::{Map, Value};

use crate::Heard;

/// Fields of forms that hold JSON; all others are text.
const JSON_FIELDS: &[&str] =
    &["chat_id", "message_id", "message_thread_id", "reply_markup", "reply_parameters", "link_preview_options"];

/// The fields; a file is its name.
pub(super) fn fields(heard: &Heard) -> Value {
    let kind = heard.header("content-type").unwrap_or_default();
    match kind.split_once("boundary=") {
        Some((_, boundary)) => Value::Object(form(&heard.body, boundary.trim_matches('"'))),
        None => heard.json().unwrap_or(Value::Null),
    }
}

fn form(body: &[u8], boundary: &str) -> Map<String, Value> {
    // Bytes become characters one by one, so that a file's bytes do no harm.
    let text: String = body.iter().map(|&byte| char::from(byte)).collect();
    text.split(&format!("--{boundary}")).filter_map(field).collect()
}

fn field(part: &str) -> Option<(String, Value)> {
    let (head, content) = part.split_once("\r\n\r\n")?;
    let name = attribute(head, "name")?;
    if let Some(file) = attribute(head, "filename") {
        return Some((name, Value::String(file)));
    }
    let bytes: Vec<u8> = content.trim_end_matches("\r\n").chars().filter_map(|c| u8::try_from(c).ok()).collect();
    let content = String::from_utf8_lossy(&bytes).into_owned();
    let value = JSON_FIELDS.contains(&name.as_str()).then(|| serde_json::from_str(&content).ok()).flatten();
    Some((name, value.unwrap_or(Value::String(content))))
}

fn attribute(head: &str, name: &str) -> Option<String> {
    let (_, rest) = head.split_once(&format!("; {name}=\""))?;
    Some(rest.split_once('"')?.0.to_owned())
}
