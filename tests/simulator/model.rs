//! The model: from what truly happened it says, without any SQL, which restocks there must be and who must be told.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use coatcheck_domain::Availability;

use crate::instance::RULES;
use crate::log::{Event, RestockKey, Told, Wish};
use crate::shops::Said;

/// A restock.
#[derive(Debug, Clone)]
pub(crate) struct Drop {
    /// Which.
    pub(crate) key: RestockKey,
    /// What came back.
    pub(crate) sizes: BTreeSet<&'static str>,
    /// When it was committed.
    pub(crate) at: Duration,
}

/// What was seen of one size: the number of the reading, and what it said.
pub(crate) type Sights = BTreeMap<(&'static str, &'static str), Vec<(i64, Availability)>>;

/// Three complete readings that lack a size make it absent, and no sooner than this.
const ABSENT_WITHIN: Duration = Duration::from_secs(120);

/// What readings come to.
#[derive(Debug, Default)]
pub(crate) struct Stock {
    /// By product and size.
    pub(crate) sights: Sights,
    known: BTreeMap<&'static str, Known>,
}

#[derive(Debug, Default)]
struct Known {
    read_completely: bool,
    restocks: i64,
    /// What each was last, how often in a row it was missing, and since when.
    sizes: BTreeMap<&'static str, (Option<Availability>, u32, Duration)>,
}

impl Stock {
    /// A reading is stored. Says which restocks it makes.
    pub(crate) fn store(
        &mut self,
        number: i64,
        said: &Said,
        of_source: &[&'static str],
        (read, at): (Duration, Duration),
    ) -> Vec<Drop> {
        let mut restocks = Vec::new();
        for product in of_source {
            if !said.products.contains_key(product) && !self.known.contains_key(product) {
                continue;
            }
            let back = self.product(product, number, said, read);
            let known = self.known.entry(product).or_default();
            if !back.is_empty() {
                known.restocks += 1;
                restocks.push(Drop { key: (product, known.restocks), sizes: back, at });
            }
        }
        restocks
    }

    fn product(&mut self, product: &'static str, number: i64, said: &Said, read: Duration) -> BTreeSet<&'static str> {
        let known = self.known.entry(product).or_default();
        let mut back = BTreeSet::new();
        let mut sight = |size, is| self.sights.entry((product, size)).or_default().push((number, is));
        let shown = said.products.get(product).cloned().unwrap_or_default();
        for (size, is) in &shown {
            let before = known.sizes.get(size).copied();
            let was = before.and_then(|(was, ..)| was);
            if *is == Availability::Unknown {
                known.sizes.insert(size, (was, 0, read));
                continue;
            }
            let buyable = |is| matches!(is, Availability::InStock | Availability::LowStock);
            let was_out = match before {
                Some(_) => was.is_some_and(|was| !buyable(was)),
                None => known.read_completely,
            };
            if buyable(*is) && was_out {
                back.insert(*size);
            }
            sight(*size, *is);
            known.sizes.insert(size, (Some(*is), 0, read));
        }
        for (size, (is, missing, since)) in known.sizes.iter_mut().filter(|(size, _)| !shown.contains_key(*size)) {
            if is.is_some() && said.complete {
                if *missing == 0 {
                    *since = read;
                }
                *missing += 1;
                if *missing >= 3 && (*is == Some(Availability::Absent) || read.saturating_sub(*since) >= ABSENT_WITHIN)
                {
                    *is = Some(Availability::Absent);
                    sight(*size, Availability::Absent);
                }
            }
        }
        known.read_completely |= said.complete && said.products.contains_key(product);
        back
    }
}

/// A watch as the model follows it.
#[derive(Debug, Default)]
struct Watch {
    exists: bool,
    armed: bool,
    every: bool,
    notified_at: Option<Duration>,
    failed_at: Option<Duration>,
    fired_by: Option<RestockKey>,
}

/// What must, may and must not be told to one person.
#[derive(Debug, Default)]
pub(crate) struct Due {
    /// With these sizes at least.
    pub(crate) must: BTreeMap<RestockKey, BTreeSet<&'static str>>,
    /// Either is right.
    pub(crate) may: BTreeSet<RestockKey>,
}

/// Follows one person's watches through all that happened. What became of an alert decides whether its watch waits on.
pub(crate) fn due(person: usize, timeline: &[(Event, Vec<Drop>)], told: &BTreeMap<RestockKey, Told>) -> Due {
    let mut watches: BTreeMap<Wish, Watch> = BTreeMap::new();
    let mut due = Due::default();
    for (at, (event, restocks)) in timeline.iter().enumerate() {
        command(&mut watches, person, event);
        for restock in restocks {
            for (wish, watch) in watches.iter_mut().filter(|(wish, watch)| watch.exists && wish.0 == restock.key.0) {
                let matching: BTreeSet<_> =
                    restock.sizes.iter().copied().filter(|size| wish.1.is_empty() || wish.1 == *size).collect();
                if !matching.is_empty() {
                    let later = later_command(person, *wish, restock.key, &timeline[at + 1..]);
                    watch.hear(restock, matching, later, told.get(&restock.key), &mut due);
                }
            }
        }
    }
    due
}

/// Did the person speak of this watch after the restock and before its alert was there?
fn later_command(person: usize, wish: Wish, restock: RestockKey, rest: &[(Event, Vec<Drop>)]) -> bool {
    rest.iter().any(|(event, _)| match event {
        Event::Watched { person: who, wish: which, known, .. } | Event::Removed { person: who, wish: which, known } => {
            *who == person && *which == wish && !known.contains(&restock)
        }
        Event::Rearmed { person: who, product, known } => {
            *who == person && *product == wish.0 && !known.contains(&restock)
        }
        Event::Stored { .. } => false,
    })
}

fn command(watches: &mut BTreeMap<Wish, Watch>, person: usize, event: &Event) {
    match event {
        Event::Watched { person: who, wish, every, .. } if *who == person => {
            watches.insert(*wish, Watch { exists: true, armed: true, every: *every, ..Watch::default() });
        }
        Event::Removed { person: who, wish, .. } if *who == person => {
            watches.remove(wish);
        }
        Event::Rearmed { person: who, product, known } if *who == person => {
            for (_, watch) in watches.iter_mut().filter(|(wish, _)| wish.0 == *product) {
                // One that had not fired by then is as armed as before, and may still fire.
                watch.armed |= watch.fired_by.is_some_and(|restock| known.contains(&restock));
            }
        }
        _ => {}
    }
}

impl Watch {
    fn hear(
        &mut self,
        restock: &Drop,
        matching: BTreeSet<&'static str>,
        spoken: bool,
        told: Option<&Told>,
        due: &mut Due,
    ) {
        let within = |at: Option<Duration>| at.is_some_and(|at| restock.at - at < RULES.quiet_for);
        if !self.armed {
            return;
        }
        if self.every && within(self.notified_at) {
            // Held back until the quiet time is over, and sent then if it is still in stock.
            due.may.insert(restock.key);
            if told.is_some_and(|told| told.sent) {
                self.notified_at = self.notified_at.map(|at| at + RULES.quiet_for);
            }
            return;
        }
        if spoken || (self.every && within(self.failed_at)) {
            due.may.insert(restock.key);
        } else {
            // One that waits again after a failure adds nothing to an alert that another watch has by then.
            let sizes = if self.failed_at.is_some() { BTreeSet::new() } else { matching };
            due.must.entry(restock.key).or_default().extend(sizes);
        }
        match told {
            Some(told) if told.sent => {
                self.armed = self.every;
                self.fired_by = Some(restock.key);
                self.notified_at = Some(restock.at);
            }
            Some(_) => self.failed_at = Some(restock.at),
            None => {}
        }
    }
}
