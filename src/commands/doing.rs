//! What is to be done with a product, once it is known which one: at once, or when a question is answered. Pure.

use coatcheck_bots::Command;
use coatcheck_bots::commands::{Arguments, How};
use coatcheck_domain::watch::{Mode, Wish};
use coatcheck_domain::{SizeKey, StyleKey};
use serde::{Deserialize, Serialize};

use super::resolve::Meant;

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
    pub(crate) sizes: Vec<String>,
    pub(crate) style: Option<String>,
    pub(crate) every: bool,
}

impl Doing {
    pub(crate) fn new(act: Act, meant: Meant, said: &Arguments) -> Self {
        let Meant { product, sizes, style } = meant;
        Self { act, product, sizes, style, every: said.how == Some(How::Every) }
    }

    pub(crate) fn mode(&self) -> Mode {
        if self.every { Mode::Every } else { Mode::Once }
    }

    /// One wish a size; sizes that fold into the same are one.
    pub(crate) fn wishes(&self) -> Vec<(Option<&str>, Wish)> {
        let style = self.style.as_deref().map(StyleKey::fold).unwrap_or_default();
        let mut wishes: Vec<(Option<&str>, Wish)> = Vec::new();
        for said in &self.sizes {
            let size = SizeKey::fold(said);
            if !size.is_any() && wishes.iter().all(|(_, wish)| wish.size != size) {
                wishes.push((Some(said), Wish { size, style: style.clone() }));
            }
        }
        if wishes.is_empty() {
            wishes.push((None, Wish { size: SizeKey::default(), style }));
        }
        wishes
    }
}
