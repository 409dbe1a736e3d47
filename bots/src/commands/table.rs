//! THE table: every command with its names, arguments, help, examples, and who may say it.

use super::command::Command;
use super::row::{Argument, Kind, May, Row};
use crate::Platform;

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
const HOW: Argument = optional(
    "how",
    Kind::Choice(&["once", "every"]),
    "once: one alert (the default). every: an alert each time it is back",
);

/// A command that everyone may say everywhere, with nothing behind it; rows differ from it where they must.
const PLAIN: Row = Row {
    command: Command::Help,
    name: "",
    sms: None,
    also: &[],
    not_on: &[],
    arguments: &[],
    help: "Show all commands, or explain one",
    examples: &[""],
    may: May::Everyone,
    strangers: false,
    needs_texts: false,
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
        may: May::Managers,
        ..PLAIN
    },
    Row {
        command: Command::Unwatch,
        name: "unwatch",
        sms: Some("UNWATCH"),
        also: &["remove", "stop"],
        arguments: &[PRODUCT, SIZE],
        help: "Stop a watch: pick it from the list, or name it",
        examples: &["", "jacket M"],
        may: May::Managers,
        ..PLAIN
    },
    Row {
        command: Command::Watches,
        name: "watches",
        sms: Some("LIST"),
        also: &["list", "watching"],
        arguments: &[optional("page", Kind::Number, "Which page of a long list")],
        examples: &["", "2"],
        help: "List my watches",
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
        help: "When it was in stock, for how long, and when it usually comes back",
        examples: &["jacket M"],
        ..PLAIN
    },
    Row {
        command: Command::Again,
        name: "again",
        sms: Some("RESET"),
        also: &["reset", "rearm"],
        arguments: &[PRODUCT],
        help: "Watch again what I was already notified of: everything, or one product",
        examples: &["", "jacket"],
        may: May::Managers,
        ..PLAIN
    },
    Row {
        command: Command::Phone,
        name: "phone",
        arguments: &[required("number", Kind::Phone, "In international form: +1 415 555 0123")],
        help: "Add a phone: it gets a text when no chat can be reached",
        examples: &["+14155550123"],
        needs_texts: true,
        ..PLAIN
    },
    Row {
        command: Command::Verify,
        name: "verify",
        arguments: &[required("code", Kind::Code, "The six digits that were texted to the phone")],
        help: "Confirm that the phone is mine",
        examples: &["123456"],
        needs_texts: true,
        ..PLAIN
    },
    Row {
        command: Command::Pause,
        name: "pause",
        sms: Some("PAUSE"),
        also: &["mute"],
        arguments: &[optional("for", Kind::Duration, "30m, 8h, 2d or until tomorrow. Without it, until I resume")],
        help: "No alerts for a while",
        examples: &["", "8h"],
        may: May::Managers,
        ..PLAIN
    },
    Row {
        command: Command::Resume,
        name: "resume",
        sms: Some("RESUME"),
        also: &["unmute", "unpause"],
        help: "End the pause and see what is in stock now",
        may: May::Managers,
        ..PLAIN
    },
    Row {
        command: Command::Test,
        name: "test",
        sms: Some("TEST"),
        help: "Send me a test alert",
        may: May::Managers,
        ..PLAIN
    },
    Row { command: Command::Export, name: "export", help: "Download everything stored about me", ..PLAIN },
    Row {
        command: Command::Forget,
        name: "forget",
        sms: Some("FORGET"),
        help: "Delete everything stored about me",
        may: May::Managers,
        strangers: true,
        ..PLAIN
    },
    Row {
        command: Command::Link,
        name: "link",
        arguments: &[optional("code", Kind::Payload, "The code that /link gave you in the other chat")],
        help: "Use a second chat: alerts go there when this one cannot be reached",
        examples: &[""],
        ..PLAIN
    },
    Row {
        command: Command::Join,
        name: "join",
        sms: Some("JOIN"),
        arguments: &[required("word", Kind::Payload, "The invite word")],
        help: "Say the invite word, once, where one is needed",
        examples: &["raincoat"],
        may: May::Managers,
        strangers: true,
        ..PLAIN
    },
    Row {
        command: Command::Announce,
        name: "announce",
        not_on: &[Platform::Console],
        arguments: &[
            required("action", Kind::Choice(&["add", "list", "stop"]), "add, list or stop"),
            optional("product", Kind::Product, "The product's name, or the shop's host for all of its products"),
            SIZE,
            STYLE,
            optional("mention", Kind::Payload, "A role or group to mention in each new post"),
        ],
        help: "Post in this channel when it is back in stock",
        examples: &["add jacket", "add jacket M black", "list", "stop jacket"],
        may: May::RoomManagers,
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
        help: "The shops and products that are polled",
        examples: &["list", "add https://shop.example/products/jacket"],
        may: May::Admins,
        ..PLAIN
    },
    Row {
        command: Command::Status,
        name: "status",
        sms: Some("STATUS"),
        help: "Show service status and when shops were last checked",
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
        strangers: true,
        ..PLAIN
    },
    Row {
        command: Command::Start,
        name: "start",
        sms: Some("START"),
        not_on: &[Platform::Discord],
        arguments: &[optional("code", Kind::Payload, "From a sign-up link")],
        help: "Say hello and see how to begin",
        strangers: true,
        ..PLAIN
    },
    Row {
        command: Command::Stop,
        name: "stop",
        sms: Some("STOP"),
        not_on: CHATS,
        help: "No more texts to this number",
        strangers: true,
        ..PLAIN
    },
    Row {
        command: Command::Anytime,
        name: "anytime",
        sms: Some("ANYTIME"),
        not_on: CHATS,
        arguments: &[optional("off", Kind::Choice(&["off"]), "off: by day only")],
        help: "Allow texts at night",
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
