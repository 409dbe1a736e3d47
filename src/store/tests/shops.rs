//! P3 for shops: one instance holds each, only it stores, and what others change counts before what it has read.

use std::collections::BTreeMap;

use coatcheck_domain::poll::{self, Outcome, State};
use coatcheck_domain::watch::Mode;
use proptest::prelude::*;

use super::readings::stock_rows;
use super::scene::{IN, OUT, Scene, URL, jacket};
use crate::store::polls::ended::{End, Ended, Written};
use crate::store::polls::ends::Ends;
use crate::store::polls::held::HeldSource;
use crate::store::polls::instance::LEASE;
use crate::testing;

const WHO: [&str; 3] = ["a", "b", "c"];

/// What an instance does, or what befalls all of them.
#[derive(Debug, Clone)]
enum Move {
    Join(usize),
    Renew(usize),
    Leave(usize),
    Take(usize),
    Give(usize),
    Store { held: usize, read: bool },
    Pause(bool),
    Pass(u64),
}

fn a_move() -> impl Strategy<Value = Move> {
    let who = || 0..WHO.len();
    prop_oneof![
        2 => who().prop_map(Move::Join),
        2 => who().prop_map(Move::Renew),
        1 => who().prop_map(Move::Leave),
        4 => who().prop_map(Move::Take),
        1 => who().prop_map(Move::Give),
        8 => (any::<usize>(), any::<bool>()).prop_map(|(held, read)| Move::Store { held, read }),
        1 => any::<bool>().prop_map(Move::Pause),
        3 => (1u64..12).prop_map(Move::Pass),
    ]
}

/// What is true of the one shop and its one source, kept the simplest way.
#[derive(Debug, Default)]
struct Model {
    now: u64,
    until: BTreeMap<usize, u64>,
    holder: Option<usize>,
    epoch: i64,
    edit: i64,
    is_paused: bool,
    readings: i64,
}

impl Model {
    fn bury(&mut self) {
        let now = self.now;
        if self.holder.is_some_and(|who| self.until.get(&who).is_some_and(|until| *until <= now)) {
            self.holder = None;
        }
        self.until.retain(|_, until| *until > now);
    }

    fn free(&mut self, who: usize) {
        if self.holder == Some(who) {
            self.holder = None;
        }
    }
}

/// The shop in the database beside the model of it.
struct Game {
    scene: Scene,
    source: i64,
    shop: i64,
    model: Model,
    /// What each instance knows of the source, whether it still holds it or not.
    held: Vec<(usize, HeldSource)>,
}

impl Game {
    async fn begin() -> Self {
        let scene = Scene::new().await;
        let source = scene.source(URL).await;
        let shop = scene.db.shop_of(source).await.expect("asked").expect("there");
        Self { scene, source, shop, model: Model { edit: 1, ..Model::default() }, held: Vec::new() }
    }

    fn is_alive(&self, who: usize) -> bool {
        self.model.until.get(&who).is_some_and(|until| *until > self.model.now)
    }

    async fn play(&mut self, one: Move) -> Result<(), TestCaseError> {
        match one {
            Move::Join(who) if !self.model.until.contains_key(&who) => {
                self.scene.db.join(WHO[who], true, &[]).await.expect("joined");
                self.model.until.insert(who, self.model.now + LEASE.as_secs());
            }
            Move::Renew(who) => {
                let renewed = self.scene.db.renew(WHO[who]).await.expect("asked");
                prop_assert_eq!(renewed, self.is_alive(who), "a lease that ran out is never renewed");
                if renewed {
                    self.model.until.insert(who, self.model.now + LEASE.as_secs());
                }
            }
            Move::Leave(who) => {
                self.scene.db.leave(WHO[who]).await.expect("left");
                self.model.until.remove(&who);
                self.model.free(who);
            }
            Move::Take(who) if self.is_alive(who) => self.take(who).await?,
            Move::Give(who) => {
                self.scene.db.give_shops(WHO[who], &[self.shop]).await.expect("given");
                self.model.free(who);
            }
            Move::Store { held, read } if !self.held.is_empty() => self.store(held % self.held.len(), read).await?,
            Move::Pause(paused) if paused != self.model.is_paused => {
                self.scene.db.pause_source(self.source, paused).await.expect("asked");
                // Pausing counts twice: the shop's other sources may take over what this one read.
                self.model.edit += if paused { 2 } else { 1 };
                self.model.is_paused = paused;
            }
            Move::Pass(seconds) => {
                self.scene.pass(seconds);
                self.model.now += seconds;
            }
            _ => {}
        }
        Ok(())
    }

    async fn take(&mut self, who: usize) -> Result<(), TestCaseError> {
        self.model.bury();
        let free = self.scene.db.free_shops().await.expect("asked");
        prop_assert_eq!(free.len(), usize::from(self.model.holder.is_none()));
        let (shops, sources) = self.scene.db.take_shops(WHO[who], &[self.shop]).await.expect("taken");
        prop_assert_eq!(shops.len(), free.len());
        if let Some(shop) = shops.first() {
            (self.model.holder, self.model.epoch) = (Some(who), self.model.epoch + 1);
            prop_assert_eq!(shop.epoch, self.model.epoch);
            prop_assert_eq!(sources.len(), usize::from(!self.model.is_paused));
            self.held.extend(sources.into_iter().map(|source| (who, source)));
        }
        Ok(())
    }

    async fn store(&mut self, held: usize, read: bool) -> Result<(), TestCaseError> {
        let (who, source) = self.held[held].clone();
        let db = &self.scene.db;
        let is_current =
            (self.model.holder, self.model.epoch, self.model.edit) == (Some(who), source.epoch, source.edit);
        let may = is_current && self.model.readings == source.readings;
        // Whoever did not hear that it was stored is told so.
        let is_repeated = is_current && !read && self.model.readings == source.readings + 1;
        let end = match read {
            true => End::Read(testing::reading(db, jacket(&[("M", OUT)]).products).into()),
            false => End::Unchanged { read_at: db.now() },
        };
        let plan = poll::after(&source.schedule, Outcome::Read, db.now(), 0.0);
        let ended = Ended { source: source.into(), end, plan, is_back: false, shop_not_before: None };
        let written = db.end_polls(WHO[who], &[ended]).await.expect("asked").remove(0);
        let stored = matches!(written, Written::Done | Written::Stored { .. });
        prop_assert_eq!(stored, may || is_repeated, "{:?} of {} in {:?}", written, WHO[who], self.model);
        self.model.readings += i64::from(may);
        if let Written::Stored { source: Some(now), .. } | Written::Edited(Some(now)) = written {
            self.held.push((who, *now));
        }
        Ok(())
    }
}

async fn play(moves: Vec<Move>) -> Result<(), TestCaseError> {
    let mut game = Game::begin().await;
    for one in moves {
        game.play(one).await?;
        prop_assert_eq!(game.scene.number("SELECT readings FROM source").await, game.model.readings);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn p3_only_the_current_holder_of_a_shop_stores_and_each_poll_once(moves in prop::collection::vec(a_move(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(play(moves))?;
    }
}

#[tokio::test]
async fn p3_a_holder_that_was_replaced_stores_nothing() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.person(1).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    let slow = scene.poll(source).await;
    let quick = testing::hold_as(&scene.db, "quick", source).await;
    assert!(quick.epoch > slow.epoch);
    let before = stock_rows(&scene).await;
    assert!(scene.store(&slow, &jacket(&[("M", IN)]), "late").await.is_none());
    assert!(!scene.unchanged(&slow).await && !scene.fail(&slow).await);
    assert_eq!(stock_rows(&scene).await, before);
    assert_eq!(scene.number("SELECT CAST(failures AS BIGINT) FROM shop").await, 0);
    let again = testing::hold(&scene.db, source).await;
    scene.store(&again, &jacket(&[("M", IN)]), "body").await.expect("stored");
    assert_eq!(scene.fan_out().await, 1);
}

#[tokio::test]
async fn what_is_read_while_its_source_is_paused_is_thrown_away() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT)]).await;
    let polled = scene.poll(source).await;
    assert!(scene.db.pause_source(source, true).await.expect("paused"));
    assert!(scene.store(&polled, &jacket(&[("M", IN)]), "late").await.is_none());
    assert_eq!(scene.number("SELECT count(*) FROM source WHERE state = 'paused'").await, 1);
    let (ids, sources) = scene.db.edited_sources(testing::HOLDER).await.expect("asked");
    assert_eq!((ids, sources), (vec![source], vec![]), "its poller hears that it is not polled any more");
}

#[tokio::test]
async fn what_others_add_or_change_is_seen_once_by_the_holder_and_by_nobody_else() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT)]).await;
    let other = scene.source("https://other.example/products/coat").await;
    testing::hold(&scene.db, source).await;
    testing::hold_as(&scene.db, "other", other).await;
    scene.db.join(testing::HOLDER, true, &[]).await.expect("joined");
    assert!(!scene.db.look(testing::HOLDER).await.expect("asked").is_edited);
    let added = scene.source("https://shop.example/products/vest").await;
    assert!(scene.db.look(testing::HOLDER).await.expect("asked").is_edited);
    assert_eq!(scene.db.edited_sources("other").await.expect("asked").0, [] as [i64; 0]);
    assert_eq!(scene.db.edited_sources(testing::HOLDER).await.expect("asked").0, [added]);
    assert!(!scene.db.look(testing::HOLDER).await.expect("asked").is_edited);
}

#[tokio::test]
async fn what_is_held_by_an_instance_that_is_gone_is_free_when_its_lease_ran_out() {
    let scene = Scene::new().await;
    let source = scene.source(URL).await;
    let shop = scene.db.shop_of(source).await.expect("asked").expect("there");
    scene.db.join("gone", true, &[]).await.expect("joined");
    scene.db.take_shops("gone", &[shop]).await.expect("taken");
    scene.pass(LEASE.as_secs() - 1);
    assert!(scene.db.free_shops().await.expect("asked").is_empty());
    assert!(!scene.db.look("other").await.expect("asked").is_free);
    scene.pass(1);
    assert!(scene.db.look("other").await.expect("asked").is_free);
    assert_eq!(scene.db.free_shops().await.expect("asked").len(), 1);
    assert_eq!(scene.db.pollers().await.expect("asked"), 0);
}

#[tokio::test]
async fn a_source_whose_document_ended_the_process_is_known_by_the_next_one() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT)]).await;
    let polled = scene.poll(source).await;
    assert!(scene.db.begin_trial(testing::HOLDER, &polled).await.expect("begun"));
    assert!(!scene.db.begin_trial("other", &polled).await.expect("asked"), "only its holder parses it");
    assert!(testing::hold(&scene.db, source).await.trial_at.is_some());
    scene.read_again(source).await;
    assert!(testing::hold(&scene.db, source).await.trial_at.is_none(), "it is over");
    // Whoever leaves in peace was not ended by it.
    scene.db.begin_trial(testing::HOLDER, &testing::hold(&scene.db, source).await).await.expect("begun");
    scene.db.leave(testing::HOLDER).await.expect("left");
    assert!(testing::hold(&scene.db, source).await.trial_at.is_none());
}

#[tokio::test]
async fn an_address_that_is_followed_already_is_not_changed_by_adding_it() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT)]).await;
    let before = scene.db.source(source).await.expect("asked").expect("there");
    assert_eq!((before.state, scene.source(URL).await), (State::Idle, source));
    assert_eq!(scene.db.source(source).await.expect("asked").expect("there"), before);
}

#[tokio::test]
async fn a_candidate_that_is_never_read_goes_after_ten_minutes_and_one_that_is_read_or_kept_stays() {
    let (scene, _, _) = Scene::with_jacket(&[("M", OUT)]).await;
    let typo = scene.source("https://typo.example/").await;
    let kept = scene.source("https://kept.example/").await;
    let polled = testing::hold(&scene.db, typo).await;
    scene.fail(&polled).await;
    assert_eq!(scene.db.source(typo).await.expect("asked").expect("there").state, State::Candidate);
    assert!(scene.db.keep_source(kept).await.expect("kept"));
    scene.pass(600);
    assert_eq!(scene.db.end_sources().await.expect("ended").removed, 0);
    scene.pass(31);
    assert_eq!(scene.db.end_sources().await.expect("ended").removed, 1);
    assert_eq!(scene.number("SELECT count(*) FROM source").await, 2);
    assert_eq!(scene.number("SELECT count(*) FROM shop WHERE host = 'typo.example'").await, 0);
}

#[tokio::test]
async fn what_nobody_has_wanted_for_two_weeks_sleeps_until_somebody_wants_it() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    scene.run("UPDATE source SET listed = FALSE").await;
    let ann = scene.person(1).await;
    let watch = scene.watch(ann, product, "M", Mode::Once).await;
    let state = async || scene.db.source(source).await.expect("asked").expect("there").state;
    scene.pass(30 * 24 * 3600);
    assert_eq!(scene.db.end_sources().await.expect("looked"), Ends::default(), "somebody waits for it");
    scene.db.remove_watches(ann, &[watch]).await.expect("removed");
    assert_eq!(scene.db.end_sources().await.expect("looked"), Ends::default());
    scene.pass(14 * 24 * 3600 + 1);
    assert_eq!(scene.db.end_sources().await.expect("looked").dormant, 1);
    assert_eq!(state().await, State::Dormant);
    scene.watch(ann, product, "M", Mode::Once).await;
    assert_eq!(state().await, State::Idle, "at once");
    assert!(testing::hold(&scene.db, source).await.next_poll_at <= scene.db.now());
}
