//! Finds values that a script assigns: `window.X = {…}`, `var x = […]`, `X.y = JSON.parse("…")`, as JSON or as JavaScript
//! writes them. It never runs anything.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::literal as javascript;

/// Attempts per script: what follows an `=` is mostly no JSON, and each attempt may look at all that follows.
const ATTEMPTS: usize = 500;

/// Takes every assigned value by its name, without `window.`; the first of a name stays.
pub(super) fn collect(code: &str, into: &mut Map<String, Value>) {
    let mut at = 0;
    let mut attempts = 0;
    while let Some(found) = code[at..].find('=') {
        let equals = at + found;
        at = equals + 1;
        let value = code[at..].trim_start();
        if !value.starts_with(['{', '[']) && !value.starts_with("JSON.parse(") && !value.starts_with("(function") {
            continue;
        }
        let Some(name) = name_before(&code[..equals]) else { continue };
        attempts += 1;
        if attempts > ATTEMPTS {
            return;
        }
        let start = code.len() - value.len();
        if let Some((json, length)) = literal(value) {
            into.entry(name).or_insert(json);
            at = start + length;
        }
    }
}

/// The name that is assigned to: letters, digits and dots right before the `=`.
fn name_before(code: &str) -> Option<String> {
    let code = code.trim_end();
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.');
    let name = &code[code.trim_end_matches(part).len()..];
    let name = ["window.", "self.", "globalThis."].iter().find_map(|global| name.strip_prefix(global)).unwrap_or(name);
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then(|| name.to_owned())
}

/// The value at the beginning of `code`, and how much of it that took.
fn literal(code: &str) -> Option<(Value, usize)> {
    if let Some(quoted) = code.strip_prefix("JSON.parse(") {
        return parsed(quoted.trim_start()).map(|value| (value, "JSON.parse(".len()));
    }
    if code.starts_with("(function") {
        return javascript::called(code).map(|value| (value, 1));
    }
    let mut values = serde_json::Deserializer::from_str(code).into_iter::<Value>();
    match values.next()? {
        Ok(value) => Some((value, values.byte_offset())),
        Err(_) => javascript::value(code, Some(&HashMap::new())),
    }
}

/// The argument of `JSON.parse`: a string of JavaScript that holds JSON.
fn parsed(code: &str) -> Option<Value> {
    let quote = code.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut text = String::from("\"");
    let mut letters = code[1..].chars();
    loop {
        match letters.next()? {
            c if c == quote => break,
            '"' => text.push_str("\\\""),
            '\\' => match letters.next()? {
                '\'' => text.push('\''),
                'x' => text.push_str("\\u00"),
                c => text.extend(['\\', c]),
            },
            c => text.push(c),
        }
    }
    text.push('"');
    serde_json::from_str(&serde_json::from_str::<String>(&text).ok()?).ok()
}
