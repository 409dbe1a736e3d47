//! What a person said, before anyone knows what the words mean.

use super::command::Command;
use super::row::Kind;

/// What a person said, parsed but not yet resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Which command.
    pub command: Command,
    /// The words after it, in order and in their original spelling.
    pub words: Vec<Word>,
}

/// One word, or several in quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it was typed, without the quotes and without characters that cannot be seen.
    pub text: String,
    /// Quoted words are never keywords: `"every"` is a name.
    pub quoted: bool,
}

impl Word {
    /// A word that may be a keyword.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), quoted: false }
    }

    /// A word, or several, to be taken as they are.
    #[must_use]
    pub fn quoted(text: impl Into<String>) -> Self {
        Self { text: text.into(), quoted: true }
    }

    /// Is this the unquoted keyword, in any case?
    pub(super) fn is(&self, keyword: &str) -> bool {
        !self.quoted && self.text.eq_ignore_ascii_case(keyword)
    }
}

impl Said {
    /// Does it say a word that others should not read: an invite word, also as a deep link?
    #[must_use]
    pub fn holds_secret(&self) -> bool {
        matches!(self.command, Command::Join | Command::Start) && !self.words.is_empty()
    }

    /// A command with nothing behind it.
    #[must_use]
    pub fn bare(command: Command) -> Self {
        Self { command, words: Vec::new() }
    }

    /// From named options, as Discord hands them over: the same words as if they had been typed.
    /// Options the table does not know are left out.
    #[must_use]
    pub fn from_options(command: Command, options: &[(&str, &str)]) -> Self {
        let mut words = Vec::new();
        for argument in command.arguments() {
            let Some((_, value)) = options.iter().find(|(name, _)| *name == argument.name) else { continue };
            match argument.kind {
                Kind::Size | Kind::Style => words.extend([Word::plain(argument.name), Word::quoted(*value)]),
                Kind::Product => words.push(Word::quoted(*value)),
                _ => words.extend(value.split_whitespace().map(Word::plain)),
            }
        }
        Self { command, words }
    }

    /// The words as one text, as they were typed.
    #[must_use]
    pub fn text(&self) -> String {
        self.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}
