//! The outbox's decider: what becomes of a delivery after its channel answered, or did not.
//!
//! ```text
//! pending ─start─▶ sending ─▶ sent
//!    ▲                │
//!    │                ├─▶ dead        gave up, attempts spent, address gone
//!    └── retry at ◀───┘
//! expired: its time is over or it is sold out     suppressed: not wanted any more     cancelled: another hop took over
//! ```

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::Destination;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Waits for its lane.
    Pending,
    /// The request may be on its way. Written down before the first byte leaves.
    Sending,
    /// The platform took it.
    Sent,
    /// It could not be told; an admin may replay it.
    Dead,
    /// Too late to be useful, or sold out again.
    Expired,
    /// Nobody wants it any more: opted out, paused, watch removed.
    Suppressed,
    /// Another hop took over.
    Cancelled,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 7] =
        [Self::Pending, Self::Sending, Self::Sent, Self::Dead, Self::Expired, Self::Suppressed, Self::Cancelled];

    /// The name in tables, commands and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Expired => "expired",
            Self::Suppressed => "suppressed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Will nothing happen to it by itself any more?
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Sending)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no state or kind of a delivery.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is neither a state nor a kind of a delivery")]
pub struct NotADeliveryWord(String);

impl FromStr for State {
    type Err = NotADeliveryWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|s| s.as_str() == word).ok_or_else(|| NotADeliveryWord(word.to_owned()))
    }
}

/// What a delivery is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A restock, told to a person.
    Alert,
    /// A restock, shown in a room and edited as it goes on.
    Post,
    /// Trouble or good news for operators, or something a watcher must know.
    Notice,
    /// A verification code.
    Code,
    /// An answer that could not be given at once.
    Reply,
    /// What an alert told is over: the message that was sent says so.
    Edit,
    /// What an alert looks like, for somebody who asked to see one.
    Test,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 7] = [Self::Alert, Self::Post, Self::Notice, Self::Code, Self::Reply, Self::Edit, Self::Test];

    /// The name in tables, commands and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Post => "post",
            Self::Notice => "notice",
            Self::Code => "code",
            Self::Reply => "reply",
            Self::Edit => "edit",
            Self::Test => "test",
        }
    }

    /// How long it is worth telling. `expire_after` is the setting for restocks.
    #[must_use]
    pub fn expires_after(self, expire_after: Duration) -> Duration {
        match self {
            Self::Alert | Self::Post | Self::Edit => expire_after,
            Self::Notice => Duration::from_secs(24 * 3600),
            Self::Code | Self::Reply | Self::Test => Duration::from_secs(10 * 60),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = NotADeliveryWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|k| k.as_str() == word).ok_or_else(|| NotADeliveryWord(word.to_owned()))
    }
}

/// The key that makes a delivery unique. The same thing told to the same subscriber has the same key.
#[must_use]
pub fn alert_key(restock: i64, subscriber: i64, hop: i32) -> String {
    format!("a:{restock}:{subscriber}:{hop}")
}

/// The key of an alert's edit: each is edited once.
#[must_use]
pub fn edit_key(alert: i64) -> String {
    format!("e:{alert}")
}

/// The lane of edits beside a lane of alerts, so that alerts never queue behind them.
#[must_use]
pub fn edits_lane(lane: &str) -> String {
    format!("{lane}{EDITS}")
}

/// Are there only edits in this lane?
#[must_use]
pub fn is_edits_lane(lane: &str) -> bool {
    lane.ends_with(EDITS)
}

const EDITS: &str = "/edits";

/// What came of one request, as its channel saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// The platform took it.
    Sent {
        /// The platform's own id of the message, where it gives one.
        provider_ref: Option<String>,
    },
    /// It certainly did not arrive, and may later: 429, 5xx, connection refused.
    Retry {
        /// How long the platform asked us to wait.
        after: Option<Duration>,
        /// What happened.
        why: String,
    },
    /// It certainly did not arrive, and nothing else would: the whole lane was told to wait (a global 429, a token
    /// that is not taken any more, a ban that is near).
    Hold {
        /// How long the platform asked the lane to wait.
        after: Option<Duration>,
        /// What happened.
        why: String,
    },
    /// It did not arrive and never will: the platform refused this message.
    GiveUp {
        /// What happened.
        why: String,
    },
    /// Nobody is there any more: bot blocked, hook gone, number opted out.
    AddressGone {
        /// What happened.
        why: String,
    },
    /// It did not arrive: the chat has another address by now.
    Moved {
        /// Which.
        to: Destination,
    },
    /// Bytes left and no answer came. It may have arrived.
    Unknown {
        /// What happened.
        why: String,
    },
}

impl SendOutcome {
    /// The word for the attempt's row.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Sent { .. } => "sent",
            Self::Retry { .. } => "retry",
            Self::Hold { .. } => "hold",
            Self::GiveUp { .. } => "give_up",
            Self::AddressGone { .. } => "address_gone",
            Self::Moved { .. } => "moved",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// What happened, when it was not sent.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Sent { .. } => None,
            Self::Moved { .. } => Some("the chat has another address by now"),
            Self::Retry { why, .. }
            | Self::Hold { why, .. }
            | Self::GiveUp { why }
            | Self::AddressGone { why }
            | Self::Unknown { why } => Some(why),
        }
    }
}

/// What the decider needs to know of a delivery in `sending`.
#[derive(Debug, Clone, Copy)]
pub struct Sending {
    /// Requests made so far, this one included.
    pub attempts: u32,
    /// When it is not worth telling any more.
    pub expires_at: DateTime<Utc>,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Final: told.
    Sent {
        /// The platform's id of the message.
        provider_ref: Option<String>,
    },
    /// Back to pending.
    Retry {
        /// Not before.
        at: DateTime<Utc>,
    },
    /// Final: not told. With `address_gone` the next ranked destination is tried.
    Dead {
        /// Does the destination exist no more?
        address_gone: bool,
    },
    /// Final: there is no time left for another attempt.
    Expired,
}

/// Waits between attempts at perishable news; the last one repeats until it expires.
const BACKOFF_SECONDS: [u64; 7] = [2, 5, 15, 45, 120, 300, 900];

/// Requests for one delivery, at most: more than the backoff needs in a day, so that every row ends.
pub const MAX_ATTEMPTS: u32 = 100;

/// What becomes of a delivery in `sending` after `outcome`. `rng` is in `[0, 1)`.
///
/// An Unknown is tried again: both channels that exist carry the same idempotency key in each attempt.
/// A wait that ends after the expiry is not begun.
#[must_use]
pub fn next(sending: Sending, outcome: &SendOutcome, now: DateTime<Utc>, rng: f64) -> Next {
    let wait = match outcome {
        SendOutcome::Sent { provider_ref } => return Next::Sent { provider_ref: provider_ref.clone() },
        SendOutcome::GiveUp { .. } => return Next::Dead { address_gone: false },
        SendOutcome::AddressGone { .. } => return Next::Dead { address_gone: true },
        SendOutcome::Retry { after, .. } | SendOutcome::Hold { after, .. } => {
            after.unwrap_or_else(|| backoff(sending.attempts, rng))
        }
        SendOutcome::Moved { .. } | SendOutcome::Unknown { .. } => backoff(sending.attempts, rng),
    };
    if sending.attempts >= MAX_ATTEMPTS {
        return Next::Dead { address_gone: false };
    }
    let at = chrono::Duration::from_std(wait).ok().and_then(|wait| now.checked_add_signed(wait));
    match at {
        Some(at) if at < sending.expires_at => Next::Retry { at },
        _ => Next::Expired,
    }
}

/// The wait after that many attempts, ± 20 %.
fn backoff(attempts: u32, rng: f64) -> Duration {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX).min(BACKOFF_SECONDS.len() - 1);
    Duration::from_secs(BACKOFF_SECONDS[index]).mul_f64(0.8 + 0.4 * rng.clamp(0.0, 1.0))
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
