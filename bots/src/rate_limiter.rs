//! How fast one sending identity may speak. Answers to people never queue behind alerts.
//!
//! One bucket for both: alerts leave the share of the answers in it, answers may take the last permit. So alerts use the
//! whole rate while nobody asks anything, and wait as soon as somebody does.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use coatcheck_domain::{Clock, Destination};

/// The part of the rate that alerts leave to answers.
const ANSWERS: f64 = 0.2;
/// What alerts may make up for at once, as a part of a second's: a moment's delay of ours costs no rate.
const CATCH_UP: f64 = 0.1;
/// Where alerts were told so lately, there may be more of them.
const ALERTS_FIRST: Duration = Duration::from_millis(250);

/// The rate of one identity. Times are of a monotonic clock, since any fixed moment.
#[derive(Debug)]
pub struct RateLimiter {
    per_second: f64,
    per_chat: Duration,
    per_room: Duration,
    state: Mutex<Bucket>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    permits: f64,
    at: Duration,
    held_until: Duration,
    /// Until then edits leave everything to alerts.
    alerts_first: Duration,
}

impl RateLimiter {
    /// A rate of `per_second` requests, at least one; in one chat one message each `per_chat`.
    #[must_use]
    pub fn new(per_second: u32, per_chat: Duration) -> Self {
        let per_second = f64::from(per_second.max(1));
        let state = Bucket {
            permits: capacity(per_second),
            at: Duration::ZERO,
            held_until: Duration::ZERO,
            alerts_first: Duration::ZERO,
        };
        Self { per_second, per_chat, per_room: per_chat, state: Mutex::new(state) }
    }

    /// The same, but in a room only one message each `per_room`.
    #[must_use]
    pub fn with_rooms(self, per_room: Duration) -> Self {
        Self { per_room, ..self }
    }

    /// The time between two messages to this destination.
    #[must_use]
    pub fn between(&self, destination: &Destination) -> Duration {
        if destination.is_room() { self.per_room } else { self.per_chat }
    }

    /// The time between two messages to one chat.
    #[must_use]
    pub fn per_chat(&self) -> Duration {
        self.per_chat
    }

    /// Takes permits for up to `wanted` alerts at `now`, and says how many there were.
    pub fn alerts(&self, now: Duration, wanted: usize) -> usize {
        let mut state = self.refilled(now);
        state.alerts_first = now + ALERTS_FIRST;
        self.take(state, wanted)
    }

    /// The same for edits of what was told: they wait for alerts.
    pub fn edits(&self, now: Duration, wanted: usize) -> usize {
        let state = self.refilled(now);
        if now < state.alerts_first { 0 } else { self.take(state, wanted) }
    }

    fn take(&self, mut state: MutexGuard<'_, Bucket>, wanted: usize) -> usize {
        let free = (state.permits - reserve(self.per_second)).floor().max(0.0);
        // A bucket holds a second's worth of requests at most.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, not negative and small")]
        let taken = (free as usize).min(wanted);
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let used = taken as f64;
        state.permits -= used;
        taken
    }

    /// Gives back permits for alerts that there were not.
    pub fn give_back(&self, unused: usize) {
        let mut state = self.state();
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let unused = unused as f64;
        state.permits = (state.permits + unused).min(capacity(self.per_second));
    }

    /// How long from `now` until there is a permit for an alert.
    #[must_use]
    pub fn until_alert(&self, now: Duration) -> Duration {
        let state = self.refilled(now);
        self.until(&state, now, 1.0 + reserve(self.per_second))
    }

    /// The same for an edit.
    #[must_use]
    pub fn until_edit(&self, now: Duration) -> Duration {
        let alerts_first = self.state().alerts_first;
        self.until_alert(now).max(alerts_first.saturating_sub(now))
    }

    /// Takes a permit for one answer at `now`.
    ///
    /// # Errors
    /// How long to wait until there is one.
    pub fn answer(&self, now: Duration) -> Result<(), Duration> {
        let mut state = self.refilled(now);
        let wait = self.until(&state, now, 1.0);
        if wait > Duration::ZERO {
            return Err(wait);
        }
        state.permits -= 1.0;
        Ok(())
    }

    /// Waits for a permit for one answer.
    ///
    /// # Errors
    /// It would take longer than `longest`: how long.
    pub(crate) async fn answer_within(&self, clock: &dyn Clock, longest: Duration) -> Result<(), Duration> {
        loop {
            match self.answer(clock.monotonic()) {
                Ok(()) => return Ok(()),
                Err(wait) if wait > longest => return Err(wait),
                Err(wait) => tokio::time::sleep(wait).await,
            }
        }
    }

    /// The platform asked for silence until then. The longest wish counts.
    pub fn hold(&self, until: Duration) {
        let mut state = self.state();
        state.held_until = state.held_until.max(until);
    }

    fn state(&self) -> MutexGuard<'_, Bucket> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refilled(&self, now: Duration) -> MutexGuard<'_, Bucket> {
        let mut state = self.state();
        let passed = now.saturating_sub(state.at).as_secs_f64();
        state.permits = (state.permits + passed * self.per_second).min(capacity(self.per_second));
        state.at = state.at.max(now);
        if now < state.held_until {
            state.permits = state.permits.min(0.0);
        }
        state
    }

    fn until(&self, state: &Bucket, now: Duration, needed: f64) -> Duration {
        let missing = (needed - state.permits).max(0.0) / self.per_second;
        // A hair more than what is missing, so that whoever waits that long finds it.
        let refill =
            if missing > 0.0 { Duration::from_secs_f64(missing) + Duration::from_micros(1) } else { Duration::ZERO };
        state.held_until.saturating_sub(now) + refill
    }
}

fn reserve(per_second: f64) -> f64 {
    (per_second * ANSWERS).max(1.0)
}

/// The reserve and a tenth of a second: out of a silence nobody gets a burst of alerts worth the name.
fn capacity(per_second: f64) -> f64 {
    reserve(per_second) + (per_second * CATCH_UP).max(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn alerts_use_the_whole_pace_while_nobody_asks() {
        let limiter = RateLimiter::new(25, Duration::ZERO);
        let told: usize = (0..10_000).map(|ms| limiter.alerts(MS * ms, 32)).sum();
        assert!((245..=252).contains(&told), "{told} in ten seconds");
    }

    #[test]
    fn answers_go_first_and_alerts_wait_for_them() {
        let limiter = RateLimiter::new(10, Duration::ZERO);
        assert_eq!(limiter.alerts(Duration::ZERO, 32), 1);
        assert_eq!(limiter.answer(Duration::ZERO), Ok(()));
        assert_eq!(limiter.answer(Duration::ZERO), Ok(()));
        assert!(limiter.answer(Duration::ZERO).is_err(), "a burst has an end");
        assert_eq!(limiter.alerts(100 * MS, 1), 0, "the answers' share comes back first");
        assert_eq!(limiter.answer(101 * MS), Ok(()));
    }

    #[test]
    fn edits_wait_for_alerts() {
        let limiter = RateLimiter::new(10, Duration::ZERO);
        assert_eq!((limiter.edits(Duration::ZERO, 1), limiter.alerts(500 * MS, 1)), (1, 1));
        assert_eq!(limiter.edits(700 * MS, 1), 0);
        assert_eq!(limiter.until_edit(700 * MS), 50 * MS);
        assert_eq!(limiter.edits(750 * MS, 1), 1);
    }

    #[test]
    fn what_was_not_used_can_be_used() {
        let limiter = RateLimiter::new(10, Duration::ZERO);
        assert_eq!(limiter.alerts(Duration::ZERO, 1), 1);
        limiter.give_back(1);
        assert_eq!(limiter.alerts(Duration::ZERO, 1), 1);
    }

    #[test]
    fn a_late_look_costs_no_pace() {
        let limiter = RateLimiter::new(40, Duration::ZERO);
        let told: usize = (0..200).map(|look| limiter.alerts(MS * 50 * look, 32)).sum();
        assert!((395..=405).contains(&told), "{told} in ten seconds");
    }

    #[test]
    fn rooms_hear_less_often_than_people() {
        let limiter = RateLimiter::new(25, 1000 * MS).with_rooms(3000 * MS);
        let between = |chat| limiter.between(&Destination::Telegram { chat, topic: None });
        assert_eq!((between(7), between(-7)), (1000 * MS, 3000 * MS));
    }

    #[test]
    fn a_wish_for_silence_holds_everything() {
        let limiter = RateLimiter::new(10, Duration::ZERO);
        limiter.hold(Duration::from_secs(5));
        assert_eq!(limiter.alerts(Duration::from_secs(1), 1), 0);
        assert!(limiter.answer(Duration::from_secs(4)).is_err());
        let wait = limiter.until_alert(Duration::from_secs(1));
        assert_eq!(limiter.alerts(Duration::from_secs(1) + wait, 1), 1, "after {wait:?}");
    }

    proptest! {
        /// However both ask: in no stretch of time more than its share and one bucket.
        #[test]
        fn the_pace_is_kept(asked in prop::collection::vec((0_u32..200, any::<bool>(), 1_usize..9), 1..200)) {
            let limiter = RateLimiter::new(20, Duration::ZERO);
            let (mut now, mut taken) = (Duration::ZERO, 0_usize);
            for (ms, alert, wanted) in asked {
                now += MS * ms;
                taken += if alert { limiter.alerts(now, wanted) } else { usize::from(limiter.answer(now).is_ok()) };
                prop_assert!(taken as f64 <= now.as_secs_f64() * 20.0 + capacity(20.0) + 0.001);
            }
        }
    }
}
