//! Is the gateway's connection well? serenity says nothing of a connection that is only half dead.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use coatcheck_domain::Clock;

use crate::words::lasting;

/// A heartbeat is due each 41 s; after three that nobody answered the connection is dead.
const PATIENCE: Duration = Duration::from_secs(130);

#[derive(Debug, Default)]
struct State {
    ready: bool,
    /// The last sign of life, on the monotonic clock.
    alive: Option<Duration>,
    failed: Option<String>,
}

/// What is known of the connection.
#[derive(Debug)]
pub(super) struct Health {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

impl Health {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// A new connection is being made.
    pub(super) fn begin(&self) {
        *self.state() = State { alive: Some(self.clock.monotonic()), ..State::default() };
    }

    /// Discord said READY or RESUMED.
    pub(super) fn ready(&self) {
        self.state().ready = true;
        self.alive();
    }

    /// An event or an acknowledged heartbeat.
    pub(super) fn alive(&self) {
        self.state().alive = Some(self.clock.monotonic());
    }

    pub(super) fn failed(&self, why: &str) {
        *self.state() = State { failed: Some(why.to_owned()), ..State::default() };
    }

    /// How long nothing was heard, once that is too long.
    pub(super) fn silent_for(&self) -> Option<Duration> {
        let silent = self.clock.monotonic().saturating_sub(self.state().alive?);
        (silent > PATIENCE).then_some(silent)
    }

    pub(super) fn trouble(&self) -> Option<String> {
        if let Some(silent) = self.silent_for() {
            return Some(format!("the gateway has been silent for {}", lasting(silent)));
        }
        let state = self.state();
        match (&state.failed, state.ready) {
            (Some(why), _) => Some(why.clone()),
            (None, false) => Some("the gateway has not said READY yet".to_owned()),
            (None, true) => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use coatcheck_domain::clock::ManualClock;

    use super::*;

    #[test]
    fn a_silent_gateway_is_in_trouble() {
        let clock = Arc::new(ManualClock::at(chrono::DateTime::UNIX_EPOCH));
        let health = Health::new(clock.clone());
        let mut said = vec![health.trouble()];
        health.begin();
        health.ready();
        said.push(health.trouble());
        clock.advance(Duration::from_secs(131));
        said.push(health.trouble());
        health.alive();
        said.push(health.trouble());
        health.failed("cut");
        said.push(health.trouble());
        let said: Vec<String> = said.into_iter().map(|trouble| trouble.unwrap_or_else(|| "well".into())).collect();
        insta::assert_snapshot!(said.join("\n"), @"
        the gateway has not said READY yet
        well
        the gateway has been silent for 2 min
        well
        cut
        ");
    }
}
