//! THE table: every command with its names, arguments, help, examples, and who may say it.

use super::command::Command;
use crate::Platform;

/// One row: all that registration, parsing and help know of a command.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Which.
    pub command: Command,
    /// The name in chats: lower case, one word.
    pub name: &'static str,
    /// The word in text messages, in capitals; `None` where it cannot be said there.
    pub sms: Option<&'static str>,
    /// Other names that are understood, but neither registered nor taught.
    pub also: &'static [&'static str],
    /// Where it cannot be said (text messages: see `sms`).
    pub not_on: &'static [Platform],
    /// Its arguments: the required ones first, as Discord wants it.
    pub arguments: &'static [Argument],
    /// One line, at most 100 characters (Discord's limit for a description).
    pub help: &'static str,
    /// What stands behind the name in examples; `""` is the bare command.
    pub examples: &'static [&'static str],
    /// Who may say it. Platforms report facts; the decision falls above.
    pub may: May,
}

/// Who may say a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// Everyone.
    Everyone,
    /// Who manages the room it is said in.
    Managers,
    /// The destinations in `COATCHECK_ADMINS`.
    Admins,
}

/// One argument of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argument {
    /// Its name, also the name of the option where a platform has named options.
    pub name: &'static str,
    /// Must it be given?
    pub required: bool,
    /// What it takes.
    pub kind: Kind,
    /// One line, at most 100 characters.
    pub help: &'static str,
}

/// What an argument takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A product by name or alias, or its address. Completed from the catalogue.
    Product,
    /// One size or several, `M,L`. Completed from the catalogue.
    Size,
    /// A style: colour, fit, … Completed from the catalogue.
    Style,
    /// Minutes, hours or days: `30m`, `8h`, `2d`.
    Duration,
    /// A phone number in international form.
    Phone,
    /// The six digits that were texted.
    Code,
    /// An address.
    Url,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The name of a command.
    Command,
    /// Opaque text: a deep link's payload.
    Payload,
    /// The number of a choice.
    Number,
}

impl Kind {
    /// Is it completed while people type?
    #[must_use]
    pub fn completes(self) -> bool {
        matches!(self, Self::Product | Self::Size | Self::Style)
    }
}

const fn required(name: &'static str, kind: Kind, help: &'static str) -> Argument {
    Argument { name, required: true, kind, help }
}

const fn optional(name: &'static str, kind: Kind, help: &'static str) -> Argument {
    Argument { name, required: false, kind, help }
}

const PRODUCT: Argument = optional("product", Kind::Product, "The product's name");
const WHICH_PRODUCT: Argument = required("product", Kind::Product, "The product's name");
const PRODUCT_OR_URL: Argument = required("product", Kind::Product, "The product's name, or the address of its page");
const SIZE: Argument = optional("size", Kind::Size, "One size or several: M or M,L. Without it, any size");
const STYLE: Argument = optional("style", Kind::Style, "Colour or other option: black. Without it, any");
const HOW: Argument =
    optional("how", Kind::Choice(&["once", "every"]), "once: tell me one time (normal). every: each time it is back");

/// A command that everyone may say everywhere, with nothing behind it; rows differ from it where they must.
const PLAIN: Row = Row {
    command: Command::Help,
    name: "",
    sms: None,
    also: &[],
    not_on: &[],
    arguments: &[],
    help: "",
    examples: &[""],
    may: May::Everyone,
};

const CHATS: &[Platform] = &[Platform::Console, Platform::Discord, Platform::Telegram, Platform::Slack];

/// Every command, in the order help tells them.
pub const TABLE: &[Row] = &[
    Row {
        command: Command::Watch,
        name: "watch",
        sms: Some("WATCH"),
        arguments: &[PRODUCT_OR_URL, SIZE, STYLE, HOW],
        help: "Tell me when it is back in stock",
        examples: &["jacket M", "jacket M,L black", "https://shop.example/products/jacket size M every"],
        ..PLAIN
    },
    Row {
        command: Command::Unwatch,
        name: "unwatch",
        sms: Some("UNWATCH"),
        also: &["remove", "stop"],
        arguments: &[PRODUCT, SIZE],
        help: "Stop a watch: choose it from the list, or name it",
        examples: &["", "jacket M"],
        ..PLAIN
    },
    Row {
        command: Command::Watches,
        name: "watches",
        sms: Some("LIST"),
        also: &["list", "watching"],
        help: "List what I wait for",
        ..PLAIN
    },
    Row {
        command: Command::Stock,
        name: "stock",
        sms: Some("STOCK"),
        arguments: &[WHICH_PRODUCT, STYLE],
        help: "What is in stock now: sizes, styles, prices",
        examples: &["jacket", "jacket black"],
        ..PLAIN
    },
    Row {
        command: Command::History,
        name: "history",
        sms: Some("HISTORY"),
        arguments: &[WHICH_PRODUCT, SIZE, STYLE],
        help: "When it was in stock, how long it lasted, when it usually comes",
        examples: &["jacket M"],
        ..PLAIN
    },
    Row {
        command: Command::Again,
        name: "again",
        sms: Some("RESET"),
        also: &["reset", "rearm"],
        arguments: &[PRODUCT],
        help: "Wait again for what I was already told about: everything, or one product",
        examples: &["", "jacket"],
        ..PLAIN
    },
    Row {
        command: Command::Phone,
        name: "phone",
        arguments: &[required("number", Kind::Phone, "In international form: +1 415 555 0123")],
        help: "Add a phone: it is texted when nothing else reaches me",
        examples: &["+14155550123"],
        ..PLAIN
    },
    Row {
        command: Command::Verify,
        name: "verify",
        arguments: &[required("code", Kind::Code, "The six digits that were texted to the phone")],
        help: "Prove that the phone is mine",
        examples: &["123456"],
        ..PLAIN
    },
    Row {
        command: Command::Pause,
        name: "pause",
        sms: Some("PAUSE"),
        also: &["mute"],
        arguments: &[optional("for", Kind::Duration, "30m, 8h or 2d. Without it, until I resume")],
        help: "Be quiet for a while",
        examples: &["", "8h"],
        ..PLAIN
    },
    Row {
        command: Command::Resume,
        name: "resume",
        sms: Some("RESUME"),
        also: &["unmute", "unpause"],
        help: "End the pause, and say what is in stock now",
        ..PLAIN
    },
    Row {
        command: Command::Test,
        name: "test",
        sms: Some("TEST"),
        help: "Send me an alert, to see how one looks",
        ..PLAIN
    },
    Row { command: Command::Export, name: "export", help: "Everything that is known of me, as a file", ..PLAIN },
    Row {
        command: Command::Forget,
        name: "forget",
        sms: Some("FORGET"),
        help: "Delete everything that is known of me",
        ..PLAIN
    },
    Row {
        command: Command::Announce,
        name: "announce",
        not_on: &[Platform::Console],
        arguments: &[
            required("action", Kind::Choice(&["add", "list", "stop"]), "add, list or stop"),
            PRODUCT,
            SIZE,
            STYLE,
        ],
        help: "Tell this channel when a product is back in stock",
        examples: &["add jacket", "list", "stop jacket"],
        may: May::Managers,
        ..PLAIN
    },
    Row {
        command: Command::Shop,
        name: "shop",
        arguments: &[
            required(
                "action",
                Kind::Choice(&["add", "list", "remove", "pause", "resume"]),
                "add, list, remove, pause or resume",
            ),
            optional("url", Kind::Url, "The address of a product or of the shop"),
        ],
        help: "The shops and products that are followed",
        examples: &["list", "add https://shop.example/products/jacket"],
        may: May::Admins,
        ..PLAIN
    },
    Row {
        command: Command::Status,
        name: "status",
        sms: Some("STATUS"),
        help: "Is everything running, and how fresh is it",
        ..PLAIN
    },
    Row {
        command: Command::Help,
        name: "help",
        sms: Some("HELP"),
        also: &["commands", "info", "?"],
        arguments: &[optional("command", Kind::Command, "The command to explain")],
        help: "This list, or one command explained",
        examples: &["", "watch"],
        ..PLAIN
    },
    Row {
        command: Command::Start,
        name: "start",
        sms: Some("START"),
        not_on: &[Platform::Discord],
        arguments: &[optional("code", Kind::Payload, "From a sign-up link")],
        help: "Say hello, and what to say next",
        ..PLAIN
    },
    Row {
        command: Command::Stop,
        name: "stop",
        sms: Some("STOP"),
        not_on: CHATS,
        help: "No more texts to this number, of any kind",
        ..PLAIN
    },
    Row {
        command: Command::Anytime,
        name: "anytime",
        sms: Some("ANYTIME"),
        not_on: CHATS,
        arguments: &[optional("off", Kind::Choice(&["off"]), "off: by day only")],
        help: "Text me at night too",
        examples: &["", "off"],
        ..PLAIN
    },
    Row {
        command: Command::Answer,
        name: "answer",
        not_on: CHATS,
        arguments: &[required("number", Kind::Number, "The number of the choice")],
        help: "Answer a question with the number of the choice",
        examples: &["2"],
        ..PLAIN
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_name_means_two_commands() {
        for platform in Platform::ALL {
            let mut seen = HashSet::new();
            for command in Command::on(platform) {
                assert!(seen.insert(command.name_on(platform)), "{command:?} on {platform}");
            }
        }
        let mut also = HashSet::new();
        for name in TABLE.iter().flat_map(|row| row.also) {
            assert!(also.insert(name), "{name}");
        }
    }

    /// Discord: names of 32 lower case characters, descriptions of 100, required options first.
    #[test]
    fn the_strictest_platform_takes_the_table() {
        for row in TABLE {
            assert!((1..=32).contains(&row.name.len()) && row.name.bytes().all(|b| b.is_ascii_lowercase()));
            assert!((1..=100).contains(&row.help.len()), "{}", row.name);
            let first_optional = row.arguments.iter().position(|a| !a.required).unwrap_or(row.arguments.len());
            for (index, argument) in row.arguments.iter().enumerate() {
                assert_eq!(argument.required, index < first_optional, "{} {}", row.name, argument.name);
                assert!((1..=100).contains(&argument.help.len()), "{} {}", row.name, argument.name);
            }
        }
    }
}
