//! Texts that mean "stop", "start" or "help" as a whole, whatever else the number is used for.
//!
//! The single words are those that carriers and Twilio act on; the phrases are what people write instead. A stop must
//! be understood in any reasonable wording, so STOP with anything behind it stops too.

use super::command::Command;

const STOP: &[&str] = &["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"];
const START: &[&str] = &["start", "unstop", "yes"];
const HELP: &[&str] = &["help", "info"];
const STOP_PHRASES: &[&str] = &[
    "please stop",
    "pls stop",
    "stop texting me",
    "stop messaging me",
    "stop sending me texts",
    "stop sending me messages",
    "dont text me",
    "do not text me",
    "dont text me again",
    "leave me alone",
    "remove me",
    "remove my number",
    "take me off",
    "take me off this list",
    "unsubscribe me",
    "no more texts",
    "wrong number",
];

/// The command a whole text message means by itself.
pub(super) fn consent(text: &str) -> Option<Command> {
    let text = squeezed(text);
    let first = text.split(' ').next().unwrap_or_default();
    let stops = STOP.contains(&text.as_str())
        || STOP_PHRASES.contains(&text.as_str())
        || matches!(first, "stop" | "stopall" | "unsubscribe");
    if stops {
        Some(Command::Stop)
    } else if START.contains(&text.as_str()) {
        Some(Command::Start)
    } else if HELP.contains(&text.as_str()) {
        Some(Command::Help)
    } else {
        None
    }
}

/// Lower case letters, digits and single blanks; apostrophes close up, other signs part words.
fn squeezed(text: &str) -> String {
    let letters: String = text
        .to_lowercase()
        .chars()
        .filter(|c| !matches!(c, '\'' | '’'))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_understood_in_any_reasonable_wording() {
        for text in
            ["STOP", " stop. ", "Stop!!", "STOP ALL", "Opt-out", "Don't text me", "please STOP", "Unsubscribe me"]
        {
            assert_eq!(consent(text), Some(Command::Stop), "{text}");
        }
        for text in ["UNSTOP", "Yes", "start"] {
            assert_eq!(consent(text), Some(Command::Start), "{text}");
        }
        for text in ["JACKET M", "nonstop jacket M", "cancel jacket", "weekend jacket", "yes jacket", ""] {
            assert_eq!(consent(text), None, "{text}");
        }
    }
}
