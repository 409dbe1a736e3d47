//! Whose an address is, and how long somebody is left in peace.

use std::time::Duration;

use coatcheck_domain::Destination;

use crate::store::StoreError;
use crate::store::db::sql::Sql;
use crate::testing::{self, Engine};

#[tokio::test]
async fn an_address_is_one_subscriber_and_its_secret_is_shown_once() {
    let (db, _place) = testing::db(Engine::of(module_path!())).await;
    let hook: Destination = "webhook:https://example.com/hook".parse().expect("a hook");
    let first = db.destination_for(&hook, || Some("whsec_x".to_owned())).await.expect("stored");
    let second = db.destination_for(&hook, || Some("whsec_y".to_owned())).await.expect("found");
    assert_eq!((first.is_new, first.secret.as_deref()), (true, Some("whsec_x")));
    assert_eq!((second.is_new, second.secret), (false, None));
    assert_eq!(first.subscriber_id, second.subscriber_id);
    let room = db.destination_for(&Destination::DiscordChannel(7), || None).await.expect("stored");
    assert_ne!(room.subscriber_id, first.subscriber_id);
}

#[tokio::test]
async fn whoever_speaks_again_is_there_again() {
    let (db, _place) = testing::db(Engine::of(module_path!())).await;
    let person = Destination::DiscordUser(7);
    let before = db.destination_for(&person, || None).await.expect("stored");
    let txn = db.write().await.expect("begun");
    txn.run("UPDATE destination SET state = 'gone'", vec![]).await.expect("gone");
    txn.commit().await.expect("committed");
    assert_eq!(db.known_destination(&person).await.expect("asked"), None);
    assert_eq!(db.destination_for(&person, || None).await.expect("back").destination_id, before.destination_id);
    assert!(db.known_destination(&person).await.expect("asked").is_some());
}

#[tokio::test]
async fn a_phone_is_refused_where_it_cannot_be_sealed() {
    let (db, _place) = testing::db(Engine::of(module_path!())).await;
    let phone: Destination = "sms:+14155550123".parse().expect("a phone");
    let error = db.destination_for(&phone, || None).await.expect_err("refused").to_string();
    insta::assert_snapshot!(error, @"phone numbers are kept sealed, which needs COATCHECK_KEY; set it, or use another destination");
    assert!(matches!(db.known_destination(&phone).await, Err(StoreError::NoKey)));
    assert_eq!(db.read().id("SELECT count(*) FROM subscriber", vec![]).await.expect("asked"), Some(0));
}

#[tokio::test]
async fn a_pause_ends_by_itself() {
    let (db, _place, clock) = testing::db_with_clock(Engine::of(module_path!())).await;
    let who = db.destination_for(&Destination::Console, || None).await.expect("stored").subscriber_id;
    assert_eq!(db.paused_until(who).await.expect("asked"), None);
    let until = db.now() + Duration::from_secs(60);
    db.pause_subscriber(who, Some(until)).await.expect("paused");
    assert_eq!(db.paused_until(who).await.expect("asked"), Some(until));
    clock.advance(Duration::from_secs(60));
    assert_eq!(db.paused_until(who).await.expect("asked"), None);
}
