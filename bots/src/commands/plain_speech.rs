//! Texts that mean "stop", "start" or "help" as a whole, whatever else the number is used for.
//!
//! The single words are those that carriers and Twilio act on; the phrases are what people write instead. A stop must
//! be understood in any reasonable wording, so STOP with anything behind it stops too; and nothing that says "don't
//! stop" does.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::command::Command;

const STOP: &[&str] = &["stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"];
/// The same in the other languages of the countries that are texted: French and Spanish.
const STOP_ABROAD: &[&str] = &["arret", "arreter", "desabonner", "alto", "baja", "cancelar", "fin", "parar"];
const START: &[&str] = &["start", "unstop", "yes"];
const HELP: &[&str] = &["help", "info"];

/// Whatever follows these, it is a stop.
const STOPS: &[&str] = &["stop", "stopall", "unsubscribe", "optout"];
const STOP_PHRASES: &[&str] = &[
    "cancel all",
    "cancel everything",
    "cancel my subscription",
    "delete my number",
    "end all",
    "forget my number",
    "go away",
    "i opt out",
    "leave me alone",
    "lose my number",
    "no more",
    "not interested",
    "opt me out",
    "remove me",
    "remove my number",
    "take me off",
    "wrong number",
    "wrong person",
    "you have the wrong number",
];
/// What somebody wants no more of: "no more texts", "cancel these alerts", "don't text me", "quit messaging me".
const NO_MORE: &[&[&str]] = &[&["no", "more"], &["cancel"], &["end"], &["quit"]];
const NOT: &[&[&str]] = &[&["dont"], &["do", "not"], &["never"]];
/// Behind a "not" these say the opposite: "don't cancel my alerts", "don't forget to text me".
const ENDS: &[&str] = &["cancel", "end", "fail", "forget", "hesitate", "lose", "quit", "remove"];
const TEXTING: &[&str] = &[
    "alert",
    "alerts",
    "bother",
    "call",
    "contact",
    "contacting",
    "message",
    "messages",
    "messaging",
    "msg",
    "notify",
    "notifications",
    "send",
    "sending",
    "sms",
    "spam",
    "text",
    "texting",
    "texts",
    "write",
];
const START_PHRASES: &[&str] = &[
    "opt in",
    "optin",
    "resubscribe",
    "sign me up",
    "start again",
    "start texting me",
    "start texting me again",
    "subscribe",
    "subscribe me",
    "text me again",
];
const HELP_PHRASES: &[&str] =
    &["help me", "how does this work", "what is this", "whats this", "who is this", "whos this"];
const ANYTIME_PHRASES: &[&str] = &["any time", "day and night", "text me any time", "text me anytime"];
/// Said before or behind, they change nothing.
const POLITE: &[&str] =
    &["please", "pls", "plz", "kindly", "just", "hi", "hello", "hey", "ok", "okay", "now", "thanks", "thank you"];
const WISHES: &[&str] = &[
    "can you",
    "could you",
    "i want to",
    "i want you to",
    "i would like to",
    "i would like you to",
    "id like to",
    "id like you to",
    "will you",
    "would you",
];

/// The command a whole text message means by itself.
pub(super) fn consent(text: &str) -> Option<Command> {
    let whole = squeezed(text);
    let text = without_courtesy(&whole);
    let is_one_of = |lists: &[&[&str]]| lists.iter().any(|list| list.contains(&text));
    if is_one_of(&[STOP, STOP_ABROAD, STOP_PHRASES]) || stops(text) {
        Some(Command::Stop)
    } else if is_one_of(&[START, START_PHRASES]) {
        Some(Command::Start)
    } else if is_one_of(&[HELP, HELP_PHRASES]) {
        Some(Command::Help)
    } else if ANYTIME_PHRASES.contains(&text) {
        Some(Command::Anytime)
    } else {
        None
    }
}

fn stops(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').collect();
    let enough = |start: &&[&str]| {
        // "cancel these alerts", "no more of these texts": a few words may stand between.
        words.starts_with(start) && words[start.len()..].iter().take(3).any(|word| TEXTING.contains(word))
    };
    let has_one_of = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let list = ["remove me from", "take me off", "take my number off", "remove my number from"];
    STOPS.contains(&words[0])
        || text.starts_with("opt out ")
        || NO_MORE.iter().any(enough) && !has_one_of(STOPS)
        || NOT.iter().any(enough) && !has_one_of(STOPS) && !has_one_of(ENDS)
        || list.iter().any(|start| text.strip_prefix(start).is_some_and(|rest| rest.starts_with(' ')))
}

/// Without "please" and the like at either end, and without "could you" before what is wanted.
fn without_courtesy(text: &str) -> &str {
    let mut bare = text;
    loop {
        let before = bare;
        for polite in POLITE.iter().chain(WISHES) {
            bare = bare.strip_prefix(polite).and_then(|rest| rest.strip_prefix(' ')).unwrap_or(bare);
        }
        for polite in POLITE {
            bare = bare.strip_suffix(polite).and_then(|rest| rest.strip_suffix(' ')).unwrap_or(bare);
        }
        if bare == before {
            return bare;
        }
    }
}

/// Lower case letters without accents, digits and single blanks, however wide they were written; apostrophes close up,
/// other signs part words.
fn squeezed(text: &str) -> String {
    let letters: String = text
        .nfkd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .filter(|c| !matches!(c, '\'' | '’' | '‘' | '`' | '´'))
        .map(|c| if c.is_alphanumeric() { c } else { ' ' })
        .collect();
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_understood_in_any_reasonable_wording() {
        for text in [
            "STOP",
            " stop. ",
            "Stop!!",
            "STOP ALL",
            "Stopall",
            "Opt-out",
            "END",
            "quit",
            "Cancel",
            "REVOKE",
            "Unsubscribe me",
            "Stop texting me",
            "please STOP",
            "Pls stop texting me, thanks",
            "stop sending me these",
            "Stop it!",
            "Could you please stop?",
            "I want you to stop messaging me",
            "I'd like to unsubscribe",
            "Don't text me",
            "DON’T TEXT ME ANYMORE",
            "do not contact me again",
            "never message me again",
            "no more texts",
            "No more of these alerts please",
            "quit texting me",
            "cancel these messages",
            "Remove me from this list",
            "take me off your list",
            "opt out of this",
            "Wrong number",
            "leave me alone",
            "ARRET",
            "Arrêt!",
            "ARRE\u{302}T",
            "parar",
            "Alto",
            "FIN.",
            "ＳＴＯＰ",
            "ｓｔｏｐ　ａｌｌ",
            "🛑 STOP 🛑",
            "“STOP”",
            "«stop»",
            "'Stop'",
        ] {
            assert_eq!(consent(text), Some(Command::Stop), "{text}");
        }
    }

    #[test]
    fn what_is_no_stop_does_not_stop() {
        for text in [
            "don't stop",
            "Please don’t stop",
            "do not stop texting me",
            "never stop texting me",
            "please don't unsubscribe me",
            "dont stop the messages",
            "don't quit texting me",
            "Don’t cancel my alerts",
            "please do not cancel the texts",
            "never end my alerts",
            "don't forget to text me",
            "don't hesitate to message me",
            "nonstop jacket M",
            "cancel jacket",
            "end table M",
            "no more jacket",
            "weekend jacket",
            "yes jacket",
            "unwatch jacket",
            "start jacket",
            "help jacket",
            "JACKET M",
            "alto jacket M",
            "fin M",
            "send me the jacket in M",
            "please",
            "",
        ] {
            assert_eq!(consent(text), None, "{text}");
        }
    }

    #[test]
    fn start_help_and_anytime_have_other_words_too() {
        for text in ["UNSTOP", "Yes", "start", "Please start", "Subscribe me", "start texting me again", "opt in"] {
            assert_eq!(consent(text), Some(Command::Start), "{text}");
        }
        for text in ["HELP", "info?", "help me please", "Who is this?", "what’s this"] {
            assert_eq!(consent(text), Some(Command::Help), "{text}");
        }
        for text in ["any time", "Text me anytime"] {
            assert_eq!(consent(text), Some(Command::Anytime), "{text}");
        }
    }
}
