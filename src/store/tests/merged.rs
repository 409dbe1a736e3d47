//! A phone that somebody else owned: both are one person, and nothing is notified twice.

use coatcheck_domain::Destination;
use coatcheck_domain::delivery::SendOutcome;
use coatcheck_domain::watch::Mode;

use super::challenges::{ask, verify};
use super::phones::phone;
use super::scene::{IN, OUT, RULES, Scene, jacket};
use crate::store::outbox::fanout::FanoutRules;
use crate::store::people::challenge::Verified;
use crate::store::people::consent::{ConsentSource, ConsentWord};
use crate::store::people::phone::shown;

/// Ann on Discord, and who texts from the phone that will turn out to be hers.
async fn two(variants: &[(&str, coatcheck_domain::Availability)]) -> (Scene, i64, i64, i64, i64) {
    let (scene, source, product) = Scene::with_jacket(variants).await;
    let texter = scene.db.destination_for(&phone(), || None).await.expect("stored").subscriber_id;
    scene.db.consent(&super::phones::number(), ConsentWord::Start, ConsentSource::Text).await.expect("stored");
    let ann = scene.person(1).await;
    (scene, source, product, ann, texter)
}

async fn become_one(scene: &Scene, ann: i64) -> u64 {
    ask(scene, ann, "428193").await;
    match verify(scene, ann, "428193").await {
        Verified::Merged { watches, .. } => watches,
        other => panic!("{other:?}"),
    }
}

/// Alerts as `discord:1 pending M`.
async fn alerts(scene: &Scene) -> Vec<String> {
    scene.run("DELETE FROM delivery WHERE kind = 'code'").await;
    let masked = |line: String| {
        let (address, rest) = line.split_once(' ').expect("an address");
        format!("{} {rest}", shown(address))
    };
    scene.told().await.into_iter().map(masked).collect()
}

/// `size mode armed`, in order.
async fn watches(scene: &Scene, subscriber: i64) -> Vec<String> {
    let all = scene.db.watches(subscriber, crate::store::people::watch::Which::All).await.expect("asked");
    let line = |w: &crate::store::people::watch::Watch| {
        format!("{} {} {}", w.wish.size.as_str(), w.mode.as_str(), if w.armed { "armed" } else { "told" })
    };
    let mut lines: Vec<String> = all.iter().map(line).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn what_both_wait_for_is_waited_for_once() {
    let (scene, source, product, ann, texter) = two(&[("M", OUT), ("L", OUT), ("S", OUT)]).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    scene.watch(ann, product, "S", Mode::Once).await;
    scene.watch(texter, product, "M", Mode::Every).await;
    scene.watch(texter, product, "L", Mode::Once).await;
    assert_eq!(become_one(&scene, ann).await, 1);
    assert_eq!(watches(&scene, ann).await, ["l once armed", "m every armed", "s once armed"]);
    assert_eq!(scene.number("SELECT count(*) FROM subscriber").await, 1);
    scene.read(source, &jacket(&[("M", IN), ("L", IN), ("S", OUT)])).await;
    scene.fan_out().await;
    assert_eq!(alerts(&scene).await, ["discord:1 pending M L"]);
}

#[tokio::test]
async fn whoever_was_told_and_whoever_waits_is_one_who_waits() {
    let (scene, source, product, ann, texter) = two(&[("M", OUT)]).await;
    scene.watch(texter, product, "M", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;
    scene.watch(ann, product, "M", Mode::Once).await;
    become_one(&scene, ann).await;
    assert_eq!(watches(&scene, ann).await, ["m once armed"]);
    for stock in [OUT, IN] {
        scene.read(source, &jacket(&[("M", stock)])).await;
    }
    scene.fan_out().await;
    assert_eq!(alerts(&scene).await, ["sms:+…23 pending M", "discord:1 pending M"], "of two restocks");
}

#[tokio::test]
async fn two_alerts_of_one_drop_that_wait_become_one() {
    let (scene, source, product, ann, texter) = two(&[("M", OUT), ("L", OUT)]).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    scene.watch(texter, product, "", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
    scene.fan_out().await;
    become_one(&scene, ann).await;
    let mut told = alerts(&scene).await;
    told.sort();
    assert_eq!(told, ["discord:1 pending M L", "sms:+…23 cancelled M L"]);
}

#[tokio::test]
async fn what_is_on_its_way_to_one_is_not_told_to_the_other() {
    let (scene, source, product, ann, texter) = two(&[("M", OUT), ("L", OUT)]).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    scene.watch(texter, product, "", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
    scene.fan_out().await;
    let lease = scene.take_lane("us").await;
    let started = scene.start(&lease).await;
    become_one(&scene, ann).await;
    let mut told = alerts(&scene).await;
    told.sort();
    assert_eq!(told, ["discord:1 sending M", "sms:+…23 pending L"]);
    scene.finish(&lease, &started[0], SendOutcome::GiveUp { why: "no".to_owned() }).await;
    assert_eq!(watches(&scene, ann).await, [" once told", "m once told"], "the phone still tells some of it");
}

/// The fan-out has told one of them when the two become one; it comes to the other's watch later.
#[tokio::test]
async fn a_fan_out_under_way_tells_the_one_nothing_that_the_other_was_told() {
    for (first_wish, second_wish, expected) in [
        ("M", "M", vec!["sms:+…23 pending M"]),
        ("M", "", vec!["sms:+…23 pending M"]),
        ("M", "L", vec!["sms:+…23 pending M"]),
    ] {
        let (scene, source, product, ann, texter) = two(&[("M", OUT), ("L", OUT)]).await;
        scene.watch(texter, product, first_wish, Mode::Once).await;
        scene.watch(ann, product, second_wish, Mode::Once).await;
        scene.read(source, &jacket(&[("M", IN), ("L", OUT)])).await;
        let restock = crate::testing::open_restock(&scene.db).await.expect("one");
        let rules = FanoutRules { chunk: 1, ..RULES };
        assert!(!crate::testing::fan_out_chunk(&scene.db, &restock, &rules).await.done);
        become_one(&scene, ann).await;
        scene.fan_out().await;
        assert_eq!(alerts(&scene).await, expected, "{first_wish:?} and {second_wish:?}");
    }
}

/// The fan-out has passed the watch that was told before; the one that waits is behind its cursor.
#[tokio::test]
async fn p1_whoever_still_waits_when_two_become_one_is_told() {
    let (scene, source, product, ann, texter) = two(&[("M", OUT)]).await;
    let fired = scene.watch(ann, product, "M", Mode::Once).await;
    let other = scene.person(9).await;
    scene.watch(other, product, "M", Mode::Once).await;
    scene.watch(texter, product, "M", Mode::Once).await;
    scene.run(&format!("UPDATE watch SET armed = FALSE WHERE id = {fired}")).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    let restock = crate::testing::open_restock(&scene.db).await.expect("one");
    let rules = FanoutRules { chunk: 2, ..RULES };
    assert!(!crate::testing::fan_out_chunk(&scene.db, &restock, &rules).await.done);
    become_one(&scene, ann).await;
    scene.fan_out().await;
    assert_eq!(alerts(&scene).await, ["discord:9 pending M", "discord:1 pending M"]);
}

#[tokio::test]
async fn all_places_of_the_other_come_along_behind_ones_own_and_phones_last() {
    let (scene, .., ann, texter) = two(&[("M", OUT)]).await;
    scene.also_at(ann, &Destination::DiscordUser(2), 1).await;
    scene.also_at(texter, &Destination::DiscordUser(3), 0).await;
    scene.db.pause_subscriber(texter, Some(scene.db.now() + std::time::Duration::from_secs(60))).await.expect("paused");
    become_one(&scene, ann).await;
    let places: Vec<String> = scene.db.addresses(ann).await.expect("asked").iter().map(|a| shown(a)).collect();
    assert_eq!(places, ["discord:1", "discord:2", "discord:3", "sms:+…23"]);
    assert!(scene.db.paused_until(ann).await.expect("asked").is_some(), "who wanted quiet has it");
}

/// The process stops at any statement of it: both are still two, or they are one.
#[tokio::test]
async fn two_become_one_or_stay_two() {
    for nth in 1.. {
        let (scene, .., product, ann, texter) = two(&[("M", OUT)]).await;
        scene.watch(texter, product, "M", Mode::Once).await;
        ask(&scene, ann, "428193").await;
        scene.faults.at(nth);
        let verified = scene.db.verify(ann, "428193").await;
        if !scene.faults.over() {
            break;
        }
        assert!(verified.is_err());
        let people = scene.number("SELECT count(*) FROM subscriber").await;
        let hers = watches(&scene, ann).await.len();
        assert!((people, hers) == (2, 0) || (people, hers) == (1, 1), "at statement {nth}: {people} {hers}");
    }
}
