//! Who is told by which restock: arming before and after it, quiet, and waiting again.

use coatcheck_domain::delivery::SendOutcome;
use coatcheck_domain::watch::Mode;

use super::scene::{IN, OUT, Scene, jacket, sent};
use crate::store::people::watch::Which;

const M_OUT: &[(&str, coatcheck_domain::Availability)] = &[("M", OUT)];
const M_IN: &[(&str, coatcheck_domain::Availability)] = &[("M", IN)];

/// The jacket goes and comes back, and all who wait are told.
async fn come_back(scene: &Scene, source: i64) -> u64 {
    scene.read(source, &jacket(M_OUT)).await;
    scene.read(source, &jacket(M_IN)).await;
    scene.fan_out().await
}

#[tokio::test]
async fn a_watch_armed_before_the_drop_is_told_and_one_armed_after_it_is_not_whatever_the_clock_does() {
    for jump in [0, -86_400, 86_400] {
        let (scene, source, product) = Scene::with_jacket(M_OUT).await;
        let (ann, bob) = (scene.person(1).await, scene.person(2).await);
        scene.watch(ann, product, "M", Mode::Once).await;
        let polled = scene.poll(source).await;
        scene.clock.jump(chrono::Duration::seconds(jump));
        scene.store(&polled, &jacket(M_IN), "body").await.expect("stored");
        scene.clock.jump(chrono::Duration::seconds(-2 * jump));
        let late = scene.watch(bob, product, "M", Mode::Once).await;
        assert_eq!(scene.fan_out().await, 1, "jump {jump}");
        assert_eq!(scene.told().await, ["discord:1 pending M"], "jump {jump}");
        assert!(scene.is_armed(late).await);
    }
}

#[tokio::test]
async fn p7_a_once_watch_is_silent_until_it_is_armed_again() {
    let (scene, source, product) = Scene::with_jacket(M_OUT).await;
    let ann = scene.person(1).await;
    let watch = scene.watch(ann, product, "M", Mode::Once).await;
    assert_eq!(come_back(&scene, source).await, 1);
    for _ in 0..5 {
        scene.pass(3600);
        assert_eq!(come_back(&scene, source).await, 0);
    }
    assert_eq!(scene.db.rearm(ann, Which::Product(product)).await.expect("armed"), [watch]);
    assert_eq!(scene.fan_out().await, 0, "what is there already was told by the answer");
    assert_eq!(come_back(&scene, source).await, 1);
}

#[tokio::test]
async fn p7_an_every_watch_hears_of_a_flickering_shop_once_per_quiet_time_and_misses_nothing() {
    let (scene, source, product) = Scene::with_jacket(M_OUT).await;
    let ann = scene.person(1).await;
    scene.watch(ann, product, "M", Mode::Every).await;
    let lease = scene.take_lane("a").await;
    let mut notified_at = Vec::new();
    for minute in 0..40 {
        let shows = if minute % 2 == 0 { M_OUT } else { M_IN };
        scene.read(source, &jacket(shows)).await;
        scene.fan_out().await;
        let started = scene.start(&lease).await;
        for one in &started {
            scene.finish(&lease, one, sent()).await;
        }
        if !started.is_empty() {
            notified_at.push(minute);
            let messages = "SELECT count(DISTINCT COALESCE(batch_id, id)) FROM delivery WHERE ended_at = (SELECT max(ended_at) FROM delivery)";
            assert_eq!(scene.number(messages).await, 1, "what was held back is one message");
        }
    }
    // Held back until a quarter of an hour is over. What has been out for a single reading then is news all the same.
    assert_eq!(notified_at, [1, 16, 31], "{:?}", scene.told().await);
}

#[tokio::test]
async fn a_watch_said_again_while_its_alert_waits_is_notified_once() {
    let (scene, source, product) = Scene::with_jacket(M_OUT).await;
    let ann = scene.person(1).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    scene.read(source, &jacket(M_IN)).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    assert_eq!(scene.fan_out().await, 0, "the answer told what is there");
    assert_eq!(come_back(&scene, source).await, 1);
}

#[tokio::test]
async fn p1_a_watch_whose_alert_failed_is_told_of_the_drop_that_came_meanwhile() {
    for fanned_out in [true, false] {
        let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
        let ann = scene.person(1).await;
        scene.watch(ann, product, "", Mode::Once).await;
        scene.read(source, &jacket(&[("M", IN), ("L", OUT)])).await;
        scene.fan_out().await;
        let lease = scene.take_lane("a").await;
        let started = scene.start(&lease).await;
        scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
        if fanned_out {
            assert_eq!(scene.fan_out().await, 0, "its alert is on its way");
        }
        scene.finish(&lease, &started[0], SendOutcome::GiveUp { why: "400".to_owned() }).await;
        scene.fan_out().await;
        assert_eq!(scene.told().await, ["discord:1 dead M", "discord:1 pending L"], "fanned out before: {fanned_out}");
        assert_eq!(scene.fan_out().await, 0);
        assert!(!scene.is_armed(1).await);
    }
}

#[tokio::test]
async fn what_was_answered_while_an_alert_was_on_its_way_is_not_told_when_that_fails() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    let ann = scene.person(1).await;
    let watch = scene.watch(ann, product, "", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN), ("L", OUT)])).await;
    scene.fan_out().await;
    let lease = scene.take_lane("a").await;
    let started = scene.start(&lease).await;
    scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
    scene.watch(ann, product, "", Mode::Once).await;
    scene.finish(&lease, &started[0], SendOutcome::GiveUp { why: "400".to_owned() }).await;
    assert_eq!(scene.fan_out().await, 0);
    assert!(scene.is_armed(watch).await);
}
