//! A JSON value that knows where it stands, so that every miss can name its place.

use serde_json::Value;

use crate::shops::error::ReadError;

/// A value and its path in the document.
#[derive(Debug, Clone)]
pub(super) struct Node<'a> {
    pub(super) value: &'a Value,
    pub(super) path: String,
}

impl<'a> Node<'a> {
    /// The whole document.
    pub(super) fn root(value: &'a Value) -> Self {
        Self { value, path: "$".to_owned() }
    }

    /// A field that is there and not null.
    pub(super) fn field(&self, name: &str) -> Option<Self> {
        let value = self.value.get(name).filter(|value| !value.is_null())?;
        Some(Self { value, path: format!("{}.{name}", self.path) })
    }

    /// A list that must be there and hold something.
    pub(super) fn filled_list(&self, name: &str) -> Result<Vec<Self>, ReadError> {
        let at = format!("{}.{name}", self.path);
        let value = self
            .value
            .get(name)
            .ok_or_else(|| ReadError::shape(&at, "the list is missing; the shop's answer has changed its shape"))?;
        let list =
            value.as_array().ok_or_else(|| ReadError::shape(&at, format!("expected a list, got {}", kind(value))))?;
        if list.is_empty() {
            return Err(ReadError::shape(at, "the list is empty; nothing is concluded from that"));
        }
        Ok(list.iter().enumerate().map(|(index, value)| Self { value, path: format!("{at}[{index}]") }).collect())
    }

    /// The items of a list that may be missing.
    pub(super) fn list(&self, name: &str) -> Vec<Self> {
        let Some(node) = self.field(name) else { return Vec::new() };
        let items = node.value.as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().enumerate().map(|(index, value)| Self { value, path: format!("{}[{index}]", node.path) }).collect()
    }

    /// Words that are there: trimmed, not empty.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        let value = self.value.get(name)?;
        value.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// An id: a number or words, always as text.
    pub(super) fn id(&self, name: &str) -> Option<String> {
        plain(self.value.get(name)?)
    }
}

/// A number, or words that are not empty, as text.
pub(super) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        _ => None,
    }
}

/// What a value is, for people.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// What a document holds at its top, for people.
pub(crate) fn holds(document: &Value) -> String {
    match document {
        Value::Object(fields) if fields.is_empty() => "an empty object".to_owned(),
        Value::Object(fields) => {
            let keys: Vec<&str> = fields.keys().take(8).map(String::as_str).collect();
            format!("an object with {}{}", keys.join(", "), if fields.len() > 8 { ", …" } else { "" })
        }
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(items) => format!("a list of {}, the first is {}", items.len(), holds(&items[0])),
        other => kind(other).to_owned(),
    }
}

/// The raw value for an evidence line, shortened.
pub(super) fn raw(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 80 { text } else { text.chars().take(79).chain(['…']).collect() }
}
