//! How often one address may ask: a minute's worth at once, then as many as come back with time.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use coatcheck_domain::Clock;

/// Requests of one address in a minute.
pub(super) const MOST: u64 = 120;
const MINUTE: Duration = Duration::from_secs(60);
/// Addresses that are remembered; with more of them all share one count.
const ADDRESSES: usize = 20_000;

/// The counts of all addresses.
#[derive(Clone)]
pub(super) struct Limits {
    clock: Arc<dyn Clock>,
    windows: Arc<Mutex<HashMap<Option<IpAddr>, Window>>>,
}

#[derive(Clone, Copy)]
struct Window {
    began: Duration,
    used: u64,
}

/// What came of asking.
pub(super) struct Taken {
    /// Seconds to wait, if it was one too many.
    pub(super) wait: Option<u64>,
    /// So many more may come,
    pub(super) left: u64,
    /// and in so many seconds all of them again.
    pub(super) reset: u64,
}

impl Limits {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, windows: Arc::default() }
    }

    /// One request of this address.
    pub(super) fn take(&self, peer: Option<&IpAddr>) -> Taken {
        let now = self.clock.monotonic();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let mut key = peer.copied();
        if windows.len() >= ADDRESSES && !windows.contains_key(&key) {
            windows.retain(|_, window| now.saturating_sub(window.began) < MINUTE);
            if windows.len() >= ADDRESSES {
                key = None;
            }
        }
        let window = windows.entry(key).or_insert(Window { began: now, used: 0 });
        if now.saturating_sub(window.began) >= MINUTE {
            *window = Window { began: now, used: 0 };
        }
        window.used = window.used.saturating_add(1);
        let reset = (window.began + MINUTE).saturating_sub(now).as_secs().max(1);
        Taken { wait: (window.used > MOST).then_some(reset), left: MOST.saturating_sub(window.used), reset }
    }
}

#[cfg(test)]
mod tests {
    use coatcheck_domain::clock::ManualClock;

    use super::*;

    #[test]
    fn who_asks_too_often_waits_and_others_do_not() {
        let clock = Arc::new(ManualClock::at(chrono::DateTime::UNIX_EPOCH));
        let limits = Limits::new(clock.clone());
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
        let limits = Limits::new(Arc::new(ManualClock::at(chrono::DateTime::UNIX_EPOCH)));
        for n in 0..50_000_u32 {
            limits.take(Some(&IpAddr::from(n.to_be_bytes())));
        }
        assert!(limits.windows.lock().expect("free").len() <= ADDRESSES + 1);
    }
}
