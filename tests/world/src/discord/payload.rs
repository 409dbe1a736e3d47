//! A request's body: JSON, or JSON with files beside it.

use serde_json::{Value, json};

use crate::Heard;

/// The JSON of a request. Files come back as their names under `files`.
pub(super) fn of(heard: &Heard) -> Value {
    let kind = heard.header("content-type").unwrap_or_default();
    match kind.split_once("boundary=") {
        Some((_, boundary)) => multipart(&heard.body, boundary.trim_matches('"')),
        None => heard.json().unwrap_or(Value::Null),
    }
}

fn multipart(body: &[u8], boundary: &str) -> Value {
    let text = String::from_utf8_lossy(body);
    let (mut json, mut files) = (json!({}), Vec::new());
    for part in text.split(&format!("--{boundary}")) {
        let Some((head, content)) = part.split_once("\r\n\r\n") else { continue };
        if head.contains("name=\"payload_json\"") {
            json = serde_json::from_str(content.trim_end()).unwrap_or(Value::Null);
        } else if let Some(name) = head.split("filename=\"").nth(1).and_then(|rest| rest.split('"').next()) {
            files.push(Value::from(name));
        }
    }
    if let Value::Object(fields) = &mut json {
        fields.insert("files".to_owned(), Value::Array(files));
    }
    json
}
