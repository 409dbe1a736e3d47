//! Several alerts of one destination in one message: their rows keep their own states.

use std::time::Duration;

use coatcheck_bots::message::Message;
use coatcheck_domain::delivery::SendOutcome;
use coatcheck_domain::watch::Mode;

use super::scene::{IN, LANE, OUT, Scene, finished, product, sent};
use crate::store::outbox::{Chosen, Started};
use coatcheck_domain::Reading;

/// Ann waits for five products, and all of them come back.
async fn five() -> Scene {
    let scene = Scene::new().await;
    let names = ["1", "2", "3", "4", "5"];
    let list = |availability| Reading {
        products: names.iter().map(|id| product(id, &format!("Jacket {id}"), &[("M", availability)])).collect(),
        complete: true,
        doubts: Vec::new(),
    };
    let source = scene.source("https://shop.example/collections/all").await;
    scene.read(source, &list(OUT)).await;
    let ann = scene.person(1).await;
    for product in scene.db.products_of(source).await.expect("asked") {
        scene.watch(ann, product, "M", Mode::Once).await;
    }
    scene.read(source, &list(IN)).await;
    assert_eq!(scene.fan_out().await, 5);
    scene
}

async fn start_together(scene: &Scene, lease: &crate::store::db::lease::Lease) -> Vec<Started> {
    let due = scene.db.due(LANE, 32).await.expect("asked");
    let chosen = Chosen { messages: vec![due.iter().map(|row| row.id).collect()], later: Vec::new() };
    scene.db.step_lane(lease, LANE, &[], &chosen).await.expect("stepped").started
}

#[tokio::test]
async fn five_alerts_are_one_message_with_a_line_each_and_all_are_sent() {
    let scene = five().await;
    let lease = scene.take_lane("a").await;
    let started = start_together(&scene, &lease).await;
    let [one] = started.as_slice() else { panic!("{started:?}") };
    let Message::Notice(notice) = &one.message else { panic!("{one:?}") };
    insta::assert_snapshot!(notice.text, @"
    5 products are back in stock:
    • Jacket 1 — M
    • Jacket 2 — M
    • Jacket 3 — M
    • Jacket 4 — M
    • Jacket 5 — M
    ");
    scene.finish(&lease, one, sent()).await;
    assert_eq!(scene.number("SELECT count(*) FROM delivery WHERE state = 'sent'").await, 5);
    assert_eq!(scene.number("SELECT count(*) FROM attempt").await, 5);
}

#[tokio::test]
async fn a_message_that_may_have_arrived_is_sent_again_under_the_same_key_with_what_is_left_of_it() {
    let scene = five().await;
    let lease = scene.take_lane("a").await;
    let first = start_together(&scene, &lease).await.remove(0);
    scene.finish(&lease, &first, SendOutcome::Unknown { why: "no answer".to_owned() }).await;
    scene.run("DELETE FROM watch WHERE id = 1").await;
    scene.pass(10);
    let again = start_together(&scene, &lease).await.remove(0);
    assert_eq!(again.dedupe_key, first.dedupe_key);
    assert_eq!(again.others.len(), 3, "Ann no longer waits for the first");
    assert!(again.in_doubt_since.is_some());
    let done = finished(&again, sent(), scene.db.now());
    scene.db.step_lane(&lease, LANE, &[done], &Chosen::default()).await.expect("stepped");
    assert_eq!(scene.number("SELECT count(*) FROM delivery WHERE state = 'sent'").await, 4);
    assert_eq!(scene.number("SELECT count(*) FROM delivery WHERE state = 'suppressed'").await, 1);
    assert_eq!(scene.db.fall_back(Duration::from_secs(60)).await.expect("looked"), 0);
}
