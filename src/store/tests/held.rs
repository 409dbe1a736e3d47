//! Property: P3 for a lane. Whatever its holders do, in whatever order and however late, rows change as the model says.

use chrono::{DateTime, Utc};
use coatcheck_domain::delivery::{self, Next, SendOutcome, Sending, State};
use coatcheck_domain::watch::Mode;
use proptest::prelude::*;

use super::scene::{IN, LANE, OUT, Scene, TTL, finished, jacket, sent, step};
use crate::store::db::lease::Lease;
use crate::store::outbox::{Finished, Started};

const NAME: &str = "lane:send:discord";
const HOLDERS: [&str; 2] = ["a", "b"];
const ALERTS: u64 = 2;

/// What somebody does.
#[derive(Debug, Clone)]
enum Move {
    /// Takes the lane, or says that it still holds it.
    Take(usize),
    /// Looks after what the holder before left behind.
    LookAfter(usize),
    /// Writes down what came of a request, of now or of long ago, and begins so many more.
    Step { who: usize, answer: Option<(prop::sample::Index, Answer)>, width: usize },
    /// Comes when nobody has been heard of for long, and does all that a new holder does.
    Relieve(usize),
    /// Gives the lane back.
    Release(usize),
    /// If it is under way, it fails. What has failed a person sends once more.
    Replay(i64),
    /// So many seconds pass.
    Pass(u64),
}

#[derive(Debug, Clone, Copy)]
enum Answer {
    Sent,
    Retry,
    GiveUp,
    Unknown,
}

impl Answer {
    fn outcome(self) -> SendOutcome {
        let why = "said so".to_owned();
        match self {
            Self::Sent => sent(),
            Self::Retry => SendOutcome::Retry { after: Some(std::time::Duration::ZERO), why },
            Self::GiveUp => SendOutcome::GiveUp { why },
            Self::Unknown => SendOutcome::Unknown { why },
        }
    }
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let who = || 0..HOLDERS.len();
    let answer = prop_oneof![1 => Just(Answer::Sent), 2 => Just(Answer::Retry), 2 => Just(Answer::GiveUp), 1 => Just(Answer::Unknown)];
    let step = (who(), prop::option::weighted(0.8, (any::<prop::sample::Index>(), answer)), 0usize..3)
        .prop_map(|(who, answer, width)| Move::Step { who, answer, width });
    let one = prop_oneof![
        2 => who().prop_map(Move::Take),
        1 => who().prop_map(Move::LookAfter),
        12 => step,
        2 => who().prop_map(Move::Relieve),
        1 => who().prop_map(Move::Release),
        2 => (1..=ALERTS.cast_signed()).prop_map(Move::Replay),
        2 => prop_oneof![Just(1), Just(3), Just(TTL.as_secs()), Just(60)].prop_map(Move::Pass),
    ];
    prop::collection::vec(one, 20..80)
}

/// A delivery, as it must be.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    state: State,
    attempts: u32,
    /// Who began the request under way.
    epoch: i64,
    due: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// Requests whose end was written down.
    judged: i64,
    /// How often it was sent once more.
    replays: u32,
}

/// A request that somebody began once, and under which holding.
#[derive(Debug, Clone)]
struct Begun {
    lease: Lease,
    started: Started,
    replays: u32,
}

/// The lane, as it must be, and what each holder believes.
struct Model {
    holder: Option<usize>,
    epoch: i64,
    until: DateTime<Utc>,
    rows: Vec<Row>,
    leases: [Option<Lease>; HOLDERS.len()],
    begun: [Vec<Begun>; HOLDERS.len()],
}

impl Model {
    fn row(&mut self, id: i64) -> &mut Row {
        &mut self.rows[usize::try_from(id - 1).expect("an id")]
    }

    fn holds(&self, who: usize, lease: &Lease) -> bool {
        self.holder == Some(who) && self.epoch == lease.epoch
    }

    fn take(&mut self, who: usize, now: DateTime<Utc>) -> Option<i64> {
        if self.holder != Some(who) {
            if self.until > now {
                return None;
            }
            self.epoch += 1;
        }
        (self.holder, self.until) = (Some(who), now + TTL);
        Some(self.epoch)
    }

    fn release(&mut self, who: usize, lease: &Lease, now: DateTime<Utc>) {
        if self.holds(who, lease) {
            (self.holder, self.until) = (None, now);
        }
    }

    /// Only the attempt that is under way is judged, and only by whoever began it.
    fn finish(&mut self, done: &Finished, epoch: i64) {
        let row = self.row(done.id);
        if row.state == State::Sending && row.attempts == done.attempts && row.epoch == epoch {
            row.judge(&done.next);
        }
    }

    /// A replay counts attempts anew. A holder says an answer until that is confirmed, and only then looks further: it
    /// does not come back to one after a person has seen that it failed. One that has lost the lane since may.
    fn may_answer(&self, begun: &Begun) -> bool {
        let row = &self.rows[usize::try_from(begun.started.id - 1).expect("an id")];
        row.replays == begun.replays || row.epoch != begun.lease.epoch
    }

    fn under_way(&self, id: i64) -> Option<Begun> {
        let row = &self.rows[usize::try_from(id - 1).expect("an id")];
        let is_it = |begun: &&Begun| {
            let same = (begun.started.id, begun.started.attempts, begun.lease.epoch, begun.replays);
            row.state == State::Sending && same == (id, row.attempts, row.epoch, row.replays)
        };
        self.begun.iter().flatten().find(is_it).cloned()
    }

    /// What a holder chooses from before it writes anything down: an answer of this step makes nothing due in it.
    fn due(&self, width: usize, now: DateTime<Utc>) -> Vec<i64> {
        let mut due: Vec<i64> = (1..).zip(&self.rows).filter(|(_, row)| row.is_due(now)).map(|(id, _)| id).collect();
        due.sort_by_key(|id| (self.rows[usize::try_from(id - 1).expect("an id")].due, *id));
        due.truncate(width);
        due
    }

    fn start(&mut self, epoch: i64, chosen: &[i64]) {
        for id in chosen {
            let row = self.row(*id);
            (row.state, row.epoch, row.attempts) = (State::Sending, epoch, row.attempts + 1);
        }
    }

    /// What was under way when somebody else held the lane is Unknown.
    fn look_after(&mut self, epoch: i64, now: DateTime<Utc>) {
        let why = SendOutcome::Unknown { why: String::new() };
        for row in self.rows.iter_mut().filter(|row| row.state == State::Sending && row.epoch != epoch) {
            let sending = Sending { attempts: row.attempts, expires_at: row.expires_at };
            row.judge(&delivery::next(sending, &why, now, 0.5));
        }
    }
}

impl Row {
    fn is_due(&self, now: DateTime<Utc>) -> bool {
        self.state == State::Pending && self.due <= now
    }

    fn judge(&mut self, next: &Next) {
        self.judged += 1;
        self.state = match next {
            Next::Sent { .. } => State::Sent,
            Next::Retry { at } => {
                self.due = *at;
                State::Pending
            }
            Next::Dead { .. } => State::Dead,
            Next::Expired => State::Expired,
        };
    }
}

/// The lane as it is, beside the lane as it must be.
struct Lane {
    scene: Scene,
    model: Model,
}

impl Lane {
    async fn open() -> Self {
        let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
        for number in 1..=ALERTS {
            let person = scene.person(number).await;
            scene.watch(person, product, "M", Mode::Once).await;
        }
        scene.read(source, &jacket(&[("M", IN)])).await;
        scene.fan_out().await;
        let row = |delivery: crate::store::outbox::deliveries::Delivery| Row {
            state: delivery.state,
            attempts: 0,
            epoch: 0,
            due: delivery.next_attempt_at,
            expires_at: delivery.expires_at,
            judged: 0,
            replays: 0,
        };
        let rows = scene.deliveries().await.into_iter().map(row).collect();
        let (leases, begun) = (Default::default(), Default::default());
        let until = scene.db.now();
        Self { scene, model: Model { holder: None, epoch: 0, until, rows, leases, begun } }
    }

    async fn make(&mut self, one: &Move) {
        match one {
            Move::Take(who) => self.take(*who).await,
            Move::LookAfter(who) => self.look_after(*who).await,
            Move::Step { who, answer, width } => self.step(*who, answer.as_ref(), *width).await,
            Move::Relieve(who) => {
                self.scene.pass(TTL.as_secs());
                self.take(*who).await;
                self.look_after(*who).await;
                self.scene.pass(3);
            }
            Move::Release(who) => {
                if let Some(lease) = self.model.leases[*who].clone() {
                    self.scene.db.release_lease(&lease).await.expect("released");
                    self.model.release(*who, &lease, self.scene.db.now());
                }
            }
            Move::Replay(id) => self.replay(*id).await,
            Move::Pass(seconds) => self.scene.pass(*seconds),
        }
    }

    async fn take(&mut self, who: usize) {
        let lease = self.scene.db.take_lease(NAME, HOLDERS[who], TTL).await.expect("asked");
        let expected = self.model.take(who, self.scene.db.now());
        assert_eq!(lease.as_ref().map(|lease| lease.epoch), expected, "{} takes the lane", HOLDERS[who]);
        if lease.is_some() {
            self.model.leases[who] = lease;
        }
    }

    async fn look_after(&mut self, who: usize) {
        let Some(lease) = self.model.leases[who].clone() else { return };
        self.scene.db.take_over_lane(&lease, LANE, 0.5).await.expect("taken over");
        if self.model.holds(who, &lease) {
            self.model.look_after(lease.epoch, self.scene.db.now());
        }
    }

    async fn step(&mut self, who: usize, answer: Option<&(prop::sample::Index, Answer)>, width: usize) {
        let Some(lease) = self.model.leases[who].clone() else { return };
        let now = self.scene.db.now();
        // A request is answered under the holding that began it, which may be over for long.
        let answered = answer.and_then(|(which, answer)| {
            let begun = self.model.begun[who].iter().filter(|begun| self.model.may_answer(begun));
            let begun: Vec<&Begun> = begun.collect();
            let Begun { lease, started, .. } = begun.get(which.index(begun.len().max(1)))?;
            Some((lease.clone(), finished(started, answer.outcome(), now)))
        });
        let lease = answered.as_ref().map_or(lease, |(lease, _)| lease.clone());
        let done: Vec<Finished> = answered.into_iter().map(|(_, done)| done).collect();
        let due = !self.scene.db.due(LANE, 1).await.expect("asked").is_empty();
        let chosen = self.model.due(width, now);
        let step = step(&self.scene.db, &lease, LANE, &done, width).await.expect("stepped");
        for done in &done {
            self.model.finish(done, lease.epoch);
        }
        let holds = self.model.holds(who, &lease);
        let expected = if holds { chosen } else { Vec::new() };
        self.model.start(lease.epoch, &expected);
        assert_eq!(step.lost, width > 0 && !holds && due, "{} is told whether it holds the lane", HOLDERS[who]);
        assert_eq!(step.started.iter().map(|started| started.id).collect::<Vec<_>>(), expected, "begun");
        for started in step.started {
            let replays = self.model.row(started.id).replays;
            self.model.begun[who].push(Begun { lease: lease.clone(), started, replays });
        }
    }

    async fn replay(&mut self, id: i64) {
        if let Some(Begun { lease, started, .. }) = self.model.under_way(id) {
            let done = finished(&started, Answer::GiveUp.outcome(), self.scene.db.now());
            step(&self.scene.db, &lease, LANE, std::slice::from_ref(&done), 0).await.expect("stepped");
            self.model.finish(&done, lease.epoch);
        }
        let now = self.scene.db.now();
        let done = self.scene.db.replay(id, false, TTL * 1000).await.expect("asked").is_ok();
        let row = self.model.row(id);
        assert_eq!(done, matches!(row.state, State::Dead | State::Expired), "delivery {id} is replayed");
        if done {
            (row.state, row.attempts, row.due, row.expires_at) = (State::Pending, 0, now, now + TTL * 1000);
            row.replays += 1;
        }
    }

    /// The rows are as the model has them, and each attempt was judged once.
    async fn is_as_it_must_be(&self) {
        for (delivery, row) in self.scene.deliveries().await.iter().zip(&self.model.rows) {
            let attempts = u32::try_from(delivery.attempts).expect("few");
            let is = (delivery.state, attempts, delivery.next_attempt_at);
            assert_eq!(is, (row.state, row.attempts, row.due), "delivery {}", delivery.id);
            let judged = format!("SELECT count(*) FROM attempt WHERE delivery_id = {}", delivery.id);
            assert_eq!(self.scene.number(&judged).await, row.judged, "attempts of delivery {}", delivery.id);
        }
    }

    /// All holders are gone, another comes: every row ends, and no request is left without a outcome.
    async fn comes_to_rest(&self) {
        self.scene.pass(TTL.as_secs());
        let lease = self.scene.db.take_lease(NAME, "z", TTL).await.expect("asked").expect("nobody holds it");
        self.scene.db.take_over_lane(&lease, LANE, 0.5).await.expect("taken over");
        for _ in 0..10 {
            for started in self.scene.start(&lease).await {
                self.scene.finish(&lease, &started, sent()).await;
            }
            self.scene.pass(3600);
        }
        for delivery in self.scene.deliveries().await {
            assert!(delivery.state.is_final(), "stuck: {delivery:?}");
        }
        assert_eq!(self.scene.db.lanes_held().await.expect("asked"), Vec::<String>::new());
    }
}

async fn play(moves: &[Move]) {
    let mut lane = Lane::open().await;
    for one in moves {
        lane.make(one).await;
        lane.is_as_it_must_be().await;
    }
    lane.comes_to_rest().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p3_only_who_holds_a_lane_changes_its_rows_and_each_attempt_is_judged_once(moves in moves()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(play(&moves));
    }
}
