//! When a source is polled next. Pure: the clock and rng are arguments.
//!
//! ```text
//! idle ─claim─▶ leased ─read─▶ idle(next)      failed ─▶ idle(backoff)     bot wall ─▶ blocked(hours)
//!                                              404/410 three times ─▶ gone(a day)
//! ```

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};

/// No shop that is not the operator's own is asked more often than this.
pub const INTERVAL_FLOOR: Duration = Duration::from_secs(30);

/// How long a bot wall is left alone, ± a quarter.
const WALL_WAIT: Duration = Duration::from_secs(6 * 3600);
/// How long a source that is gone is left alone.
const GONE_WAIT: Duration = Duration::from_secs(24 * 3600);
/// 404 or 410 this often in a row means gone.
const GONE_AFTER: u32 = 3;
/// The longest wait after failures that say nothing themselves.
const BACKOFF_CAP: Duration = Duration::from_secs(15 * 60);
/// No platform's Retry-After is believed beyond this.
const RETRY_AFTER_CAP: Duration = Duration::from_secs(24 * 3600);
/// Failures of a shop in a row, over all its sources, before all of them wait.
const BREAKER_AFTER: u32 = 5;

/// Where a source stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Waits for its time.
    Idle,
    /// Somebody is reading it.
    Leased,
    /// The shop answered with a bot wall; left alone for hours.
    Blocked,
    /// Not found three times; asked once a day.
    Gone,
    /// A person paused it.
    Paused,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Idle, Self::Leased, Self::Blocked, Self::Gone, Self::Paused];

    /// The name in tables, commands and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Leased => "leased",
            Self::Blocked => "blocked",
            Self::Gone => "gone",
            Self::Paused => "paused",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that is no state of a source.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a state of a source")]
pub struct NotASourceState(String);

impl FromStr for State {
    type Err = NotASourceState;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|s| s.as_str() == word).ok_or_else(|| NotASourceState(word.to_owned()))
    }
}

/// What is kept of a source's regularity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// The beat this poll belonged to, without jitter.
    pub scheduled_at: DateTime<Utc>,
    /// Time between heartbeats.
    pub interval: Duration,
    /// Failures in a row before this poll.
    pub failures: u32,
    /// "Not found" in a row before this poll.
    pub not_found: u32,
}

/// How a poll ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With a reading, new or unchanged.
    Read,
    /// With an error.
    Failed {
        /// How long the shop asked us to wait.
        retry_after: Option<Duration>,
    },
    /// With a page that asks whether we are human.
    BotWall,
    /// With 404 or 410.
    NotFound,
}

/// What follows for the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Its state from now on.
    pub state: State,
    /// The next beat, without jitter.
    pub scheduled_at: DateTime<Utc>,
    /// When it is due.
    pub next_poll_at: DateTime<Utc>,
    /// Failures in a row.
    pub failures: u32,
    /// "Not found" in a row.
    pub not_found: u32,
}

/// When to poll again after a poll that ended at `now` with `outcome`. `rng` is in `[0, 1)`.
///
/// After a reading the next beat is the first one still ahead: regular without drift, and one poll after a long
/// sleep instead of a burst. Jitter is added to the beat, never to the heartbeats after it.
#[must_use]
pub fn after(schedule: &Schedule, outcome: Outcome, now: DateTime<Utc>, rng: f64) -> Plan {
    let failures = schedule.failures.saturating_add(1);
    match outcome {
        Outcome::Read => beat(schedule, now, rng),
        Outcome::Failed { retry_after } => {
            let wait = backoff(schedule.interval, failures, rng).max(retry_after.unwrap_or_default());
            wait_for(State::Idle, wait.min(RETRY_AFTER_CAP), now, failures, 0)
        }
        Outcome::BotWall => {
            wait_for(State::Blocked, WALL_WAIT.mul_f64(0.75 + 0.5 * rng.clamp(0.0, 1.0)), now, failures, 0)
        }
        Outcome::NotFound => {
            let not_found = schedule.not_found.saturating_add(1);
            if not_found >= GONE_AFTER {
                wait_for(State::Gone, GONE_WAIT, now, failures, not_found)
            } else {
                wait_for(State::Idle, schedule.interval, now, failures, not_found)
            }
        }
    }
}

/// How long all sources of a shop wait after so many failures in a row of any of them. `None`: they need not.
#[must_use]
pub fn breaker(failures: u32, rng: f64) -> Option<Duration> {
    let beyond = failures.checked_sub(BREAKER_AFTER)?;
    let wait = Duration::from_secs(30).saturating_mul(1 << beyond.min(5)).min(BACKOFF_CAP);
    Some(wait.mul_f64(0.8 + 0.4 * rng.clamp(0.0, 1.0)))
}

fn beat(schedule: &Schedule, now: DateTime<Utc>, rng: f64) -> Plan {
    let interval = micros(schedule.interval).max(1);
    let late = now.signed_duration_since(schedule.scheduled_at).num_microseconds().unwrap_or(0);
    // A clock that was set back leaves a beat far ahead; start counting from now then.
    let scheduled_at = if late < -interval {
        now + chrono::Duration::microseconds(interval)
    } else {
        schedule.scheduled_at + chrono::Duration::microseconds((late.max(0) / interval + 1) * interval)
    };
    let jitter = schedule.interval.mul_f64(0.05 * rng.clamp(0.0, 1.0));
    Plan {
        state: State::Idle,
        scheduled_at,
        next_poll_at: scheduled_at + chrono::Duration::microseconds(micros(jitter)),
        failures: 0,
        not_found: 0,
    }
}

fn wait_for(state: State, wait: Duration, now: DateTime<Utc>, failures: u32, not_found: u32) -> Plan {
    let at = now + chrono::Duration::microseconds(micros(wait));
    Plan { state, scheduled_at: at, next_poll_at: at, failures, not_found }
}

/// One interval, and up to twice as much again with each failure in a row: full jitter above the floor.
fn backoff(interval: Duration, failures: u32, rng: f64) -> Duration {
    let spread = interval.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(BACKOFF_CAP);
    interval + spread.mul_f64(rng.clamp(0.0, 1.0))
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a date")
    }

    fn schedule() -> Schedule {
        Schedule { scheduled_at: start(), interval: Duration::from_secs(60), failures: 0, not_found: 0 }
    }

    proptest! {
        /// P10: however late each poll ends, heartbeats stay on the grid, and after a sleep there is one poll.
        #[test]
        fn p10_polling_is_regular(delays in prop::collection::vec(0i64..400_000, 1..60), rng in 0.0f64..1.0) {
            let mut schedule = schedule();
            let mut now = start();
            for delay in delays {
                now += chrono::Duration::milliseconds(delay);
                let plan = after(&schedule, Outcome::Read, now, rng);
                let off_grid = (plan.scheduled_at - start()).num_milliseconds() % 60_000;
                prop_assert_eq!(off_grid, 0);
                prop_assert!(plan.scheduled_at > now && plan.scheduled_at <= now + chrono::Duration::seconds(60));
                prop_assert!(plan.next_poll_at - plan.scheduled_at <= chrono::Duration::seconds(3));
                schedule.scheduled_at = plan.scheduled_at;
                now = plan.next_poll_at;
            }
        }

        #[test]
        fn a_failing_shop_is_never_hammered(failures in 0u32..100, rng in 0.0f64..1.0, asked in 0u64..200_000) {
            let schedule = Schedule { failures, ..schedule() };
            let outcome = Outcome::Failed { retry_after: Some(Duration::from_secs(asked)) };
            let wait = (after(&schedule, outcome, start(), rng).next_poll_at - start()).num_seconds();
            prop_assert!(wait >= 60 && wait >= i64::try_from(asked.min(86_400)).expect("small"));
            prop_assert!(wait <= 86_400);
        }
    }

    #[test]
    fn three_times_not_found_is_gone_for_a_day() {
        let mut schedule = schedule();
        let mut states = Vec::new();
        for _ in 0..3 {
            let plan = after(&schedule, Outcome::NotFound, start(), 0.5);
            schedule.not_found = plan.not_found;
            states.push((plan.state, (plan.next_poll_at - start()).num_hours()));
        }
        assert_eq!(states, [(State::Idle, 0), (State::Idle, 0), (State::Gone, 24)]);
    }

    #[test]
    fn a_bot_wall_is_left_alone_for_hours() {
        let plan = after(&schedule(), Outcome::BotWall, start(), 0.0);
        assert_eq!((plan.state, (plan.next_poll_at - start()).num_minutes()), (State::Blocked, 270));
    }

    #[test]
    fn a_clock_set_back_does_not_stop_polling() {
        let now = start() - chrono::Duration::days(1);
        let plan = after(&schedule(), Outcome::Read, now, 0.0);
        assert_eq!((plan.next_poll_at - now).num_seconds(), 60);
    }

    #[test]
    fn a_shop_that_fails_everywhere_is_given_a_rest() {
        assert_eq!(breaker(4, 0.5), None);
        assert_eq!(breaker(5, 0.5), Some(Duration::from_secs(30)));
        assert!(breaker(50, 0.5) <= Some(BACKOFF_CAP));
    }
}
