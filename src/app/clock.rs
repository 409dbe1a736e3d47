//! The real clock: the one place that asks the system for the time.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use coatcheck_domain::Clock;
use rustix::time::{ClockId, clock_gettime};

/// Goes on while the machine sleeps: time that has truly passed is no jump of the wall clock. Apple's monotonic clock
/// does so by itself.
#[cfg(any(target_os = "linux", target_os = "android"))]
const PASSED: ClockId = ClockId::Boottime;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const PASSED: ClockId = ClockId::Monotonic;

/// The system's time.
#[derive(Debug)]
pub struct SystemClock {
    start: Duration,
}

impl SystemClock {
    /// A clock whose monotonic time begins now.
    #[must_use]
    pub fn start() -> Self {
        Self { start: passed() }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the system")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }

    fn monotonic(&self) -> Duration {
        passed().saturating_sub(self.start)
    }
}

/// Since the machine was started.
fn passed() -> Duration {
    let time = clock_gettime(PASSED);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}
