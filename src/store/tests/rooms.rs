//! Posts in rooms: one per room, product and episode, edited to what is true, whatever happens in between.

use std::time::Duration;

use coatcheck_bots::message::{AlertVariant, Message};
use coatcheck_domain::Destination;
use coatcheck_domain::delivery::{Kind, SendOutcome};
use coatcheck_domain::watch::Mode;

use super::scene::{IN, OUT, Scene, jacket, sent, wish_of};
use crate::store::StoreError;
use crate::store::people::announcement::{About, NewAnnouncement};

const ROOM: Destination = Destination::DiscordChannel(9);
const MANAGER: Destination = Destination::DiscordUser(70);
const EXPIRE: Duration = Duration::from_secs(2 * 3600);
const QUIET: Duration = Duration::from_secs(15 * 60);

async fn announce(scene: &Scene, about: About, wish: &str) -> i64 {
    let room = scene.db.destination_for(&ROOM, || None).await.expect("stored").subscriber_id;
    let new = NewAnnouncement {
        subscriber_id: room,
        about,
        wish: wish_of(wish),
        size: None,
        style: None,
        mention: None,
        added_by: Some(MANAGER),
    };
    scene.db.announce(&new).await.expect("stored");
    room
}

/// One step of each post.
async fn step(scene: &Scene) -> Result<(), StoreError> {
    for post in scene.db.stale_posts(0).await? {
        scene.db.advance_post(&post, &["discord"], EXPIRE).await?;
    }
    scene.db.end_episodes(QUIET).await?;
    Ok(())
}

/// Sends all that waits for the room, which ends like this.
async fn send(scene: &Scene, outcome: &SendOutcome) {
    for lane in ["discord", "discord/edits"] {
        let lease = scene.take_lane_of(lane, "sender").await;
        for started in scene.start(&lease).await {
            scene.finish(&lease, &started, outcome.clone()).await;
        }
    }
}

/// All is brought to rest, and everything arrives.
async fn settle(scene: &Scene) {
    for _ in 0..4 {
        step(scene).await.expect("stepped");
        send(scene, &sent()).await;
    }
}

/// A minute later the shop says this of M and L, and all is brought to rest.
async fn stock(scene: &Scene, source: i64, m: bool, l: bool) {
    let is = |here: bool| if here { IN } else { OUT };
    scene.read(source, &jacket(&[("M", is(m)), ("L", is(l))])).await;
    scene.fan_out().await;
    settle(scene).await;
}

/// What the room got, the oldest first: `post sent: M, without L`.
async fn shown(scene: &Scene) -> Vec<String> {
    let labels = |all: Vec<&AlertVariant>| all.iter().filter_map(|one| one.size.clone()).collect::<Vec<_>>().join(" ");
    let mut lines = Vec::new();
    for one in scene.deliveries().await {
        let Ok(Message::Alert(alert)) = serde_json::from_str(&one.payload) else { continue };
        let Some(post) = &alert.post else { continue };
        let here = labels(alert.variants.iter().collect());
        let here = if alert.gone_after.is_some() { format!("nothing of {here}") } else { here };
        let out = labels(post.sold_out.iter().map(|one| &one.variant).collect());
        let answers = if post.answers.is_some() { ", answering" } else { "" };
        lines.push(format!("{} {}: {here}, without {out}{answers}", one.kind, one.state));
    }
    lines
}

async fn posts(scene: &Scene) -> usize {
    shown(scene).await.iter().filter(|line| line.starts_with("post")).count()
}

#[tokio::test]
async fn a_room_gets_one_post_that_is_edited_as_sizes_come_and_go() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    announce(&scene, About::Product(product), "").await;
    stock(&scene, source, true, false).await;
    stock(&scene, source, true, true).await;
    stock(&scene, source, false, true).await;
    stock(&scene, source, false, false).await;
    insta::assert_snapshot!(shown(&scene).await.join("\n"), @"
    post sent: M, without 
    edit sent: M L, without 
    edit sent: L, without M
    edit sent: nothing of M L, without 
    ");
    assert_eq!(scene.number("SELECT count(*) FROM room_post WHERE wanted_version <> sent_version").await, 0);
}

#[tokio::test]
async fn only_what_is_announced_is_posted_and_a_whole_shop_can_be() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    announce(&scene, About::Product(product), "L").await;
    stock(&scene, source, true, false).await;
    assert_eq!(shown(&scene).await, [""; 0], "M is not announced");
    let shop = scene.db.shop_at("shop.example").await.expect("asked").expect("it is there");
    announce(&scene, About::Shop(shop), "").await;
    stock(&scene, source, true, true).await;
    assert_eq!(shown(&scene).await, ["post sent: L, without "]);
}

#[tokio::test]
async fn a_size_that_returns_after_the_quiet_time_is_a_new_message_that_answers_the_post() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    announce(&scene, About::Product(product), "").await;
    stock(&scene, source, true, false).await;
    scene.pass(16 * 60);
    stock(&scene, source, true, true).await;
    insta::assert_snapshot!(shown(&scene).await.join("\n"), @"
    post sent: M, without 
    edit sent: M, without 
    post sent: L, without , answering
    ");
}

#[tokio::test]
async fn an_episode_ends_once_all_is_out_for_the_quiet_time() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    announce(&scene, About::Product(product), "").await;
    stock(&scene, source, true, false).await;
    stock(&scene, source, false, false).await;
    scene.pass(16 * 60);
    settle(&scene).await;
    assert_eq!(scene.number("SELECT count(*) FROM room_post WHERE ended_at IS NULL").await, 0);
    stock(&scene, source, true, false).await;
    assert_eq!(posts(&scene).await, 2, "another episode");
    assert!(!shown(&scene).await.iter().any(|line| line.contains("answering")));
}

#[tokio::test]
async fn a_post_that_was_deleted_is_not_posted_again() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    announce(&scene, About::Product(product), "").await;
    stock(&scene, source, true, false).await;
    scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
    scene.fan_out().await;
    step(&scene).await.expect("stepped");
    send(&scene, &SendOutcome::GiveUp { why: "Unknown Message".to_owned() }).await;
    settle(&scene).await;
    stock(&scene, source, false, false).await;
    assert_eq!(shown(&scene).await.len(), 2, "{:?}", shown(&scene).await);
}

#[tokio::test]
async fn what_is_sold_out_before_it_is_posted_is_not_posted() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    announce(&scene, About::Product(product), "").await;
    scene.read(source, &jacket(&[("M", IN), ("L", OUT)])).await;
    scene.fan_out().await;
    step(&scene).await.expect("stepped");
    stock(&scene, source, false, false).await;
    assert_eq!(shown(&scene).await, ["post expired: M, without "]);
}

#[tokio::test]
async fn sizes_that_come_within_a_minute_are_one_post_and_the_last_edit_is_true() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    announce(&scene, About::Product(product), "").await;
    for (m, l) in [(IN, OUT), (IN, IN), (OUT, IN), (IN, IN), (IN, OUT)] {
        let polled = crate::testing::hold(&scene.db, source).await;
        scene.pass(5);
        scene.store(&polled, &jacket(&[("M", m), ("L", l)]), "body").await.expect("ours");
        scene.fan_out().await;
        step(&scene).await.expect("stepped");
    }
    settle(&scene).await;
    assert_eq!(shown(&scene).await, ["post sent: M, without L"], "it waited, and said what was true when it was sent");
}

#[tokio::test]
async fn a_room_with_many_watchers_gets_one_post() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    announce(&scene, About::Product(product), "").await;
    announce(&scene, About::Product(product), "M").await;
    for number in 0..1000 {
        let person = scene.person(1000 + number).await;
        scene.watch(person, product, "M", Mode::Once).await;
    }
    scene.read(source, &jacket(&[("M", IN), ("L", OUT)])).await;
    assert_eq!(scene.fan_out().await, 1000);
    step(&scene).await.expect("stepped");
    step(&scene).await.expect("stepped");
    assert_eq!(posts(&scene).await, 1);
}

/// Nothing is lost and nothing comes twice, wherever the process stops.
#[tokio::test]
async fn a_stop_at_any_statement_leaves_one_post_that_is_true() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    announce(&scene, About::Product(product), "").await;
    for nth in 1.. {
        let before = shown(&scene).await.len();
        scene.read(source, &jacket(&[("M", IN), ("L", OUT)])).await;
        let has_stopped = stop_at(&scene, nth).await;
        scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
        stop_at(&scene, nth).await;
        let lines = &shown(&scene).await[before..];
        assert_eq!(lines, ["post sent: M, without ", "edit sent: M L, without "], "stopped at statement {nth}");
        // The episode ends.
        stock(&scene, source, false, false).await;
        scene.pass(16 * 60);
        settle(&scene).await;
        if !has_stopped {
            assert!(nth > 10, "only {nth} statements");
            return;
        }
    }
}

/// Stops at this statement, and goes on after the next start. Says whether it came so far.
async fn stop_at(scene: &Scene, nth: i64) -> bool {
    scene.faults.at(nth);
    let _ = scene.try_fan_out(&super::scene::RULES).await;
    let _ = step(scene).await;
    let has_stopped = scene.faults.over();
    scene.fan_out().await;
    settle(scene).await;
    has_stopped
}

#[tokio::test]
async fn who_set_it_up_is_told_once_that_the_room_cannot_be_reached() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    announce(&scene, About::Product(product), "").await;
    announce(&scene, About::Product(product), "M").await;
    scene.read(source, &jacket(&[("M", IN), ("L", OUT)])).await;
    scene.fan_out().await;
    step(&scene).await.expect("stepped");
    send(&scene, &SendOutcome::AddressGone { why: "Unknown Channel".to_owned() }).await;
    for _ in 0..3 {
        step(&scene).await.expect("stepped");
        for (room, person) in scene.db.lost_rooms().await.expect("asked") {
            assert_eq!(person, "discord:70");
            let person = scene.db.destination_for(&MANAGER, || None).await.expect("stored");
            scene.db.tell_of_lost_room(&room, person.destination_id).await.expect("stored");
        }
    }
    let notices = scene.deliveries().await.into_iter().filter(|one| one.kind == Kind::Notice).collect::<Vec<_>>();
    assert_eq!(notices.len(), 1);
    assert!(notices[0].payload.contains("Unknown Channel"), "{}", notices[0].payload);
    stock(&scene, source, true, true).await;
    assert_eq!(posts(&scene).await, 1, "nothing is posted where nobody can be reached");
}
