//! Polls that are over and wait to be written down. No I/O.

use std::time::Duration;

use super::schedule::At;
use crate::store::polls::ended::{End, Ended};

/// As many unchanged readings are worth a transaction of their own.
const GROUP: usize = 64;
/// Fewer wait so long for others, and no longer.
const LINGER: Duration = Duration::from_millis(20);
/// Polls that wait to be written down, at most: nothing more is read until there is room.
const UNWRITTEN: usize = 1024;
/// Readings that wait to be written down, at most: each may hold a whole catalogue.
const UNWRITTEN_READINGS: usize = 128;
/// Unchanged readings in one transaction, at most.
const MOST_UNCHANGED: usize = 256;
/// Readings and failures in one transaction, at most.
const MOST_READINGS: usize = 64;
/// Variants of all readings of one transaction, at most, as long as there are several: what takes some 25 ms.
const MOST_VARIANTS: usize = 1000;

/// The polls that wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    polls: Vec<Ended>,
    /// Of those, readings and failures.
    urgent: usize,
    write_at: Option<At>,
    /// The store failed: nothing is written before then.
    retry_at: At,
    writing: usize,
}

impl Queue {
    pub(super) fn push(&mut self, poll: Ended, now: At) {
        self.urgent += usize::from(is_urgent(&poll));
        self.polls.push(poll);
        self.write_at.get_or_insert(now + LINGER);
    }

    /// Is there no room for more?
    pub(super) fn is_full(&self) -> bool {
        self.polls.len() + self.writing >= UNWRITTEN || self.urgent >= UNWRITTEN_READINGS
    }

    /// Is everything written down?
    pub(super) fn is_empty(&self) -> bool {
        self.polls.is_empty() && self.writing == 0
    }

    /// Is something of this shop not written down yet?
    pub(super) fn holds(&self, shop: i64) -> bool {
        self.writing > 0 || self.polls.iter().any(|poll| poll.source.shop_id == shop)
    }

    /// When they are to be written down: a reading at once, unchanged ones in groups, and at once when `alone`: nothing is
    /// in flight that could join them.
    pub(super) fn write_at(&self, alone: bool) -> Option<At> {
        let at_once = self.urgent > 0 || self.polls.len() >= GROUP || alone;
        self.write_at.map(|at| if at_once { self.retry_at } else { at.max(self.retry_at) })
    }

    /// What is to be written down next, together: readings and failures first come, first served.
    pub(super) fn take(&mut self) -> Vec<Ended> {
        let (mut readings, mut unchanged, mut variants) = (0, 0, 0);
        let takes = |poll: &Ended| {
            let more = match &poll.end {
                End::Unchanged { .. } => {
                    unchanged += 1;
                    return unchanged <= MOST_UNCHANGED;
                }
                End::Failed(_) => 1,
                End::Read(new) => new.reading.products.iter().map(|product| product.variants.len()).sum(),
            };
            let fits = readings == 0 || (readings < MOST_READINGS && variants + more <= MOST_VARIANTS);
            (readings, variants) = (readings + usize::from(fits), variants + if fits { more } else { 0 });
            fits
        };
        let (take, leave): (Vec<_>, Vec<_>) = std::mem::take(&mut self.polls).into_iter().partition(takes);
        self.urgent -= readings;
        self.polls = leave;
        self.writing = take.len();
        self.write_at = self.write_at.filter(|_| !self.polls.is_empty());
        take
    }

    /// They are written down, or not ours to write.
    pub(super) fn written(&mut self) {
        self.writing = 0;
    }

    /// The store could not write them down: they wait for it.
    pub(super) fn put_back(&mut self, polls: Vec<Ended>, again_at: At) {
        self.writing = 0;
        self.urgent += polls.iter().filter(|poll| is_urgent(poll)).count();
        self.polls.splice(0..0, polls);
        self.write_at.get_or_insert(again_at);
        self.retry_at = again_at;
    }
}

fn is_urgent(poll: &Ended) -> bool {
    !matches!(poll.end, End::Unchanged { .. })
}
