//! A code is sent to a phone and typed elsewhere: the phone is theirs, and only then.

use std::time::Duration;

use coatcheck_bots::message::{Message, Notice};
use coatcheck_domain::delivery::State;

use super::phones::{DIGITS, number, phone};
use super::scene::{Scene, sent};
use crate::store::people::challenge::{Challenged, Verified};
use crate::store::people::consent::{ConsentSource, ConsentWord, Standing};

const CODE: &str = "428193";

pub(super) async fn ask(scene: &Scene, subscriber: i64, code: &str) -> Challenged {
    let words = Message::Notice(Notice { text: format!("Your code is {code}.") });
    scene.db.challenge(subscriber, &number(), code, &words).await.expect("asked")
}

pub(super) async fn verify(scene: &Scene, subscriber: i64, code: &str) -> Verified {
    scene.db.verify(subscriber, code).await.expect("tried")
}

fn shown() -> String {
    "+…23".to_owned()
}

#[tokio::test]
async fn a_code_that_is_typed_adds_the_phone_behind_everything_else() {
    let scene = Scene::new().await;
    let ann = scene.person(1).await;
    assert!(matches!(ask(&scene, ann, CODE).await, Challenged::Sent { .. }));
    assert_eq!(scene.db.known_destination(&phone()).await.expect("asked"), None, "it is nobody's yet");
    let lease = scene.take_lane_of("sms", "us").await;
    let started = scene.start(&lease).await;
    assert_eq!(started[0].destination, phone());
    assert_eq!(started[0].message, Message::Notice(Notice { text: format!("Your code is {CODE}.") }));
    scene.finish(&lease, &started[0], sent()).await;
    assert_eq!(verify(&scene, ann, "428 193").await, Verified::Added { shown: shown() });
    let known = scene.db.known_destination(&phone()).await.expect("asked").expect("known");
    assert_eq!(known.subscriber_id, ann);
    let addresses = scene.db.addresses(ann).await.expect("asked");
    assert_eq!(
        addresses.iter().map(|a| crate::store::people::phone::shown(a)).collect::<Vec<_>>(),
        ["discord:1", "sms:+…23"]
    );
    assert_eq!(scene.db.phone_standing(&number()).await.expect("asked"), Standing::Consented);
    assert_eq!(scene.number("SELECT count(*) FROM subscriber").await, 1);
    assert_eq!(verify(&scene, ann, CODE).await, Verified::NoneOpen, "a code is good once");
}

#[tokio::test]
async fn neither_the_number_nor_the_code_stands_in_the_database() {
    let scene = Scene::new().await;
    let ann = scene.person(1).await;
    ask(&scene, ann, CODE).await;
    assert!(!scene.stores(CODE).await);
    assert!(!scene.stores(DIGITS).await);
    assert!(scene.stores("c:1").await, "the text is there");
}

#[tokio::test]
async fn five_wrong_codes_end_it() {
    let scene = Scene::new().await;
    let ann = scene.person(1).await;
    ask(&scene, ann, CODE).await;
    for left in (0..5).rev() {
        assert_eq!(verify(&scene, ann, "000000").await, Verified::Wrong { tries_left: left });
    }
    assert_eq!(verify(&scene, ann, CODE).await, Verified::NoneOpen);
    assert_eq!(scene.db.known_destination(&phone()).await.expect("asked"), None);
    assert_eq!(scene.db.phone_standing(&number()).await.expect("asked"), Standing::Unknown);
}

#[tokio::test]
async fn a_code_is_good_for_ten_minutes() {
    let scene = Scene::new().await;
    let ann = scene.person(1).await;
    ask(&scene, ann, CODE).await;
    scene.pass(10 * 60);
    assert_eq!(verify(&scene, ann, CODE).await, Verified::Expired);
    ask(&scene, ann, CODE).await;
    scene.pass(10 * 60 - 1);
    assert_eq!(verify(&scene, ann, CODE).await, Verified::Added { shown: shown() });
}

#[tokio::test]
async fn only_the_last_code_is_good_and_only_for_who_asked() {
    let scene = Scene::new().await;
    let (ann, bob) = (scene.person(1).await, scene.person(2).await);
    ask(&scene, ann, "111111").await;
    ask(&scene, ann, CODE).await;
    ask(&scene, bob, "222222").await;
    assert_eq!(verify(&scene, ann, "111111").await, Verified::Wrong { tries_left: 4 });
    assert_eq!(verify(&scene, ann, "222222").await, Verified::Wrong { tries_left: 3 });
    assert_eq!(verify(&scene, ann, CODE).await, Verified::Added { shown: shown() });
}

#[tokio::test]
async fn three_codes_go_to_a_number_in_a_day_whoever_asks() {
    let scene = Scene::new().await;
    for asker in 1..=3 {
        let subscriber = scene.person(asker).await;
        assert!(matches!(ask(&scene, subscriber, CODE).await, Challenged::Sent { .. }));
        scene.db.forget(subscriber).await.expect("forgotten");
    }
    let ann = scene.person(1).await;
    assert_eq!(ask(&scene, ann, CODE).await, Challenged::TooMany);
    scene.pass(24 * 3600);
    assert!(matches!(ask(&scene, ann, CODE).await, Challenged::Sent { .. }));
}

#[tokio::test]
async fn nobody_asks_for_codes_to_number_after_number() {
    let scene = Scene::new().await;
    let ann = scene.person(1).await;
    let words = Message::Notice(Notice { text: "Your code is 1.".to_owned() });
    let mut sent = 0;
    for last in 0..20 {
        let phone = format!("+141555501{last:02}").parse().expect("a number");
        let asked = scene.db.challenge(ann, &phone, CODE, &words).await.expect("asked");
        sent += i32::from(asked != Challenged::TooMany);
    }
    assert_eq!(sent, 10);
}

#[tokio::test]
async fn a_stopped_number_gets_no_code() {
    let scene = Scene::new().await;
    let ann = scene.person(1).await;
    scene.db.consent(&number(), ConsentWord::Stop, ConsentSource::Text).await.expect("stored");
    assert_eq!(ask(&scene, ann, CODE).await, Challenged::Stopped);
    assert!(scene.deliveries().await.is_empty());
}

#[tokio::test]
async fn a_code_does_not_undo_a_stop_that_came_after_it() {
    let scene = Scene::new().await;
    let ann = scene.person(1).await;
    ask(&scene, ann, CODE).await;
    scene.db.consent(&number(), ConsentWord::Stop, ConsentSource::Text).await.expect("stored");
    assert_eq!(scene.state(1).await, (State::Suppressed, Some("stopped".to_owned())));
    assert_eq!(verify(&scene, ann, CODE).await, Verified::Stopped);
    assert_eq!(scene.db.phone_standing(&number()).await.expect("asked"), Standing::Stopped);
}

#[tokio::test]
async fn whoever_only_asked_owns_nothing_when_the_owner_texts() {
    let scene = Scene::new().await;
    let ann = scene.person(1).await;
    ask(&scene, ann, CODE).await;
    let owner = scene.db.destination_for(&phone(), || None).await.expect("stored");
    assert_ne!(owner.subscriber_id, ann);
    scene.db.forget(ann).await.expect("forgotten");
    assert!(scene.db.known_destination(&phone()).await.expect("asked").is_some());
}

#[tokio::test]
async fn a_number_that_nobody_verified_is_forgotten_in_a_day() {
    let scene = Scene::new().await;
    let ann = scene.person(1).await;
    ask(&scene, ann, CODE).await;
    scene.pass(24 * 3600 - 1);
    assert_eq!(scene.db.clear_unverified().await.expect("looked"), 0);
    scene.pass(1);
    assert_eq!(scene.db.clear_unverified().await.expect("looked"), 1);
    assert_eq!(scene.number("SELECT count(*) FROM destination WHERE sealed IS NOT NULL").await, 0);
}

#[tokio::test]
async fn an_unverified_phone_gets_its_code_and_nothing_else() {
    let scene = Scene::new().await;
    let ann = scene.person(1).await;
    ask(&scene, ann, CODE).await;
    let there = scene.number("SELECT id FROM destination WHERE state = 'unverified'").await;
    let words = Message::Notice(Notice { text: "hello".to_owned() });
    let notice = coatcheck_domain::delivery::Kind::Notice;
    scene.db.enqueue(notice, "n:1", there, &words, Duration::from_secs(60)).await.expect("put");
    let lease = scene.take_lane_of("sms", "us").await;
    let keys: Vec<String> = scene.start(&lease).await.into_iter().map(|started| started.dedupe_key).collect();
    assert_eq!(keys, ["c:1"]);
}
