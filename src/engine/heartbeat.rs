//! Is every loop alive? Each says so whenever it comes round.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use coatcheck_domain::Clock;

/// A loop comes round at least this often: its longest wait, with room for a slow database.
const PERIOD: Duration = Duration::from_secs(5);

/// When each loop last came round.
#[derive(Debug, Clone)]
pub struct Heartbeats {
    clock: Arc<dyn Clock>,
    last: Arc<Mutex<BTreeMap<Cow<'static, str>, Beat>>>,
}

#[derive(Debug, Clone, Copy)]
enum Beat {
    /// It came round then.
    At(Duration),
    /// It ended, and should not have.
    Ended,
}

impl Heartbeats {
    /// No loop has come round yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, last: Arc::default() }
    }

    /// The loop `name` comes round.
    pub fn beat(&self, name: impl Into<Cow<'static, str>>) {
        self.lock().insert(name.into(), Beat::At(self.clock.monotonic()));
    }

    /// The loop `name` has ended because it should.
    pub fn end(&self, name: &str) {
        self.lock().remove(name);
    }

    /// The loop `name` has ended although it should not.
    pub fn ended(&self, name: impl Into<Cow<'static, str>>) {
        self.lock().insert(name.into(), Beat::Ended);
    }

    /// The loops that have ended, or have not come round for three periods.
    #[must_use]
    pub fn stuck(&self) -> Vec<String> {
        let now = self.clock.monotonic();
        let is_stuck = |beat: &Beat| match beat {
            Beat::At(at) => now.saturating_sub(*at) > PERIOD * 3,
            Beat::Ended => true,
        };
        self.lock().iter().filter(|(_, beat)| is_stuck(beat)).map(|(name, _)| name.to_string()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Cow<'static, str>, Beat>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use coatcheck_domain::clock::ManualClock;

    use super::*;

    #[test]
    fn a_loop_that_stays_away_is_named_within_15_s() {
        let clock = Arc::new(ManualClock::at(chrono::DateTime::UNIX_EPOCH));
        let heartbeats = Heartbeats::new(Arc::clone(&clock) as Arc<dyn Clock>);
        heartbeats.beat("poll");
        heartbeats.beat("send");
        clock.advance(Duration::from_secs(15));
        assert!(heartbeats.stuck().is_empty());
        heartbeats.beat("send");
        clock.advance(Duration::from_millis(1));
        assert_eq!(heartbeats.stuck(), ["poll"]);
    }

    #[test]
    fn a_loop_that_ended_is_named_at_once() {
        let heartbeats = Heartbeats::new(Arc::new(ManualClock::at(chrono::DateTime::UNIX_EPOCH)));
        heartbeats.beat("poll");
        heartbeats.ended("poll");
        heartbeats.ended("send");
        heartbeats.end("send");
        assert_eq!(heartbeats.stuck(), ["poll"]);
    }
}
