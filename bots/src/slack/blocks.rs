//! Alerts, notices and answers as Block Kit. Pure. Strangers' words are `plain_text`, in which nothing is markup; our
//! own answers, which hold addresses, are escaped `mrkdwn`.

use serde_json::{Value, json};
use url::Url;

use super::text::escaped;
use crate::message::{Alert, AlertVariant, Message};
use crate::words::{self, gone_after, plain, shortened, variant_label};
use crate::{Button, Reply};

/// Slack's limits. <https://docs.slack.dev/reference/block-kit/blocks>
const BLOCKS: usize = 50;
const LONGEST_HEADER: usize = 150;
const LONGEST_SECTION: usize = 3000;
const LONGEST_LABEL: usize = 75;
const LONGEST_URL: usize = 3000;
const LONGEST_ALT: usize = 2000;
const LONGEST_VALUE: usize = 2000;
/// What notifications show, and what is read where there are no blocks.
const LONGEST_TEXT: usize = 3000;
/// Buttons in a row.
const ROW: usize = 5;
/// With so few variants each has a link of its own.
const LINKED: usize = 3;

/// What a message consists of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shown {
    /// For notifications.
    pub(super) text: String,
    pub(super) blocks: Vec<Value>,
}

/// What an envelope says.
pub(super) fn message(message: &Message, buttons: &[Button]) -> Shown {
    match message {
        Message::Alert(it) => alert(it, buttons),
        Message::Notice(notice) => words_and(&notice.text, buttons),
    }
}

/// An answer.
pub(super) fn reply(reply: &Reply) -> Shown {
    words_and(&reply.text, &reply.buttons)
}

fn words_and(text: &str, buttons: &[Button]) -> Shown {
    let mut blocks: Vec<Value> = sections(text);
    blocks.truncate(BLOCKS - 10);
    blocks.extend(rows(buttons.iter().filter_map(button).collect()));
    blocks.truncate(BLOCKS);
    Shown { text: shortened(&escaped(text), LONGEST_TEXT), blocks }
}

/// Lines, in as many sections as it takes.
fn sections(text: &str) -> Vec<Value> {
    let mut sections: Vec<String> = Vec::new();
    for line in escaped(text).lines() {
        let line = shortened(line, LONGEST_SECTION - 1);
        match sections.last_mut() {
            Some(last) if last.chars().count() + line.chars().count() + 1 < LONGEST_SECTION => {
                last.push('\n');
                last.push_str(&line);
            }
            _ => sections.push(line),
        }
    }
    let section =
        |text: &String| json!({ "type": "section", "text": { "type": "mrkdwn", "text": text, "verbatim": true } });
    sections.iter().filter(|text| !text.trim().is_empty()).map(section).collect()
}

fn alert(alert: &Alert, buttons: &[Button]) -> Shown {
    let text = words::alert(alert);
    let mut blocks = Vec::new();
    if let Some(seconds) = alert.gone_after {
        blocks.push(header(&gone_after(seconds)));
    }
    for line in text.head.lines() {
        blocks.push(header(line));
    }
    blocks.push(facts(alert, &text));
    if !text.sold_out.is_empty() {
        blocks.push(json!({ "type": "section", "text": plain_text(&text.sold_out.join("\n"), LONGEST_SECTION) }));
    }
    let called = alert.post.as_ref().and_then(|post| called(post.mention.as_deref()?));
    blocks.extend(called.as_ref().map(|it| json!({ "type": "section", "text": { "type": "mrkdwn", "text": it } })));
    let links = if alert.gone_after.is_none() { links(alert) } else { Vec::new() };
    blocks.extend(rows(links.into_iter().chain(buttons.iter().filter_map(button)).collect()));
    blocks.push(json!({ "type": "context", "elements": [plain_text(&plain(&alert.shop), LONGEST_LABEL)] }));
    let over = alert.gone_after.map(|seconds| format!("{}: ", gone_after(seconds))).unwrap_or_default();
    Shown { text: shortened(&escaped(&format!("{over}{}", text.head)), LONGEST_TEXT), blocks }
}

/// Whom the room's manager wants to be called: a user group, or all who are here.
fn called(mention: &str) -> Option<String> {
    match mention {
        "here" | "channel" => Some(format!("<!{mention}>")),
        id if id.starts_with('S') && id.bytes().all(|b| b.is_ascii_alphanumeric()) => Some(format!("<!subteam^{id}>")),
        _ => None,
    }
}

/// Size, style and price of one variant, a line each of several; beside the picture.
fn facts(alert: &Alert, text: &words::AlertText) -> Value {
    let mut section = match alert.variants.as_slice() {
        [one] if !fields(one).is_empty() => json!({ "type": "section", "fields": fields(one) }),
        [_] => json!({ "type": "section", "text": plain_text(&words::title(&alert.product), LONGEST_SECTION) }),
        _ => {
            let mut lines: Vec<String> = text.variants.iter().map(|line| format!("• {}", without_link(line))).collect();
            if text.more > 0 {
                lines.push(format!("and {} more", text.more));
            }
            json!({ "type": "section", "text": plain_text(&lines.join("\n"), LONGEST_SECTION) })
        }
    };
    if let Some(image) = alert.image.as_ref().filter(|image| image.as_str().len() <= LONGEST_URL) {
        let alt = shortened(&words::title(&alert.product), LONGEST_ALT);
        section["accessory"] = json!({ "type": "image", "image_url": image.as_str(), "alt_text": alt });
    }
    section
}

fn fields(variant: &AlertVariant) -> Vec<Value> {
    let left = variant.quantity.filter(|left| *left > 0 && variant.availability.is_buyable());
    [
        ("Size", variant.size.as_deref().map(plain)),
        ("Style", variant.style.as_deref().map(plain)),
        ("Price", variant.price.as_ref().map(ToString::to_string)),
        ("Left", left.map(|left| left.to_string())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(plain_text(&format!("{name}: {}", value?), LONGEST_LABEL * 4)))
    .collect()
}

fn links(alert: &Alert) -> Vec<Value> {
    let open = |url: &Url| link("Open in shop", url);
    match alert.variants.as_slice() {
        [one] => {
            let page = one.url.as_ref().or(alert.url.as_ref()).and_then(open);
            let cart = one.cart_url.as_ref().and_then(|url| link("Add to cart", url));
            page.into_iter().chain(cart).collect()
        }
        few if few.len() <= LINKED && few.iter().all(|variant| variant.url.is_some()) => {
            few.iter().filter_map(|variant| link(&variant_label(variant)?, variant.url.as_ref()?)).collect()
        }
        many => {
            let any = || many.iter().find_map(|variant| variant.url.as_ref());
            alert.url.as_ref().or_else(any).and_then(open).into_iter().collect()
        }
    }
}

/// Links stand on buttons here.
fn without_link(line: &str) -> &str {
    line.split_once(" http").map_or(line, |(words, _)| words)
}

fn header(text: &str) -> Value {
    json!({ "type": "header", "text": plain_text(text, LONGEST_HEADER) })
}

/// Slack refuses an empty one.
fn plain_text(text: &str, most: usize) -> Value {
    let text = shortened(text, most);
    let text = if text.trim().is_empty() { "–".to_owned() } else { text };
    json!({ "type": "plain_text", "text": text, "emoji": false })
}

fn link(label: &str, url: &Url) -> Option<Value> {
    let fits = url.as_str().len() <= LONGEST_URL;
    fits.then(|| json!({ "type": "button", "text": plain_text(label, LONGEST_LABEL), "url": url.as_str() }))
}

fn button(button: &Button) -> Option<Value> {
    let fits = !button.data.is_empty() && button.data.len() <= LONGEST_VALUE;
    let text = plain_text(&plain(&button.label), LONGEST_LABEL);
    fits.then(|| json!({ "type": "button", "text": text, "value": button.data }))
}

/// Each element of a row has a name of its own.
fn rows(buttons: Vec<Value>) -> Vec<Value> {
    let named = |(at, mut button): (usize, Value)| {
        button["action_id"] = format!("b{at}").into();
        button
    };
    let buttons: Vec<Value> = buttons.into_iter().enumerate().map(named).collect();
    buttons.chunks(ROW).map(|row| json!({ "type": "actions", "elements": row })).collect()
}

/// The blocks of a pressed message with this note below: its words and its links stay, its other buttons become these.
pub(super) fn noted(message: &Value, note: &str, buttons: &[Button]) -> Vec<Value> {
    let blocks = message["blocks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let elements = |block: &Value| block["elements"].as_array().cloned().unwrap_or_default();
    let is_action = |block: &&Value| block["type"] == "actions";
    let links = blocks.iter().filter(is_action).flat_map(elements).filter(|button| button["url"].is_string());
    let rows = rows(links.chain(buttons.iter().filter_map(button)).collect());
    let is_note = |block: &Value| block["block_id"].as_str() == Some(NOTE);
    let mut kept: Vec<Value> =
        blocks.iter().filter(|block| block["type"] != "actions" && !is_note(block)).cloned().collect();
    kept.truncate(BLOCKS - 1 - rows.len());
    kept.push(json!({ "type": "context", "block_id": NOTE, "elements": [plain_text(note, LONGEST_SECTION)] }));
    kept.extend(rows);
    kept
}

const NOTE: &str = "note";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::{alert as example, variant};

    /// The texts in which Slack reads markup.
    fn interpreted(value: &Value) -> Vec<String> {
        match value {
            Value::Object(fields) if value["type"] == "mrkdwn" => {
                fields.get("text").and_then(Value::as_str).map(str::to_owned).into_iter().collect()
            }
            Value::Object(fields) => fields.values().flat_map(interpreted).collect(),
            Value::Array(all) => all.iter().flat_map(interpreted).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_hostile_title_makes_no_broken_block_and_calls_nobody() {
        let mut told = example((0..60).map(|n| variant(&format!("{n} <!channel>"), &"*x*".repeat(900))).collect());
        told.product = "<!channel> @everyone <https://evil.example|here> *b* `c` \u{202e}".repeat(200);
        let buttons: Vec<Button> =
            (0..30).map(|n| Button { label: "<!here>".repeat(30), data: format!("stop:{n}") }).collect();
        for shown in [
            message(&Message::Alert(Box::new(told)), &buttons),
            reply(&Reply::text("line <!here> <@U1>\n".repeat(9_000))),
        ] {
            let blocks = Value::Array(shown.blocks);
            coatcheck_world::Slack::check(&shown.text, &blocks).expect("Slack takes it");
            for text in interpreted(&blocks).iter().chain([&shown.text]) {
                let ours = text.split('<').skip(1).all(|inside| inside.starts_with("https://"));
                assert!(ours && !text.contains('\u{202e}'), "{text}");
            }
        }
    }
}
