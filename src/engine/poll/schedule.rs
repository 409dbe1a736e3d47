//! Which source is read next, over all shops: the longest due first, and no shop asked by more requests at once than it
//! has slots. Pure; what a step costs grows with neither sources nor shops.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Times are monotonic ones: a wall clock that is set moves nothing here.
pub(super) type At = Duration;

/// A shop that must wait until somebody says otherwise.
pub(super) const UNTIL_TOLD: At = Duration::MAX;

/// For whom there is room to begin another request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    /// For shops that answer.
    pub(super) healthy: bool,
    /// For shops that fail: they have places of their own, so that they take none from the others.
    pub(super) failing: bool,
}

/// All shops that are held, and their sources that wait.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    shops: BTreeMap<i64, Shop>,
    /// When each shop that has a free slot can be asked next.
    healthy: BTreeSet<(At, i64)>,
    failing: BTreeSet<(At, i64)>,
}

#[derive(Debug)]
struct Shop {
    slots: usize,
    waiting: BTreeSet<(At, i64)>,
    in_flight: usize,
    not_before: At,
    is_failing: bool,
    /// Its place among those that can be asked.
    place: Option<At>,
}

impl Shop {
    /// When it can be asked next.
    fn ready_at(&self) -> Option<At> {
        let (due, _) = self.waiting.first()?;
        (self.in_flight < self.slots && self.not_before != UNTIL_TOLD).then(|| self.not_before.max(*due))
    }
}

impl Schedule {
    /// A shop is held from now on, with so many requests in flight that were begun before.
    pub(super) fn add_shop(&mut self, shop: i64, slots: usize, in_flight: usize) {
        let slots = slots.max(1);
        let new = || Shop {
            slots,
            waiting: BTreeSet::new(),
            in_flight,
            not_before: Duration::ZERO,
            is_failing: false,
            place: None,
        };
        self.shops.entry(shop).or_insert_with(new);
    }

    /// A shop is not ours any more.
    pub(super) fn remove_shop(&mut self, shop: i64) {
        self.change(shop, |shop| shop.waiting.clear());
        self.shops.remove(&shop);
    }

    /// A source waits until it is due.
    pub(super) fn add(&mut self, shop: i64, source: i64, due: At) {
        self.change(shop, |shop| {
            shop.waiting.insert((due, source));
        });
    }

    /// A source that was to be due then waits no more.
    pub(super) fn remove(&mut self, shop: i64, source: i64, due: At) {
        self.change(shop, |shop| {
            shop.waiting.remove(&(due, source));
        });
    }

    /// Nobody asks the shop before then.
    pub(super) fn hold(&mut self, shop: i64, not_before: At, is_failing: bool) {
        self.unplace(shop);
        if let Some(one) = self.shops.get_mut(&shop) {
            (one.not_before, one.is_failing) = (not_before, is_failing);
        }
        self.place(shop);
    }

    /// The source that is due for longest of all that may be asked: a request of its shop begins.
    pub(super) fn begin(&mut self, now: At, room: Room) -> Option<i64> {
        let ready = |set: &BTreeSet<(At, i64)>, room: bool| set.first().copied().filter(|(at, _)| room && *at <= now);
        let first = [ready(&self.healthy, room.healthy), ready(&self.failing, room.failing)];
        let (_, shop) = first.into_iter().flatten().min()?;
        let mut source = None;
        self.change(shop, |shop| {
            source = shop.waiting.pop_first().map(|(_, source)| source);
            shop.in_flight += 1;
        });
        source
    }

    /// A request of the shop is over.
    pub(super) fn end(&mut self, shop: i64) {
        self.change(shop, |shop| shop.in_flight = shop.in_flight.saturating_sub(1));
    }

    /// Requests of the shop that are in flight.
    pub(super) fn in_flight(&self, shop: i64) -> usize {
        self.shops.get(&shop).map_or(0, |shop| shop.in_flight)
    }

    /// The shop's sources that are due by then, the longest due first.
    pub(super) fn due_by(&self, shop: i64, by: At) -> impl Iterator<Item = (At, i64)> + '_ {
        let waiting = self.shops.get(&shop).map(|shop| shop.waiting.iter());
        waiting.into_iter().flatten().copied().take_while(move |(due, _)| *due <= by)
    }

    /// When something can begin, if there is room then.
    pub(super) fn next_at(&self) -> Option<At> {
        [&self.healthy, &self.failing].into_iter().filter_map(|set| set.first().map(|(at, _)| *at)).min()
    }

    fn change(&mut self, shop: i64, change: impl FnOnce(&mut Shop)) {
        self.unplace(shop);
        if let Some(one) = self.shops.get_mut(&shop) {
            change(one);
        }
        self.place(shop);
    }

    fn unplace(&mut self, shop: i64) {
        let Some(one) = self.shops.get_mut(&shop) else { return };
        if let Some(at) = one.place.take() {
            let set = if one.is_failing { &mut self.failing } else { &mut self.healthy };
            set.remove(&(at, shop));
        }
    }

    fn place(&mut self, shop: i64) {
        let Some(one) = self.shops.get_mut(&shop) else { return };
        one.place = one.ready_at();
        if let Some(at) = one.place {
            let set = if one.is_failing { &mut self.failing } else { &mut self.healthy };
            set.insert((at, shop));
        }
    }
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
