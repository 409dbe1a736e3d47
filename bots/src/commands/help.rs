//! Help, rendered from the table.

use std::fmt::Write as _;

use super::command::Command;
use super::row::{Argument, Kind, May};
use crate::Platform;

/// What can be said here, a line a command; by text message in two segments. `shows` leaves out what is not for the
/// person who asks, or not built yet.
#[must_use]
pub fn help(platform: Platform, shows: impl Fn(Command) -> bool) -> String {
    if platform == Platform::Sms {
        return help_by_text(shows);
    }
    let mut text = String::from("I notify you when your size is back in stock.\n");
    for command in Command::on(platform).filter(|command| shows(*command)) {
        let _ = writeln!(text, "{} — {}{}", usage(command, platform), command.row().help, note(command.may()));
    }
    text.push_str(closing(platform));
    text
}

/// The words alone: what is long costs money, and what is not in the alphabet of text messages costs twice.
fn help_by_text(shows: impl Fn(Command) -> bool) -> String {
    let shown = Command::on(Platform::Sms).filter(|command| shows(*command));
    let words: Vec<&str> = shown.filter_map(|command| command.name_on(Platform::Sms)).collect();
    format!(
        "CoatCheck texts you when your size is back in stock. Text a product and a size: JACKET M. \
         Also: {}. HELP STOCK explains one. STOP ends all texts. Msg & data rates may apply.",
        words.join(" ")
    )
}

/// One command explained: how it is typed, what it does, what it takes, examples.
#[must_use]
pub fn help_for(command: Command, platform: Platform) -> String {
    let row = command.row();
    let mut text = format!("{}\n{}{}", usage(command, platform), row.help, note(row.may));
    for argument in row.arguments {
        let _ = write!(text, "\n  {}: {}", argument.name, argument.help);
    }
    for example in row.examples.iter().filter(|example| !example.is_empty()) {
        let _ = write!(text, "\nExample: {} {}", command.typed(platform), cased(example, platform));
    }
    text
}

/// `/watch <product> [size] [style] [once|every]`.
fn usage(command: Command, platform: Platform) -> String {
    let mut text = command.typed(platform);
    for argument in command.arguments() {
        let shown = shown(argument);
        let _ = if argument.required { write!(text, " <{shown}>") } else { write!(text, " [{shown}]") };
    }
    text
}

fn shown(argument: &Argument) -> String {
    match argument.kind {
        Kind::Choice(choices) => choices.join("|"),
        Kind::Product if argument.required && argument.help.contains("address") => "product or address".to_owned(),
        _ => argument.name.to_owned(),
    }
}

/// Text messages are written in capitals, but addresses must stay as they are.
fn cased(example: &str, platform: Platform) -> String {
    if platform == Platform::Sms && !example.contains("://") { example.to_uppercase() } else { example.to_owned() }
}

fn note(may: May) -> &'static str {
    match may {
        May::Everyone | May::Managers => "",
        May::RoomManagers => " (who manages the channel)",
        May::Admins => " (admins)",
    }
}

fn closing(platform: Platform) -> &'static str {
    match platform {
        Platform::Console => "A product and a size alone are a watch: jacket M",
        Platform::Slack => "/coatcheck help <command> explains one",
        Platform::Discord | Platform::Telegram | Platform::Sms => "/help <command> explains one",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn help_reads_well_in_a_chat() {
        insta::assert_snapshot!(help(Platform::Telegram, |_| true), @"
        I notify you when your size is back in stock.
        /watch <product or address> [size] [style] [once|every] — Tell me when it is back in stock
        /unwatch [product] [size] — Stop a watch: pick it from the list, or name it
        /watches [page] — List my watches
        /stock <product> [style] — What is in stock now: sizes, styles, prices
        /history <product> [size] [style] — When it was in stock, for how long, and when it usually comes back
        /again [product] — Watch again what I was already notified of: everything, or one product
        /phone <number> — Add a phone: it gets a text when no chat can be reached
        /verify <code> — Confirm that the phone is mine
        /pause [for] — No alerts for a while
        /resume — End the pause and see what is in stock now
        /test — Send me a test alert
        /export — Download everything stored about me
        /forget — Delete everything stored about me
        /link [code] — Use a second chat: alerts go there when this one cannot be reached
        /join <word> — Say the invite word, once, where one is needed
        /announce <add|list|stop> [product] [size] [style] [mention] — Post in this channel when it is back in stock (who manages the channel)
        /shop <add|list|remove|pause|resume> [url] — The shops and products that are polled (admins)
        /status — Show service status and when shops were last checked
        /help [command] — This list, or one command explained
        /start [code] — Say hello and see how to begin
        /help <command> explains one
        ");
    }

    #[test]
    fn help_by_text_message_uses_its_own_words() {
        let text = help(Platform::Sms, |_| true);
        assert!(text.is_ascii() && text.len() <= 306, "{} characters are more than two segments", text.len());
        insta::assert_snapshot!(text, @"CoatCheck texts you when your size is back in stock. Text a product and a size: JACKET M. Also: WATCH UNWATCH LIST STOCK HISTORY RESET PAUSE RESUME TEST FORGET JOIN STATUS HELP START STOP ANYTIME. HELP STOCK explains one. STOP ends all texts. Msg & data rates may apply.");
    }

    #[test]
    fn one_command_is_explained() {
        insta::assert_snapshot!(help_for(Command::Watch, Platform::Slack), @"
        /watch <product or address> [size] [style] [once|every]
        Tell me when it is back in stock
          product: The product's name, or the address of its page
          size: One size or several: M or M,L. Without it, any size
          style: Colour or other option: black. Without it, any
          how: once: one alert (the default). every: an alert each time it is back
        Example: /watch jacket M
        Example: /watch jacket M,L black
        Example: /watch https://shop.example/products/jacket size M every
        ");
        insta::assert_snapshot!(help_for(Command::Watch, Platform::Sms).lines().last().unwrap_or_default(), @"Example: WATCH https://shop.example/products/jacket size M every");
    }

    #[test]
    fn what_is_not_for_somebody_is_not_shown() {
        assert!(!help(Platform::Discord, |command| command.may() != May::Admins).contains("/shop"));
        assert!(help(Platform::Discord, |_| true).contains("/shop"));
        assert!(!help(Platform::Sms, |command| command != Command::Pause).contains("PAUSE"));
    }
}
