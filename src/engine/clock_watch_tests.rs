//! The wall clock jumps by a day in the middle of a restock: every wait lasts as long as it was meant to.

use std::sync::Arc;
use std::time::Duration;

use coatcheck_domain::clock::ManualClock;
use coatcheck_domain::delivery::SendOutcome;
use coatcheck_domain::watch::Mode;

use super::*;
use crate::store::db::time::micros;
use crate::store::tests::sqlite::scene::{IN, OUT, Scene, jacket, sent};
use crate::testing;

const DAY: TimeDelta = TimeDelta::days(1);

/// A scene whose store goes by a steady clock over the one in hand.
async fn steady() -> (Scene, Arc<SteadyClock>) {
    let wall = Arc::new(ManualClock::at(testing::start()));
    let steady = Arc::new(SteadyClock::over(Arc::clone(&wall) as Arc<dyn Clock>));
    (Scene::by(Arc::clone(&steady) as Arc<dyn Clock>, wall).await, steady)
}

/// Ann's alert waits for another attempt, Ben is paused, Cleo was told and is quiet; a part of it is gone again, and a
/// lane is down.
async fn in_the_middle(scene: &Scene) -> i64 {
    let (source, product) = scene.jacket(&[("M", OUT), ("L", OUT)]).await;
    for (person, wish) in [(1, "M"), (3, "")] {
        let person = scene.person(person).await;
        scene.watch(person, product, wish, Mode::Every).await;
    }
    let ben = scene.person(2).await;
    scene.db.pause_subscriber(ben, Some(scene.db.now() + Duration::from_secs(7200))).await.expect("paused");
    scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
    scene.fan_out().await;
    let lease = scene.take_lane("a").await;
    let started = scene.start(&lease).await;
    let busy = SendOutcome::Retry { after: Some(Duration::from_secs(45)), why: "429".to_owned() };
    scene.finish(&lease, &started[0], busy).await;
    scene.finish(&lease, &started[1], sent()).await;
    scene.db.release_lease(&lease).await.expect("released");
    scene.db.lane_is_down("telegram", "401").await.expect("stored");
    source
}

/// How far ahead of now, or behind it, everything is that decides what happens next (s).
async fn distances(scene: &Scene) -> Vec<(String, i64)> {
    let columns = [
        ("source", "next_poll_at"),
        ("source", "scheduled_at"),
        ("delivery", "next_attempt_at"),
        ("delivery", "expires_at"),
        ("delivery", "started_at"),
        ("incident", "opened_at"),
        ("subscriber", "paused_until"),
        ("watch", "notified_at"),
        ("restock", "created_at"),
    ];
    let now = micros(scene.db.now());
    let mut distances = Vec::new();
    for (table, column) in columns {
        let open = match table {
            "delivery" => "state = 'pending'",
            "incident" => "closed_at IS NULL",
            _ => "TRUE",
        };
        let sql = format!("SELECT max({column}) - {now} FROM {table} WHERE {column} > 0 AND {open}");
        distances.push((format!("{table}.{column}"), scene.number(&sql).await / 1_000_000));
    }
    distances
}

#[tokio::test]
async fn a_jump_is_adopted_and_all_that_waits_waits_as_long_as_before() {
    for by in [DAY, -DAY] {
        let (scene, clock) = steady().await;
        let source = in_the_middle(&scene).await;
        let before = distances(&scene).await;
        let mut watch = ClockWatch::new(scene.db.clone(), Arc::clone(&clock), true);
        scene.clock.jump(by);
        assert_eq!(distances(&scene).await, before, "until it is adopted, nobody sees it");
        assert!(!watch.tick().await.expect("looked"), "one look is not believed");
        assert!(watch.tick().await.expect("looked"));
        assert_eq!(scene.db.now(), scene.clock.now(), "it is adopted");
        assert_eq!(distances(&scene).await, before);
        let (at, words) = scene.db.last_jump().await.expect("asked").expect("noted");
        assert!(at == scene.db.now() && words.contains("1 day"), "{words}");

        scene.pass(44);
        let lease = scene.take_lane("b").await;
        assert!(scene.start(&lease).await.is_empty(), "it is not time yet");
        scene.pass(1);
        assert_eq!(scene.start(&lease).await.len(), 1, "Ann's turn");
        scene.read(source, &jacket(&[("M", OUT), ("L", OUT)])).await;
        scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
        assert_eq!(scene.fan_out().await, 2);
        let quiet =
            format!("SELECT max(next_attempt_at) - {} FROM delivery WHERE state = 'pending'", micros(scene.db.now()));
        let minutes = scene.number(&quiet).await / 60_000_000;
        assert!((1..15).contains(&minutes), "quiet for a quarter of an hour, not a day more or less: {minutes}");
        assert!(!watch.tick().await.expect("looked"), "it is adopted once");
    }
}

#[tokio::test]
async fn where_others_share_the_database_a_jump_is_not_followed() {
    let (scene, clock) = steady().await;
    let before = scene.db.now();
    let mut watch = ClockWatch::new(scene.db.clone(), clock, false);
    scene.clock.jump(DAY);
    for _ in 0..3 {
        assert!(!watch.tick().await.expect("looked"));
    }
    assert_eq!(scene.db.now(), before);
    assert_eq!(scene.db.last_jump().await.expect("asked"), None);
}

#[tokio::test]
async fn a_service_that_starts_after_the_clock_was_set_back_waits_for_nothing_for_a_day() {
    let scene = Scene::new().await;
    let source = in_the_middle(&scene).await;
    let before = distances(&scene).await;
    scene.clock.jump(-DAY);
    assert!(scene.db.settle_future().await.expect("settled") > 0);
    for ((name, after), (_, before)) in distances(&scene).await.into_iter().zip(before) {
        // A pause was planned by a person for a time of day; it is left where it is.
        let is_pause = name.starts_with("subscriber");
        assert!(is_pause || after <= before.max(0), "{name} is {after} s ahead, was {before}");
    }
    scene.pass(46);
    let lease = scene.take_lane("b").await;
    assert_eq!(scene.start(&lease).await.len(), 1, "Ann's turn");
    scene.read(source, &jacket(&[("M", OUT), ("L", OUT)])).await;
}
