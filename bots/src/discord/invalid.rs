//! Invalid answers, counted: Discord bans an address after 10,000 in ten minutes, so alerts stop at half of that.

use std::collections::VecDeque;
use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(600);
const MOST: usize = 5_000;

/// When the last ones came. Times are of a monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Invalid(VecDeque<Duration>);

impl Invalid {
    pub(super) fn note(&mut self, now: Duration) {
        self.forget(now);
        self.0.push_back(now);
    }

    /// How long alerts must wait; `None` while there are few.
    pub(super) fn wait(&mut self, now: Duration) -> Option<Duration> {
        self.forget(now);
        let spare = self.0.len().checked_sub(MOST)?;
        self.0.get(spare).map(|until| *until + WINDOW - now)
    }

    fn forget(&mut self, now: Duration) {
        while self.0.front().is_some_and(|at| *at + WINDOW <= now) {
            self.0.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_stop_at_half_of_what_bans() {
        let mut invalid = Invalid::default();
        let at = |seconds| Duration::from_secs(seconds);
        (0..4_999).for_each(|_| invalid.note(at(100)));
        assert_eq!(invalid.wait(at(101)), None);
        invalid.note(at(101));
        assert_eq!(invalid.wait(at(101)), Some(at(599)));
        assert_eq!(invalid.wait(at(700)), None, "ten minutes later they are forgotten");
    }
}
