//! Sizes of several names, and words that are folded anew.

use coatcheck_domain::Destination;
use coatcheck_domain::watch::Mode;

use super::scene::{IN, OUT, Scene, jacket, wish_of};
use crate::store::people::announcement::{About, NewAnnouncement};

const LABEL: &str = "EU 42 (US 9)";

#[tokio::test]
async fn a_size_of_several_names_notifies_whoever_waits_for_one_of_them() {
    let (scene, source, product) = Scene::with_jacket(&[(LABEL, OUT), ("EU 43 (US 10)", OUT)]).await;
    for (number, wish) in (1..).zip(["EU 42", "US 9", LABEL, "", "EU 43", "US 10", "42"]) {
        let person = scene.person(number).await;
        scene.watch(person, product, wish, Mode::Once).await;
    }
    scene.read(source, &jacket(&[(LABEL, IN), ("EU 43 (US 10)", OUT)])).await;
    assert_eq!(scene.fan_out().await, 4);
    let told: Vec<String> = (1..=4).map(|number| format!("discord:{number} pending {LABEL}")).collect();
    assert_eq!(scene.told().await, told);
    assert_eq!(scene.number("SELECT count(*) FROM variant_size").await, 4, "two further names of each");
}

/// What an older version wrote is folded by the rules of this one; of two watches that become one, the first stays.
#[tokio::test]
async fn stored_words_are_folded_anew_when_the_rules_change() {
    let (scene, _, product) = Scene::with_jacket(&[(LABEL, OUT), ("2X", OUT)]).await;
    let (ann, bob) = (scene.person(1).await, scene.person(2).await);
    for wish in ["EU 42", "2X"] {
        scene.watch(ann, product, wish, Mode::Once).await;
    }
    scene.watch(bob, product, "2X", Mode::Once).await;
    scene.run("DELETE FROM variant_size").await;
    scene.run("UPDATE variant SET size_key = 'old', fold_version = 1").await;
    scene.run("UPDATE watch SET size_key = '2xl', size = '2X', fold_version = 1 WHERE size_key = '2x'").await;
    scene.run("UPDATE watch SET fold_version = 1").await;
    scene.run("DELETE FROM setting WHERE name = 'fold_version'").await;
    assert_eq!(scene.db.refold().await.expect("folded"), 5);
    assert_eq!(scene.number("SELECT count(*) FROM variant_size").await, 2);
    assert_eq!(scene.number("SELECT count(*) FROM variant WHERE size_key <> 'old' AND fold_version > 1").await, 2);
    assert_eq!(scene.number("SELECT count(*) FROM watch WHERE size_key = '2x' AND fold_version > 1").await, 2);
    assert_eq!(scene.number("SELECT count(*) FROM watch WHERE size_key = 'eu42'").await, 1);
    assert_eq!(scene.db.refold().await.expect("folded"), 0, "once");
}

/// The same with what rooms announce.
#[tokio::test]
async fn announced_sizes_are_folded_anew_when_the_rules_change() {
    let (scene, source, product) = Scene::with_jacket(&[(LABEL, OUT), ("2X", OUT)]).await;
    let room = scene.db.destination_for(&Destination::DiscordChannel(9), || None).await.expect("stored").subscriber_id;
    for (wish, size) in [("2X", "2X"), ("EU 42", "EU 42"), ("old", "EU 42")] {
        let new = NewAnnouncement {
            subscriber_id: room,
            about: About::Product(product),
            wish: wish_of(wish),
            size: Some(size.to_owned()),
            style: None,
            mention: None,
            added_by: None,
        };
        scene.db.announce(&new).await.expect("stored");
    }
    scene.run("UPDATE announcement SET size_key = '2xl' WHERE size_key = '2x'").await;
    scene.run("DELETE FROM setting WHERE name = 'fold_version'").await;
    scene.db.refold().await.expect("folded");
    assert_eq!(scene.number("SELECT count(*) FROM announcement").await, 2, "two have become one");
    scene.read(source, &jacket(&[(LABEL, OUT), ("2X", IN)])).await;
    scene.fan_out().await;
    assert_eq!(scene.number("SELECT count(*) FROM room_post").await, 1, "it is posted, as before");
}
