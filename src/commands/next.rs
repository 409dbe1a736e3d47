//! What a command comes to: an answer, or something that the dispatcher does next. No command calls another.

use coatcheck_bots::Reply;
use serde::{Deserialize, Serialize};

use super::doing::Doing;

/// What is done next.
pub(crate) enum Next {
    Say(Reply),
    /// The answer to who will be notified: their wish is stored.
    Promise(Reply),
    Choose(Choice),
}

/// An answer, and whether who gets it asked to be notified of something by it.
pub(crate) struct Answered {
    pub(crate) reply: Reply,
    pub(crate) asked: bool,
}

/// What an answer to a question does; stored as JSON with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Choice {
    /// Something with a product.
    Do(Doing),
    /// The same, and it takes the place of a watch.
    Only { instead_of: i64, doing: Doing },
    /// Stops a watch.
    Stop { watch: i64 },
    /// Asks on, among those that had no room in the question.
    More { rest: Vec<Doing> },
}

impl From<Reply> for Next {
    fn from(reply: Reply) -> Self {
        Self::Say(reply)
    }
}

impl From<Reply> for Answered {
    fn from(reply: Reply) -> Self {
        Self { reply, asked: false }
    }
}

impl From<Doing> for Next {
    fn from(doing: Doing) -> Self {
        Self::Choose(Choice::Do(doing))
    }
}
