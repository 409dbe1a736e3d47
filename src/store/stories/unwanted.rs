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
