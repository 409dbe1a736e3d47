//! One instance of the service: its loops' ticks, its death and its next life.

use std::sync::Arc;
use std::time::Duration;

use coatcheck::engine::Rng;
use coatcheck::engine::fallback::Fallback;
use coatcheck::engine::fanout::Fanout;
use coatcheck::engine::poll::Poller;
use coatcheck::engine::readings::Readings;
use coatcheck::engine::rooms::Rooms;
use coatcheck::engine::send::{Channels, Sender};
use coatcheck::store::outbox::fanout::FanoutRules;
use coatcheck::store::{Db, Faults, StoreError};
use coatcheck_bots::Channel;
use coatcheck_domain::Clock;
use tokio::task::JoinHandle;

use crate::line::Line;
use crate::stage::Stage;
use crate::{shops, sink};

/// The rules of the simulated service: short, so that much happens.
pub(crate) const RULES: FanoutRules =
    FanoutRules { quiet_for: Duration::from_secs(180), expire_after: Duration::from_secs(1200), chunk: 2 };

/// A destination has so long to get an alert through.
pub(crate) const FALLBACK_AFTER: Duration = Duration::from_secs(60);

/// The loops of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loop {
    /// Polls.
    Poll,
    /// Fans out.
    Fanout,
    /// Sends.
    Send,
    /// Hands over to the next destination.
    Fallback,
    /// Brings posts in rooms to what is true.
    Rooms,
}

/// All of them.
pub(crate) const LOOPS: [Loop; 5] = [Loop::Poll, Loop::Fanout, Loop::Rooms, Loop::Send, Loop::Fallback];

/// An instance.
pub(crate) struct Instance {
    /// Its line to the database.
    pub(crate) line: Arc<Line>,
    /// Frozen until then.
    pub(crate) frozen_until: Duration,
    who: usize,
    db: Db,
    lives: u64,
    poller: Poller,
    shops: Arc<shops::Line>,
    fanout: Arc<Fanout>,
    sender: Sender,
    ticks: [Option<Tick>; LOOPS.len()],
}

/// A tick under way, and how many statements had failed when it began.
type Tick = (u32, JoinHandle<Result<(), StoreError>>);

impl Instance {
    /// An instance over a database of its own connections.
    pub(crate) async fn start(who: usize, stage: &Stage) -> Self {
        let line = Line::new(who, &stage.turns);
        let db = stage.open(Arc::clone(&line) as Arc<dyn Faults>).await;
        let shops = shops::Line::new(who, &stage.shops);
        let (poller, fanout, sender) = loops(who, 0, stage, &db, &shops);
        let ticks = [const { None }; LOOPS.len()];
        Self { line, frozen_until: Duration::ZERO, who, db, lives: 0, poller, shops, fanout, sender, ticks }
    }

    /// The process dies: what it was doing is never ended.
    pub(crate) fn die(&mut self) {
        self.line.set_dead(true);
        for (_, tick) in self.ticks.iter_mut().filter_map(Option::take) {
            tick.abort();
        }
    }

    /// The process is started again.
    pub(crate) fn live_again(&mut self, stage: &Stage) {
        self.lives += 1;
        self.shops.asked_by(None);
        self.shops = shops::Line::new(self.who, &stage.shops);
        (self.poller, self.fanout, self.sender) = loops(self.who, self.lives, stage, &self.db, &self.shops);
        self.line.set_dead(false);
    }

    /// Loops that wait for their next tick.
    pub(crate) fn idle(&self) -> Vec<Loop> {
        LOOPS.into_iter().filter(|one| self.ticks[*one as usize].is_none()).collect()
    }

    /// A loop ticks.
    pub(crate) fn begin(&mut self, one: Loop) {
        let (poller, fanout, sender) = (self.poller.clone(), Arc::clone(&self.fanout), self.sender.clone());
        let fallback = Fallback::new(self.db.clone(), FALLBACK_AFTER);
        let rooms = Rooms::new(self.db.clone(), vec!["discord"], RULES.quiet_for, RULES.expire_after);
        let tick = tokio::spawn(async move {
            match one {
                Loop::Poll => poller.tick().await.map(|_| ()),
                Loop::Fanout => fanout.tick().await.map(|_| ()),
                Loop::Send => sender.tick().await.map(|_| ()),
                Loop::Fallback => fallback.tick().await.map(|_| ()),
                Loop::Rooms => rooms.tick().await.map(|_| ()),
            }
        });
        self.ticks[one as usize] = Some((self.line.failures(), tick));
    }

    /// Takes note of ticks that have ended. None may fail unless its line did.
    pub(crate) async fn collect(&mut self) {
        for one in LOOPS {
            let slot = &mut self.ticks[one as usize];
            if !slot.as_ref().is_some_and(|(_, tick)| tick.is_finished()) {
                continue;
            }
            let Some((failures, tick)) = slot.take() else { continue };
            let ended = tick.await.expect("a tick does not panic");
            let failed = self.line.failures() > failures;
            assert!(ended.is_ok() || failed || self.line.is_dead(), "{one:?} of {} failed: {ended:?}", self.who);
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.shops.asked_by(None);
    }
}

fn loops(who: usize, life: u64, stage: &Stage, db: &Db, shops: &Arc<shops::Line>) -> (Poller, Arc<Fanout>, Sender) {
    let rng = Arc::new(Rng::seeded(stage.seed ^ (who as u64) << 32 ^ life << 40));
    let poller = Poller::new(db.clone(), Arc::clone(shops) as Arc<dyn Readings>, Arc::clone(&rng));
    shops.asked_by(Some(poller.clone()));
    let line = |name| sink::Line::new(who, name, &stage.turns, &stage.sink) as Arc<dyn Channel>;
    let channels: Channels = ["discord", "telegram"].into_iter().map(|name| (name, line(name))).collect();
    let clock = Arc::clone(&stage.clock) as Arc<dyn Clock>;
    let sender = Sender::new(db.clone(), channels, rng, clock, format!("{who}-{life}"));
    (poller, Arc::new(Fanout::new(db.clone(), RULES)), sender)
}
