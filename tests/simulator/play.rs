//! The play: a seeded player lets instances, shops, people and time go on in any order, until the faults stop.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use coatcheck::store::polls::source::NewSource;
use coatcheck::store::{Db, NoFaults};
use coatcheck_domain::Clock;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::instance::{Instance, LOOPS, Loop};
use crate::line::Trouble;
use crate::log::Event;
use crate::people::People;
use crate::rows::{number, rows};
use crate::shops::SOURCES;
use crate::stage::{Kind, Stage};
use crate::turns::Ticket;

/// Things that happen before the faults stop.
const STEPS: usize = 220;
/// All must be over this long after the faults stopped: an alert's life, a platform's wish to wait, a lease, a beat with the floor before it.
const BOUND: Duration = Duration::from_secs(1200 + 70 + 15 + 93);
const INTERVAL: Duration = Duration::from_secs(60);

/// A play.
pub(crate) struct Play {
    /// What it stands on.
    pub(crate) stage: Stage,
    /// The database, for those who are not simulated.
    pub(crate) admin: Db,
    /// The people.
    pub(crate) people: People,
    /// What truly happened.
    pub(crate) log: Vec<Event>,
    /// What was done, for people.
    pub(crate) trace: String,
    instances: Vec<Instance>,
    rng: StdRng,
    readings: [i64; 3],
}

impl Play {
    /// Everything is in place, and the shops were read once.
    pub(crate) async fn begin(kind: Kind, seed: u64) -> Self {
        let stage = Stage::new(kind, seed).await;
        let admin = stage.open(Arc::new(NoFaults)).await;
        for (url, _) in SOURCES {
            admin.add_source(&source(url)).await.expect("followed");
        }
        let mut rng = StdRng::seed_from_u64(seed);
        let mut instances = Vec::new();
        for who in 0..rng.random_range(1..=3) {
            instances.push(Instance::start(who, &stage).await);
        }
        let people = People::default();
        let mut play =
            Self { stage, admin, people, log: Vec::new(), trace: String::new(), instances, rng, readings: [0; 3] };
        play.round(0).await;
        play.stage.clock.advance(INTERVAL);
        play.round(0).await;
        play.people = People::enter(&play.admin).await;
        play
    }

    fn note(&mut self, what: &str) {
        let now = self.stage.clock.monotonic();
        // Writing into a string cannot fail.
        let _ = writeln!(self.trace, "{:9.3} {what}", now.as_secs_f64());
    }

    /// Whatever may happen.
    pub(crate) async fn chaos(&mut self) {
        for _ in 0..STEPS {
            match self.rng.random_range(0..100) {
                0..52 => self.let_one_go().await,
                52..68 => self.begin_a_tick().await,
                68..79 => self.pass(),
                79..92 => {
                    let what = self.stage.shops.change(&mut self.rng);
                    self.note(&what);
                }
                92..97 => self.speak().await,
                97 => self.lose_a_lane().await,
                _ => self.befall(),
            }
        }
    }

    async fn let_one_go(&mut self) {
        let now = self.stage.clock.monotonic();
        let mut waiting = self.stage.turns.waiting();
        waiting.retain(|ticket| ticket.not_before <= now && self.instances[ticket.who].frozen_until <= now);
        let Some(ticket) = waiting.choose(&mut self.rng).cloned() else { return self.begin_a_tick().await };
        if ticket.what == "database" && self.rng.random_bool(0.08) {
            let trouble = if self.rng.random_bool(0.5) { Trouble::Crash } else { Trouble::Hiccup };
            let after = self.rng.random_range(0..12);
            self.note(&format!("{trouble:?} of {} after {after} statements", ticket.who));
            self.instances[ticket.who].line.order(after, trouble);
        }
        self.go(&ticket).await;
    }

    /// One turn, and what can be said right after it.
    async fn go(&mut self, ticket: &Ticket) {
        self.note(&format!("{} {}", ticket.who, ticket.what));
        self.stage.turns.let_go(ticket.number).await;
        let committed = self.instances[ticket.who].line.end_turn();
        if self.instances[ticket.who].line.is_dead() {
            self.instances[ticket.who].die();
        }
        self.instances[ticket.who].collect().await;
        if committed {
            self.hear_readings().await;
        }
        let now = self.stage.clock.monotonic();
        for address in self.stage.sink.begun() {
            assert!(self.people.may_be_notified(&address, now), "P8: a request to {address} was begun");
        }
    }

    async fn begin_a_tick(&mut self) {
        let now = self.stage.clock.monotonic();
        let idle: Vec<(usize, Loop)> = self
            .instances
            .iter()
            .enumerate()
            .filter(|(_, one)| !one.line.is_dead() && one.frozen_until <= now)
            .flat_map(|(who, one)| one.idle().into_iter().map(move |idle| (who, idle)))
            .collect();
        match idle.choose(&mut self.rng) {
            Some((who, one)) => {
                self.note(&format!("{who} {one:?} ticks"));
                self.instances[*who].begin(*one);
                crate::turns::settle().await;
            }
            None => self.pass(),
        }
    }

    fn pass(&mut self) {
        let wait = *[100, 1000, 3000, 6000, 16_000, 31_000, 61_000].choose(&mut self.rng).expect("some");
        self.stage.clock.advance(Duration::from_millis(wait));
        self.note(&format!("{wait} ms pass"));
    }

    async fn speak(&mut self) {
        let (what, event) = self.people.speak(&self.admin, &self.stage, &mut self.rng).await;
        self.note(&what);
        self.log.extend(event);
    }

    /// An instance dies, is started again, or stands still for a while.
    fn befall(&mut self) {
        let who = self.rng.random_range(0..self.instances.len());
        let now = self.stage.clock.monotonic();
        let instance = &mut self.instances[who];
        let what = if instance.line.is_dead() {
            instance.live_again(&self.stage);
            "lives again"
        } else if self.rng.random_bool(0.3) {
            instance.die();
            "dies"
        } else {
            instance.frozen_until = now + Duration::from_secs(self.rng.random_range(5..80));
            "stands still"
        };
        self.note(&format!("{who} {what}"));
    }

    /// Somebody has found that a lane gets nothing through, whatever that is worth.
    async fn lose_a_lane(&mut self) {
        let lane = *["discord", "telegram"].choose(&mut self.rng).expect("some");
        self.admin.lane_is_down(lane, "made up").await.expect("stored");
        self.note(&format!("{lane} is said to be down"));
    }

    /// Which readings were stored by now: the source's row says when each was complete, the shops know what it said.
    async fn hear_readings(&mut self) {
        let sql = "SELECT url, readings, last_read_at, next_poll_at, failures FROM source";
        let now = self.stage.clock.now().timestamp_micros();
        for row in rows(&self.admin, sql).await {
            let url = crate::rows::text(&row, 0);
            let source = SOURCES.iter().position(|(one, _)| *one == url).expect("a source of ours");
            let count = number(&row, 1);
            if count == self.readings[source] {
                continue;
            }
            assert_eq!(count, self.readings[source] + 1, "one reading at a time");
            self.readings[source] = count;
            let read_at = coatcheck::store::db::time::at(number(&row, 2));
            let said = self.stage.shops.served(source, read_at).expect("P9: only what a shop said is a reading");
            let ahead = number(&row, 3) - now;
            // Once, where a grid begins, the floor of 30 s comes first.
            assert!(ahead <= 93_000_000, "P10: the next poll of {url} is {ahead} µs ahead");
            self.note(&format!("{url} said {said:?}"));
            let at = self.stage.clock.monotonic();
            let read = (read_at - self.stage.start).to_std().expect("it was read since");
            self.log.push(Event::Stored { source, number: count, said, read, at });
        }
    }

    /// The faults stop. All must come to rest by itself.
    pub(crate) async fn come_to_rest(&mut self) {
        self.note("the faults stop");
        self.stage.shops.be_fine();
        self.stage.sink.be_fine();
        self.people.listen(&self.admin).await;
        for instance in &mut self.instances {
            instance.frozen_until = Duration::ZERO;
            if instance.line.is_dead() {
                instance.live_again(&self.stage);
            }
        }
        let began = self.stage.clock.monotonic();
        for wait in (0..).map(|round| Duration::from_secs([5, 16, 31, 61, 121, 301][round.min(5)])) {
            for who in 0..self.instances.len() {
                self.round(who).await;
            }
            let passed = self.stage.clock.monotonic() - began;
            if self.is_at_rest().await && passed > Duration::from_secs(61) {
                return;
            }
            assert!(passed <= BOUND, "P4: not at rest {passed:?} after the faults stopped");
            self.stage.clock.advance(wait.min(BOUND.saturating_sub(passed).max(Duration::from_secs(1))));
        }
    }

    async fn is_at_rest(&self) -> bool {
        let sql = "SELECT (SELECT count(*) FROM delivery WHERE state IN ('pending', 'sending')) \
                   + (SELECT count(*) FROM restock WHERE done_at IS NULL) \
                   + (SELECT count(*) FROM room_post WHERE wanted_version <> sent_version AND deleted_at IS NULL)";
        number(&rows(&self.admin, sql).await[0], 0) == 0
    }

    /// Each loop of an instance ticks once, to its end.
    async fn round(&mut self, who: usize) {
        for one in LOOPS {
            if self.instances[who].idle().contains(&one) {
                self.instances[who].begin(one);
                crate::turns::settle().await;
            }
            while !self.instances[who].idle().contains(&one) {
                let Some(ticket) = self.stage.turns.waiting().into_iter().min_by_key(|t| t.not_before) else {
                    crate::turns::settle().await;
                    self.instances[who].collect().await;
                    continue;
                };
                self.stage.clock.advance(ticket.not_before.saturating_sub(self.stage.clock.monotonic()));
                self.go(&ticket).await;
            }
        }
    }
}

fn source(url: &str) -> NewSource {
    NewSource {
        url: url.to_owned(),
        host: url.split('/').nth(2).expect("a host").to_owned(),
        reader: None,
        jq: None,
        more_urls: Vec::new(),
        headers: Vec::new(),
        interval: INTERVAL,
        listed: true,
        added_by: None,
    }
}
