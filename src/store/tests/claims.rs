//! P3 for sources: one reads at a time, as many of a shop as it has slots, and a lost claim changes nothing.

use std::collections::HashSet;

use coatcheck_domain::watch::Mode;

use super::readings::fail;
use super::scene::{IN, OUT, Scene, jacket};
use crate::store::StoreError;
use crate::store::polls::claim::Room;

/// Ten sources of one host, all due.
async fn ten(slots: u32) -> Scene {
    let scene = Scene::new().await;
    for number in 0..10 {
        scene.source(&format!("https://shop.example/products/{number}"), slots).await;
    }
    scene.pass(60);
    scene
}

#[tokio::test]
async fn ten_sources_of_one_host_never_exceed_its_slots() {
    for slots in [1u32, 2] {
        let scene = ten(slots).await;
        let mut polled = HashSet::new();
        while polled.len() < 10 {
            let tokens: Vec<String> = (0..4).map(|_| scene.token()).collect();
            let claims =
                futures_util::future::join_all(tokens.iter().map(|token| scene.db.claim_due(token, Room::of_each(7))))
                    .await;
            let claims: Vec<_> = claims.into_iter().flat_map(|claims| claims.expect("claimed")).collect();
            assert_eq!(claims.len(), slots as usize, "under way at once");
            assert!(scene.db.claim_due("late", Room::of_each(7)).await.expect("asked").is_empty());
            for claim in &claims {
                assert!(polled.insert(claim.source_id), "the longest due comes first");
                assert_eq!(scene.db.end_unchanged(&[scene.unchanged(claim)]).await.expect("ended"), 1);
            }
        }
        assert!(scene.db.claim_due("done", Room::of_each(7)).await.expect("asked").is_empty());
    }
}

#[tokio::test]
async fn a_shop_that_asks_to_be_left_alone_is_left_alone() {
    let scene = ten(1).await;
    let until = scene.db.now().timestamp_micros() + 30_000_000;
    scene.run(&format!("UPDATE shop SET not_before = {until}")).await;
    assert!(scene.db.claim_due("early", Room::of_each(7)).await.expect("asked").is_empty());
    scene.pass(30);
    assert_eq!(scene.db.claim_due("now", Room::of_each(7)).await.expect("asked").len(), 1);
}

#[tokio::test]
async fn waiting_for_a_slot_or_a_shop_does_not_touch_the_writer() {
    let scene = ten(1).await;
    assert_eq!(scene.db.claim_due("first", Room::of_each(7)).await.expect("asked").len(), 1);
    // The one statement that may pass is the question whether anything can be claimed at all.
    scene.faults.at(2);
    assert!(scene.db.claim_due("second", Room::of_each(7)).await.expect("asked").is_empty());
}

#[tokio::test]
async fn p3_a_claim_that_ran_out_is_taken_by_another_and_the_late_commit_changes_nothing() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.person(1).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    let slow = scene.claim(source).await;
    scene.pass(60);
    let quick = scene.db.claim_source("quick", source).await.expect("asked").expect("it ran out");
    assert!(quick.generation > slow.generation);
    assert!(!scene.db.renew_claim(&slow).await.expect("asked"));
    let before = super::readings::stock_rows(&scene).await;
    let late = scene.store(&slow, &jacket(&[("M", IN)]), "late").await;
    assert!(matches!(late, Err(StoreError::LeaseLost { source_id }) if source_id == source), "{late:?}");
    assert_eq!(scene.db.end_unchanged(&[scene.unchanged(&slow)]).await.expect("asked"), 0);
    assert!(matches!(scene.db.end_failed(&slow, &super::readings::failed()).await, Err(StoreError::LeaseLost { .. })));
    assert_eq!(super::readings::stock_rows(&scene).await, before);
    assert_eq!(scene.number("SELECT count(*) FROM restock").await, 0);
    assert_eq!(scene.number("SELECT count(*) FROM source WHERE token = 'quick'").await, 1);
    scene.store(&quick, &jacket(&[("M", IN)]), "body").await.expect("stored");
    assert_eq!(scene.fan_out().await, 1);
}

#[tokio::test]
async fn failing_shops_take_no_places_from_the_others() {
    let scene = Scene::new().await;
    for number in 0..8 {
        scene.source(&format!("https://shop-{number}.example/"), 1).await;
    }
    // Some fail as shops, one as a source; all of them are due for longer than those that are well.
    scene.run("UPDATE shop SET failures = 1 WHERE id <= 5").await;
    scene.run("UPDATE source SET failures = 1 WHERE id = 6").await;
    scene.run("UPDATE source SET next_poll_at = next_poll_at - 1000 WHERE id <= 6").await;
    scene.pass(60);
    let claimed = async |token: &str, healthy, failing| {
        let claims = scene.db.claim_due(token, Room { healthy, failing }).await.expect("asked");
        let mut ids: Vec<i64> = claims.iter().map(|claim| claim.source_id).collect();
        ids.sort_unstable();
        ids
    };
    assert_eq!(claimed("none", 0, 0).await, [] as [i64; 0]);
    assert_eq!(claimed("first", 1, 2).await, [1, 2, 7]);
    assert_eq!(claimed("well", 9, 0).await, [8]);
    assert_eq!(claimed("no more of them", 9, 0).await, [] as [i64; 0]);
    assert_eq!(claimed("failing", 0, 9).await, [3, 4, 5, 6]);
}

#[tokio::test]
async fn a_claim_whose_slot_went_to_another_is_lost() {
    let scene = ten(1).await;
    let slow = scene.db.claim_due("slow", Room::of_each(1)).await.expect("asked").remove(0);
    scene.pass(60);
    scene
        .run(&format!("UPDATE source SET next_poll_at = next_poll_at + 1000000000 WHERE id = {}", slow.source_id))
        .await;
    assert_eq!(scene.db.claim_due("other", Room::of_each(1)).await.expect("asked").len(), 1);
    assert!(!scene.db.renew_claim(&slow).await.expect("asked"), "two would ask the shop at once");
}

#[tokio::test]
async fn pausing_a_source_under_way_throws_its_reading_away_and_frees_its_slot() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT)]).await;
    let other = scene.source("https://shop.example/products/other", 1).await;
    let claim = scene.claim(source).await;
    assert!(scene.db.pause_source(source, true).await.expect("paused"));
    assert!(scene.store(&claim, &jacket(&[("M", IN)]), "late").await.is_err());
    assert!(scene.db.claim_source("other", other).await.expect("asked").is_some(), "its slot is free at once");
    assert_eq!(scene.number("SELECT count(*) FROM source WHERE state = 'paused'").await, 1);
}

#[tokio::test]
async fn a_claim_handed_back_is_due_as_before() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT)]).await;
    let claim = scene.claim(source).await;
    scene.db.hand_back(std::slice::from_ref(&claim)).await.expect("handed back");
    let again = scene.db.claim_source("again", source).await.expect("asked").expect("due");
    assert_eq!(again.schedule, claim.schedule);
}

#[tokio::test]
async fn p10_after_a_long_sleep_there_is_one_poll_and_not_a_burst() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT)]).await;
    scene.pass(10 * 3600);
    scene.read_again(source).await;
    assert!(scene.db.claim_due("burst", Room::of_each(7)).await.expect("asked").is_empty());
    let claim = scene.claim(source).await;
    fail(&scene, &claim).await;
    assert!(scene.db.claim_due("burst", Room::of_each(7)).await.expect("asked").is_empty());
}
