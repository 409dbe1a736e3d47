//! P3 and P4 for lanes: only the holder of today changes rows, and whatever a holder left behind is looked after.

use coatcheck_domain::delivery::{SendOutcome, State};
use coatcheck_domain::watch::Mode;

use super::scene::{IN, LANE, OUT, Scene, TTL, finished, jacket, sent, step};

/// `people` wait for M, and all their alerts are in the outbox.
async fn alerts(people: u64) -> (Scene, i64) {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    for number in 1..=people {
        let person = scene.person(number).await;
        scene.watch(person, product, "M", Mode::Once).await;
    }
    scene.read(source, &jacket(&[("M", IN)])).await;
    assert_eq!(scene.fan_out().await, people);
    (scene, source)
}

#[tokio::test]
async fn p4_a_crash_while_sending_is_unknown_to_the_next_holder_and_sent_again_with_the_same_key() {
    let (scene, _) = alerts(1).await;
    let old = scene.take_lane("a").await;
    let begun = scene.start(&old).await;
    scene.pass(TTL.as_secs());
    assert_eq!(scene.db.lanes_held().await.expect("asked"), [LANE]);
    let new = scene.take_lane("b").await;
    assert!(new.epoch > old.epoch);
    assert_eq!(scene.number("SELECT count(*) FROM attempt WHERE outcome = 'unknown'").await, 1);
    scene.pass(3);
    let again = scene.start(&new).await;
    assert_eq!(again[0].dedupe_key, begun[0].dedupe_key);
    assert_eq!(again[0].attempts, 2);
    scene.finish(&new, &again[0], sent()).await;
    assert_eq!(scene.state(1).await, (State::Sent, None));
}

#[tokio::test]
async fn p3_an_old_epochs_late_finish_changes_nothing() {
    let (scene, _) = alerts(1).await;
    let old = scene.take_lane("a").await;
    let begun = scene.start(&old).await;
    scene.pass(TTL.as_secs() + 3);
    let new = scene.take_lane("b").await;
    scene.finish(&old, &begun[0], SendOutcome::GiveUp { why: "late".to_owned() }).await;
    assert_eq!(scene.state(1).await, (State::Pending, None));
    scene.pass(3);
    let again = scene.start(&new).await;
    scene.finish(&old, &begun[0], SendOutcome::GiveUp { why: "later".to_owned() }).await;
    assert_eq!(scene.state(1).await, (State::Sending, None));
    scene.finish(&new, &again[0], sent()).await;
    assert_eq!(scene.state(1).await, (State::Sent, None));
    assert_eq!(scene.number("SELECT count(*) FROM attempt").await, 2);
}

#[tokio::test]
async fn p3_an_old_epochs_verdict_does_not_judge_what_was_replayed_since() {
    let (scene, _) = alerts(1).await;
    let old = scene.take_lane("a").await;
    let begun = scene.start(&old).await;
    scene.pass(2 * 3600);
    let new = scene.take_lane("b").await;
    assert_eq!(scene.state(1).await.0, State::Expired);
    assert_eq!(scene.db.replay(1, false, TTL).await.expect("asked"), Ok(()));
    let again = scene.start(&new).await;
    assert_eq!(again[0].attempts, begun[0].attempts, "only the epoch tells them apart");
    scene.finish(&old, &begun[0], SendOutcome::GiveUp { why: "late".to_owned() }).await;
    assert_eq!(scene.state(1).await, (State::Sending, None));
}

#[tokio::test]
async fn p3_who_lost_the_lane_starts_nothing() {
    let (scene, _) = alerts(2).await;
    let old = scene.take_lane("a").await;
    scene.pass(TTL.as_secs());
    let new = scene.take_lane("b").await;
    assert!(scene.start(&old).await.is_empty());
    assert_eq!(scene.start(&new).await.len(), 2);
}

#[tokio::test]
async fn p3_who_lost_the_lane_before_looking_after_it_leaves_the_new_holders_rows_alone() {
    let (scene, _) = alerts(1).await;
    let old = scene.db.take_lease("lane:send:discord", "a", TTL).await.expect("asked").expect("free");
    scene.pass(TTL.as_secs());
    let new = scene.take_lane("b").await;
    let begun = scene.start(&new).await;
    assert_eq!(scene.db.take_over_lane(&old, LANE, 0.5).await.expect("asked"), 0);
    assert_eq!(scene.state(1).await, (State::Sending, None));
    scene.finish(&new, &begun[0], sent()).await;
    assert_eq!(scene.state(1).await, (State::Sent, None));
}

#[tokio::test]
async fn p3_a_verdict_of_an_earlier_attempt_does_not_judge_the_one_under_way() {
    let (scene, _) = alerts(1).await;
    let lease = scene.take_lane("a").await;
    let first = scene.start(&lease).await;
    let refused = SendOutcome::Retry { after: Some(std::time::Duration::ZERO), why: "503".to_owned() };
    let done = [finished(&first[0], refused, scene.db.now())];
    // The answer to the first commit was lost: the same step is tried again.
    step(&scene.db, &lease, LANE, &done, 0).await.expect("stepped");
    let second = step(&scene.db, &lease, LANE, &done, 1).await.expect("stepped").started;
    step(&scene.db, &lease, LANE, &done, 0).await.expect("stepped");
    assert_eq!(scene.state(1).await, (State::Sending, None));
    scene.finish(&lease, &second[0], sent()).await;
    assert_eq!(scene.state(1).await, (State::Sent, None));
}

#[tokio::test]
async fn a_lane_starts_no_more_than_its_width() {
    let (scene, _) = alerts(5).await;
    let lease = scene.take_lane("a").await;
    let first = step(&scene.db, &lease, LANE, &[], 2).await.expect("stepped").started;
    assert_eq!(first.len(), 2);
    assert!(step(&scene.db, &lease, LANE, &[], 0).await.expect("stepped").started.is_empty());
    assert_eq!(scene.number("SELECT count(*) FROM delivery WHERE state = 'pending'").await, 3);
}
