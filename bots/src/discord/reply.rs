//! An answer becomes a message: plain words escaped, buttons, a picture. Pure.

use serde_json::{Value, json};

use super::escape::escaped;
use super::payload::Below;
use super::render::{answer_rows, content, rows_below};
use crate::words::{NOTE, shortened};
use crate::{Pressed, Reply};

/// Only who asked sees it.
const EPHEMERAL: u64 = 1 << 6;
/// Addresses in an answer show no previews.
const NO_PREVIEWS: u64 = 1 << 2;
const LONGEST_CONTENT: usize = 2000;
const LONGEST_DESCRIPTION: usize = 4096;
/// Completions, and characters in each.
const CHOICES: usize = 25;
const LONGEST_CHOICE: usize = 100;

/// The picture's name as an attachment.
pub(super) const PICTURE: &str = "history.png";

/// A message that answers.
pub(super) fn body(reply: &Reply, hidden: bool) -> Value {
    let (first, rest) = split(&reply.text);
    let embeds: Vec<Value> = rest.into_iter().map(|rest| json!({ "description": rest })).collect();
    // Without previews embeds would not be shown either.
    let quiet = if embeds.is_empty() { NO_PREVIEWS } else { 0 };
    let flags = quiet | if hidden { EPHEMERAL } else { 0 };
    let mut body = json!({
        "content": first, "embeds": embeds, "components": answer_rows(&reply.buttons),
        "allowed_mentions": { "parse": [] }, "flags": flags,
    });
    if let Some(picture) = &reply.picture {
        body["attachments"] = json!([{ "id": 0, "filename": PICTURE, "description": shortened(&picture.alt, 1024) }]);
    }
    if let Some(file) = reply.file.as_ref().filter(|_| reply.picture.is_none()) {
        body["attachments"] = json!([{ "id": 0, "filename": file.name }]);
    }
    body
}

/// What a pressed message says now; `None`: it stays as it is.
pub(super) fn edited(reply: &Reply, below: &Below) -> Option<Value> {
    let note = match &reply.pressed {
        Pressed::Answer => return None,
        Pressed::Note(note) => note,
        Pressed::Replace => {
            let mut body = body(reply, false);
            // Who sees a message does not change with it.
            body.as_object_mut().map(|fields| fields.remove("flags"));
            return Some(body);
        }
    };
    let content = format!("{}\n{}", without_note(&below.content), escaped(note));
    let content = if content.chars().count() > LONGEST_CONTENT { below.content.clone() } else { content };
    Some(json!({
        "content": content.trim_start(), "components": rows_below(&below.links, &reply.buttons),
        "allowed_mentions": { "parse": [] },
    }))
}

/// Without the note of an earlier press.
fn without_note(content: &str) -> &str {
    match content.rsplit_once('\n') {
        Some((rest, last)) if last.starts_with(NOTE) => rest,
        _ => content,
    }
}

/// What fits into a message, and what has to stand in an embed below it.
fn split(text: &str) -> (String, Option<String>) {
    let whole = escaped(text);
    if whole.chars().count() <= LONGEST_CONTENT {
        return (whole, None);
    }
    let (mut first, mut rest) = (String::new(), Vec::new());
    for line in whole.lines() {
        let fits = first.chars().count() + line.chars().count() < LONGEST_CONTENT;
        if rest.is_empty() && fits {
            first.push_str(line);
            first.push('\n');
        } else {
            rest.push(line);
        }
    }
    if first.is_empty() {
        return (content(text), None);
    }
    (first, Some(shortened(&rest.join("\n"), LONGEST_DESCRIPTION)))
}

/// Completions. What is too long to be chosen is left out: half a name would be another name.
pub(super) fn choices(offered: &[String]) -> Value {
    let fits = |choice: &&String| (1..=LONGEST_CHOICE).contains(&choice.chars().count());
    let all = offered.iter().filter(fits).take(CHOICES).map(|choice| json!({ "name": choice, "value": choice }));
    json!({ "choices": all.collect::<Vec<_>>() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_answer_goes_on_below_and_loses_nothing() {
        let line = "a line of forty characters, more or less\n";
        let body = body(&Reply::text(line.repeat(90)), true);
        let (content, rest) =
            (body["content"].as_str().expect("text"), body["embeds"][0]["description"].as_str().expect("text"));
        assert!(content.chars().count() <= 2000 && rest.chars().count() <= 4096);
        assert_eq!(content.lines().count() + rest.lines().count(), 90);
        assert_eq!(body["flags"], 64);
    }

    #[test]
    fn half_a_name_is_not_offered() {
        let offered: Vec<String> =
            std::iter::once("x".repeat(101)).chain((0..30).map(|n| format!("jacket {n}"))).collect();
        let offered = choices(&offered);
        let all = offered["choices"].as_array().expect("a list");
        assert_eq!((all.len(), all[0]["value"].as_str()), (25, Some("jacket 0")));
    }
}
