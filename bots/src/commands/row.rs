//! What a row of the table says of a command, and the kinds of arguments there are.

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
    /// Who may say it. Platforms report facts; the decision falls above, from this alone.
    pub may: May,
    /// Where an invite word is set: may those say it who have not said the word?
    pub strangers: bool,
    /// Is it of use only where people can be texted?
    pub needs_texts: bool,
}

/// Who may say a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// Everyone, everywhere.
    Everyone,
    /// Everyone in a chat of their own; in a room those who manage it, because it changes what the room gets.
    Managers,
    /// In a team channel, those who manage it.
    RoomManagers,
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
