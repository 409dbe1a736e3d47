//! Property: P3 for sources and their shops' slots. Whatever pollers do, in whatever order and however late, rows change
//! as the model says, and no shop is asked by more at once than it has slots.

use coatcheck_domain::Reading;
use coatcheck_domain::poll::{self, Outcome};
use proptest::prelude::*;
use sea_orm::FromQueryResult;

use super::readings::failed;
use super::scene::{IN, OUT, Scene, product};
use crate::store::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::{micros, span};
use crate::store::polls::claim::{Claimed, LEASE, Room};
use crate::store::polls::ended::Failed;

/// The slots of each shop, and how many sources it has.
const SHOPS: [(u32, usize); 2] = [(2, 4), (1, 2)];

/// What somebody does. Whose claim it is about is any that ever was.
#[derive(Debug, Clone)]
enum Move {
    /// Somebody claims all that can be had.
    Claim,
    /// Somebody claims this source, if it can be had.
    ClaimOne(prop::sample::Index),
    Renew(prop::sample::Index),
    End(prop::sample::Index, End),
    /// So many seconds pass.
    Pass(u64),
}

#[derive(Debug, Clone, Copy)]
enum End {
    /// With a reading: M is there, or is not.
    Read(bool),
    Unchanged,
    Failed,
    HandedBack,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let any_one = any::<prop::sample::Index>;
    let end = prop_oneof![
        2 => any::<bool>().prop_map(End::Read),
        1 => Just(End::Unchanged),
        1 => Just(End::Failed),
        1 => Just(End::HandedBack),
    ];
    let one = prop_oneof![
        3 => Just(Move::Claim),
        2 => any_one().prop_map(Move::ClaimOne),
        3 => any_one().prop_map(Move::Renew),
        8 => (any_one(), end).prop_map(|(which, end)| Move::End(which, end)),
        4 => prop_oneof![Just(1), Just(30), Just(60), Just(300)].prop_map(Move::Pass),
    ];
    prop::collection::vec(one, 10..50)
}

/// A source's row, as it is or must be.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
struct Source {
    shop_id: i64,
    token: Option<String>,
    lease_until: i64,
    generation: i64,
    readings: i64,
    next_poll_at: i64,
}

/// A slot's row, as it is or must be.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
struct Slot {
    shop_id: i64,
    source_id: Option<i64>,
    token: Option<String>,
    until: i64,
}

/// A claim that was made once, and until when whoever made it believes that it may ask the shop.
struct Made {
    claim: Claimed,
    believed_until: i64,
}

/// The pollers, the database as it is, and beside it as it must be.
struct Town {
    scene: Scene,
    made: Vec<Made>,
    sources: Vec<Source>,
    slots: Vec<Slot>,
    /// What was read of each source last.
    shown: Vec<Option<bool>>,
}

fn place(id: i64) -> usize {
    usize::try_from(id - 1).expect("an id")
}

async fn sources(scene: &Scene) -> Vec<Source> {
    let sql = "SELECT shop_id, token, lease_until, generation, readings, next_poll_at FROM source ORDER BY id";
    scene.db.read().rows(sql, vec![]).await.expect("asked")
}

async fn slots(scene: &Scene) -> Vec<Slot> {
    let sql = "SELECT shop_id, source_id, token, until FROM shop_slot ORDER BY shop_id, slot";
    scene.db.read().rows(sql, vec![]).await.expect("asked")
}

impl Town {
    async fn open() -> Self {
        let scene = Scene::new().await;
        for (shop, (slots, pages)) in SHOPS.into_iter().enumerate() {
            for page in 0..pages {
                scene.source(&format!("https://shop{shop}.example/products/{page}"), slots).await;
            }
        }
        let (sources, slots) = (sources(&scene).await, slots(&scene).await);
        let shown = vec![None; sources.len()];
        Self { scene, made: Vec::new(), sources, slots, shown }
    }

    fn now(&self) -> i64 {
        micros(self.scene.db.now())
    }

    async fn make(&mut self, one: &Move) {
        match one {
            Move::Claim => {
                let token = self.scene.token();
                let claims = self.scene.db.claim_due(&token, Room::of_each(20)).await.expect("asked");
                self.claimed(&token, claims, |_| true);
            }
            Move::ClaimOne(which) => {
                let id = i64::try_from(which.index(self.sources.len()) + 1).expect("few");
                let token = self.scene.token();
                let claim = self.scene.db.claim_source(&token, id).await.expect("asked");
                self.claimed(&token, claim.into_iter().collect(), |other| other == id);
            }
            Move::Renew(which) if !self.made.is_empty() => self.renew(which.index(self.made.len())).await,
            Move::End(which, end) if !self.made.is_empty() => self.end(which.index(self.made.len()), *end).await,
            Move::Renew(_) | Move::End(..) => {}
            Move::Pass(seconds) => self.scene.pass(*seconds),
        }
    }

    /// As many of a shop as it has free slots, the longest due first.
    fn claimed(&mut self, token: &str, claims: Vec<Claimed>, wanted: impl Fn(i64) -> bool) {
        let (now, until) = (self.now(), self.now() + span(LEASE));
        let mut due: Vec<i64> = (1..).zip(&self.sources).filter(|(_, s)| s.is_due(now)).map(|(id, _)| id).collect();
        due.retain(|id| wanted(*id));
        due.sort_by_key(|id| (self.sources[place(*id)].next_poll_at, *id));
        let mut expected = Vec::new();
        for id in due {
            let source = &mut self.sources[place(id)];
            let mut free = self.slots.iter_mut().filter(|slot| slot.until <= now);
            let Some(slot) = free.find(|slot| slot.shop_id == source.shop_id) else { continue };
            (slot.source_id, slot.token, slot.until) = (Some(id), Some(token.to_owned()), until);
            (source.token, source.lease_until) = (Some(token.to_owned()), until);
            source.generation += 1;
            expected.push(id);
        }
        let mut got: Vec<i64> = claims.iter().map(|claim| claim.source_id).collect();
        got.sort_unstable();
        expected.sort_unstable();
        assert_eq!(got, expected, "claimed");
        self.made.extend(claims.into_iter().map(|claim| Made { claim, believed_until: until }));
    }

    fn is_current(&self, claim: &Claimed) -> bool {
        self.sources[place(claim.source_id)].token.as_deref() == Some(&claim.token)
    }

    fn slot_of(&mut self, claim: &Claimed) -> Option<&mut Slot> {
        let is_its =
            |slot: &&mut Slot| slot.source_id == Some(claim.source_id) && slot.token.as_deref() == Some(&claim.token);
        self.slots.iter_mut().find(is_its)
    }

    async fn renew(&mut self, which: usize) {
        let (claim, until) = (self.made[which].claim.clone(), self.now() + span(LEASE));
        let kept = self.scene.db.renew_claim(&claim).await.expect("asked");
        let expected = self.is_current(&claim) && self.slot_of(&claim).is_some();
        assert_eq!(kept, expected, "{} of source {} is renewed", claim.token, claim.source_id);
        if kept {
            self.sources[place(claim.source_id)].lease_until = until;
            self.slot_of(&claim).expect("just seen").until = until;
        }
        self.made[which].believed_until = if kept { until } else { 0 };
    }

    async fn end(&mut self, which: usize, end: End) {
        let claim = self.made[which].claim.clone();
        let ours = self.is_current(&claim);
        let (changed, next) = self.ended(&claim, end).await;
        assert_eq!(changed, ours, "{} ends its poll of source {} ({end:?})", claim.token, claim.source_id);
        self.made[which].believed_until = 0;
        if let Some(slot) = self.slot_of(&claim) {
            (slot.token, slot.until) = (None, 0);
        }
        if !ours {
            return;
        }
        let source = &mut self.sources[place(claim.source_id)];
        (source.token, source.lease_until, source.next_poll_at) = (None, 0, next);
        source.readings += i64::from(matches!(end, End::Read(_) | End::Unchanged));
        if let End::Read(is_in) = end {
            self.shown[place(claim.source_id)] = Some(is_in);
        }
    }

    /// Ends the poll. Says whether that counted, and when the source is due next.
    async fn ended(&self, claim: &Claimed, end: End) -> (bool, i64) {
        let (db, plan) = (&self.scene.db, |outcome| poll::after(&claim.schedule, outcome, self.scene.db.now(), 0.0));
        let read = micros(plan(Outcome::Read).next_poll_at);
        let is_ours = |ended: Result<(), StoreError>| match ended {
            Ok(()) => true,
            Err(StoreError::LeaseLost { .. }) => false,
            Err(error) => panic!("{error}"),
        };
        match end {
            End::Read(is_in) => {
                let shown = product(&claim.source_id.to_string(), "Jacket", &[("M", if is_in { IN } else { OUT })]);
                let reading = Reading { products: vec![shown], complete: true };
                (is_ours(self.scene.store(claim, &reading, "body").await.map(|_| ())), read)
            }
            End::Unchanged => {
                let ended = db.end_unchanged(&[self.scene.unchanged(claim)]).await.expect("asked");
                (ended == 1, read)
            }
            End::Failed => {
                let plan = plan(Outcome::Failed { retry_after: None });
                let ended = db.end_failed(claim, &Failed { plan, shop_failed: false, ..failed() }).await;
                (is_ours(ended), micros(plan.next_poll_at))
            }
            End::HandedBack => {
                db.hand_back(std::slice::from_ref(claim)).await.expect("handed back");
                (self.is_current(claim), self.sources[place(claim.source_id)].next_poll_at)
            }
        }
    }

    async fn is_as_it_must_be(&self) {
        assert_eq!(sources(&self.scene).await, self.sources);
        let (is, now) = (slots(&self.scene).await, self.now());
        for (is, must) in is.iter().zip(&self.slots) {
            // Whose a free slot was is nobody's business.
            assert!(is == must || (is.until == must.until && is.until <= now), "{is:?} is not {must:?}");
        }
        for (shop, (slots, _)) in (1..).zip(SHOPS) {
            let asks = |made: &&Made| made.believed_until > now && made.claim.shop_id == shop;
            let asking = self.made.iter().filter(asks).count();
            assert!(asking <= slots as usize, "{asking} ask shop {shop} at once");
        }
        for (id, shown) in (1..).zip(&self.shown) {
            let sql = "SELECT count(*) FROM variant v JOIN product p ON p.id = v.product_id";
            let is_so = |is| format!("{sql} WHERE p.source_id = {id} AND v.availability = '{is}'");
            let is = (self.scene.number(&is_so("in_stock")).await, self.scene.number(&is_so("out_of_stock")).await);
            assert_eq!(is, (i64::from(*shown == Some(true)), i64::from(*shown == Some(false))), "source {id}");
        }
    }

    /// All pollers are gone, another comes: it can read every source.
    async fn comes_to_rest(&mut self) {
        self.scene.pass(24 * 3600);
        let mut polled = Vec::new();
        while polled.len() < self.sources.len() {
            let claims = self.scene.db.claim_due("last", Room::of_each(20)).await.expect("asked");
            assert!(!claims.is_empty(), "stuck: {:?}", sources(&self.scene).await);
            let ends: Vec<_> = claims.iter().map(|claim| self.scene.unchanged(claim)).collect();
            assert_eq!(self.scene.db.end_unchanged(&ends).await.expect("ended"), claims.len() as u64);
            polled.extend(claims);
        }
    }
}

impl Source {
    fn is_due(&self, now: i64) -> bool {
        self.next_poll_at <= now && self.lease_until <= now
    }
}

async fn play(moves: &[Move]) {
    let mut town = Town::open().await;
    for one in moves {
        town.make(one).await;
        town.is_as_it_must_be().await;
    }
    town.comes_to_rest().await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn p3_only_the_current_claim_changes_a_source_and_no_slot_is_taken_twice(moves in moves()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(play(&moves));
    }
}
