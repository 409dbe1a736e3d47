//! The JSON that a web page carries: in scripts, in assignments, in data attributes. See `documents` for the shape.

use serde_json::{Map, Value, json};

use super::assignments;
use super::html::{Element, Page, TooLarge, is_unseen, squeeze};

/// Characters of visible text that are kept.
const TEXT: usize = 100_000;

/// Everything a jq program can work with.
///
/// # Errors
/// When the page is too large.
pub(super) fn read(html: &str) -> Result<Value, TooLarge> {
    Ok(carried(&Page::parse(html)?))
}

/// What a parsed page carries.
pub(super) fn carried(page: &Page<'_>) -> Value {
    let mut found = Found::default();
    for (at, element) in page.elements() {
        match element.name.as_ref() {
            "script" => found.script(element, &page.raw_text(at)),
            "title" if found.title.is_empty() => found.title = page.words(at, TEXT),
            _ => {}
        }
        found.data(element);
    }
    json!({
        "title": found.title,
        "scripts": found.scripts,
        "assigned": found.assigned,
        "data": found.data,
        "text": text(page),
    })
}

fn text(page: &Page<'_>) -> String {
    let mut text = String::new();
    for (at, words) in page.texts() {
        let seen = page.around(at).next().is_none_or(|parent| parent.name != "title" && !is_unseen(&parent.name));
        if seen && text.len() < TEXT {
            text.push(' ');
            text.push_str(words);
        }
    }
    squeeze(&text)
}

#[derive(Default)]
struct Found {
    title: String,
    scripts: Vec<Value>,
    assigned: Map<String, Value>,
    data: Vec<Value>,
}

impl Found {
    fn script(&mut self, element: &Element<'_>, code: &str) {
        match serde_json::from_str::<Value>(code.trim()) {
            Ok(json) => {
                self.scripts.push(json!({"id": element.get("id"), "type": element.get("type"), "json": json}));
            }
            Err(_) => assignments::collect(code, &mut self.assigned),
        }
    }

    fn data(&mut self, element: &Element<'_>) {
        for (name, value) in element.attributes().filter(|(name, _)| name.starts_with("data-")) {
            let holds_json = value.trim_start().starts_with(['{', '[']);
            if let Some(json) = holds_json.then(|| serde_json::from_str::<Value>(value).ok()).flatten() {
                self.data.push(json!({"name": name, "id": element.get("id"), "json": json}));
            }
        }
    }
}
