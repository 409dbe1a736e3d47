//! A request that was begun.

use chrono::{DateTime, Utc};
use coatcheck_domain::delivery::{self, SendOutcome, Sending};

use crate::store::outbox::{Finished, Started};

/// What must be known of a delivery when its answer comes.
pub(super) struct Begun {
    id: i64,
    attempts: u32,
    expires_at: DateTime<Utc>,
    started_at: DateTime<Utc>,
}

impl Begun {
    pub(super) fn of(started: &Started) -> Self {
        let Started { id, attempts, expires_at, started_at, .. } = *started;
        Self { id, attempts, expires_at, started_at }
    }

    pub(super) fn finished(&self, outcome: &SendOutcome, now: DateTime<Utc>, rng: f64) -> Finished {
        let Self { id, attempts, expires_at, started_at } = *self;
        let next = delivery::next(Sending { attempts, expires_at }, outcome, now, rng);
        Finished { id, attempts, started_at, ended_at: now, next, outcome: outcome.clone(), others: Vec::new() }
    }
}

/// How it ended, for the log.
pub(super) fn log(done: &Finished) {
    match done.outcome.why() {
        None => tracing::debug!(delivery = done.id, attempts = done.attempts, "delivery {} is sent", done.id),
        Some(why) => {
            tracing::warn!(delivery = done.id, attempts = done.attempts, next = ?done.next, "delivery {} was not sent: {why}", done.id);
        }
    }
}
