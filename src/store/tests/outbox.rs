//! One delivery's way: retries, give-up, expiry, sold out.

use std::time::Duration;

use coatcheck_domain::delivery::{SendOutcome, State};
use coatcheck_domain::watch::Mode;

use super::scene::{IN, LANE, OUT, Scene, jacket, sent};

/// Ann waits for M, M is back, her alert is in the outbox.
async fn one_alert() -> (Scene, i64, i64) {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.person(1).await;
    let watch = scene.watch(ann, product, "M", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    assert_eq!(scene.fan_out().await, 1);
    assert!(!scene.is_armed(watch).await);
    (scene, source, watch)
}

fn retry(after: Option<u64>) -> SendOutcome {
    SendOutcome::Retry { after: after.map(Duration::from_secs), why: "503".to_owned() }
}

#[tokio::test]
async fn a_retry_keeps_its_key_and_counts_attempts() {
    let (scene, _, watch) = one_alert().await;
    let lease = scene.take_lane("a").await;
    let mut keys = Vec::new();
    for attempt in 1..=4 {
        let started = scene.start(&lease).await;
        assert_eq!(started.len(), 1, "attempt {attempt}");
        assert_eq!(started[0].attempts, attempt);
        keys.push(started[0].dedupe_key.clone());
        let outcome = if attempt < 4 { retry(None) } else { sent() };
        scene.finish(&lease, &started[0], outcome).await;
        assert!(scene.start(&lease).await.is_empty(), "not before its time");
        scene.pass(50);
    }
    keys.dedup();
    assert_eq!(keys, ["a:1:1:0"]);
    assert_eq!(scene.state(1).await, (State::Sent, None));
    assert_eq!(scene.number("SELECT count(*) FROM attempt").await, 4);
    assert!(!scene.is_armed(watch).await);
}

#[tokio::test]
async fn a_429_waits_as_long_as_it_asked() {
    let (scene, ..) = one_alert().await;
    let lease = scene.take_lane("a").await;
    let started = scene.start(&lease).await;
    scene.finish(&lease, &started[0], retry(Some(100))).await;
    scene.pass(99);
    assert!(scene.start(&lease).await.is_empty());
    assert!(scene.db.lanes_due().await.expect("asked").is_empty());
    scene.pass(1);
    assert_eq!(scene.db.lanes_due().await.expect("asked"), [LANE]);
    assert_eq!(scene.start(&lease).await.len(), 1);
}

#[tokio::test]
async fn what_was_given_up_is_dead_and_its_watch_waits_again() {
    let (scene, source, watch) = one_alert().await;
    let lease = scene.take_lane("a").await;
    let started = scene.start(&lease).await;
    scene.finish(&lease, &started[0], SendOutcome::GiveUp { why: "400".to_owned() }).await;
    assert_eq!(scene.state(1).await, (State::Dead, Some("gave_up".to_owned())));
    assert!(scene.is_armed(watch).await);
    assert_eq!(scene.fan_out().await, 0);
    scene.read(source, &jacket(&[("M", OUT)])).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    assert_eq!(scene.fan_out().await, 1, "the next restock is told");
}

#[tokio::test]
async fn what_waited_too_long_expires_unsent_and_its_watch_waits_again() {
    let (scene, _, watch) = one_alert().await;
    let lease = scene.take_lane("a").await;
    scene.pass(2 * 3600);
    assert!(scene.start(&lease).await.is_empty());
    assert_eq!(scene.state(1).await, (State::Expired, Some("too_late".to_owned())));
    assert!(scene.is_armed(watch).await);
}

#[tokio::test]
async fn a_wait_beyond_the_expiry_is_not_begun() {
    let (scene, _, watch) = one_alert().await;
    let lease = scene.take_lane("a").await;
    let started = scene.start(&lease).await;
    scene.finish(&lease, &started[0], retry(Some(3 * 3600))).await;
    assert_eq!(scene.state(1).await, (State::Expired, Some("too_late".to_owned())));
    assert!(scene.is_armed(watch).await);
}

#[tokio::test]
async fn sold_out_for_two_readings_is_not_told_and_for_one_it_is() {
    for (readings, changed) in [(1, true), (2, true), (2, false)] {
        let (scene, source, watch) = one_alert().await;
        let lease = scene.take_lane("a").await;
        scene.read(source, &jacket(&[("M", OUT)])).await;
        if readings == 2 && changed {
            scene.read(source, &jacket(&[("M", OUT), ("L", OUT)])).await;
        } else if readings == 2 {
            scene.read_again(source).await;
        }
        let started = scene.start(&lease).await;
        assert_eq!(started.len(), 2 - readings, "{readings} readings, {changed}");
        assert_eq!(scene.is_armed(watch).await, readings == 2);
        if readings == 2 {
            assert_eq!(scene.state(1).await, (State::Expired, Some("sold_out".to_owned())));
        }
    }
}

#[tokio::test]
async fn as_long_as_one_of_its_sizes_is_there_an_alert_is_sent() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    let ann = scene.person(1).await;
    scene.watch(ann, product, "", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
    scene.fan_out().await;
    scene.read(source, &jacket(&[("M", OUT), ("L", IN)])).await;
    scene.read_again(source).await;
    let lease = scene.take_lane("a").await;
    assert_eq!(scene.start(&lease).await.len(), 1);
}

#[tokio::test]
async fn a_failed_poll_does_not_count_as_sold_out() {
    let (scene, source, _) = one_alert().await;
    scene.read(source, &jacket(&[("M", OUT)])).await;
    let polled = scene.poll(source).await;
    assert!(scene.fail(&polled).await);
    let lease = scene.take_lane("a").await;
    assert_eq!(scene.start(&lease).await.len(), 1);
}

#[tokio::test]
async fn p1_an_alert_that_waits_is_sent_although_its_watch_has_heard_of_a_later_drop_since() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    let ann = scene.person(1).await;
    scene.watch(ann, product, "", Mode::Every).await;
    scene.read(source, &jacket(&[("M", IN), ("L", OUT)])).await;
    scene.fan_out().await;
    scene.pass(16 * 60);
    scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
    scene.fan_out().await;
    let lease = scene.take_lane("a").await;
    assert_eq!(scene.start(&lease).await.len(), 2);
}

#[tokio::test]
async fn p8_a_watch_of_another_size_does_not_speak_for_one_that_was_removed() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    let ann = scene.person(1).await;
    let removed = scene.watch(ann, product, "M", Mode::Once).await;
    scene.watch(ann, product, "L", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN), ("L", OUT)])).await;
    scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
    scene.fan_out().await;
    scene.db.remove_watches(ann, &[removed]).await.expect("removed");
    let lease = scene.take_lane("a").await;
    let keys: Vec<String> = scene.start(&lease).await.into_iter().map(|started| started.dedupe_key).collect();
    assert_eq!(keys, ["a:2:1:0"]);
}
