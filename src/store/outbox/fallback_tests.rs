//! Between the look and the hand-over things may change: what made an alert ripe is asked again there.

use coatcheck_domain::Destination;
use coatcheck_domain::delivery::SendOutcome;
use coatcheck_domain::watch::Mode;

use super::*;
use crate::store::tests::sqlite::scene::{IN, OUT, Scene, jacket};

/// Ann's alert stands before a lane that has been down for long enough, and Telegram would take over.
async fn ripe() -> (Scene, Cause, i64) {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.person(7).await;
    scene.also_at(ann, &Destination::Telegram { chat: 5, topic: None }, 1).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;
    scene.db.lane_is_down("discord", "401").await.expect("stored");
    let ripe = micros(scene.db.now());
    let cause = Cause::Stranded("discord".to_owned());
    let waiting = scene.db.waiting(&cause, ripe, (0, 0)).await.expect("asked");
    assert_eq!(waiting.iter().map(|row| row.id).collect::<Vec<_>>(), [1]);
    (scene, cause, ripe)
}

async fn handed_over(scene: &Scene, cause: &Cause, ripe: i64) -> u64 {
    scene.db.hand_over(cause, &[1], ripe).await.expect("stored")
}

#[tokio::test]
async fn what_is_still_so_is_handed_over() {
    let (scene, cause, ripe) = ripe().await;
    assert_eq!(handed_over(&scene, &cause, ripe).await, 1);
}

#[tokio::test]
async fn a_lane_that_came_up_in_the_meantime_keeps_what_it_has() {
    let (scene, cause, ripe) = ripe().await;
    assert!(scene.db.lane_is_up("discord").await.expect("stored"));
    assert_eq!(handed_over(&scene, &cause, ripe).await, 0);
}

#[tokio::test]
async fn p5_what_was_tried_in_the_meantime_and_may_have_arrived_is_not_handed_over() {
    let (scene, cause, ripe) = ripe().await;
    let lease = scene.take_lane("a").await;
    let started = scene.start(&lease).await;
    assert_eq!(handed_over(&scene, &cause, ripe).await, 0, "it is being sent");
    scene.finish(&lease, &started[0], SendOutcome::Unknown { why: "timeout".to_owned() }).await;
    assert_eq!(handed_over(&scene, &cause, ripe).await, 0);
}

#[tokio::test]
async fn without_a_next_destination_it_goes_on_where_it_is() {
    let (scene, cause, ripe) = ripe().await;
    scene.run("UPDATE destination SET state = 'gone' WHERE channel = 'telegram'").await;
    assert_eq!(handed_over(&scene, &cause, ripe).await, 0);
    let lease = scene.take_lane("a").await;
    assert_eq!(scene.start(&lease).await.len(), 1);
}
