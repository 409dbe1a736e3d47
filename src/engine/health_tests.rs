use super::*;
use crate::store::tests::sqlite::scene::Scene;

const LANE: &str = "discord";

fn failed() -> SendOutcome {
    SendOutcome::Unknown { why: "timeout".to_owned() }
}

fn taken() -> SendOutcome {
    SendOutcome::Sent { provider_ref: None }
}

fn wait(seconds: u64) -> SendOutcome {
    SendOutcome::Hold { after: Some(Duration::from_secs(seconds)), why: "429".to_owned() }
}

async fn known(scene: &Scene) -> Health {
    Health::known(&scene.db, LANE).await.expect("asked")
}

/// Hears what came back, and lets all know. Says whether the lane is down.
async fn hear(scene: &Scene, health: &mut Health, outcomes: &[SendOutcome]) -> bool {
    let now = scene.db.monotonic();
    for outcome in outcomes {
        health.heard(now, outcome);
    }
    health.tell(&scene.db, LANE, now).await;
    let down = scene.db.lanes_down().await.expect("asked");
    assert!(down.iter().all(|down| down.lane == LANE));
    !down.is_empty()
}

#[tokio::test]
async fn a_lane_is_down_after_a_minute_of_failures_until_something_gets_through() {
    let scene = Scene::new().await;
    let mut health = known(&scene).await;
    assert!(!hear(&scene, &mut health, &[failed()]).await);
    scene.pass(59);
    assert!(!hear(&scene, &mut health, &[failed()]).await);
    scene.pass(1);
    assert!(hear(&scene, &mut health, &[]).await, "it is known although nothing more came back");
    assert!(hear(&scene, &mut health, &[failed()]).await);
    assert!(!hear(&scene, &mut health, &[taken()]).await);
    scene.pass(59);
    assert!(!hear(&scene, &mut health, &[failed()]).await, "a minute of failures in a row");
}

#[tokio::test]
async fn a_lane_that_is_answered_now_and_then_is_not_down() {
    let scene = Scene::new().await;
    let mut health = known(&scene).await;
    let refused = SendOutcome::GiveUp { why: "too long".to_owned() };
    for answer in [taken(), refused, SendOutcome::AddressGone { why: "blocked".to_owned() }] {
        assert!(!hear(&scene, &mut health, &[failed(), failed()]).await);
        scene.pass(50);
        assert!(!hear(&scene, &mut health, &[answer]).await);
    }
}

#[tokio::test]
async fn a_platform_that_asks_to_wait_is_not_down() {
    let scene = Scene::new().await;
    let mut health = known(&scene).await;
    for _ in 0..10 {
        assert!(!hear(&scene, &mut health, &[wait(30)]).await);
        scene.pass(30);
    }
    let no_token = SendOutcome::Hold { after: None, why: "401".to_owned() };
    assert!(!hear(&scene, &mut health, std::slice::from_ref(&no_token)).await);
    scene.pass(60);
    assert!(hear(&scene, &mut health, &[no_token]).await, "a token that is not taken is another thing");
    assert!(hear(&scene, &mut health, &[wait(30)]).await, "and a wish to wait does not mend it");
}

#[tokio::test]
async fn whoever_holds_the_lane_next_knows_that_it_is_down() {
    let scene = Scene::new().await;
    let mut health = known(&scene).await;
    hear(&scene, &mut health, &[failed()]).await;
    scene.pass(60);
    assert!(hear(&scene, &mut health, &[]).await);
    let mut next = known(&scene).await;
    assert!(hear(&scene, &mut next, &[]).await, "it has not heard anything yet");
    assert!(!hear(&scene, &mut next, &[taken()]).await);
}
