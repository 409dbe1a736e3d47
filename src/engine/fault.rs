//! What a failed poll means: for the plan of its source, for the shop as a whole, and as a word for machines.

use coatcheck_domain::poll::Outcome;

use crate::shops::{FetchErrorKind, ReadError};
use crate::store::StoreError;

/// Logs what a loop could not store and what follows. A database that fails is said by the store itself, in its own time.
pub(super) fn unstored(error: &StoreError, what: &str) {
    if error.is_said() {
        tracing::debug!(%error, "{what}: {error}");
    } else {
        tracing::error!(%error, "{what}: {error}");
    }
}

/// What an error means for the plan.
pub(super) struct Judged {
    /// How the poll ended.
    pub(super) outcome: Outcome,
    /// A word for machines.
    pub(super) fault: &'static str,
    /// Is it the whole shop that fails, and not this one address?
    pub(super) shop_failed: bool,
}

/// Judges an error of a shop that has shown so many bot walls in a row.
pub(super) fn judge(error: &ReadError, walls: u32) -> Judged {
    let outcome = if error.is_bot_wall() {
        Outcome::BotWall { walls }
    } else if error.is_gone() {
        Outcome::NotFound
    } else {
        Outcome::Failed { retry_after: error.source_wait() }
    };
    let (fault, shop_failed) = match error {
        ReadError::Fetch(fetch) => match &fetch.kind {
            FetchErrorKind::Timeout => ("timeout", true),
            FetchErrorKind::Connect(_) => ("connect", true),
            FetchErrorKind::Dns(_) => ("dns", true),
            FetchErrorKind::Broken(_) => ("broken", true),
            FetchErrorKind::Status { code: 429 | 430 | 500..=599, .. } => ("status", true),
            FetchErrorKind::Status { .. } => ("status", false),
            FetchErrorKind::BotWall { .. } => ("bot_wall", true),
            FetchErrorKind::Robots { .. } | FetchErrorKind::RobotsUnreadable { .. } => ("robots", false),
            FetchErrorKind::Refused(_) | FetchErrorKind::BadHeader { .. } => ("refused", false),
            FetchErrorKind::TooLarge { .. } => ("too_large", false),
            FetchErrorKind::NoMemory => ("busy", false),
            FetchErrorKind::WrongContent { .. } => ("wrong_content", false),
            FetchErrorKind::RedirectedAway { .. } | FetchErrorKind::TooManyRedirects(_) => ("redirect", false),
        },
        ReadError::Shape { .. } | ReadError::Unrecognised { .. } => ("shape", false),
        ReadError::Identity { .. } => ("identity", false),
        ReadError::Program(_) => ("program", false),
        ReadError::Overran(_) => ("overran", false),
        ReadError::Busy => ("busy", false),
        ReadError::Stopped | ReadError::TooLong(_) => ("too_long", false),
    };
    Judged { outcome, fault, shop_failed }
}
