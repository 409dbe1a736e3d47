//! A request that was begun.

use chrono::{DateTime, Utc};
use coatcheck_domain::delivery::{self, SendOutcome, Sending};

use crate::store::outbox::{Finished, Started};

/// What must be known of a delivery when its answer comes.
pub(super) struct Begun {
    id: i64,
    restock: Option<i64>,
    attempts: u32,
    expires_at: DateTime<Utc>,
    started_at: DateTime<Utc>,
}

impl Begun {
    pub(super) fn of(started: &Started) -> Self {
        let Started { id, restock, attempts, expires_at, started_at, .. } = *started;
        Self { id, restock, attempts, expires_at, started_at }
    }

    pub(super) fn finished(&self, outcome: &SendOutcome, now: DateTime<Utc>, rng: f64) -> Finished {
        let Self { id, restock, attempts, expires_at, started_at } = *self;
        let next = delivery::next(Sending { attempts, expires_at }, outcome, now, rng);
        Finished {
            id,
            restock,
            attempts,
            started_at,
            ended_at: now,
            next,
            outcome: outcome.clone(),
            others: Vec::new(),
        }
    }
}

/// Its request is made now, for the log.
pub(super) fn log_start(started: &Started) {
    let Started { id, restock, attempts, .. } = *started;
    let channel = started.destination.channel();
    tracing::debug!(restock, delivery = id, attempts, channel, "delivery {id} is being sent");
}

/// How it ended, for the log. Several alerts in one message are a line each: each is about a restock of its own.
pub(super) fn log(done: &Finished) {
    let Finished { id, restock, attempts, .. } = *done;
    let outcome = done.outcome.as_str();
    match done.outcome.why() {
        None => tracing::debug!(restock, delivery = id, attempts, outcome, "delivery {id} is sent"),
        Some(why) => {
            tracing::warn!(restock, delivery = id, attempts, outcome, next = ?done.next, "delivery {id} was not sent: {why}");
        }
    }
    done.others.iter().for_each(log);
}
