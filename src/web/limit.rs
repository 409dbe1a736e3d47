//! How often one address may ask within some time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use coatcheck_domain::Clock;

/// Addresses that are remembered; with more of them all share one count.
const ADDRESSES: usize = 20_000;
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// The counts of all addresses.
#[derive(Clone)]
pub(in crate::web) struct Limits {
    clock: Arc<dyn Clock>,
    most: u64,
    within: Duration,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Default)]
struct Counts {
    windows: HashMap<Option<IpAddr>, Window>,
    /// When windows that are over were last removed: a flood of addresses must not make each request look at all of them.
    swept_at: Option<Duration>,
}

#[derive(Clone, Copy)]
struct Window {
    began: Duration,
    used: u64,
}

/// What came of asking.
pub(in crate::web) struct Taken {
    /// Seconds to wait, if it was one too many.
    pub(in crate::web) wait: Option<u64>,
    /// So many more may come,
    pub(in crate::web) left: u64,
    /// and in so many seconds all of them again.
    pub(in crate::web) reset: u64,
}

impl Limits {
    /// So many within that time for each address.
    pub(super) fn new(clock: Arc<dyn Clock>, most: u64, within: Duration) -> Self {
        Self { clock, most, within, counts: Arc::default() }
    }

    /// One request of this address; of nobody in particular it counts for all.
    pub(super) fn take(&self, peer: Option<&IpAddr>) -> Taken {
        let now = self.clock.monotonic();
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = peer.copied();
        if counts.windows.len() >= ADDRESSES && !counts.windows.contains_key(&key) {
            if counts.swept_at.is_none_or(|at| now.saturating_sub(at) >= SWEEP_EVERY) {
                counts.windows.retain(|_, window| now.saturating_sub(window.began) < self.within);
                counts.swept_at = Some(now);
            }
            if counts.windows.len() >= ADDRESSES {
                key = None;
            }
        }
        let window = counts.windows.entry(key).or_insert(Window { began: now, used: 0 });
        if now.saturating_sub(window.began) >= self.within {
            *window = Window { began: now, used: 0 };
        }
        window.used = window.used.saturating_add(1);
        let reset = (window.began + self.within).saturating_sub(now).as_secs().max(1);
        Taken { wait: (window.used > self.most).then_some(reset), left: self.most.saturating_sub(window.used), reset }
    }
}

#[cfg(test)]
mod tests {
    use coatcheck_domain::clock::ManualClock;

    use super::*;

    const MOST: u64 = 120;
    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn who_asks_too_often_waits_and_others_do_not() {
        let clock = Arc::new(ManualClock::at(chrono::DateTime::UNIX_EPOCH));
        let limits = Limits::new(clock.clone(), MOST, MINUTE);
        let (one, other) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        for _ in 0..MOST {
            assert!(limits.take(Some(&one)).wait.is_none());
        }
        assert_eq!(limits.take(Some(&one)).wait, Some(60));
        assert!(limits.take(Some(&other)).wait.is_none());
        clock.advance(MINUTE);
        assert!(limits.take(Some(&one)).wait.is_none());
    }

    #[test]
    fn of_addresses_there_is_a_bound() {
        let limits = Limits::new(Arc::new(ManualClock::at(chrono::DateTime::UNIX_EPOCH)), MOST, MINUTE);
        for n in 0..50_000_u32 {
            limits.take(Some(&IpAddr::from(n.to_be_bytes())));
        }
        assert!(limits.counts.lock().expect("free").windows.len() <= ADDRESSES + 1);
    }
}
