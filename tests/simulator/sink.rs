//! Made-up platforms: they take messages, refuse them, hang, break, or take them and say nothing. They count.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use coatcheck_bots::{Capabilities, Channel, Envelope, Message};
use coatcheck_domain::Clock;
use coatcheck_domain::clock::ManualClock;
use coatcheck_domain::delivery::SendOutcome;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::turns::Turns;

/// The platforms behind one kind of lane.
#[derive(Debug)]
pub(crate) struct Sink {
    clock: Arc<ManualClock>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rng: StdRng,
    is_fine: bool,
    taken: BTreeMap<String, u32>,
    begun: Vec<String>,
    /// Requests so far.
    number: u64,
    /// What each post in a room says, and by which request.
    posts: BTreeMap<String, (u64, BTreeSet<i64>)>,
}

impl Sink {
    /// Platforms that misbehave.
    pub(crate) fn new(seed: u64, clock: &Arc<ManualClock>) -> Arc<Self> {
        let rng = StdRng::seed_from_u64(seed ^ 0x51a4);
        let state =
            State { rng, is_fine: false, taken: BTreeMap::new(), begun: Vec::new(), number: 0, posts: BTreeMap::new() };
        Arc::new(Self { clock: Arc::clone(clock), state: Mutex::new(state) })
    }

    /// From now on every message is taken at once.
    pub(crate) fn be_fine(&self) {
        self.lock().is_fine = true;
    }

    /// How often each key was taken.
    pub(crate) fn taken(&self) -> BTreeMap<String, u32> {
        self.lock().taken.clone()
    }

    /// The variants that a post says can be had; none of a post that nobody took.
    pub(crate) fn post(&self, post: &str) -> Option<BTreeSet<i64>> {
        self.lock().posts.get(post).map(|(_, shown)| shown.clone())
    }

    /// A request begins, with this number.
    fn begin(&self, envelope: &Envelope) -> u64 {
        let mut state = self.lock();
        state.begun.push(envelope.destination.to_stored());
        state.number += 1;
        state.number
    }

    /// A post says this from now on. Requests arrive in the order in which they were begun.
    fn show(&self, post: &str, number: u64, envelope: &Envelope) {
        let Message::Alert(alert) = &envelope.message else { return };
        let here =
            alert.variants.iter().filter(|_| alert.gone_after.is_none()).map(|variant| variant.variant).collect();
        let mut state = self.lock();
        if state.posts.get(post).is_none_or(|(last, _)| *last < number) {
            state.posts.insert(post.to_owned(), (number, here));
        }
    }

    /// The addresses of requests that were begun since this was asked last.
    pub(crate) fn begun(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().begun)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while it is held")
    }

    fn take(&self, key: &str) {
        *self.lock().taken.entry(key.to_owned()).or_default() += 1;
    }

    /// What happens to a request: a dice from 0 to 19, and how long its answer takes.
    fn dice(&self) -> (u32, Duration) {
        let mut state = self.lock();
        if state.is_fine {
            return (19, Duration::ZERO);
        }
        let slow = state.rng.random_bool(0.15);
        let wait = if slow { state.rng.random_range(1..40) } else { 0 };
        let dice = state.rng.random_range(0..20);
        // Addresses go for good, so they go seldom.
        let dice = if dice == 7 && state.rng.random_bool(0.8) { 6 } else { dice };
        (dice, Duration::from_secs(wait))
    }
}

/// An instance's line to the platforms.
#[derive(Debug)]
pub(crate) struct Line {
    who: usize,
    name: &'static str,
    turns: Arc<Turns>,
    sink: Arc<Sink>,
}

impl Line {
    /// The line of an instance to the platforms of that name.
    pub(crate) fn new(who: usize, name: &'static str, turns: &Arc<Turns>, sink: &Arc<Sink>) -> Arc<Self> {
        Arc::new(Self { who, name, turns: Arc::clone(turns), sink: Arc::clone(sink) })
    }

    fn edits(&self) -> bool {
        self.name == "discord"
    }
}

#[async_trait]
impl Channel for Line {
    fn name(&self) -> &'static str {
        self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { edit: self.edits(), width: 3, knows_keys_for: None }
    }

    async fn send(&self, envelope: &Envelope) -> SendOutcome {
        let number = self.sink.begin(envelope);
        let (dice, wait) = self.sink.dice();
        drop(self.turns.wait(self.who, format!("{} leaves", envelope.key), Duration::ZERO).await);
        if matches!(dice, 0 | 1 | 8..) {
            self.sink.take(&envelope.key);
            self.sink.show(&envelope.key, number, envelope);
        }
        let not_before = self.sink.clock.monotonic() + wait;
        drop(self.turns.wait(self.who, format!("{} is answered {dice}", envelope.key), not_before).await);
        let why = || "made up".to_owned();
        match dice {
            // Taken, or not, and nobody says so.
            0..=2 => SendOutcome::Unknown { why: why() },
            3 => SendOutcome::Retry { after: Some(Duration::from_secs(70)), why: why() },
            4 | 5 => SendOutcome::Retry { after: None, why: why() },
            6 => SendOutcome::GiveUp { why: why() },
            7 => SendOutcome::AddressGone { why: why() },
            // Without the noise of a panic's hook.
            8 => std::panic::resume_unwind(Box::new("the channel breaks")),
            _ => SendOutcome::Sent { provider_ref: self.edits().then(|| envelope.key.clone()) },
        }
    }

    /// One in doubt is done again: it says the same.
    async fn edit(&self, envelope: &Envelope, post: &str) -> SendOutcome {
        let number = self.sink.begin(envelope);
        let (dice, wait) = self.sink.dice();
        drop(self.turns.wait(self.who, format!("{} leaves", envelope.key), Duration::ZERO).await);
        if matches!(dice, 0 | 1 | 7..) {
            self.sink.take(&envelope.key);
            self.sink.show(post, number, envelope);
        }
        let not_before = self.sink.clock.monotonic() + wait;
        drop(self.turns.wait(self.who, format!("{} is answered {dice}", envelope.key), not_before).await);
        let why = || "made up".to_owned();
        match dice {
            0..=3 => SendOutcome::Retry { after: None, why: why() },
            4 | 5 => SendOutcome::Retry { after: Some(Duration::from_secs(70)), why: why() },
            6 => SendOutcome::GiveUp { why: why() },
            _ => SendOutcome::Sent { provider_ref: Some(post.to_owned()) },
        }
    }
}
