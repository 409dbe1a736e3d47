//! What a poller has in memory: the shops it holds, their sources, what is in flight, and what waits to be written down.
//! No I/O, and no waiting.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::poll::{State as Standing, TRIAL_WAIT};
use coatcheck_domain::stock::older::may_ask_conditionally;

use super::batch::{Batch, List};
use super::decide::{self, Moment};
use super::in_flight::InFlight;
use super::known::{Job, Now, Owed, Shop, Source, weight};
use super::queue::Queue;
use super::schedule::{At, Schedule, UNTIL_TOLD};
use crate::shops::{ReadError, ReadOutcome};
use crate::store::polls::ended::End;
use crate::store::polls::held::{HeldShop, HeldSource};
use crate::store::polls::instance::LEASE;

/// A lease is over for us so long after it was renewed: a second before it is so for others.
pub(super) const ENDS: Duration = LEASE.checked_sub(Duration::from_secs(1)).expect("it lasts longer");
/// A request that was given up is made again after this long.
const STOPPED: Duration = Duration::from_secs(5);

/// The memory of a poller.
#[derive(Debug, Default)]
pub(super) struct PollerState {
    pub(super) shops: BTreeMap<i64, Shop>,
    pub(super) sources: BTreeMap<i64, Source>,
    pub(super) schedule: Schedule,
    /// Lists of shops, by which many sources are read.
    pub(super) lists: BTreeMap<(i64, String), List>,
    /// Batches in flight, by their jobs.
    pub(super) batches: BTreeMap<u64, Batch>,
    pub(super) in_flight: InFlight,
    /// What is to be written down.
    pub(super) queue: Queue,
    pub(super) number: u64,
    pub(super) life: u64,
    /// Under which name everything is held, and when the lease was renewed last.
    pub(super) holder: Option<Arc<str>>,
    pub(super) renewed_at: At,
    /// Only what is due by then begins: a step ends, however soon its sources are due again.
    pub(super) until: Option<At>,
    /// Nothing more begins.
    pub(super) is_stopping: bool,
}

impl PollerState {
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

    /// Their shops say that these have changed: they are read by then, and those that are being read once more.
    pub(super) fn pushed(&mut self, pushed: &[(i64, DateTime<Utc>)], now: Now) {
        for (id, due) in pushed {
            let Some(source) = self.sources.get_mut(id) else { continue };
            let due = now.at(*due);
            match source.waits_until {
                None => source.push = Owed::Another,
                Some(until) => {
                    source.push = Owed::Echo;
                    if due < until {
                        self.stop_waiting(*id);
                        self.wait_again(*id, due);
                    }
                }
            }
        }
    }

    /// A person says that the shops' bot walls are gone: they may be asked again.
    pub(super) fn resumed(&mut self, shops: &[i64], now: Now) {
        for id in shops {
            let Some(shop) = self.shops.get_mut(id) else { continue };
            (shop.held.not_before, shop.held.walls) = (now.wall, 0);
            self.schedule.hold(*id, now.at, shop.held.failures > 0);
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
        self.sources.insert(id, Source::new(Arc::clone(&held), due));
        self.schedule.add(shop_id, id, due);
        on_trial.then_some(held)
    }

    /// A source is read from now on.
    pub(super) fn stop_waiting(&mut self, id: i64) {
        let Some(source) = self.sources.get_mut(&id) else { return };
        if let Some(due) = source.waits_until.take() {
            self.schedule.remove(source.held.shop_id, id, due);
        }
    }

    pub(super) fn remove_source(&mut self, id: i64) {
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
            self.lists.retain(|(shop, _), _| shop != id);
        }
    }

    /// Nothing is ours any more; what was not written down is lost.
    pub(super) fn lose_all(&mut self) {
        let Self { number, life, is_stopping, .. } = *self;
        *self = Self { number, life: life + 1, is_stopping, ..Self::default() };
    }

    /// The next request, if one may begin now.
    pub(super) fn begin(&mut self, now: Now) -> Option<Job> {
        // Whoever stood still finds out here first that others may hold what it held.
        if self.is_stopping || self.queue.is_full() || self.is_over(now.at) {
            return None;
        }
        let holder = self.holder.clone()?;
        let due = self.until.map_or(now.at, |until| until.min(now.at));
        let id = self.schedule.begin(due, self.in_flight.room(now.at))?;
        let source = self.sources.get_mut(&id)?;
        source.waits_until = None;
        let since_full = source.full_at.map(|at| now.at.saturating_sub(at));
        let is_conditional = may_ask_conditionally(source.since_full, since_full);
        let (source, pages) = (Arc::clone(&source.held), source.pages.clone());
        let is_failing = self.shops.get(&source.shop_id).is_some_and(|shop| shop.held.failures > 0);
        self.number += 1;
        self.in_flight.begin(self.number, source.shop_id, is_failing, now.at);
        let list = self.gather(self.number, &source, now);
        Some(Job {
            number: self.number,
            began_at: now.wall,
            source,
            pages,
            is_conditional,
            life: self.life,
            holder,
            list,
        })
    }

    /// Is the lease over?
    pub(super) fn is_over(&self, now: At) -> bool {
        now.saturating_sub(self.renewed_at) >= ENDS
    }

    /// Is what was held when a job began still held?
    pub(super) fn is_current(&self, job: &Job) -> bool {
        job.life == self.life
    }

    /// A request is over. `false`: nothing is held any more of what was held when it began.
    pub(super) fn end_request(&mut self, job: &Job) -> bool {
        if self.is_current(job) {
            self.in_flight.end(job.number);
            self.schedule.end(job.source.shop_id);
        }
        self.is_current(job)
    }

    /// The same of one that read a single source.
    pub(super) fn end(&mut self, job: &Job, outcome: Result<ReadOutcome, ReadError>, random: f64, now: Now) -> bool {
        if !self.end_request(job) {
            return false;
        }
        let id = job.source.source_id;
        if outcome == Err(ReadError::Stopped) {
            self.wait_again(id, now.at + STOPPED);
            return true;
        }
        if let (Ok(answer), Some(source)) = (&outcome, self.sources.get_mut(&id)) {
            source.asked(job.is_conditional, now.at);
            if let ReadOutcome::Read(read) = answer {
                (source.new_pages, source.new_item) = (read.pages.clone(), None);
            }
        }
        self.judge(&job.source, outcome, job.began_at, random, now);
        true
    }

    /// What an outcome means for a source and its shop; it is to be written down.
    pub(super) fn judge(
        &mut self,
        source: &Arc<HeldSource>,
        outcome: Result<ReadOutcome, ReadError>,
        began_at: DateTime<Utc>,
        random: f64,
        now: Now,
    ) {
        let shop_id = source.shop_id;
        let Some(shop) = self.shops.get_mut(&shop_id).filter(|shop| shop.held.epoch == source.epoch) else { return };
        let failed = outcome.is_err();
        let ended = decide::ended(Arc::clone(source), &shop.held, outcome, Moment { began_at, now: now.wall, random });
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
        self.queue.push(ended, now.at);
    }

    pub(super) fn wait_again(&mut self, id: i64, due: At) {
        let Some(source) = self.sources.get_mut(&id).filter(|source| source.waits_until.is_none()) else { return };
        source.waits_until = Some(due);
        self.schedule.add(source.held.shop_id, id, due);
    }

    /// When what has ended is to be written down.
    pub(super) fn write_at(&self) -> Option<At> {
        self.queue.write_at(self.in_flight.len() == 0)
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
        self.in_flight.len() == 0 && self.queue.is_empty()
    }

    /// All that is held, in requests a minute, times a thousand.
    pub(super) fn weight(&self) -> i64 {
        self.shops.values().map(|shop| shop.weight).sum()
    }

    /// Shops that can be given away: nothing of them is in flight or unwritten, and they have been here for `least`.
    pub(super) fn movable(&self, least: Duration, now: At) -> Vec<(i64, i64)> {
        let can_move = |id: i64, shop: &Shop| {
            now.saturating_sub(shop.taken_at) >= least && self.schedule.in_flight(id) == 0 && !self.queue.holds(id)
        };
        self.shops.iter().filter(|(id, shop)| can_move(**id, shop)).map(|(id, shop)| (*id, shop.weight)).collect()
    }
}
