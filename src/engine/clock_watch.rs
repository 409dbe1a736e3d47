//! Watches for jumps of the wall clock, and lets the service's own clock adopt them once all that is planned has moved along.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use coatcheck_bots::words;
use coatcheck_domain::Clock;
use coatcheck_domain::clock::{JUMP, SteadyClock};

use super::fault::unstored;
use super::heartbeat::Heartbeats;
use super::stop::Stop;
use crate::store::db::rebase::Jump;
use crate::store::{Db, StoreError};

/// It looks this often.
const PERIOD: Duration = Duration::from_secs(1);

/// The watch over the clock.
#[derive(Debug)]
pub struct ClockWatch {
    db: Db,
    clock: Arc<SteadyClock>,
    /// Is the database ours alone? Then what is planned there is ours to move.
    alone: bool,
    seen: Option<Jump>,
    refused: bool,
}

impl ClockWatch {
    /// A watch over the clock that `db` goes by.
    #[must_use]
    pub fn new(db: Db, clock: Arc<SteadyClock>, alone: bool) -> Self {
        Self { db, clock, alone, seen: None, refused: false }
    }

    /// Looks once. A jump is adopted when two looks agree on it. Says whether one was.
    ///
    /// # Errors
    /// When the store fails; then the clock goes on as if it had not jumped, until a later look.
    pub async fn tick(&mut self) -> Result<bool, StoreError> {
        let Some(by) = self.clock.jumped() else {
            self.is_healthy();
            return Ok(false);
        };
        let is_same = |seen: &Jump| (seen.by - by).abs() <= JUMP;
        let Some(jump) = self.seen.filter(is_same) else {
            self.seen = Some(Jump { by, seen_at: self.clock.now() });
            return Ok(false);
        };
        if !self.alone {
            self.refuse(by);
            return Ok(false);
        }
        let words = format!("the clock was set {}; all that is planned was moved along", way(by));
        self.db.rebase(&self.clock, jump, &words).await?;
        tracing::warn!(seconds = by.num_seconds(), "{words}: nothing is lost and nobody is notified twice");
        self.seen = None;
        Ok(true)
    }

    /// Looks each second, until the stop.
    pub async fn run(mut self, heartbeats: Heartbeats, mut stop: Stop) {
        while !stop.is_stopped() {
            heartbeats.beat("clock");
            if let Err(error) = self.tick().await {
                unstored(&error, "the clock goes on as if it had not been set, and that will be tried again");
            }
            stop.sleep(PERIOD).await;
        }
        heartbeats.end("clock");
    }

    fn refuse(&mut self, by: TimeDelta) {
        if !self.refused {
            tracing::error!(
                seconds = by.num_seconds(),
                "this machine's clock was set {}; this service goes on by the time that passed, for others share its database. \
                 If the new time is the right one, restart it",
                way(by)
            );
        }
        self.refused = true;
    }

    fn is_healthy(&mut self) {
        self.seen = None;
        if self.refused {
            tracing::warn!("this machine's clock is right again");
        }
        self.refused = false;
    }
}

fn way(by: TimeDelta) -> String {
    let way = if by < TimeDelta::zero() { "back" } else { "forward" };
    format!("{way} by {}", words::lasting(by.abs().to_std().unwrap_or_default()))
}

#[cfg(test)]
#[path = "clock_watch_tests.rs"]
mod tests;
