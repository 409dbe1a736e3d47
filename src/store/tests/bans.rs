//! Who is banned waits for nothing and stays banned; and limits of one person.

use coatcheck_domain::Destination;
use coatcheck_domain::watch::Mode;

use super::filled::{fill, mentions};
use super::scene::{IN, OUT, Scene, jacket};
use crate::store::people::bans::Caps;

const ANN: Destination = Destination::DiscordUser(1);

#[tokio::test]
async fn who_is_banned_gets_nothing_more_and_others_do() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    let (ann, bob) = (scene.person(1).await, scene.person(2).await);
    scene.watch(ann, product, "M", Mode::Once).await;
    scene.watch(ann, product, "L", Mode::Every).await;
    scene.watch(bob, product, "M", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN), ("L", OUT)])).await;
    scene.fan_out().await;
    assert!(scene.db.ban(ann).await.expect("banned") && !scene.db.ban(ann).await.expect("asked"));
    assert_eq!(scene.told().await, ["discord:1 suppressed M", "discord:2 pending M"]);
    scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
    scene.fan_out().await;
    assert_eq!(scene.told().await.len(), 2, "the watch on L is gone");
    assert!(scene.db.is_banned(&ANN).await.expect("asked"));
    assert!(!scene.db.is_banned(&Destination::DiscordUser(2)).await.expect("asked"));
    assert!(!scene.db.is_banned(&Destination::DiscordUser(3)).await.expect("asked"), "nobody is there");
    assert_eq!(scene.db.people("", true, i64::MAX, 5).await.expect("read").len(), 1);
    assert!(scene.db.unban(ann).await.expect("lifted") && !scene.db.unban(ann).await.expect("asked"));
    assert!(!scene.db.is_banned(&ANN).await.expect("asked"));
}

#[tokio::test]
async fn a_ban_outlives_forget_which_leaves_nothing_else() {
    let scene = Scene::new().await;
    fill(&scene.db, 1).await;
    scene.run("UPDATE subscriber SET banned_at = 5").await;
    assert!(scene.db.forget(1).await.expect("forgotten").ban_kept);
    let left = mentions(&scene.db, 1).await;
    assert_eq!(left, ["allowance.who", "destination.address", "destination.look_up", "destination.subscriber_id"]);
    assert_eq!(scene.number("SELECT count(*) FROM subscriber WHERE banned_at IS NOT NULL").await, 1);
}

#[tokio::test]
async fn a_ban_comes_along_when_two_chats_turn_out_to_be_one_persons() {
    let scene = Scene::new().await;
    let (ann, other) = (scene.person(1).await, scene.person(2).await);
    scene.db.ban(other).await.expect("banned");
    let txn = scene.db.write().await.expect("begun");
    crate::store::people::merge::merge(&txn, ann, other, 0).await.expect("merged");
    txn.commit().await.expect("committed");
    assert!(scene.db.is_banned(&ANN).await.expect("asked"));
}

#[tokio::test]
async fn a_room_that_is_banned_is_banned_in_all_of_its_topics() {
    let scene = Scene::new().await;
    let topic = |topic| Destination::Telegram { chat: -100, topic };
    let room = scene.db.destination_for(&topic(None), || None).await.expect("stored");
    scene.db.ban(room.subscriber_id).await.expect("banned");
    assert!(scene.db.is_banned(&topic(Some(7))).await.expect("asked"));
}

#[tokio::test]
async fn limits_of_one_person_are_kept_and_taken_back() {
    let scene = Scene::new().await;
    let ann = scene.person(1).await;
    assert_eq!(scene.db.caps(ann).await.expect("read"), Caps::default());
    let caps = Caps { most_watches: Some(3), most_addresses: None };
    assert!(scene.db.cap(ann, caps).await.expect("stored") && !scene.db.cap(ann, caps).await.expect("asked"));
    assert_eq!(scene.db.caps(ann).await.expect("read"), caps);
    assert!(scene.db.cap(ann, Caps::default()).await.expect("stored"));
    assert!(!scene.db.cap(99, caps).await.expect("asked"), "nobody has that number");
}
