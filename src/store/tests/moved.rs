//! A group that became a supergroup: whatever was the old chat's is the new one's.

use coatcheck_domain::Destination;
use coatcheck_domain::delivery::State;
use coatcheck_domain::watch::Mode;

use super::scene::{IN, OUT, Scene, jacket};
use crate::store::people::watch::Which;

const OLD: Destination = Destination::Telegram { chat: -7, topic: None };
const NEW: Destination = Destination::Telegram { chat: -1_000_000_000_007, topic: None };

/// A team that waits for M in its old chat.
async fn team() -> (Scene, i64, i64, i64) {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    let team = scene.db.destination_for(&OLD, || None).await.expect("stored").subscriber_id;
    scene.watch(team, product, "M", Mode::Once).await;
    (scene, source, product, team)
}

async fn of(scene: &Scene, destination: &Destination) -> i64 {
    scene.db.known_destination(destination).await.expect("asked").expect("known").subscriber_id
}

#[tokio::test]
async fn the_new_chat_is_the_same_subscriber_and_the_old_name_still_finds_it() {
    let (scene, source, _, team) = team().await;
    scene.read(source, &jacket(&[("M", IN), ("L", OUT)])).await;
    scene.fan_out().await;
    let destination = scene.db.known_destination(&OLD).await.expect("asked").expect("known").destination_id;
    let until = scene.db.now() + chrono::Duration::minutes(10);
    scene.db.ask(destination, "Which one?", "[]", until).await.expect("asked");
    assert!(scene.db.move_chat(&OLD, &NEW).await.expect("moved"));
    assert!(!scene.db.move_chat(&OLD, &NEW).await.expect("moved"), "said twice it is no news");
    assert_eq!([of(&scene, &NEW).await, of(&scene, &OLD).await], [team, team]);
    assert_eq!(scene.db.destination_for(&OLD, || None).await.expect("found").subscriber_id, team, "no second one");
    assert!(scene.db.open_question(destination).await.expect("asked").is_some(), "the question came along");
    assert_eq!(scene.told().await, [format!("{} pending M", NEW.to_stored())], "what waits goes to the new address");
    assert_eq!(scene.number("SELECT count(*) FROM destination").await, 1);
}

/// P8: what the new chat stops is stopped.
#[tokio::test]
async fn p8_a_stop_in_the_new_chat_ends_what_the_old_one_asked_for() {
    let (scene, source, product, _) = team().await;
    scene.db.move_chat(&OLD, &NEW).await.expect("moved");
    scene.read(source, &jacket(&[("M", IN), ("L", OUT)])).await;
    scene.fan_out().await;
    let there = of(&scene, &NEW).await;
    let watches = scene.db.watches(there, Which::Product(product)).await.expect("asked");
    let ids: Vec<i64> = watches.iter().map(|watch| watch.id).collect();
    assert_eq!(scene.db.remove_watches(there, &ids).await.expect("removed"), 1);
    let lease = scene.take_lane_of("telegram", "us").await;
    assert!(scene.start(&lease).await.is_empty());
    assert_eq!(scene.state(1).await.0, State::Suppressed);
}

/// The new chat spoke before anybody knew that it is the old one.
#[tokio::test]
async fn a_new_chat_that_has_watches_already_becomes_one_with_the_old() {
    let (scene, source, product, team) = team().await;
    let there = scene.db.destination_for(&NEW, || None).await.expect("stored").subscriber_id;
    scene.watch(there, product, "M", Mode::Once).await;
    scene.watch(there, product, "L", Mode::Once).await;
    assert!(scene.db.move_chat(&OLD, &NEW).await.expect("moved"));
    assert_eq!([of(&scene, &NEW).await, of(&scene, &OLD).await], [team, team]);
    assert_eq!(scene.db.watches(team, Which::All).await.expect("asked").len(), 2, "M is waited for once");
    scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
    scene.fan_out().await;
    assert_eq!(scene.told().await, [format!("{} pending M L", NEW.to_stored())]);
    assert_eq!(scene.number("SELECT count(*) FROM destination").await, 1);
    assert_eq!(scene.number("SELECT count(*) FROM subscriber").await, 1);
}

/// What the refused send told, and what a later event of the old chat means, is known to whoever starts next.
#[tokio::test]
async fn a_move_of_a_chat_that_is_not_known_yet_is_remembered() {
    let scene = Scene::new().await;
    assert!(scene.db.move_chat(&OLD, &NEW).await.expect("moved"));
    let another = scene.another().await;
    let late = another.destination_for(&OLD, || None).await.expect("stored");
    assert_eq!(late.subscriber_id, of(&scene, &NEW).await);
    assert_eq!(scene.number("SELECT count(*) FROM destination").await, 1);
}
