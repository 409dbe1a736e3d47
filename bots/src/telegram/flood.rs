//! Is it one chat that hears too much, or do we speak too much? Telegram's 429 does not say.
//!
//! One chat's 429 is that chat's own. When a second chat refuses while the first one's wait runs, it is all of us.

use std::time::Duration;

use coatcheck_domain::delivery::SendOutcome;

/// The waits that run.
#[derive(Debug, Default)]
pub(super) struct Floods(Vec<Flood>);

#[derive(Debug)]
struct Flood {
    chat: i64,
    until: Duration,
}

/// A wait where Telegram named none.
const UNNAMED: Duration = Duration::from_secs(1);

impl Floods {
    /// The outcome on a 429 from `chat` at `now`, a time of the monotonic clock.
    pub(super) fn outcome(&mut self, now: Duration, chat: i64, after: Option<Duration>, why: String) -> SendOutcome {
        self.0.retain(|flood| flood.until > now && flood.chat != chat);
        let everywhere = !self.0.is_empty();
        self.0.push(Flood { chat, until: now + after.unwrap_or(UNNAMED) });
        if everywhere { SendOutcome::Hold { after, why } } else { SendOutcome::Retry { after, why } }
    }
}

/// A wait of nothing leaves it to our own backoff.
pub(super) fn no_wait_is_none(after: Option<Duration>) -> Option<Duration> {
    after.filter(|after| !after.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_in_two_chats_at_once_is_everywhere() {
        let s = Duration::from_secs;
        let mut floods = Floods::default();
        let mut outcome = |now, chat, after| floods.outcome(s(now), chat, Some(s(after)), String::new()).as_str();
        assert_eq!(outcome(0, 1, 5), "retry", "one chat is its own matter");
        assert_eq!(outcome(1, 1, 5), "retry", "also when it refuses again");
        assert_eq!(outcome(2, 2, 5), "hold", "a second one while the first still waits is everybody's");
        assert_eq!(outcome(20, 3, 5), "retry", "what is over is over");
    }
}
