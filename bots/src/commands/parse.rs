//! A text becomes a command and its words. Pure, and it takes anything.

use super::command::Command;
use super::near::nearest;
use super::plain_speech::consent;
use super::said::{Said, Word};
use super::table::TABLE;
use crate::Platform;
use crate::words::{plain, shortened, visible};

/// Characters in a text, at most: Discord's limit for a message, and more than the longest address worth following.
pub const LONGEST_TEXT: usize = 2000;

/// Why a text is no command, in words for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// Nothing but blanks.
    #[error("Say {help} to see what I understand.")]
    Empty {
        /// How help is asked for here.
        help: String,
    },
    /// More than [`LONGEST_TEXT`] characters.
    #[error("That is too long for me: {LONGEST_TEXT} characters at most.")]
    TooLong,
    /// The first word names no command.
    #[error("I don't know {word:?}.{} {help} lists what I understand.", meant.as_ref().map(|m| format!(" Did you mean {m}?")).unwrap_or_default())]
    Unknown {
        /// What was typed, made harmless.
        word: String,
        /// What was probably meant, as it is typed here.
        meant: Option<String>,
        /// How help is asked for here.
        help: String,
    },
    /// The command exists, but not on this platform.
    #[error("{command} isn't available {place}.")]
    NotHere {
        /// As it would be typed here.
        command: String,
        /// Where we are.
        place: &'static str,
    },
}

/// Reads a text. On Slack the slash command and its text come in one piece: `/coatcheck stock jacket`.
///
/// A leading slash, `@botname` behind the command and case do not matter. Where no other conversation goes on
/// (console, text messages) a text that names no command is a watch, and a lone number is an answer.
///
/// # Errors
/// See [`ParseError`].
pub fn parse(text: &str, platform: Platform) -> Result<Said, ParseError> {
    read(text, platform, platform.takes_bare_words())
}

/// Reads a text that is addressed to us: a direct message, or one that mentions us. There `jacket M` alone is a watch
/// and a lone number an answer, on every platform.
///
/// # Errors
/// See [`ParseError`].
pub fn parse_to_us(text: &str, platform: Platform) -> Result<Said, ParseError> {
    read(text, platform, true)
}

fn read(text: &str, platform: Platform, takes_bare_words: bool) -> Result<Said, ParseError> {
    if text.chars().nth(LONGEST_TEXT).is_some() {
        return Err(ParseError::TooLong);
    }
    if platform == Platform::Sms
        && let Some(command) = consent(text)
    {
        return Ok(Said::bare(command));
    }
    let mut words = split(text);
    if platform == Platform::Slack && words.first().is_some_and(|word| word.text.eq_ignore_ascii_case("/coatcheck")) {
        words.remove(0);
        if words.is_empty() {
            return Ok(Said::bare(Command::Help));
        }
    }
    let Some(first) = words.first() else {
        return Err(ParseError::Empty { help: Command::Help.typed(platform) });
    };
    if takes_bare_words && words.len() == 1 && is_number(&first.text) {
        return Ok(Said { command: Command::Answer, words });
    }
    match named(first, platform) {
        // "Start watching the jacket" is no greeting.
        Some(Command::Start) if takes_bare_words && !first.text.starts_with('/') && words.len() > 2 => {
            Ok(Said { command: Command::Watch, words })
        }
        Some(command) if is_here(command, platform) => Ok(Said { command, words: words.split_off(1) }),
        Some(command) => Err(ParseError::NotHere { command: command.typed(platform), place: platform.place() }),
        None if takes_bare_words && !first.text.starts_with('/') => Ok(Said { command: Command::Watch, words }),
        None => Err(unknown(&first.text, platform)),
    }
}

/// Whom a command is addressed to: `CoatBot` in `/watch@CoatBot jacket`. In groups other bots read along.
#[must_use]
pub fn addressee(text: &str) -> Option<&str> {
    let first = text.split_whitespace().next()?;
    first.strip_prefix('/')?.split_once('@').map(|(_, name)| name)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit())
}

/// The first word without its slash and `@botname`.
fn bare_name(word: &str) -> &str {
    let name = word.strip_prefix('/').unwrap_or(word);
    name.split_once('@').map_or(name, |(name, _)| name)
}

fn named(first: &Word, platform: Platform) -> Option<Command> {
    if first.quoted {
        return None;
    }
    let name = bare_name(&first.text);
    let is = |other: &str| other.eq_ignore_ascii_case(name);
    let here = Command::on(platform).find(|command| command.name_on(platform).is_some_and(is));
    here.or_else(|| {
        TABLE.iter().find(|row| is(row.name) || row.also.iter().any(|also| is(also))).map(|row| row.command)
    })
}

/// Some commands have no word of their own in text messages and are refused there.
fn is_here(command: Command, platform: Platform) -> bool {
    command.name_on(platform).is_some()
}

fn unknown(word: &str, platform: Platform) -> ParseError {
    ParseError::Unknown {
        word: shortened(&plain(word), 40),
        meant: nearest(bare_name(word), platform).map(|command| command.typed(platform)),
        help: Command::Help.typed(platform),
    }
}

/// Words at blanks; `"…"` (straight or curly, also behind `size:`) holds several together. What cannot be seen is
/// dropped, so that no direction mark hides in a name.
fn split(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut characters = visible(text).chars().collect::<Vec<_>>().into_iter().peekable();
    while let Some(first) = characters.next() {
        if first.is_whitespace() {
            continue;
        }
        let quoted = is_quote(first);
        let mut word = String::new();
        let mut inside = quoted;
        if !quoted {
            word.push(first);
        }
        for c in characters.by_ref() {
            if inside && is_quote(c) || !inside && c.is_whitespace() {
                break;
            }
            if !inside && is_quote(c) && word.ends_with([':', '=']) {
                inside = true;
            } else {
                word.push(c);
            }
        }
        if !word.trim().is_empty() {
            words.push(Word { text: word.trim().to_owned(), quoted });
        }
    }
    words
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, platform: Platform) -> String {
        match parse(text, platform) {
            Ok(said) => {
                let words: Vec<&str> = said.words.iter().map(|word| word.text.as_str()).collect();
                format!("{} {words:?}", said.command.name())
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn commands_are_read_on_every_platform() {
        let read = |platform, text| format!("{text:<34} → {}", read(text, platform));
        let lines = [
            read(Platform::Telegram, "/watch@CoatBot jacket M"),
            read(Platform::Discord, "/WATCH “Corps Jacket” size:\"one size\""),
            read(Platform::Slack, "/coatcheck stock jacket"),
            read(Platform::Slack, "/watch jacket M,L"),
            read(Platform::Slack, "/coatcheck"),
            read(Platform::Console, "jacket M"),
            read(Platform::Console, "2"),
            read(Platform::Sms, "Jacket m"),
            read(Platform::Sms, "RESET jacket"),
            read(Platform::Sms, "list"),
            read(Platform::Sms, "Stop texting me!"),
            read(Platform::Telegram, "/stop jacket"),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r#"
        /watch@CoatBot jacket M            → watch ["jacket", "M"]
        /WATCH “Corps Jacket” size:"one size" → watch ["Corps Jacket", "size:one size"]
        /coatcheck stock jacket            → stock ["jacket"]
        /watch jacket M,L                  → watch ["jacket", "M,L"]
        /coatcheck                         → help []
        jacket M                           → watch ["jacket", "M"]
        2                                  → answer ["2"]
        Jacket m                           → watch ["Jacket", "m"]
        RESET jacket                       → again ["jacket"]
        list                               → watches []
        Stop texting me!                   → stop []
        /stop jacket                       → unwatch ["jacket"]
        "#);
    }

    #[test]
    fn what_is_not_understood_gets_a_sentence_to_act_on() {
        let lines = [
            read("/wacth jacket", Platform::Telegram),
            read("/frobnicate", Platform::Discord),
            read("jacket M", Platform::Slack),
            read("  ", Platform::Sms),
            read("shop add https://shop.example", Platform::Sms),
            read("/anytime", Platform::Console),
            read(&"M".repeat(10_000), Platform::Sms),
            read("/\u{202e}\u{7}@everyone<script>", Platform::Discord),
        ];
        insta::assert_snapshot!(lines.join("\n"), @r#"
        I don't know "/wacth". Did you mean /watch? /help lists what I understand.
        I don't know "/frobnicate". /help lists what I understand.
        I don't know "jacket". /coatcheck help lists what I understand.
        Say HELP to see what I understand.
        SHOP isn't available by text message.
        /anytime isn't available on the console.
        That is too long for me: 2000 characters at most.
        I don't know "/". /help lists what I understand.
        "#);
    }

    #[test]
    fn what_is_said_to_us_alone_needs_no_command() {
        let to_us = |text, platform| parse_to_us(text, platform).map(|said| (said.command, said.text()));
        for platform in [Platform::Discord, Platform::Telegram, Platform::Slack] {
            assert_eq!(to_us("jacket M", platform), Ok((Command::Watch, "jacket M".to_owned())));
            assert_eq!(to_us("2", platform), Ok((Command::Answer, "2".to_owned())));
            assert_eq!(to_us("watches", platform), Ok((Command::Watches, String::new())));
            assert!(to_us("/wacth jacket", platform).is_err(), "a slip behind a slash is no product");
        }
    }

    /// The words of text messages, as the help teaches them, and in other capitals.
    #[test]
    fn the_whole_vocabulary_is_understood_by_text() {
        let lines = [
            "WATCH JACKET M",
            "Jacket, M",
            "opensesame m",
            "UNWATCH JACKET",
            "Unwatch",
            "LIST",
            "Stock jacket",
            "HISTORY jacket M",
            "reset",
            "RESET jacket",
            "Pause 8h",
            "PAUSE",
            "resume",
            "TEST",
            "status",
            "forget",
            "HELP",
            "help watch",
            "STOP",
            "START",
            "Anytime",
            "VERIFY 123456",
            "123456",
            "1",
            "Please don't stop",
            "again",
            "phone +1 415 555 0123",
            "export",
        ];
        let read = lines.map(|text| format!("{text:<22} → {}", read(text, Platform::Sms)));
        insta::assert_snapshot!(read.join("\n"), @r#"
        WATCH JACKET M         → watch ["JACKET", "M"]
        Jacket, M              → watch ["Jacket,", "M"]
        opensesame m           → watch ["opensesame", "m"]
        UNWATCH JACKET         → unwatch ["JACKET"]
        Unwatch                → unwatch []
        LIST                   → watches []
        Stock jacket           → stock ["jacket"]
        HISTORY jacket M       → history ["jacket", "M"]
        reset                  → again []
        RESET jacket           → again ["jacket"]
        Pause 8h               → pause ["8h"]
        PAUSE                  → pause []
        resume                 → resume []
        TEST                   → test []
        status                 → status []
        forget                 → forget []
        HELP                   → help []
        help watch             → help ["watch"]
        STOP                   → stop []
        START                  → start []
        Anytime                → anytime []
        VERIFY 123456          → VERIFY isn't available by text message.
        123456                 → answer ["123456"]
        1                      → answer ["1"]
        Please don't stop      → watch ["Please", "don't", "stop"]
        again                  → again []
        phone +1 415 555 0123  → PHONE isn't available by text message.
        export                 → EXPORT isn't available by text message.
        "#);
    }

    #[test]
    fn in_groups_a_command_says_whom_it_means() {
        assert_eq!(addressee("/watch@CoatBot jacket"), Some("CoatBot"));
        assert_eq!(addressee("/watch jacket@home"), None);
        assert_eq!(addressee("mail me@example.com"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}|[/@\"“<>:= \\x00-\\x1f\u{202e}a-z0-9,]{0,80}") {
            for platform in Platform::ALL {
                let _ = parse(&text, platform);
            }
        }

        #[test]
        fn words_are_kept_as_they_were_typed(words in prop::collection::vec("[A-Za-z0-9é/.,:-]{1,12}", 0..8)) {
            let said = parse(&format!("/watch {}", words.join("  ")), Platform::Telegram).expect("a watch");
            prop_assert_eq!(said.text(), words.join(" "));
        }
    }
}
