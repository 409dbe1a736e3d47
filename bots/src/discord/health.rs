//! Is the gateway's connection well? serenity says nothing of a connection that is only half dead.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use coatcheck_domain::Clock;

use crate::words::lasting;

/// IDENTIFY and RESUME are answered within a second. Without an answer the connection is deaf, however well it
/// acknowledges heartbeats.
const ANSWER: Duration = Duration::from_secs(30);
/// A heartbeat is due each 41 s; after three that nobody answered the connection is dead.
const DEAD_AFTER: Duration = Duration::from_secs(130);

#[derive(Debug, Default)]
struct Connection {
    /// Since when READY or RESUMED has been waited for, on the monotonic clock.
    waits_since: Option<Duration>,
    ready: bool,
    /// The last sign of life, on the monotonic clock.
    alive: Option<Duration>,
    failed: Option<String>,
}

/// What is known of the connection.
#[derive(Debug)]
pub(super) struct Health {
    clock: Arc<dyn Clock>,
    state: Mutex<Connection>,
}

impl Health {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// A new connection is being made.
    pub(super) fn begin(&self) {
        let now = Some(self.clock.monotonic());
        *self.state() = Connection { alive: now, waits_since: now, ..Connection::default() };
    }

    /// Discord said READY or RESUMED.
    pub(super) fn ready(&self) {
        let mut state = self.state();
        (state.ready, state.waits_since, state.alive) = (true, None, Some(self.clock.monotonic()));
    }

    /// The session is being resumed.
    pub(super) fn resumes(&self) {
        let mut state = self.state();
        state.ready = false;
        state.waits_since.get_or_insert(self.clock.monotonic());
    }

    /// An event or an acknowledged heartbeat.
    pub(super) fn alive(&self) {
        self.state().alive = Some(self.clock.monotonic());
    }

    pub(super) fn failed(&self, why: &str) {
        *self.state() = Connection { failed: Some(why.to_owned()), ..Connection::default() };
    }

    /// How long nothing was heard, once that is too long.
    fn silent_for(&self) -> Option<Duration> {
        let silent = self.clock.monotonic().saturating_sub(self.state().alive?);
        (silent > DEAD_AFTER).then_some(silent)
    }

    /// What makes the connection worthless: another must be made.
    pub(super) fn dead(&self) -> Option<String> {
        if let Some(silent) = self.silent_for() {
            return Some(format!("the gateway has been silent for {}", lasting(silent)));
        }
        let waited = self.clock.monotonic().saturating_sub(self.state().waits_since?);
        (waited > ANSWER).then(|| format!("the gateway has not answered IDENTIFY or RESUME for {}", lasting(waited)))
    }

    pub(super) fn trouble(&self) -> Option<String> {
        if let Some(dead) = self.dead() {
            return Some(dead);
        }
        let state = self.state();
        match (&state.failed, state.ready) {
            (Some(why), _) => Some(why.clone()),
            (None, false) => Some("the gateway has not said READY yet".to_owned()),
            (None, true) => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, Connection> {
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
        health.resumes();
        clock.advance(Duration::from_secs(31));
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
        the gateway has not answered IDENTIFY or RESUME for 31 s
        cut
        ");
    }
}
