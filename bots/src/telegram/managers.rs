//! Who manages which group: what Telegram said within the last minute.

use std::collections::HashMap;
use std::time::Duration;

/// For how long an answer is believed. Who was made an administrator just now can wait that long.
const BELIEVED: Duration = Duration::from_secs(60);
/// Answers that are kept, at most.
const KEPT: usize = 10_000;

/// The answers, by chat and person.
#[derive(Debug, Default)]
pub(super) struct Managers(HashMap<(i64, u64), (bool, Duration)>);

impl Managers {
    /// What is known at `now`, a time of the monotonic clock.
    pub(super) fn known(&self, chat: i64, person: u64, now: Duration) -> Option<bool> {
        let (manages, at) = self.0.get(&(chat, person))?;
        (now < *at + BELIEVED).then_some(*manages)
    }

    /// Keeps an answer.
    pub(super) fn learn(&mut self, chat: i64, person: u64, manages: bool, now: Duration) {
        if self.0.len() >= KEPT {
            self.0.retain(|_, (_, at)| now < *at + BELIEVED);
        }
        if self.0.len() < KEPT {
            self.0.insert((chat, person), (manages, now));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_learned_is_believed_for_a_minute() {
        let mut managers = Managers::default();
        managers.learn(-7, 5, true, Duration::ZERO);
        assert_eq!(managers.known(-7, 5, Duration::from_secs(59)), Some(true));
        assert_eq!(managers.known(-7, 5, Duration::from_secs(60)), None);
        assert_eq!(managers.known(-8, 5, Duration::ZERO), None);
    }
}
