//! Requests in flight, and who may begin another. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use super::schedule::{At, Room};

/// Requests at the same time, at most, while their shops answer.
const WIDTH: usize = 256;
/// Requests to failing shops at the same time, at most.
const FAILING: usize = 64;
/// A request that takes longer than this gives its place to another: most of its time it only waits.
const SLOW: Duration = Duration::from_secs(1);
/// All requests in flight, the slow ones too: each holds a socket, and a process may hold a thousand files.
const MOST: usize = 512;

/// Requests in flight by their numbers.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    jobs: BTreeMap<u64, Request>,
    failing: usize,
}

#[derive(Debug, Clone, Copy)]
struct Request {
    shop: i64,
    is_failing: bool,
    since: At,
}

impl InFlight {
    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    /// Of one shop.
    pub(super) fn of_shop(&self, shop: i64) -> usize {
        self.jobs.values().filter(|job| job.shop == shop).count()
    }

    pub(super) fn begin(&mut self, job: u64, shop: i64, is_failing: bool, since: At) {
        self.jobs.insert(job, Request { shop, is_failing, since });
        self.failing += usize::from(is_failing);
    }

    pub(super) fn end(&mut self, job: u64) {
        if self.jobs.remove(&job).is_some_and(|job| job.is_failing) {
            self.failing -= 1;
        }
    }

    /// Is there certainly room, without counting?
    pub(super) fn is_roomy(&self) -> bool {
        self.jobs.len() < WIDTH
    }

    /// Is there room for another? Shops that hang take no places from those that answer: the first time for a second,
    /// from then on they are known to fail and have places of their own.
    pub(super) fn room(&self, now: At) -> Room {
        let (all, failing) = (self.jobs.len(), self.failing < FAILING);
        if all - self.failing < WIDTH {
            return Room { healthy: true, failing };
        }
        let is_quick = |job: &&Request| !job.is_failing && now.saturating_sub(job.since) <= SLOW;
        let healthy = self.jobs.values().filter(is_quick).count();
        // What failing shops may still take is kept free.
        let kept = FAILING.saturating_sub(self.failing);
        Room { healthy: healthy < WIDTH && all + kept < MOST, failing }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(groups: &[(usize, bool, u64)]) -> Room {
        let mut jobs = InFlight::default();
        for (count, failing, seconds) in groups {
            for _ in 0..*count {
                jobs.begin(jobs.len() as u64, 1, *failing, Duration::from_secs(100 - seconds));
            }
        }
        jobs.room(Duration::from_secs(100))
    }

    #[test]
    fn failing_shops_take_no_places_from_the_others() {
        assert_eq!(beside(&[]), Room { healthy: true, failing: true });
        assert_eq!(beside(&[(64, true, 9), (200, false, 0)]), Room { healthy: true, failing: false });
        assert_eq!(beside(&[(256, false, 0)]), Room { healthy: false, failing: true });
    }

    #[test]
    fn shops_that_begin_to_hang_give_their_places_back_after_a_second() {
        assert_eq!(beside(&[(256, false, 2)]), Room { healthy: true, failing: true });
        assert_eq!(beside(&[(448, false, 2)]), Room { healthy: false, failing: true });
        assert_eq!(beside(&[(448, false, 2), (64, true, 2)]), Room { healthy: false, failing: false });
    }
}
