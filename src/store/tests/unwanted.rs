//! P8: consent, pause and watch are asked in the statement that starts a send.

use std::time::Duration;

use coatcheck_bots::message::{Message, Notice};
use coatcheck_domain::delivery::{Kind, State};
use coatcheck_domain::watch::Mode;

use super::scene::{IN, OUT, Scene, jacket};

async fn one_alert() -> (Scene, i64, i64) {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.person(1).await;
    let watch = scene.watch(ann, product, "M", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;
    (scene, ann, watch)
}

#[tokio::test]
async fn p8_whoever_wants_quiet_is_not_told_and_waits_again() {
    let (scene, ann, watch) = one_alert().await;
    scene.db.pause_subscriber(ann, Some(scene.db.now() + Duration::from_secs(60))).await.expect("paused");
    let lease = scene.take_lane("a").await;
    assert!(scene.start(&lease).await.is_empty());
    assert_eq!(scene.state(1).await, (State::Suppressed, Some("paused".to_owned())));
    assert!(scene.is_armed(watch).await);
}

#[tokio::test]
async fn p8_a_watch_that_was_removed_is_not_told() {
    let (scene, ann, watch) = one_alert().await;
    assert_eq!(scene.db.remove_watches(ann, &[watch]).await.expect("removed"), 1);
    let lease = scene.take_lane("a").await;
    assert!(scene.start(&lease).await.is_empty());
    assert_eq!(scene.state(1).await, (State::Suppressed, Some("unwatched".to_owned())));
}

/// Ann's lane stands still while the jacket comes back in M, and then in L.
async fn two_drops_wait(wish: &str) -> (Scene, i64, i64) {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    let ann = scene.person(1).await;
    let watch = scene.watch(ann, product, wish, Mode::Every).await;
    for stock in [[("M", IN), ("L", OUT)], [("M", IN), ("L", IN)]] {
        scene.read(source, &jacket(&stock)).await;
        scene.fan_out().await;
        scene.pass(1000);
    }
    (scene, ann, watch)
}

#[tokio::test]
async fn p1_a_later_drop_does_not_take_the_place_of_one_that_waits() {
    let (scene, ..) = two_drops_wait("").await;
    let lease = scene.take_lane("a").await;
    assert_eq!(scene.start(&lease).await.len(), 2);
}

#[tokio::test]
async fn p8_removing_the_watch_takes_back_all_that_waits() {
    let (scene, ann, watch) = two_drops_wait("").await;
    assert_eq!(scene.db.remove_watches(ann, &[watch]).await.expect("removed"), 1);
    let lease = scene.take_lane("a").await;
    assert!(scene.start(&lease).await.is_empty());
}

#[tokio::test]
async fn p8_a_watch_on_another_size_does_not_want_it() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    let ann = scene.person(1).await;
    let medium = scene.watch(ann, product, "M", Mode::Once).await;
    scene.watch(ann, product, "L", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN), ("L", OUT)])).await;
    scene.fan_out().await;
    scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
    scene.fan_out().await;
    scene.db.remove_watches(ann, &[medium]).await.expect("removed");
    let lease = scene.take_lane("a").await;
    assert_eq!(scene.start(&lease).await.len(), 1, "L is told, M is taken back");
    assert_eq!(scene.state(1).await, (State::Suppressed, Some("unwatched".to_owned())));
}

#[tokio::test]
async fn p8_a_pause_that_is_over_holds_nothing_back() {
    let (scene, ann, _) = one_alert().await;
    scene.db.pause_subscriber(ann, Some(scene.db.now() + Duration::from_secs(60))).await.expect("paused");
    scene.pass(60);
    let lease = scene.take_lane("a").await;
    assert_eq!(scene.start(&lease).await.len(), 1);
}

#[tokio::test]
async fn an_answer_is_given_even_to_who_wants_quiet() {
    let (scene, ann, _) = one_alert().await;
    scene.db.pause_subscriber(ann, Some(scene.db.now() + Duration::from_secs(60))).await.expect("paused");
    let there = scene.db.destination_for(&coatcheck_domain::Destination::DiscordUser(1), || None).await.expect("known");
    let answer = Message::Notice(Notice { text: "here".to_owned() });
    scene.db.enqueue(Kind::Reply, "r:1", there.destination_id, &answer, Duration::from_secs(60)).await.expect("put");
    let lease = scene.take_lane("a").await;
    let keys: Vec<String> = scene.start(&lease).await.into_iter().map(|started| started.dedupe_key).collect();
    assert_eq!(keys, ["r:1"]);
}
