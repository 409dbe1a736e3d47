//! What is known from memory when the database itself fails: since when, and why. Said at once and then every ten minutes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use coatcheck_domain::Clock;
use sea_orm::DbErr;

use crate::store::db::class::{Class, Classed};

/// While it lasts it is said this often: loops try twice a second, and a full disk must not be filled with their lines.
const SAID_EVERY: Duration = Duration::from_secs(600);

/// Does the database do what it is told? Shared by all who use one [`Db`](crate::store::Db).
#[derive(Debug, Clone)]
pub struct Trouble {
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<Option<Failure>>>,
    /// Failures so far.
    failures: Arc<AtomicU64>,
    /// The file is not where it was opened.
    lost: Arc<Mutex<Option<String>>>,
}

#[derive(Debug, Clone)]
struct Failure {
    since: Duration,
    said: Duration,
    failures: u64,
    why: String,
}

impl Trouble {
    pub(in crate::store) fn none(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Arc::default(), failures: Arc::default(), lost: Arc::default() }
    }

    /// What fails now, in a sentence; `None` when the last that was tried to be stored is stored.
    #[must_use]
    pub fn now(&self) -> Option<String> {
        if let Some(why) = self.lost.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return Some(why);
        }
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let lasting = |state: &Failure| self.clock.monotonic().saturating_sub(state.since).as_secs();
        state.as_ref().map(|state| format!("the database has failed for {} s: {}", lasting(state), state.why))
    }

    /// The file is not where it was opened, or is there again.
    pub(super) fn file_is_lost(&self, why: Option<String>) {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        match &why {
            Some(why) if lost.is_none() => tracing::error!("{why}"),
            None if lost.is_some() => tracing::warn!("the database file is there again"),
            _ => {}
        }
        *lost = why;
    }

    /// It failed. Whoever asked it tries again; here it is said, unless that was said lately. A statement of ours that is
    /// wrong, or that met another, is not its failure.
    pub(crate) fn failed(&self, error: &DbErr) {
        if error.class() != Class::Unavailable {
            return;
        }
        let now = self.clock.monotonic();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.failures.fetch_add(1, Ordering::Relaxed);
        let is_new = state.is_none();
        let known = state.get_or_insert_with(|| Failure { since: now, said: now, failures: 0, why: String::new() });
        known.failures += 1;
        known.why = error.to_string();
        if is_new || now.saturating_sub(known.said) >= SAID_EVERY {
            known.said = now;
            let lasting = now.saturating_sub(known.since).as_secs();
            tracing::error!(
                lasting,
                failures = known.failures,
                "the database fails: {error}. What could not be stored is tried again until it can; see `coatcheck doctor`"
            );
        }
    }

    /// Failures so far, for [`Self::is_over`].
    pub(crate) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }

    /// Something was stored that began after so many failures. What began before the last of them proves nothing: its
    /// answer was on its way when the database went.
    pub(crate) fn is_over(&self, after: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if self.failures() != after {
            return;
        }
        let Some(state) = state.take() else { return };
        let lasted = self.clock.monotonic().saturating_sub(state.since).as_secs();
        tracing::warn!(lasted, failures = state.failures, "the database works again, after {lasted} s");
    }
}

#[cfg(test)]
mod tests {
    use coatcheck_domain::clock::ManualClock;

    use super::*;

    #[test]
    fn trouble_is_known_until_something_is_stored() {
        let clock = Arc::new(ManualClock::at(chrono::DateTime::UNIX_EPOCH));
        let trouble = Trouble::none(Arc::clone(&clock) as Arc<dyn Clock>);
        assert_eq!(trouble.now(), None);
        trouble.failed(&DbErr::Custom("disk full".to_owned()));
        clock.advance(Duration::from_secs(61));
        trouble.failed(&DbErr::Custom("still full".to_owned()));
        insta::assert_snapshot!(trouble.now().expect("it fails"), @"the database has failed for 61 s: Custom Error: still full");
        trouble.is_over(1);
        assert!(trouble.now().is_some(), "what was stored began before the last failure");
        trouble.is_over(trouble.failures());
        assert_eq!(trouble.now(), None);
    }
}
