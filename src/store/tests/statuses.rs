//! What a provider says of a text after it took it.

use coatcheck_domain::delivery::{SendOutcome, State};

use super::consent::waiting;
use super::phones::number;
use super::scene::{Scene, sent};
use crate::store::outbox::Heard;
use crate::store::people::consent::{ConsentSource, ConsentWord, Standing};

/// Somebody whose text was taken by the provider as `ref`.
async fn texted(discord: Option<u64>) -> (Scene, i64) {
    let (scene, watch) = waiting(discord).await;
    scene.db.consent(&number(), ConsentWord::Anytime, ConsentSource::Text).await.expect("stored");
    let lease = scene.take_lane_of("sms", "us").await;
    let started = scene.start(&lease).await;
    scene.finish(&lease, &started[0], sent()).await;
    assert_eq!(scene.state(1).await.0, State::Sent);
    (scene, watch)
}

async fn says(scene: &Scene, status: &str, code: Option<u32>) -> bool {
    scene.db.provider_status("ref", status, code).await.expect("stored") == Heard::Noted
}

fn dead(reason: &str) -> (State, Option<String>) {
    (State::Dead, Some(reason.to_owned()))
}

const ACTIVE: &str = "SELECT count(*) FROM destination WHERE state = 'active'";

#[tokio::test]
async fn a_text_that_arrived_is_noted_once_and_stays_so() {
    let (scene, watch) = texted(None).await;
    assert!(!says(&scene, "sending", None).await);
    assert!(says(&scene, "delivered", None).await);
    assert_eq!(scene.number("SELECT count(*) FROM delivery WHERE delivered_at IS NOT NULL").await, 1);
    assert!(!says(&scene, "delivered", None).await);
    assert!(!says(&scene, "undelivered", Some(30003)).await, "it had arrived");
    assert_eq!(scene.state(1).await.0, State::Sent);
    assert!(!scene.is_armed(watch).await);
}

#[tokio::test]
async fn p1_a_text_that_did_not_arrive_after_all_makes_its_watch_wait_again() {
    let (scene, watch) = texted(None).await;
    assert!(says(&scene, "undelivered", Some(30003)).await);
    assert_eq!(scene.state(1).await, dead("30003"));
    assert!(scene.is_armed(watch).await);
    assert!(!says(&scene, "undelivered", Some(30003)).await, "said twice");
    assert_eq!(scene.number(ACTIVE).await, 1, "the phone may be on again tomorrow");
}

#[tokio::test]
async fn a_number_with_no_phone_behind_it_is_not_texted_again() {
    let (scene, _) = texted(None).await;
    assert!(says(&scene, "failed", Some(30006)).await);
    assert_eq!(scene.state(1).await, dead("30006"));
    assert_eq!(scene.number(ACTIVE).await, 0);
}

#[tokio::test]
async fn a_text_that_is_not_ours_changes_nothing() {
    let (scene, _) = texted(None).await;
    let heard = scene.db.provider_status("another", "undelivered", Some(30003)).await.expect("asked");
    assert_eq!(heard, Heard::Unknown { may_be_ours: false }, "none is being sent");
    // The platforms' own ids do not meet.
    scene.run("UPDATE delivery SET lane = 'discord'").await;
    assert!(!says(&scene, "undelivered", Some(30003)).await);
    assert_eq!(scene.state(1).await.0, State::Sent);
}

#[tokio::test]
async fn a_number_that_the_provider_knows_as_opted_out_has_said_stop() {
    let (scene, watch) = texted(None).await;
    assert!(says(&scene, "failed", Some(21610)).await);
    assert_eq!(scene.state(1).await, dead("21610"));
    assert_eq!(scene.db.phone_standing(&number()).await.expect("asked"), Standing::Stopped);
    assert_eq!(scene.number("SELECT count(*) FROM consent WHERE how = 'carrier'").await, 1);
    assert_eq!(scene.number(ACTIVE).await, 1, "START brings it back");
    assert!(scene.is_armed(watch).await);
}

#[tokio::test]
async fn a_text_refused_because_its_number_opted_out_has_said_stop() {
    let (scene, watch) = waiting(None).await;
    scene.db.consent(&number(), ConsentWord::Anytime, ConsentSource::Text).await.expect("stored");
    let lease = scene.take_lane_of("sms", "us").await;
    let started = scene.start(&lease).await;
    let refused = SendOutcome::AddressGone { why: "21610 attempt to send to unsubscribed recipient".to_owned() };
    scene.finish(&lease, &started[0], refused).await;
    assert_eq!(scene.state(1).await, dead("stopped"));
    assert_eq!(scene.db.phone_standing(&number()).await.expect("asked"), Standing::Stopped);
    assert_eq!(scene.number(ACTIVE).await, 1);
    assert!(scene.is_armed(watch).await);
}
