//! Is every loop alive? Each says so whenever it comes round.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use coatcheck_domain::Clock;

/// A loop comes round at least this often: its longest wait, with room for a slow database.
const PERIOD: Duration = Duration::from_secs(10);

/// When each loop last came round.
#[derive(Debug, Clone)]
pub struct Heartbeats {
    clock: Arc<dyn Clock>,
    last: Arc<Mutex<BTreeMap<&'static str, Duration>>>,
}

impl Heartbeats {
    /// No loop has come round yet.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, last: Arc::default() }
    }

    /// The loop `name` comes round.
    pub fn beat(&self, name: &'static str) {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).insert(name, self.clock.monotonic());
    }

    /// The loop `name` has ended because it should.
    pub fn end(&self, name: &'static str) {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }

    /// The loops that have not come round for three periods.
    #[must_use]
    pub fn stuck(&self) -> Vec<&'static str> {
        let now = self.clock.monotonic();
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.iter().filter(|(_, at)| now.saturating_sub(**at) > PERIOD * 3).map(|(name, _)| *name).collect()
    }
}

#[cfg(test)]
mod tests {
    use coatcheck_domain::clock::ManualClock;

    use super::*;

    #[test]
    fn a_loop_that_stays_away_is_named() {
        let clock = Arc::new(ManualClock::at(chrono::DateTime::UNIX_EPOCH));
        let heartbeats = Heartbeats::new(Arc::clone(&clock) as Arc<dyn Clock>);
        heartbeats.beat("poll");
        heartbeats.beat("send");
        clock.advance(Duration::from_secs(31));
        heartbeats.beat("send");
        assert_eq!(heartbeats.stuck(), ["poll"]);
    }
}
