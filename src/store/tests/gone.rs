//! What is sold out again is said where it was told, once.

use std::time::Duration;

use coatcheck_bots::message::Message;
use coatcheck_domain::delivery::SendOutcome;
use coatcheck_domain::watch::Mode;

use super::scene::{IN, OUT, Scene, jacket, sent, step};

const EDITS: &str = "discord/edits";

/// Ann waits for M, Ben for any size. Both sizes came back, and both were told.
async fn told_of_m_and_l() -> (Scene, i64) {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    for (person, wish) in [(1, "M"), (2, "")] {
        let person = scene.person(person).await;
        scene.watch(person, product, wish, Mode::Once).await;
    }
    scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
    scene.fan_out().await;
    (scene, source)
}

async fn send_all(scene: &Scene, outcome: &SendOutcome) {
    let lease = scene.take_lane("a").await;
    for started in scene.start(&lease).await {
        scene.finish(&lease, &started, outcome.clone()).await;
    }
    scene.db.release_lease(&lease).await.expect("released");
}

/// Looks at what is gone, and says which edits there are: `discord:1 M gone after 240 s, edits ref`.
async fn edits(scene: &Scene) -> Vec<String> {
    while let Some(gone) = scene.db.gone_restock().await.expect("asked") {
        let mut after = Some(0);
        while let Some(row) = after {
            after = scene.db.edit_chunk(&gone, &["discord"], row).await.expect("written");
        }
    }
    let name = format!("lane:send:{EDITS}");
    let lease = scene.db.take_lease(&name, "a", Duration::from_secs(15)).await.expect("asked").expect("free");
    let started = step(&scene.db, &lease, EDITS, &[], 32).await.expect("stepped").started;
    scene.db.release_lease(&lease).await.expect("released");
    let line = |edit: &crate::store::outbox::Started| {
        let Message::Alert(alert) = &edit.message else { panic!("{edit:?}") };
        let sizes: Vec<&str> = alert.variants.iter().filter_map(|variant| variant.size.as_deref()).collect();
        let (after, message) = (alert.gone_after.expect("gone"), edit.edits.as_deref().expect("a message"));
        format!(
            "{} {} gone after {after} s, edits {message}, of restock {:?}",
            edit.destination,
            sizes.join(" "),
            edit.restock
        )
    };
    started.iter().map(line).collect()
}

#[tokio::test]
async fn an_alert_is_edited_when_all_it_told_of_is_out_again() {
    let (scene, source) = told_of_m_and_l().await;
    send_all(&scene, &sent()).await;
    assert!(edits(&scene).await.is_empty(), "nothing is gone");
    scene.pass(240);
    scene.read(source, &jacket(&[("M", OUT), ("L", IN)])).await;
    insta::assert_snapshot!(edits(&scene).await.join("\n"), @"discord:1 M gone after 300 s, edits ref, of restock Some(1)");
    scene.pass(60);
    scene.read(source, &jacket(&[("M", OUT), ("L", OUT)])).await;
    insta::assert_snapshot!(edits(&scene).await.join("\n"), @"discord:2 M L gone after 420 s, edits ref, of restock Some(1)");
    assert!(edits(&scene).await.is_empty(), "each is edited once");
}

#[tokio::test]
async fn what_was_under_way_when_it_sold_out_is_edited_after_it_has_arrived() {
    let (scene, source) = told_of_m_and_l().await;
    let lease = scene.take_lane("a").await;
    let started = scene.start(&lease).await;
    scene.pass(60);
    scene.read(source, &jacket(&[("M", OUT), ("L", IN)])).await;
    assert!(edits(&scene).await.is_empty(), "nobody knows yet what would be edited");
    scene.finish(&lease, &started[0], sent()).await;
    scene.finish(&lease, &started[1], sent()).await;
    scene.pass(10);
    insta::assert_snapshot!(edits(&scene).await.join("\n"), @"discord:1 M gone after 120 s, edits ref, of restock Some(1)");
}

#[tokio::test]
async fn what_is_back_before_anyone_looked_is_not_gone() {
    let (scene, source) = told_of_m_and_l().await;
    send_all(&scene, &sent()).await;
    scene.read(source, &jacket(&[("M", OUT), ("L", OUT)])).await;
    scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
    assert!(edits(&scene).await.is_empty());
}

#[tokio::test]
async fn an_edit_that_fails_for_good_re_arms_nobody() {
    let (scene, source) = told_of_m_and_l().await;
    send_all(&scene, &sent()).await;
    scene.read(source, &jacket(&[("M", OUT), ("L", OUT)])).await;
    assert_eq!(edits(&scene).await.len(), 2);
    let name = format!("lane:send:{EDITS}");
    let lease = scene.db.take_lease(&name, "b", Duration::from_secs(15)).await.expect("asked").expect("free");
    assert_eq!(scene.db.take_over_lane(&lease, EDITS, 0.5).await.expect("taken over"), 2, "unknown: edited again");
    scene.pass(5);
    for started in step(&scene.db, &lease, EDITS, &[], 32).await.expect("stepped").started {
        let why = "the message was deleted".to_owned();
        let done = super::scene::finished(&started, SendOutcome::GiveUp { why }, scene.db.now());
        step(&scene.db, &lease, EDITS, &[done], 0).await.expect("stepped");
    }
    assert_eq!(scene.number("SELECT count(*) FROM delivery WHERE kind = 'edit' AND state = 'dead'").await, 2);
    assert_eq!(scene.number("SELECT count(*) FROM watch WHERE armed").await, 0);
}
