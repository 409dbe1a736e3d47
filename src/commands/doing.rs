//! What is to be done with a product, once it is known which one: at once, or when a question is answered. Pure.

use coatcheck_bots::Command;
use coatcheck_domain::watch::Mode;
use serde::{Deserialize, Serialize};

use super::resolve::Meant;
use super::understand::Strange;
use super::wants::{Want, size_text, style_text};

/// What is done with a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    Watch,
    Unwatch,
    Again,
    Stock,
    History,
}

impl Act {
    /// The command that asks for it.
    pub(crate) fn command(self) -> Command {
        match self {
            Self::Watch => Command::Watch,
            Self::Unwatch => Command::Unwatch,
            Self::Again => Command::Again,
            Self::Stock => Command::Stock,
            Self::History => Command::History,
        }
    }
}

/// Everything needed to do it; stored as JSON with an open question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Doing {
    pub(crate) act: Act,
    pub(crate) product: i64,
    /// Sizes with styles; one of neither for any.
    pub(crate) wants: Vec<Want>,
    pub(crate) every: bool,
    /// Words that fit nothing: asked about before it is done.
    #[serde(default)]
    pub(crate) strange: Vec<Strange>,
}

impl Doing {
    pub(crate) fn new(act: Act, meant: Meant) -> Self {
        let Meant { product, wants, every, strange } = meant;
        Self { act, product, wants, every, strange }
    }

    pub(crate) fn mode(&self) -> Mode {
        if self.every { Mode::Every } else { Mode::Once }
    }

    /// The sizes, to be shown; none for any.
    pub(crate) fn size_text(&self) -> Option<String> {
        size_text(&self.wants)
    }

    /// The styles, to be shown; none for any.
    pub(crate) fn style_text(&self) -> Option<String> {
        style_text(&self.wants)
    }
}
