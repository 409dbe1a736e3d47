//! Turns what a shop sent into JSON for the generic reader: plain JSON, JSONP, NDJSON, or what a web page carries inside.
//!
//! A web page becomes one object:
//! `{"title", "scripts": [{"id", "type", "json"}], "assigned": {"X": …}, "data": [{"name", "id", "json"}], "text"}`:
//! scripts that hold JSON, values assigned in scripts (`window.X = {…}`, `var x = […]`, `X.y = JSON.parse("…")`),
//! `data-*` attributes that hold JSON, and the words people see.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde_json::Value;

use super::answer::looks_like_html;
use super::bounds;
use super::charset;
use super::error::ReadError;
use super::page;

/// Prefixes that keep JSON from being run as a script.
const GUARDS: [&str; 10] = [
    ")]}',",
    ")]}'",
    "])}while(1);</x>",
    "while(1);",
    "while (1);",
    "while(true);",
    "for(;;);",
    "for (;;);",
    "throw 1;",
    "{}&&",
];

/// What a document is, before anything is made of it.
pub(super) enum Text {
    /// JSON as it stands, to the last digit.
    Json(String),
    /// A web page. Parsing it may take for ever: see `workers`.
    Page(String),
}

/// The document as JSON text, a web page's by `page::read`.
///
/// # Errors
/// When nothing JSON is in it; the error names line and column. When its charset is unclear; see [`charset::text`].
pub fn json_text(body: &[u8], content_type: Option<&str>) -> Result<String, ReadError> {
    match text(body, content_type)? {
        Text::Json(json) => Ok(json),
        Text::Page(html) => match page::read(&html) {
            Ok(carried) => Ok(carried.to_string()),
            Err(error) => Err(ReadError::shape("the page", error.to_string())),
        },
    }
}

/// A document that is JSON as it stands, or may be. `None`: another way must be found to its text.
pub(super) fn plain<'a>(body: &'a [u8], content_type: Option<&str>) -> Option<Cow<'a, str>> {
    charset::text(body, content_type).ok()
}

/// The document as text.
///
/// # Errors
/// As [`json_text`].
pub(super) fn text(body: &[u8], content_type: Option<&str>) -> Result<Text, ReadError> {
    let text = charset::text(body, content_type)?;
    if looks_like_html(text.as_bytes()) {
        return Ok(Text::Page(text.into_owned()));
    }
    json_in(&text).map(Text::Json)
}

fn json_in(text: &str) -> Result<String, ReadError> {
    let mut text = text.trim_start_matches('\u{FEFF}').trim();
    for guard in GUARDS {
        text = text.strip_prefix(guard).unwrap_or(text).trim_start();
    }
    // First: the walk that tells JSON from other text is the dearer one.
    bounds::tree_cost(text)?;
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => lines(text).or_else(|| callback(text)).ok_or_else(|| ReadError::not_json(&error)),
    }
}

/// The document as a JSON value.
///
/// # Errors
/// As [`json_text`].
pub fn json(body: &[u8], content_type: Option<&str>) -> Result<Value, ReadError> {
    tree(&json_text(body, content_type)?)
}

/// JSON text as a value, unless that would take too much memory.
///
/// # Errors
/// As [`bounds::tree_cost`], and when it is no JSON.
pub(super) fn tree(json: &str) -> Result<Value, ReadError> {
    bounds::tree_cost(json)?;
    serde_json::from_str(json).map_err(|error| ReadError::not_json(&error))
}

/// NDJSON: a value a line, made one list.
fn lines(text: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let all = lines.len() > 1 && lines.iter().all(|line| serde_json::from_str::<IgnoredAny>(line).is_ok());
    all.then(|| format!("[{}]", lines.join(",")))
}

/// JSONP: `callback({…});`, with or without a comment in front.
fn callback(text: &str) -> Option<String> {
    let text = text.strip_prefix("/**/").unwrap_or(text).trim_start();
    let open = text.find('(')?;
    let name = text[..open].trim();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "_$.[]\"'".contains(c));
    let inner = text[open + 1..].trim_end().trim_end_matches(';').trim_end().strip_suffix(')')?.trim();
    (is_name && serde_json::from_str::<IgnoredAny>(inner).is_ok()).then(|| inner.to_owned())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    fn read(body: &str) -> String {
        json_text(body.as_bytes(), None).unwrap_or_else(|error| format!("error: {error}"))
    }

    #[test]
    fn json_comes_in_many_wrappings() {
        assert_eq!(
            read("\u{FEFF} {\"id\":12345678901234567890123,\"p\":1.10}\n"),
            "{\"id\":12345678901234567890123,\"p\":1.10}"
        );
        assert_eq!(read(")]}',\n[1]"), "[1]");
        assert_eq!(read("/**/shop.stock_1({\"a\":[1]});"), "{\"a\":[1]}");
        assert_eq!(read("{\"a\":1}\n\n{\"a\":2}\n"), "[{\"a\":1},{\"a\":2}]");
    }

    #[test]
    fn what_is_cut_or_no_json_is_said_so() {
        assert_snapshot!(read("{\"a\":[1,"), @"error: line 1 column 8: the JSON ends too early; the answer was cut");
        assert_snapshot!(read("sold out"), @"error: line 1 column 1: this is not JSON");
        assert_snapshot!(json_text(b"{\"a\":\"\xff\"}", None).expect_err("bytes"), @"byte 6: this is not UTF-8, which is due here, and no other charset is declared");
    }

    #[test]
    fn a_page_gives_what_it_carries() {
        let page = r#"<!doctype html><title> A  shop </title><body><h1>Parka</h1>
            <script id="state" type="application/json">{"b":1,"a":2}</script>
            <script>if (a == {}) {} window.__STATE__ = {"stock":{"M":true}}; var list=[1,2], f = {not: json};
            Shop.data = JSON.parse("{\"x\":\"\\u00e9\"}"); y = JSON.parse('{"q":"it\'s","n":"\x22"}');</script>
            <form data-variations='[{"id":1}]' data-title="x" id="f"><style>p{}</style>Buy   it</form>"#;
        assert_snapshot!(read(page), @r#"{"title":"A shop","scripts":[{"id":"state","type":"application/json","json":{"b":1,"a":2}}],"assigned":{"__STATE__":{"stock":{"M":true}},"list":[1,2],"Shop.data":{"x":"é"}},"data":[{"name":"data-variations","id":"f","json":[{"id":1}]}],"text":"Parka Buy it"}"#);
    }

    proptest! {
        #[test]
        fn no_document_panics(body in "(<script>)?([a-z.]{0,3} ?= ?)?(JSON.parse\\()?[\\[{\"'\\\\x0-9:,}\\])é(;]{0,30}") {
            let _ = json_text(body.as_bytes(), None);
        }
    }
}
