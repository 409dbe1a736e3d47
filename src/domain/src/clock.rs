//! Time as an argument, and what becomes of a wall clock that jumps.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

/// Tells the time. The real one lives in the binary; tests hold a [`ManualClock`].
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The wall clock, in whole microseconds (both databases keep no more). It may jump either way.
    fn now(&self) -> DateTime<Utc>;
    /// Time since some fixed moment of this process. It never goes back.
    fn monotonic(&self) -> Duration;
}

/// The wall clock may be corrected by this much at once, and is followed. More is a jump.
pub const JUMP: TimeDelta = TimeDelta::seconds(60);

/// One moment on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// What the wall clock showed.
    pub wall: DateTime<Utc>,
    /// What the monotonic clock showed.
    pub monotonic: Duration,
}

impl Moment {
    /// The wall clock's time at `monotonic`, had it gone on from here without a jump.
    #[must_use]
    pub fn steady(&self, monotonic: Duration) -> DateTime<Utc> {
        self.wall + monotonic.saturating_sub(self.monotonic)
    }
}

/// By how much the wall clock has jumped between two moments, if by more than [`JUMP`].
#[must_use]
pub fn jump(trusted: &Moment, seen: &Moment) -> Option<TimeDelta> {
    let by = seen.wall.signed_duration_since(trusted.steady(seen.monotonic));
    (by.abs() > JUMP).then_some(by)
}

/// A clock that follows another one's drift and corrections, but not its jumps: through those it goes on as if nothing
/// had happened, until somebody has made room for the new time and lets it be adopted.
#[derive(Debug)]
pub struct SteadyClock {
    wall: Arc<dyn Clock>,
    trusted: Mutex<Moment>,
}

impl SteadyClock {
    /// A clock that trusts what `wall` shows now.
    #[must_use]
    pub fn over(wall: Arc<dyn Clock>) -> Self {
        let trusted = Mutex::new(moment(&*wall));
        Self { wall, trusted }
    }

    /// By how much the wall clock is off this one, if it has jumped.
    #[must_use]
    pub fn jumped(&self) -> Option<TimeDelta> {
        jump(&self.trusted(), &moment(&*self.wall))
    }

    /// Moves this clock: by what [`SteadyClock::jumped`] said it shows the wall clock's time again.
    pub fn adopt(&self, by: TimeDelta) {
        self.trusted().wall += by;
    }

    fn trusted(&self) -> MutexGuard<'_, Moment> {
        self.trusted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> DateTime<Utc> {
        let mut trusted = self.trusted();
        let seen = moment(&*self.wall);
        if jump(&trusted, &seen).is_some() {
            return trusted.steady(seen.monotonic).trunc_subsecs(6);
        }
        *trusted = seen;
        seen.wall
    }

    fn monotonic(&self) -> Duration {
        self.wall.monotonic()
    }
}

fn moment(clock: &dyn Clock) -> Moment {
    Moment { wall: clock.now(), monotonic: clock.monotonic() }
}

/// A clock that stands still until it is told to move.
#[derive(Debug)]
pub struct ManualClock(Mutex<(DateTime<Utc>, Duration)>);

impl ManualClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Mutex::new((now.trunc_subsecs(6), Duration::ZERO)))
    }

    /// Lets `by` pass on both clocks.
    pub fn advance(&self, by: Duration) {
        let mut time = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        time.0 += by;
        time.1 += by;
    }

    /// Moves the wall clock alone, as an administrator or a bad time server does.
    pub fn jump(&self, by: chrono::Duration) {
        let mut time = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        time.0 += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn monotonic(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_off_by_the_bound_is_a_correction_and_by_more_a_jump() {
        let moment = |wall| Moment { wall, monotonic: Duration::from_secs(5) };
        let from = moment(DateTime::UNIX_EPOCH);
        let more = JUMP + TimeDelta::microseconds(1);
        assert_eq!(jump(&from, &moment(DateTime::UNIX_EPOCH + JUMP)), None);
        assert_eq!(jump(&from, &moment(DateTime::UNIX_EPOCH - JUMP)), None);
        assert_eq!(jump(&from, &moment(DateTime::UNIX_EPOCH - more)), Some(-more));
    }

    #[test]
    fn a_manual_clock_moves_as_it_is_told() {
        let clock = ManualClock::at(DateTime::UNIX_EPOCH);
        clock.advance(Duration::from_secs(7));
        clock.jump(TimeDelta::seconds(-2));
        assert_eq!((clock.now().timestamp(), clock.monotonic()), (5, Duration::from_secs(7)));
    }

    #[derive(Debug, Clone, Copy)]
    enum Event {
        Pass(u64),
        Corrected(i64),
        Jumps(i64),
        Adopted,
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            6 => (0u64..100_000).prop_map(Event::Pass),
            3 => (-60_000i64..=60_000).prop_map(Event::Corrected),
            1 => (60_001i64..100_000_000, any::<bool>()).prop_map(|(by, back)| Event::Jumps(if back { -by } else { by })),
            1 => Just(Event::Adopted),
        ]
    }

    #[test]
    fn a_steady_clock_counts_the_time_that_passes() {
        let wall = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH));
        let steady = SteadyClock::over(Arc::clone(&wall) as Arc<dyn Clock>);
        let before = steady.monotonic();
        wall.advance(Duration::from_secs(7));
        assert_eq!(steady.monotonic() - before, Duration::from_secs(7));
    }

    proptest! {
        /// Whatever the wall clock does: what is shown never differs from the time that passed by more than a minute
        /// between two looks, unless a jump was adopted; and without a jump it is the wall clock's.
        #[test]
        fn a_jump_is_never_seen_before_it_is_adopted(events in prop::collection::vec(event(), 1..60)) {
            let wall = Arc::new(ManualClock::at(DateTime::UNIX_EPOCH + TimeDelta::days(20_000)));
            let steady = SteadyClock::over(Arc::clone(&wall) as Arc<dyn Clock>);
            let mut before = (steady.now(), steady.monotonic());
            for event in events {
                let mut adopted = TimeDelta::zero();
                match event {
                    Event::Pass(ms) => wall.advance(Duration::from_millis(ms)),
                    Event::Corrected(ms) | Event::Jumps(ms) => wall.jump(TimeDelta::milliseconds(ms)),
                    Event::Adopted => {
                        adopted = steady.jumped().unwrap_or_default();
                        steady.adopt(adopted);
                    }
                }
                let after = (steady.now(), steady.monotonic());
                let passed = TimeDelta::from_std(after.1 - before.1).expect("short");
                let moved = after.0 - before.0 - passed - adopted;
                prop_assert!(moved.abs() <= JUMP, "{event:?} moved it by {moved}");
                match steady.jumped() {
                    None => prop_assert_eq!(after.0, wall.now()),
                    Some(by) => prop_assert_eq!(after.0 + by, wall.now()),
                }
                if matches!(event, Event::Adopted) {
                    prop_assert_eq!(after.0, wall.now());
                }
                before = after;
            }
        }
    }
}
