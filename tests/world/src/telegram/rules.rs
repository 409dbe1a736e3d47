//! How often the bot may speak, and what a message must be like.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How often the bot may speak.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Messages in any second, over all chats.
    pub per_second: usize,
    /// Messages in any second in one chat.
    pub per_chat: usize,
}

/// The limits, what was said lately, and refusals on order.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) limits: Option<Limits>,
    /// Chat → wait and how often, before anything else is looked at.
    pub(super) floods: HashMap<i64, (u32, usize)>,
    /// How many messages were refused with 429.
    pub(super) refused: usize,
    lately: VecDeque<(Instant, i64)>,
}

const SECOND: Duration = Duration::from_secs(1);

impl Rules {
    /// May a message go to this chat now? Or the seconds to wait. What may, counts.
    pub(super) fn ask(&mut self, chat: i64, now: Instant) -> Result<(), u32> {
        if let Some((wait, left)) = self.floods.get_mut(&chat).filter(|(_, left)| *left > 0) {
            *left -= 1;
            self.refused += 1;
            return Err(*wait);
        }
        let Some(limits) = self.limits else { return Ok(()) };
        while self.lately.front().is_some_and(|(at, _)| now.duration_since(*at) >= SECOND) {
            self.lately.pop_front();
        }
        let here = self.lately.iter().filter(|(_, said)| *said == chat).count();
        if self.lately.len() >= limits.per_second || here >= limits.per_chat {
            self.refused += 1;
            return Err(1);
        }
        self.lately.push_back((now, chat));
        Ok(())
    }
}

/// What is wrong with a keyboard, in Telegram's words.
pub(super) fn keyboard(markup: &Value) -> Result<Value, String> {
    let Some(rows) = markup.get("inline_keyboard").and_then(Value::as_array) else { return Ok(Value::Null) };
    let buttons = rows.iter().flat_map(|row| row.as_array().into_iter().flatten());
    for button in buttons {
        if button["text"].as_str().is_none_or(|text| text.trim().is_empty()) {
            return Err(
                "Bad Request: can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
                    .to_owned(),
            );
        }
        if let Some(data) = button["callback_data"].as_str()
            && !(1..=64).contains(&data.len())
        {
            return Err("Bad Request: BUTTON_DATA_INVALID".to_owned());
        }
        if let Some(url) = button["url"].as_str()
            && !is_public(url)
        {
            return Err(format!("Bad Request: inline keyboard button URL '{url}' is invalid: Wrong HTTP URL"));
        }
    }
    Ok(Value::Array(rows.clone()))
}

fn is_public(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    matches!(scheme, "http" | "https") && host.contains('.') && host.contains(|c: char| c.is_ascii_alphabetic())
}
