//! A wrong key is refused, a new one takes over, and who said STOP stays stopped.

use std::time::Duration;

use coatcheck_domain::Destination;
use secrecy::ExposeSecret;

use super::challenges::{ask, verify};
use super::phones::{DIGITS, number, phone};
use super::scene::{Scene, step};
use crate::store::chats::inbox::NewArrival;
use crate::store::people::challenge::Verified;
use crate::store::people::consent::{ConsentSource, ConsentWord, Standing};
use crate::store::people::rekey::Rekeyed;
use crate::store::{Db, StoreError};
use crate::testing;

const SECRET: &str = "whsec_c2VjcmV0";

fn hook() -> Destination {
    "webhook:https://example.com/hook".parse().expect("a hook")
}

async fn hooked(db: &Db) {
    db.destination_for(&hook(), || Some(SECRET.to_owned())).await.expect("stored");
}

async fn texter(scene: &Scene, said: ConsentWord) -> i64 {
    let there = scene.db.destination_for(&phone(), || None).await.expect("stored");
    scene.db.consent(&number(), said, ConsentSource::Text).await.expect("stored");
    there.subscriber_id
}

/// What the webhook's next request is signed with.
async fn signs_with(db: &Db, key: &str) -> Option<String> {
    secret_of(db, &hook(), key).await
}

/// The secret that the next message there is sent with.
async fn secret_of(db: &Db, to: &Destination, key: &str) -> Option<String> {
    let there = db.known_destination(to).await.expect("asked").expect("known").destination_id;
    let words = coatcheck_bots::message::Message::Notice(coatcheck_bots::message::Notice { text: "hello".to_owned() });
    let kind = coatcheck_domain::delivery::Kind::Notice;
    db.enqueue(kind, key, there, &words, Duration::from_secs(60)).await.expect("put");
    let lane = to.lane();
    let lease = db.take_lease(&format!("lane:send:{lane}"), "us", Duration::from_secs(15)).await;
    let lease = lease.expect("asked").expect("free");
    let started = step(db, &lease, &lane, &[], 32).await.expect("stepped").started;
    started.into_iter().next().and_then(|started| started.secret)
}

#[tokio::test]
async fn a_database_knows_its_key() {
    let scene = Scene::new().await;
    for _ in 0..2 {
        scene.db.check_keys().await.expect("ours");
    }
    let theirs = scene.with_keys(&[2]).await.check_keys().await;
    assert!(matches!(theirs, Err(StoreError::WrongKey { id }) if id == testing::keys(&[1]).id()));
    assert!(matches!(scene.without_keys().await.check_keys().await, Err(StoreError::NoKey)));
}

#[tokio::test]
async fn a_database_that_never_had_a_key_needs_none() {
    let scene = Scene::new().await;
    scene.without_keys().await.check_keys().await.expect("nothing to open");
}

#[tokio::test]
async fn a_newer_key_that_was_used_may_not_be_left_out_again() {
    let scene = Scene::new().await;
    scene.db.check_keys().await.expect("ours");
    scene.with_keys(&[2, 1]).await.check_keys().await.expect("one of them");
    assert!(matches!(scene.db.check_keys().await, Err(StoreError::WrongKey { .. })));
}

#[tokio::test]
async fn an_older_key_may_not_be_left_out_while_something_needs_it() {
    for what in 0..3 {
        let scene = Scene::new().await;
        match what {
            0 => drop(scene.db.destination_for(&phone(), || None).await.expect("stored")),
            1 => hooked(&scene.db).await,
            _ => scene.db.consent(&number(), ConsentWord::Stop, ConsentSource::Text).await.expect("stored"),
        }
        scene.with_keys(&[2, 1]).await.check_keys().await.expect("both");
        let alone = scene.with_keys(&[2]).await.check_keys().await;
        assert!(matches!(alone, Err(StoreError::WrongKey { .. })), "{what}: {alone:?}");
    }
}

#[tokio::test]
async fn after_a_rekey_the_new_key_alone_finds_and_opens_everything() {
    let scene = Scene::new().await;
    scene.db.check_keys().await.expect("ours");
    let ann = texter(&scene, ConsentWord::Start).await;
    hooked(&scene.db).await;
    let rekeyed = scene.db.rekey(&testing::keys(&[2])).await.expect("rekeyed");
    assert_eq!(rekeyed, Rekeyed { phones: 1, secrets: 1, kept: 0, needed: vec![] });
    let new = scene.with_keys(&[2]).await;
    new.check_keys().await.expect("its own");
    assert!(matches!(scene.db.check_keys().await, Err(StoreError::WrongKey { .. })));
    assert_eq!(new.known_destination(&phone()).await.expect("asked").expect("known").subscriber_id, ann);
    assert_eq!(new.phone_standing(&number()).await.expect("asked"), Standing::Consented);
    assert_eq!(signs_with(&new, "n:1").await.as_deref(), Some(SECRET));
    scene.db.drop_free_pages().await.expect("cleaned");
    assert!(!scene.stores(testing::keys(&[1]).id()).await, "something is of the old key, be it in a free page");
    assert!(!scene.stores(DIGITS).await && !scene.stores(SECRET).await);
}

#[tokio::test]
async fn after_a_rekey_browsers_and_the_push_key_are_those_of_before() {
    let scene = Scene::new().await;
    scene.db.check_keys().await.expect("ours");
    let browser: Destination = "push:push.example/0123456789abcdef01234567".parse().expect("a browser");
    scene.db.destination_for(&browser, || Some("its endpoint".to_owned())).await.expect("stored");
    let key = scene.db.push_key(|| "our push key".into()).await.expect("made");
    assert_eq!(scene.db.rekey(&testing::keys(&[2])).await.expect("rekeyed").secrets, 1);
    let new = scene.with_keys(&[2]).await;
    new.check_keys().await.expect("its own");
    let kept = new.push_key(|| "another".into()).await.expect("kept");
    assert_eq!(kept.expose_secret(), key.expose_secret());
    assert_eq!(secret_of(&new, &browser, "n:1").await.as_deref(), Some("its endpoint"));
    scene.db.drop_free_pages().await.expect("cleaned");
    assert!(!scene.stores(testing::keys(&[1]).id()).await, "something is of the old key");
    assert!(!scene.stores("our push key").await && !scene.stores("its endpoint").await);
}

#[tokio::test]
async fn a_stopped_number_stays_stopped_after_a_rekey() {
    let scene = Scene::new().await;
    texter(&scene, ConsentWord::Stop).await;
    scene.db.rekey(&testing::keys(&[2])).await.expect("rekeyed");
    let new = scene.with_keys(&[2]).await;
    assert_eq!(new.phone_standing(&number()).await.expect("asked"), Standing::Stopped);
}

#[tokio::test]
async fn a_stopped_number_that_was_forgotten_stays_stopped_after_a_rekey_and_when_it_comes_back() {
    let scene = Scene::new().await;
    let ann = texter(&scene, ConsentWord::Stop).await;
    assert!(scene.db.forget(ann).await.expect("forgotten").stop_kept);
    let old = testing::keys(&[1]).id().to_owned();
    let alone = scene.db.rekey(&testing::keys(&[2])).await;
    assert!(matches!(alone, Err(StoreError::WrongKey { id }) if id == old), "it would be texted again");
    let rekeyed = scene.db.rekey(&testing::keys(&[2, 1])).await.expect("rekeyed");
    assert_eq!(rekeyed, Rekeyed { phones: 0, secrets: 0, kept: 1, needed: vec![old] });
    let new = scene.with_keys(&[2, 1]).await;
    new.check_keys().await.expect("both");
    assert_eq!(new.phone_standing(&number()).await.expect("asked"), Standing::Stopped);
    let bob = new.destination_for(&Destination::DiscordUser(2), || None).await.expect("stored").subscriber_id;
    let words = coatcheck_bots::message::Message::Notice(coatcheck_bots::message::Notice { text: "1".to_owned() });
    let asked = new.challenge(bob, &number(), "428193", &words).await.expect("asked");
    assert_eq!(asked, crate::store::people::challenge::Challenged::Stopped);
    new.destination_for(&phone(), || None).await.expect("stored");
    let hashes = "SELECT count(*) FROM consent c JOIN destination t ON t.look_up = c.phone_hash WHERE c.said = 'stop'";
    assert_eq!(scene.number(hashes).await, 1, "the outbox finds it");
    assert_eq!(new.rekey(&testing::keys(&[2])).await.expect("rekeyed").needed, Vec::<String>::new());
}

#[tokio::test]
async fn what_came_in_before_a_rekey_is_answered_after_it() {
    let scene = Scene::new().await;
    let sealed = testing::keys(&[1]).seal_phone(&number());
    let payload = format!(r#"{{"from":"{sealed}","body":"STOP: {sealed}"}}"#);
    let new = NewArrival { platform: "sms", external_id: "SM1", chat: "x", payload: &payload };
    scene.db.take_in(&new).await.expect("stored");
    scene.db.rekey(&testing::keys(&[2])).await.expect("rekeyed");
    scene.pass(61);
    let db = scene.with_keys(&[2]).await;
    let arrival = db.take_arrivals("sms", 1).await.expect("asked").remove(0);
    let stored: serde_json::Value = serde_json::from_str(&arrival.payload).expect("JSON as before");
    assert_eq!(testing::keys(&[2]).open_phone(stored["from"].as_str().expect("a text")), Some(number()));
}

#[tokio::test]
async fn a_code_that_was_open_at_a_rekey_is_asked_for_again() {
    let scene = Scene::new().await;
    let ann = scene.person(1).await;
    ask(&scene, ann, "428193").await;
    scene.db.rekey(&testing::keys(&[2])).await.expect("rekeyed");
    assert_eq!(verify(&scene, ann, "428193").await, Verified::NoneOpen);
    assert_eq!(scene.state(1).await.1.as_deref(), Some("rekeyed"));
}

#[tokio::test]
async fn a_rekey_by_who_has_not_the_key_changes_nothing() {
    let scene = Scene::new().await;
    texter(&scene, ConsentWord::Start).await;
    let stranger = scene.with_keys(&[3]).await;
    assert!(matches!(stranger.rekey(&testing::keys(&[4])).await, Err(StoreError::WrongKey { .. })));
    assert!(scene.db.known_destination(&phone()).await.expect("asked").is_some());
}

#[tokio::test]
async fn a_rekey_that_stops_at_any_statement_is_done_or_not_begun() {
    for nth in 1.. {
        let scene = Scene::new().await;
        scene.db.check_keys().await.expect("ours");
        texter(&scene, ConsentWord::Stop).await;
        hooked(&scene.db).await;
        scene.faults.at(nth);
        let rekeyed = scene.db.rekey(&testing::keys(&[2])).await;
        if !scene.faults.over() {
            break;
        }
        assert!(rekeyed.is_err());
        let (old, new) = (scene.another().await, scene.with_keys(&[2]).await);
        let db = if old.check_keys().await.is_ok() { old } else { new };
        db.check_keys().await.expect("one of them");
        assert_eq!(db.phone_standing(&number()).await.expect("asked"), Standing::Stopped, "at statement {nth}");
        assert_eq!(signs_with(&db, "n:1").await.as_deref(), Some(SECRET), "at statement {nth}");
    }
}

#[tokio::test]
async fn a_webhooks_secret_is_sealed_and_one_from_before_is_read() {
    let scene = Scene::new().await;
    let shown = scene.db.destination_for(&hook(), || Some(SECRET.to_owned())).await.expect("stored").secret;
    assert_eq!(shown.as_deref(), Some(SECRET), "it is shown once");
    assert!(!scene.stores(SECRET).await);
    assert_eq!(signs_with(&scene.db, "n:1").await.as_deref(), Some(SECRET));
    let plain = Scene::new().await;
    hooked(&plain.without_keys().await).await;
    assert!(plain.stores(SECRET).await);
    assert_eq!(signs_with(&plain.db, "n:1").await.as_deref(), Some(SECRET));
}

/// Lists and the like are asked while the service writes, and while nothing can be written at all.
#[tokio::test]
async fn keys_that_were_checked_once_are_checked_again_without_the_writer() {
    let scene = Scene::new().await;
    scene.db.check_keys().await.expect("signed");
    scene.faults.listen();
    scene.db.check_keys().await.expect("known again");
    let heard = scene.faults.heard();
    assert!(!heard.is_empty() && heard.iter().all(|sql| sql != "BEGIN" && sql != "COMMIT"), "{heard:?}");
}
