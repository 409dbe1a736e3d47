//! Does a lane get anything through? All instances are told when one does not, and when it does again: what stands before
//! a lane that is down may go another way.

use std::time::Duration;

use coatcheck_domain::delivery::{SendOutcome, is_edits_lane};

use super::fault::unstored;
use crate::store::{Db, StoreError};

/// A lane is down when for so long nothing but failures came back.
const DOWN_AFTER: Duration = Duration::from_secs(60);

/// What came back lately. Times are monotonic.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// What came back last was an answer.
    is_answered: bool,
    failing_since: Option<Duration>,
    why: String,
    /// As it is written down.
    is_down: bool,
}

impl Health {
    /// As the holder before has left it.
    pub(super) async fn known(db: &Db, lane: &str) -> Result<Self, StoreError> {
        let is_down = !is_edits_lane(lane) && db.lanes_down().await?.iter().any(|down| down.lane == lane);
        Ok(Self { is_down, ..Self::default() })
    }

    /// What came back. A platform that refuses this message or this address is there. One that asks to wait, and says for
    /// how long, is there too, but gets nothing through: that says nothing either way.
    pub(super) fn heard(&mut self, now: Duration, outcome: &SendOutcome) {
        match outcome {
            SendOutcome::Sent { .. }
            | SendOutcome::GiveUp { .. }
            | SendOutcome::AddressGone { .. }
            | SendOutcome::Moved { .. } => {
                self.is_answered = true;
                self.failing_since = None;
            }
            SendOutcome::Retry { after: Some(_), .. } | SendOutcome::Hold { after: Some(_), .. } => {}
            SendOutcome::Retry { why, .. } | SendOutcome::Hold { why, .. } | SendOutcome::Unknown { why } => {
                self.is_answered = false;
                self.failing_since.get_or_insert(now);
                self.why.clone_from(why);
            }
        }
    }

    /// Lets all know, if there is news. What cannot be written down is tried again with the next step.
    pub(super) async fn tell(&mut self, db: &Db, lane: &str, now: Duration) {
        let is_failing = self.failing_since.is_some_and(|since| now.saturating_sub(since) >= DOWN_AFTER);
        let told = match self.is_down {
            _ if is_edits_lane(lane) => return,
            false if is_failing => db.lane_is_down(lane, &self.why).await,
            true if self.is_answered => db.lane_is_up(lane).await,
            _ => return,
        };
        match told {
            Ok(is_news) => {
                self.is_down = !self.is_down;
                self.say(lane, is_news);
            }
            Err(error) => unstored(&error.into(), "how a lane does will be written down with its next step"),
        }
    }

    fn say(&self, lane: &str, is_news: bool) {
        match (is_news, self.is_down) {
            (true, true) => tracing::error!(lane, "lane {lane} gets nothing through: {}", self.why),
            (true, false) => tracing::warn!(lane, "lane {lane} gets through again"),
            (false, _) => {}
        }
    }
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
