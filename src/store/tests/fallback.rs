//! Fallback: what a chat does not get through goes to the phone, and nothing else does.

use std::time::Duration;

use coatcheck_domain::delivery::{SendOutcome, State};
use coatcheck_domain::watch::Mode;
use coatcheck_domain::{Destination, SmsRules};

use super::phones::{number, phone};
use super::scene::{IN, OUT, Scene, jacket, sent};
use super::texting::{HOUR, stop_unheard};
use crate::store::db::lease::Lease;
use crate::store::outbox::Started;
use crate::store::people::consent::{ConsentSource, ConsentWord};

const AFTER: Duration = Duration::from_secs(60);

fn failed() -> SendOutcome {
    SendOutcome::Retry { after: None, why: "503".to_owned() }
}

fn unknown() -> SendOutcome {
    SendOutcome::Unknown { why: "timeout".to_owned() }
}

fn held() -> SendOutcome {
    SendOutcome::Hold { after: None, why: "401".to_owned() }
}

/// Ann is on Discord, and has a phone in Los Angeles that allows texts. At this hour of hers the jacket is back. Bob is on
/// Discord alone.
async fn ann_and_bob_at(hour: u64) -> (Scene, i64) {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    scene.pass(hour * HOUR);
    let ann = scene.person(7).await;
    scene.also_at(ann, &phone(), 100).await;
    scene.db.consent(&number(), ConsentWord::Start, ConsentSource::Code).await.expect("stored");
    let watch = scene.watch(ann, product, "M", Mode::Once).await;
    let bob = scene.person(8).await;
    scene.watch(bob, product, "M", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;
    (scene, watch)
}

/// Both were tried, and this came of it.
async fn tried_at(hour: u64, outcome: SendOutcome) -> (Scene, Lease, i64) {
    let (scene, watch) = ann_and_bob_at(hour).await;
    let lease = scene.take_lane("a").await;
    try_again(&scene, &lease, outcome, 2).await;
    (scene, lease, watch)
}

async fn try_again(scene: &Scene, lease: &Lease, outcome: SendOutcome, count: usize) {
    let started: Vec<Started> = scene.start(lease).await;
    assert_eq!(started.len(), count);
    for one in &started {
        scene.finish(lease, one, outcome.clone()).await;
    }
}

async fn fall_back(scene: &Scene) -> u64 {
    scene.db.fall_back(AFTER).await.expect("fell back")
}

/// Where Ann's alert stands, hop by hop.
async fn hops(scene: &Scene) -> Vec<String> {
    let all = scene.deliveries().await;
    let hers = all.iter().filter(|one| one.dedupe_key.starts_with("a:1:1:"));
    hers.map(|one| format!("{} {}", one.dedupe_key, one.state)).collect()
}

/// Two, seven, 22 and 67 seconds after the first try, as the backoff has it.
async fn fail_for_a_minute(scene: &Scene, lease: &Lease) {
    for wait in [2, 5, 15] {
        scene.pass(wait);
        try_again(scene, lease, failed(), 2).await;
        assert_eq!(fall_back(scene).await, 0);
    }
}

#[tokio::test]
async fn what_a_chat_refuses_for_a_minute_goes_to_the_phone() {
    let (scene, lease, watch) = tried_at(10, failed()).await;
    fail_for_a_minute(&scene, &lease).await;
    scene.pass(37);
    assert_eq!(fall_back(&scene).await, 0, "59 seconds");
    scene.pass(1);
    assert_eq!(fall_back(&scene).await, 1, "Bob has no other destination, and waits on");
    assert_eq!(hops(&scene).await, ["a:1:1:0 cancelled", "a:1:1:1 pending"]);
    assert_eq!(scene.state(2).await.0, State::Pending);
    assert_eq!(fall_back(&scene).await, 0, "P2: once");
    assert!(!scene.is_armed(watch).await);
    let texts = scene.take_lane_of("sms", "a").await;
    let started = scene.start(&texts).await;
    assert_eq!(started.iter().map(|text| &text.destination).collect::<Vec<_>>(), [&phone()]);
    scene.finish(&texts, &started[0], sent()).await;
    scene.pass(60);
    assert_eq!(scene.start(&lease).await.len(), 1, "only Bob's is tried again");
    assert_eq!(hops(&scene).await, ["a:1:1:0 cancelled", "a:1:1:1 sent"]);
}

#[tokio::test]
async fn p1_when_the_phone_fails_as_well_the_watch_waits_again() {
    let (scene, lease, watch) = tried_at(10, failed()).await;
    fail_for_a_minute(&scene, &lease).await;
    scene.pass(38);
    assert_eq!(fall_back(&scene).await, 1);
    let texts = scene.take_lane_of("sms", "a").await;
    let started = scene.start(&texts).await;
    scene.finish(&texts, &started[0], SendOutcome::GiveUp { why: "21211".to_owned() }).await;
    assert_eq!(hops(&scene).await, ["a:1:1:0 cancelled", "a:1:1:1 dead"]);
    assert!(scene.is_armed(watch).await);
}

#[tokio::test]
async fn p5_what_may_have_arrived_is_told_nowhere_else() {
    let (scene, lease, _) = tried_at(10, unknown()).await;
    for wait in [2, 5, 15] {
        scene.pass(wait);
        // A later refusal does not say that the first one had not arrived.
        try_again(&scene, &lease, failed(), 2).await;
    }
    scene.pass(40);
    assert_eq!(fall_back(&scene).await, 0);
    scene.db.lane_is_down("discord", "503").await.expect("stored");
    scene.pass(61);
    assert_eq!(fall_back(&scene).await, 0);
}

#[tokio::test]
async fn what_is_being_sent_waits_for_its_verdict() {
    let (scene, _) = ann_and_bob_at(10).await;
    scene.db.lane_is_down("discord", "503").await.expect("stored");
    let lease = scene.take_lane("a").await;
    let started = scene.start(&lease).await;
    scene.pass(61);
    assert_eq!(fall_back(&scene).await, 0);
    scene.finish(&lease, &started[0], failed()).await;
    assert_eq!(fall_back(&scene).await, 1);
}

#[tokio::test]
async fn waiting_in_a_healthy_queue_is_no_reason() {
    let (scene, _) = ann_and_bob_at(10).await;
    scene.pass(1000);
    assert_eq!(fall_back(&scene).await, 0, "never tried");
    let lease = scene.take_lane("a").await;
    try_again(&scene, &lease, failed(), 2).await;
    scene.pass(1000);
    assert_eq!(fall_back(&scene).await, 0, "tried, and its turn has not come again");
}

#[tokio::test]
async fn a_silence_that_the_whole_lane_keeps_is_no_reason() {
    let silence = SendOutcome::Hold { after: Some(Duration::from_secs(300)), why: "global 429".to_owned() };
    let (scene, ..) = tried_at(10, silence).await;
    scene.pass(200);
    assert_eq!(fall_back(&scene).await, 0);
}

#[tokio::test]
async fn what_stands_before_a_lane_that_is_down_goes_to_the_phone() {
    let (scene, ..) = tried_at(10, held()).await;
    scene.db.lane_is_down("telegram", "401").await.expect("stored");
    scene.pass(61);
    assert_eq!(fall_back(&scene).await, 0, "another lane");
    scene.db.lane_is_down("discord", "401").await.expect("stored");
    scene.pass(59);
    assert_eq!(fall_back(&scene).await, 0);
    scene.pass(1);
    assert_eq!(fall_back(&scene).await, 1);
    assert_eq!(hops(&scene).await, ["a:1:1:0 cancelled", "a:1:1:1 pending"]);
}

#[tokio::test]
async fn what_comes_after_a_lane_went_down_has_a_minute_of_its_own() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    scene.pass(10 * HOUR);
    let ann = scene.person(7).await;
    scene.also_at(ann, &phone(), 100).await;
    scene.db.consent(&number(), ConsentWord::Start, ConsentSource::Code).await.expect("stored");
    scene.watch(ann, product, "M", Mode::Once).await;
    scene.db.lane_is_down("discord", "401").await.expect("stored");
    scene.pass(300);
    scene.read(source, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;
    assert_eq!(fall_back(&scene).await, 0);
    scene.pass(30);
    assert!(scene.db.lane_is_up("discord").await.expect("stored"));
    scene.pass(31);
    assert_eq!(fall_back(&scene).await, 0, "it is up again");
    assert!(scene.db.lane_is_down("discord", "401").await.expect("stored"));
    assert!(!scene.db.lane_is_down("discord", "401").await.expect("stored"), "no news");
    scene.pass(60);
    assert_eq!(fall_back(&scene).await, 1);
}

#[tokio::test]
async fn a_phone_that_may_not_be_texted_takes_nothing_over() {
    let (mut scene, lease, _) = tried_at(10, failed()).await;
    fail_for_a_minute(&scene, &lease).await;
    scene.pass(38);
    let rules = scene.db.clone();
    for forbidding in [
        SmsRules { countries: "CA".parse().expect("one"), ..SmsRules::default() },
        SmsRules { per_day: 0, ..SmsRules::default() },
        SmsRules { per_number_day: 0, ..SmsRules::default() },
    ] {
        scene.db = rules.clone().with_sms_rules(forbidding);
        assert_eq!(fall_back(&scene).await, 0);
    }
    scene.db = rules;
    stop_unheard(&scene).await;
    assert_eq!(fall_back(&scene).await, 0);
    assert_eq!(hops(&scene).await, ["a:1:1:0 pending"]);
}

#[tokio::test]
async fn by_night_a_chat_has_until_the_last_moment() {
    let (scene, lease, _) = tried_at(2, failed()).await;
    fail_for_a_minute(&scene, &lease).await;
    scene.pass(38);
    assert_eq!(fall_back(&scene).await, 0, "the chat may be back sooner than the morning");
    scene.db.lane_is_down("discord", "503").await.expect("stored");
    scene.pass(2 * HOUR - 300);
    assert_eq!(fall_back(&scene).await, 0);
    scene.pass(130);
    assert_eq!(fall_back(&scene).await, 1);
    let texts = scene.take_lane_of("sms", "a").await;
    assert!(scene.start(&texts).await.is_empty());
    scene.pass(5 * HOUR);
    assert_eq!(scene.start(&texts).await.len(), 1, "in the morning");
}

#[tokio::test]
async fn any_next_destination_takes_over_not_only_a_phone() {
    let (scene, lease, _) = tried_at(2, failed()).await;
    scene.also_at(1, &Destination::Telegram { chat: 5, topic: None }, 1).await;
    fail_for_a_minute(&scene, &lease).await;
    scene.pass(38);
    assert_eq!(fall_back(&scene).await, 1);
    let alert = scene.deliveries().await.pop().expect("the next hop");
    assert_eq!((alert.address.as_deref(), alert.dedupe_key.as_str()), (Some("telegram:5"), "a:1:1:1"));
}

#[tokio::test]
async fn p2_two_who_look_at_once_hand_over_once() {
    let (scene, lease, _) = tried_at(10, failed()).await;
    fail_for_a_minute(&scene, &lease).await;
    scene.pass(38);
    let (here, there) = (scene.db.clone(), scene.another().await);
    let (one, other) = tokio::join!(here.fall_back(AFTER), there.fall_back(AFTER));
    assert_eq!(one.expect("fell back") + other.expect("fell back"), 1);
    assert_eq!(hops(&scene).await, ["a:1:1:0 cancelled", "a:1:1:1 pending"]);
}

#[tokio::test]
async fn p1_a_crash_at_any_statement_of_a_fallback_loses_nothing_and_doubles_nothing() {
    for nth in 1.. {
        let (scene, lease, _) = tried_at(10, failed()).await;
        fail_for_a_minute(&scene, &lease).await;
        scene.pass(38);
        scene.faults.at(nth);
        let first = scene.db.fall_back(AFTER).await;
        if !scene.faults.over() {
            assert!(nth > 4, "there were statements");
            break;
        }
        assert!(first.is_err());
        let hops_now = hops(&scene).await;
        assert!(hops_now == ["a:1:1:0 pending"] || hops_now.len() == 2, "{hops_now:?} at statement {nth}");
        fall_back(&scene).await;
        assert_eq!(hops(&scene).await, ["a:1:1:0 cancelled", "a:1:1:1 pending"], "at statement {nth}");
    }
}
