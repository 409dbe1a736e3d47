//! A phone is found and told, and its number stands nowhere.

use std::time::Duration;

use coatcheck_bots::message::{Message, Notice};
use coatcheck_domain::Destination;
use coatcheck_domain::delivery::{Kind, State};
use coatcheck_domain::phone::Phone;

use super::scene::{Scene, step};
use crate::store::Db;
use crate::store::people::phone::shown;

pub(super) const DIGITS: &str = "4155550123";

pub(super) fn number() -> Phone {
    format!("+1{DIGITS}").parse().expect("a number")
}

pub(super) fn phone() -> Destination {
    Destination::Sms(number())
}

/// A reply to the phone waits in the outbox.
async fn reply(db: &Db) -> i64 {
    let there = db.destination_for(&phone(), || None).await.expect("stored");
    let text = Message::Notice(Notice { text: "here".to_owned() });
    let id = db.enqueue(Kind::Reply, "r:1", there.destination_id, &text, Duration::from_secs(60)).await;
    id.expect("put").expect("new")
}

#[tokio::test]
async fn whoever_texts_again_is_the_same_person() {
    let scene = Scene::new().await;
    assert_eq!(scene.db.known_destination(&phone()).await.expect("asked"), None);
    let first = scene.db.destination_for(&phone(), || None).await.expect("stored");
    let again = scene.db.destination_for(&phone(), || None).await.expect("stored");
    let other = scene.db.destination_for(&"sms:+14155550124".parse().expect("one"), || None).await.expect("stored");
    assert!(first.is_new && !again.is_new);
    assert_eq!((first.subscriber_id, first.destination_id), (again.subscriber_id, again.destination_id));
    assert_ne!(first.subscriber_id, other.subscriber_id);
    let known = scene.db.known_destination(&phone()).await.expect("asked").expect("known");
    assert_eq!(known.destination_id, first.destination_id);
}

#[tokio::test]
async fn a_number_is_whole_where_a_send_starts_and_nowhere_in_the_database() {
    let scene = Scene::new().await;
    reply(&scene.db).await;
    let lease = scene.take_lane_of("sms", "us").await;
    let started = scene.start(&lease).await;
    assert_eq!(started.iter().map(|one| &one.destination).collect::<Vec<_>>(), [&phone()]);
    assert!(!format!("{started:?}").contains(DIGITS));
    assert!(!scene.stores(DIGITS).await);
    assert!(scene.stores("r:1").await, "what is stored is looked at");
    let address = scene.deliveries().await[0].address.clone().expect("an address");
    assert_eq!(shown(&address), "sms:+…23");
}

#[tokio::test]
async fn a_number_that_another_key_sealed_is_not_sent_to() {
    let scene = Scene::new().await;
    let id = reply(&scene.with_keys(&[2]).await).await;
    let lease = scene.take_lane_of("sms", "us").await;
    assert!(scene.start(&lease).await.is_empty());
    let (state, reason) = scene.state(id).await;
    assert_eq!(state, State::Dead);
    assert_eq!(reason.as_deref(), Some("unreadable: its number is sealed by another key"));
}

#[tokio::test]
async fn a_newer_key_finds_what_an_older_one_kept() {
    let scene = Scene::new().await;
    let ann = scene.db.destination_for(&phone(), || None).await.expect("stored");
    let newer = scene.with_keys(&[2, 1]).await;
    let known = newer.known_destination(&phone()).await.expect("asked").expect("known");
    assert_eq!(known.destination_id, ann.destination_id);
    reply(&newer).await;
    let lease = newer.take_lease("lane:send:sms", "us", Duration::from_secs(15)).await.expect("asked").expect("free");
    let started = step(&newer, &lease, "sms", &[], 32).await.expect("stepped").started;
    assert_eq!(started[0].destination, phone());
}

#[tokio::test]
async fn texts_that_the_provider_took_are_counted() {
    let scene = Scene::new().await;
    reply(&scene.db).await;
    let lease = scene.take_lane_of("sms", "us").await;
    let started = scene.start(&lease).await;
    let before = scene.db.now();
    assert_eq!(scene.db.texts_sent(before).await.expect("asked"), 0);
    scene.finish(&lease, &started[0], super::scene::sent()).await;
    assert_eq!(scene.db.texts_sent(before).await.expect("asked"), 1);
    assert_eq!(scene.db.texts_sent(before + Duration::from_secs(1)).await.expect("asked"), 0);
}
