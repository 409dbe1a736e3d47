//! Sources that took too long lately, and how long they wait for that.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The wait after the first overrun. It doubles with each further one.
const FIRST: Duration = Duration::from_secs(30);
/// No wait is longer.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// More sources are not remembered: then those with the fewest overruns are forgotten.
const MOST: usize = 10_000;

/// How often each source overran in a row. One that was read meanwhile, slowly, stays known with none.
#[derive(Debug, Default)]
pub(super) struct Overruns(Mutex<HashMap<String, u32>>);

impl Overruns {
    /// Is the source too slow for the worker that others share?
    pub(super) fn knows(&self, source: &str) -> bool {
        self.lock().contains_key(source)
    }

    /// It was too slow for that.
    pub(super) fn note(&self, source: &str) {
        let mut all = self.lock();
        if all.len() >= MOST {
            let least = all.values().copied().min().unwrap_or_default();
            all.retain(|_, count| *count > least);
        }
        all.entry(source.to_owned()).or_default();
    }

    /// It was too slow even for the slow worker. Says how long it should wait.
    pub(super) fn again(&self, source: &str) -> Duration {
        self.note(source);
        let mut all = self.lock();
        let count = all.entry(source.to_owned()).or_default();
        let wait = FIRST.saturating_mul(1 << (*count).min(10)).min(LONGEST);
        *count = count.saturating_add(1);
        wait
    }

    /// It was read after all.
    pub(super) fn forgive(&self, source: &str) {
        if let Some(count) = self.lock().get_mut(source) {
            *count = 0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_overruns_again_waits_longer_until_it_is_read() {
        let overruns = Overruns::default();
        let waits: Vec<u64> = (0..9).map(|_| overruns.again("a").as_secs()).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        overruns.forgive("a");
        assert!(overruns.knows("a"), "it stays with the slow ones");
        assert_eq!(overruns.again("a"), FIRST);
        assert!(!overruns.knows("b"));
    }

    #[test]
    fn the_memory_of_overruns_has_an_end() {
        let overruns = Overruns::default();
        overruns.again("worst");
        (0..MOST * 2).for_each(|number| overruns.note(&number.to_string()));
        assert!(overruns.knows("worst"));
        assert!(overruns.lock().len() <= MOST + 1, "{}", overruns.lock().len());
    }
}
