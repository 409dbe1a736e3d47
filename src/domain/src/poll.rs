//! When a source is polled next. Pure: the clock and the random number are arguments.
//!
//! ```text
//! candidate ──read──▶ idle ──due──▶ read ──▶ idle(next beat)       failed ─▶ backoff      bot wall ─▶ blocked, 15 min, doubling to 6 h
//!     └─ 10 min ─▶ gone            404/410 ─▶ backoff to 15 min on the first day, then `gone`: 1 h
//! dormant: nobody has wanted it for 14 days      paused: a person's word
//! ```

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use chrono::{DateTime, Utc};

/// No shop that is not the operator's own is asked more often than this.
pub const INTERVAL_FLOOR: Duration = Duration::from_secs(30);
/// A candidate that was not read well by then is removed.
pub const CANDIDATE_FOR: Duration = Duration::from_secs(10 * 60);
/// A source that nobody wants for so long is polled no more.
pub const DORMANT_AFTER: Duration = Duration::from_secs(14 * 24 * 3600);
/// A source whose document may have ended the process waits so long.
pub const TRIAL_WAIT: Duration = Duration::from_secs(15 * 60);

/// How long the first bot wall of a shop is left alone; it doubles with each one that follows.
const WALL_WAIT: Duration = Duration::from_secs(15 * 60);
/// The longest that a bot wall is left alone.
const WALL_CAP: Duration = Duration::from_secs(6 * 3600);
/// Not found for so long: asked once in `GONE_WAIT` from then on.
const GONE_AFTER: Duration = Duration::from_secs(24 * 3600);
/// How often a source is asked that is gone.
const GONE_WAIT: Duration = Duration::from_secs(3600);
/// The longest wait after failures that say nothing themselves.
const BACKOFF_CAP: Duration = Duration::from_secs(15 * 60);
/// The same for the operator's own shops, which are polled below the floor: they are back within seconds.
const OWN_BACKOFF_CAP: Duration = Duration::from_secs(8);
/// No platform's Retry-After is believed beyond this.
const RETRY_AFTER_CAP: Duration = Duration::from_secs(24 * 3600);
/// Failures of a shop in a row, over all its sources, before all of them wait.
const BREAKER_AFTER: u32 = 5;

/// Where a source stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Added, and not read well yet.
    Candidate,
    /// Waits for its time.
    Idle,
    /// The shop answered with a bot wall; left alone for a while.
    Blocked,
    /// Not found for a day; asked once an hour.
    Gone,
    /// Nobody has wanted it for long; not polled until somebody does.
    Dormant,
    /// A person paused it.
    Paused,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 6] = [Self::Candidate, Self::Idle, Self::Blocked, Self::Gone, Self::Dormant, Self::Paused];

    /// The name in tables, commands and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Candidate => "candidate",
            Self::Idle => "idle",
            Self::Blocked => "blocked",
            Self::Gone => "gone",
            Self::Dormant => "dormant",
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
    /// Where the source stood before this poll.
    pub state: State,
    /// The beat this poll belonged to, without jitter.
    pub scheduled_at: DateTime<Utc>,
    /// Time between beats.
    pub interval: Duration,
    /// Where the beats lie: the same for all sources of one shop and interval, so that they are due together.
    pub phase: Duration,
    /// Failures in a row before this poll.
    pub failures: u32,
    /// Since when it is not found, if the polls before this one said so.
    pub gone_since: Option<DateTime<Utc>>,
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
    BotWall {
        /// How many the shop had shown in a row before this one.
        walls: u32,
    },
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
    /// Since when it is not found.
    pub gone_since: Option<DateTime<Utc>>,
}

/// When to poll again after a poll that ended at `now` with `outcome`. `random` is in `[0, 1)`.
///
/// After a reading the next beat is the first one still ahead: regular without drift, and one poll after a long
/// sleep instead of a burst. Jitter is added to the beat, never to the beats after it.
#[must_use]
pub fn after(schedule: &Schedule, outcome: Outcome, now: DateTime<Utc>, random: f64) -> Plan {
    let failures = schedule.failures.saturating_add(1);
    // What was never read well stays a candidate, however its polls end.
    let failed = |state| if schedule.state == State::Candidate { State::Candidate } else { state };
    match outcome {
        Outcome::Read => beat(schedule, now, random),
        Outcome::Failed { retry_after } => {
            let wait = backoff(schedule.interval, failures, random).max(retry_after.unwrap_or_default());
            wait_for(failed(State::Idle), wait.min(RETRY_AFTER_CAP), now, failures)
        }
        Outcome::BotWall { walls } => wait_for(failed(State::Blocked), wall(walls, random), now, failures),
        Outcome::NotFound => not_found(schedule, failed, now, random),
    }
}

/// A product that is unpublished while it is sold out comes back under its old address: it is looked for all the time.
fn not_found(schedule: &Schedule, failed: impl Fn(State) -> State, now: DateTime<Utc>, random: f64) -> Plan {
    let failures = schedule.failures.saturating_add(1);
    let since = schedule.gone_since.unwrap_or(now);
    let for_long = now.signed_duration_since(since).to_std().is_ok_and(|passed| passed >= GONE_AFTER);
    let plan = if for_long {
        wait_for(failed(State::Gone), GONE_WAIT.max(schedule.interval), now, failures)
    } else {
        wait_for(failed(State::Idle), backoff(schedule.interval, failures, random), now, failures)
    };
    Plan { gone_since: Some(since), ..plan }
}

/// How long a shop is left alone that shows a bot wall, after so many in a row: doubling, ± a fifth.
#[must_use]
pub fn wall(walls: u32, random: f64) -> Duration {
    let wait = WALL_WAIT.saturating_mul(1 << walls.min(10)).min(WALL_CAP);
    wait.mul_f64(0.8 + 0.4 * random.clamp(0.0, 1.0))
}

/// How long all sources of a shop wait after so many failures in a row of any of them, where the shop is polled every
/// `interval`. `None`: they need not.
#[must_use]
pub fn breaker(failures: u32, interval: Duration, random: f64) -> Option<Duration> {
    let beyond = failures.checked_sub(BREAKER_AFTER)?;
    let first = interval.div_f64(2.0).min(INTERVAL_FLOOR);
    let wait = first.saturating_mul(1 << beyond.min(10)).min(cap(interval));
    Some(wait.mul_f64(0.8 + 0.2 * random.clamp(0.0, 1.0)))
}

/// The beats of a shop's sources of one interval, away from those of other shops.
#[must_use]
pub fn phase(shop_id: i64, interval: Duration) -> Duration {
    // A multiplier without a common factor with any interval spreads neighbours widely.
    let spread = u128::from(shop_id.unsigned_abs()) * 7_919_000_003;
    let micros = spread % interval.as_micros().max(1);
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

fn beat(schedule: &Schedule, now: DateTime<Utc>, random: f64) -> Plan {
    let interval = micros(schedule.interval).max(1);
    // The beats do not know when the first poll was, or when a failing shop was back: one that follows too soon is left out.
    let is_regular = schedule.failures == 0 && schedule.state != State::Candidate;
    let earliest = if is_regular { 0 } else { interval.min(micros(INTERVAL_FLOOR)) };
    let from = now.timestamp_micros() + earliest;
    let next = from - (from - micros(schedule.phase)).rem_euclid(interval) + interval;
    let scheduled_at = now + chrono::Duration::microseconds(next - now.timestamp_micros());
    let jitter = schedule.interval.mul_f64(0.05 * random.clamp(0.0, 1.0));
    Plan {
        state: State::Idle,
        scheduled_at,
        next_poll_at: scheduled_at + chrono::Duration::microseconds(micros(jitter)),
        failures: 0,
        gone_since: None,
    }
}

fn wait_for(state: State, wait: Duration, now: DateTime<Utc>, failures: u32) -> Plan {
    let at = now + chrono::Duration::microseconds(micros(wait));
    Plan { state, scheduled_at: at, next_poll_at: at, failures, gone_since: None }
}

/// One interval, and up to twice as much again with each failure in a row: full jitter above the floor.
fn backoff(interval: Duration, failures: u32, random: f64) -> Duration {
    let cap = cap(interval);
    let spread = interval.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(cap);
    (interval + spread.mul_f64(random.clamp(0.0, 1.0))).min(cap.max(interval))
}

/// The longest wait after failures of what is polled every `interval`.
fn cap(interval: Duration) -> Duration {
    if interval < INTERVAL_FLOOR { OWN_BACKOFF_CAP } else { BACKOFF_CAP }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX / 4)
}

#[cfg(test)]
#[path = "poll_tests.rs"]
mod tests;
