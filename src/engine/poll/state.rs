//! What a poller has in memory: the shops it holds, their sources, what is in flight, and what waits to be written down.
//! No I/O, and no waiting.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::poll::{Plan, State as Standing, TRIAL_WAIT};

use super::decide::{self, Moment};
use super::in_flight::InFlight;
use super::schedule::{At, Schedule, UNTIL_TOLD};
use crate::shops::{ReadError, ReadOutcome};
use crate::store::polls::ended::{End, Ended, Written};
use crate::store::polls::held::{HeldShop, HeldSource};

/// As many unchanged readings are worth a transaction of their own.
pub(super) const GROUP: usize = 64;
/// Fewer wait so long for others, and no longer.
pub(super) const LINGER: Duration = Duration::from_millis(20);
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

/// Both clocks at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) wall: DateTime<Utc>,
    pub(super) at: At,
}

impl Now {
    /// When the monotonic clock will be (or was) at that wall time.
    fn at(self, wall: DateTime<Utc>) -> At {
        match (wall - self.wall).to_std() {
            Ok(ahead) => self.at + ahead,
            Err(_) => self.at.saturating_sub((self.wall - wall).to_std().unwrap_or_default()),
        }
    }
}

/// A request that begins.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) number: u64,
    pub(super) source: Arc<HeldSource>,
    /// What was held when it began is held no more when this number has changed.
    life: u64,
}

#[derive(Debug)]
struct Shop {
    held: HeldShop,
    taken_at: At,
    sources: BTreeSet<i64>,
    /// Requests a minute, times a thousand.
    weight: i64,
    /// Failures that are not written down yet.
    untold: usize,
}

#[derive(Debug)]
struct Source {
    held: Arc<HeldSource>,
    /// While it waits: until when. Else it is in flight, or waits to be written down.
    waits_until: Option<At>,
}

/// The memory of a poller.
#[derive(Debug, Default)]
pub(super) struct State {
    shops: BTreeMap<i64, Shop>,
    sources: BTreeMap<i64, Source>,
    schedule: Schedule,
    in_flight: InFlight,
    unwritten: Vec<Ended>,
    /// Of those, readings and failures.
    urgent: usize,
    write_at: Option<At>,
    /// The store failed: nothing is written before then.
    retry_at: At,
    writing: usize,
    number: u64,
    life: u64,
    /// Nothing more begins.
    pub(super) is_stopping: bool,
}

impl State {
    /// Takes in shops with their sources. Says which sources were being parsed when their holder was last heard of.
    pub(super) fn take(
        &mut self,
        shops: Vec<HeldShop>,
        sources: Vec<HeldSource>,
        slots: usize,
        now: Now,
    ) -> Vec<Arc<HeldSource>> {
        for held in shops {
            let id = held.id;
            self.schedule.add_shop(id, slots, self.in_flight.of_shop(id));
            self.schedule.hold(id, now.at(held.not_before), held.failures > 0);
            self.shops.insert(id, Shop { held, taken_at: now.at, sources: BTreeSet::new(), weight: 0, untold: 0 });
        }
        sources.into_iter().filter_map(|source| self.put(source, now)).collect()
    }

    /// Takes in what others changed: `ids` were, and of these `sources` are polled.
    pub(super) fn edited(&mut self, ids: &[i64], sources: Vec<HeldSource>, now: Now) {
        for id in ids {
            self.remove_source(*id);
        }
        for source in sources {
            self.put(source, now);
        }
    }

    fn put(&mut self, source: HeldSource, now: Now) -> Option<Arc<HeldSource>> {
        let (id, shop_id) = (source.source_id, source.shop_id);
        let shop = self.shops.get_mut(&shop_id)?;
        if shop.sources.insert(id) {
            shop.weight += weight(&source);
        }
        let on_trial = source.trial_at.is_some();
        let due = match (on_trial, source.schedule.state, source.readings) {
            (true, ..) => now.at + TRIAL_WAIT,
            // A person waits for it.
            (_, Standing::Candidate, 0) if source.schedule.failures == 0 => Duration::ZERO,
            _ => now.at(source.next_poll_at),
        };
        let held = Arc::new(source);
        self.sources.insert(id, Source { held: Arc::clone(&held), waits_until: Some(due) });
        self.schedule.add(shop_id, id, due);
        on_trial.then_some(held)
    }

    fn remove_source(&mut self, id: i64) {
        let Some(source) = self.sources.remove(&id) else { return };
        if let Some(due) = source.waits_until {
            self.schedule.remove(source.held.shop_id, id, due);
        }
        if let Some(shop) = self.shops.get_mut(&source.held.shop_id)
            && shop.sources.remove(&id)
        {
            shop.weight -= weight(&source.held);
        }
    }

    /// These shops are not ours any more.
    pub(super) fn lose(&mut self, shops: &[i64]) {
        for id in shops {
            let Some(shop) = self.shops.remove(id) else { continue };
            for source in shop.sources {
                self.sources.remove(&source);
            }
            self.schedule.remove_shop(*id);
        }
    }

    /// Nothing is ours any more; what was not written down is lost.
    pub(super) fn lose_all(&mut self) {
        let Self { number, life, is_stopping, .. } = *self;
        *self = Self { number, life: life + 1, is_stopping, ..Self::default() };
    }

    /// The next request, if one may begin now.
    pub(super) fn begin(&mut self, now: Now) -> Option<Job> {
        let unwritten = self.unwritten.len() + self.writing;
        if self.is_stopping || unwritten >= UNWRITTEN || self.urgent >= UNWRITTEN_READINGS {
            return None;
        }
        let id = self.schedule.begin(now.at, self.in_flight.room(now.at))?;
        let source = self.sources.get_mut(&id)?;
        source.waits_until = None;
        let source = Arc::clone(&source.held);
        let is_failing = self.shops.get(&source.shop_id).is_some_and(|shop| shop.held.failures > 0);
        self.number += 1;
        self.in_flight.begin(self.number, source.shop_id, is_failing, now.at);
        Some(Job { number: self.number, source, life: self.life })
    }

    /// A request is over. `false`: nothing is held any more of what was held when it began.
    pub(super) fn end(&mut self, job: &Job, outcome: Result<ReadOutcome, ReadError>, random: f64, now: Now) -> bool {
        if job.life != self.life {
            return false;
        }
        self.in_flight.end(job.number);
        self.schedule.end(job.source.shop_id);
        if outcome == Err(ReadError::Stopped) {
            self.wait_again(job.source.source_id, now.at);
        } else {
            self.judge(job, outcome, random, now);
        }
        true
    }

    fn judge(&mut self, job: &Job, outcome: Result<ReadOutcome, ReadError>, random: f64, now: Now) {
        let shop_id = job.source.shop_id;
        let Some(shop) = self.shops.get_mut(&shop_id).filter(|shop| shop.held.epoch == job.source.epoch) else {
            return;
        };
        let failed = outcome.is_err();
        let ended = decide::ended(Arc::clone(&job.source), &shop.held, outcome, Moment { now: now.wall, random });
        if failed {
            if let End::Failed(failed) = &ended.end {
                shop.held.failures += u32::from(failed.shop_failed);
                shop.held.walls += u32::from(failed.is_wall);
            }
            shop.untold += 1;
            // What the shop asks for is written down before it is asked again.
            self.schedule.hold(shop_id, UNTIL_TOLD, shop.held.failures > 0);
        } else if ended.is_back {
            (shop.held.failures, shop.held.walls) = (0, 0);
            self.schedule.hold(shop_id, now.at(shop.held.not_before), false);
        }
        self.urgent += usize::from(!matches!(ended.end, End::Unchanged { .. }));
        self.unwritten.push(ended);
        self.write_at.get_or_insert(now.at + LINGER);
    }

    fn wait_again(&mut self, id: i64, due: At) {
        let Some(source) = self.sources.get_mut(&id).filter(|source| source.waits_until.is_none()) else { return };
        source.waits_until = Some(due);
        self.schedule.add(source.held.shop_id, id, due);
    }

    /// When what has ended is to be written down: a reading at once, unchanged ones in groups, a lone one at once.
    pub(super) fn write_at(&self) -> Option<At> {
        let at_once = self.urgent > 0 || self.unwritten.len() >= GROUP || self.in_flight.len() == 0;
        self.write_at.map(|at| if at_once { self.retry_at } else { at.max(self.retry_at) })
    }

    /// What is to be written down next, together: readings and failures first.
    pub(super) fn take_ended(&mut self) -> Vec<Ended> {
        let (mut readings, mut unchanged, mut variants) = (0, 0, 0);
        let takes = |ended: &Ended| {
            let more = match &ended.end {
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
        let (take, leave): (Vec<_>, Vec<_>) = std::mem::take(&mut self.unwritten).into_iter().partition(takes);
        self.urgent -= readings;
        self.unwritten = leave;
        self.writing = take.len();
        self.write_at = self.write_at.filter(|_| !self.unwritten.is_empty());
        take
    }

    /// The store could not write them down: they wait for it.
    pub(super) fn unwritten(&mut self, polls: Vec<Ended>, again_at: At) {
        self.writing = 0;
        self.urgent += polls.iter().filter(|poll| !matches!(poll.end, End::Unchanged { .. })).count();
        self.unwritten.splice(0..0, polls);
        self.write_at.get_or_insert(again_at);
        self.retry_at = again_at;
    }

    /// They are written down, or not ours to write.
    pub(super) fn written(&mut self, polls: Vec<Ended>, written: Vec<Written>, now: Now) {
        self.writing = 0;
        let mut lost = Vec::new();
        for (poll, written) in polls.into_iter().zip(written) {
            let (id, shop_id) = (poll.source.source_id, poll.source.shop_id);
            if written == Written::NotOurs {
                if self.shops.get(&shop_id).is_some_and(|shop| shop.held.epoch == poll.source.epoch) {
                    lost.push(shop_id);
                }
                continue;
            }
            if let End::Failed(failed) = &poll.end {
                self.told_of_failure(shop_id, failed.shop_not_before, now);
            }
            let is_current = self.sources.get(&id).is_some_and(|one| Arc::ptr_eq(&one.held, &poll.source));
            if is_current {
                self.goes_on(id, poll, written, now);
            }
        }
        self.lose(&lost);
    }

    fn told_of_failure(&mut self, shop_id: i64, not_before: Option<DateTime<Utc>>, now: Now) {
        let Some(shop) = self.shops.get_mut(&shop_id) else { return };
        if let Some(until) = not_before {
            shop.held.not_before = shop.held.not_before.max(until);
        }
        shop.untold = shop.untold.saturating_sub(1);
        if shop.untold == 0 {
            self.schedule.hold(shop_id, now.at(shop.held.not_before), shop.held.failures > 0);
        }
    }

    /// What is known of a source once its poll is written down; from now on it waits for the next one.
    fn goes_on(&mut self, id: i64, poll: Ended, written: Written, now: Now) {
        let Some(source) = self.sources.get_mut(&id) else { return };
        match written {
            Written::Done => {
                let Ended { source: polled, end, plan, .. } = poll;
                // Then the source is held once, and changed where it is.
                drop(polled);
                follow(Arc::make_mut(&mut source.held), &end, &plan);
            }
            Written::Stored { source: Some(held), .. } | Written::Edited(Some(held)) => source.held = Arc::new(*held),
            Written::Stored { source: None, .. } | Written::Edited(None) | Written::NotOurs => {
                return self.remove_source(id);
            }
        }
        let due = now.at(source.held.next_poll_at);
        self.wait_again(id, due);
    }

    /// Can another request certainly begin now?
    pub(super) fn can_begin(&self, now: Now) -> bool {
        self.in_flight.is_roomy() && self.next_at().is_some_and(|at| at <= now.at)
    }

    /// When the next request may begin, if there is room then.
    pub(super) fn next_at(&self) -> Option<At> {
        if self.is_stopping { None } else { self.schedule.next_at() }
    }

    /// Requests that were begun so far.
    pub(super) fn begun(&self) -> usize {
        usize::try_from(self.number).unwrap_or(usize::MAX)
    }

    /// Requests in flight.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Is nothing in flight, and everything written down?
    pub(super) fn is_quiet(&self) -> bool {
        self.in_flight.len() == 0 && self.unwritten.is_empty() && self.writing == 0
    }

    /// All that is held, in requests a minute, times a thousand.
    pub(super) fn weight(&self) -> i64 {
        self.shops.values().map(|shop| shop.weight).sum()
    }

    /// Shops that can be given away: nothing of them is in flight or unwritten, and they have been here for `least`.
    pub(super) fn movable(&self, least: Duration, now: At) -> Vec<(i64, i64)> {
        let unwritten: BTreeSet<i64> = self.unwritten.iter().map(|poll| poll.source.shop_id).collect();
        let can_move = |id: i64, shop: &Shop| {
            now.saturating_sub(shop.taken_at) >= least
                && self.schedule.in_flight(id) == 0
                && self.writing == 0
                && !unwritten.contains(&id)
        };
        self.shops.iter().filter(|(id, shop)| can_move(**id, shop)).map(|(id, shop)| (*id, shop.weight)).collect()
    }
}

/// What a poll that brought nothing new, or failed, changes of its source.
fn follow(held: &mut HeldSource, end: &End, plan: &Plan) {
    held.schedule.scheduled_at = plan.scheduled_at;
    held.schedule.state = plan.state;
    held.schedule.failures = plan.failures;
    held.schedule.gone_since = plan.gone_since;
    held.next_poll_at = plan.next_poll_at;
    held.trial_at = None;
    held.drift_since = None;
    if let End::Unchanged { read_at } = end {
        held.readings += 1;
        held.last_read_at = held.last_read_at.max(Some(*read_at));
    }
}

/// Requests a minute, times a thousand.
fn weight(source: &HeldSource) -> i64 {
    let micros = i64::try_from(source.schedule.interval.as_micros()).unwrap_or(i64::MAX).max(1);
    60_000_000_000 / micros
}
