//! Values that a page carries for its own scripts: JSON in scripts and `data-*` attributes, what scripts assign, and the
//! streams of Next.js (`__next_f`) and React Router. Pure.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::flat;
use crate::shops::assignments;
use crate::shops::bounds;
use crate::shops::html::Page;
use crate::shops::literal;
use crate::shops::readers::preset;

/// Pieces of one page's streams that are read.
const PIECES: usize = 5_000;

/// Every value that could hold a product. Others are not worth their parsing.
pub(super) fn values(page: &Page<'_>) -> Vec<Value> {
    let mut values = Vec::new();
    let mut stream = String::new();
    for (at, element) in page.elements() {
        if element.name == "script" {
            let code = page.raw_text(at);
            stream.push_str(&streamed(&code));
            if may_hold(&code) {
                in_script(&code, &mut values);
            }
        }
        for (_, text) in element.attributes().filter(|(name, text)| name.starts_with("data-") && may_hold(text)) {
            values.extend(serde_json::from_str::<Value>(text).ok());
        }
    }
    if may_hold(&stream) {
        values.extend(stream.lines().take(PIECES).filter_map(piece));
    }
    values.into_iter().map(|value| flat::unfolded(&value).unwrap_or(value)).collect()
}

fn may_hold(text: &str) -> bool {
    let of_shopify = text.contains("variants") && text.contains("available");
    (of_shopify || preset::may_hold_product(text)) && bounds::tree_cost(text).is_ok()
}

fn in_script(code: &str, values: &mut Vec<Value>) {
    match serde_json::from_str(code.trim()) {
        Ok(value) => values.push(value),
        Err(_) => {
            let mut assigned = Map::new();
            assignments::collect(code, &mut assigned);
            values.extend(assigned.into_iter().map(|(_, value)| value));
        }
    }
}

/// What a script adds to a stream: `self.__next_f.push([1,"…"])`, `….streamController.enqueue("…")`.
fn streamed(code: &str) -> Cow<'_, str> {
    let next = code.split("__next_f.push(").skip(1).filter_map(|call| {
        let (call, _) = literal::value(call, Some(&HashMap::new()))?;
        call.get(1)?.as_str().map(str::to_owned)
    });
    let router = code.split("streamController.enqueue(").skip(1).filter_map(|call| {
        let (text, _) = literal::value(call, Some(&HashMap::new()))?;
        text.as_str().map(|text| format!("{text}\n"))
    });
    if code.contains("__next_f.push(") || code.contains("streamController.enqueue(") {
        return Cow::Owned(next.chain(router).take(PIECES).collect());
    }
    Cow::Borrowed("")
}

/// A line of a stream: a number, a colon and JSON; or JSON alone.
fn piece(line: &str) -> Option<Value> {
    let json = match line.split_once(':') {
        Some((name, rest)) if name.len() < 8 && name.bytes().all(|b| b.is_ascii_hexdigit()) => rest,
        _ => line,
    };
    json.starts_with(['{', '[']).then(|| serde_json::from_str(json).ok()).flatten()
}
