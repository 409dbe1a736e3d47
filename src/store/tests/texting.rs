//! Who may be texted, and when: asked in the transaction that starts a text. The stories begin at midnight in Los Angeles.

use std::time::Duration;

use coatcheck_bots::message::{Message, Notice};
use coatcheck_domain::delivery::{Kind, State};
use coatcheck_domain::watch::Mode;
use coatcheck_domain::{Destination, SmsRules};

use super::phones::{number, phone};
use super::scene::{IN, OUT, Scene, jacket, sent};
use crate::store::people::consent::{ConsentSource, ConsentWord};

pub(super) const HOUR: u64 = 3600;

/// Whoever texts `+1415…` waits for a jacket that is back at this hour of theirs. Says its source and their watch.
async fn waiting_at(hour: u64) -> (Scene, i64, i64) {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    scene.pass(hour * HOUR);
    let ann = scene.db.destination_for(&phone(), || None).await.expect("stored").subscriber_id;
    let watch = scene.watch(ann, product, "M", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;
    (scene, source, watch)
}

async fn say(scene: &Scene, word: ConsentWord) {
    scene.db.consent(&number(), word, ConsentSource::Text).await.expect("stored");
}

/// A stop that took back nothing, as when the alert was written while it was stored.
pub(super) async fn stop_unheard(scene: &Scene) {
    let sql = "INSERT INTO consent (phone_hash, key_id, said, how, at) \
               SELECT look_up, 'k', 'stop', 'text', 0 FROM destination WHERE channel = 'sms'";
    assert_eq!(scene.run(sql).await, 1);
}

/// Starts what may be texted now. Says the keys.
async fn texts(scene: &Scene) -> Vec<String> {
    let lease = scene.take_lane_of("sms", "us").await;
    let started = scene.start(&lease).await;
    for text in &started {
        scene.finish(&lease, text, sent()).await;
    }
    started.into_iter().map(|text| text.dedupe_key).collect()
}

async fn put(scene: &Scene, kind: Kind, key: &str, to: &Destination) {
    let there = scene.db.destination_for(to, || None).await.expect("stored").destination_id;
    let text = Message::Notice(Notice { text: "news".to_owned() });
    scene.db.enqueue(kind, key, there, &text, Duration::from_secs(2 * HOUR)).await.expect("put");
}

fn suppressed(reason: &str) -> (State, Option<String>) {
    (State::Suppressed, Some(reason.to_owned()))
}

#[tokio::test]
async fn p8_a_phone_that_allowed_nothing_is_not_texted() {
    let (scene, _, watch) = waiting_at(10).await;
    assert!(texts(&scene).await.is_empty());
    assert_eq!(scene.state(1).await, suppressed("no_consent"));
    assert!(scene.is_armed(watch).await);
}

#[tokio::test]
async fn p8_no_text_starts_after_stop_is_stored() {
    let (scene, _, watch) = waiting_at(10).await;
    say(&scene, ConsentWord::Start).await;
    stop_unheard(&scene).await;
    assert!(texts(&scene).await.is_empty());
    assert_eq!(scene.state(1).await, suppressed("stopped"));
    assert!(scene.is_armed(watch).await);
}

#[tokio::test]
async fn whoever_allowed_it_is_texted_by_day() {
    let (scene, _, watch) = waiting_at(10).await;
    say(&scene, ConsentWord::Start).await;
    assert_eq!(texts(&scene).await, ["a:1:1:0"]);
    assert!(!scene.is_armed(watch).await);
}

#[tokio::test]
async fn a_code_goes_to_whom_nobody_knows_and_to_none_who_said_stop() {
    let scene = Scene::new().await;
    put(&scene, Kind::Code, "c:1", &phone()).await;
    assert_eq!(texts(&scene).await, ["c:1"], "at any hour");
    put(&scene, Kind::Code, "c:2", &phone()).await;
    put(&scene, Kind::Reply, "r:1", &phone()).await;
    assert_eq!(texts(&scene).await, ["c:2", "r:1"], "whoever writes is answered");
    put(&scene, Kind::Code, "c:3", &phone()).await;
    put(&scene, Kind::Reply, "r:2", &phone()).await;
    stop_unheard(&scene).await;
    assert!(texts(&scene).await.is_empty());
    assert_eq!(scene.state(4).await, suppressed("stopped"));
    assert_eq!(scene.state(5).await, suppressed("stopped"), "also an answer that comes late");
}

#[tokio::test]
async fn by_night_an_alert_waits_for_the_morning() {
    let (scene, _, watch) = waiting_at(2).await;
    say(&scene, ConsentWord::Start).await;
    assert!(texts(&scene).await.is_empty());
    let alert = scene.db.delivery(1).await.expect("asked").expect("there");
    assert_eq!(alert.state, State::Pending);
    assert_eq!((alert.next_attempt_at - crate::testing::start()).num_hours(), 9);
    assert_eq!((alert.expires_at - alert.next_attempt_at).num_hours(), 2, "it is as fresh as it was");
    assert!(!scene.is_armed(watch).await, "it will be told");
    scene.pass(7 * HOUR);
    assert_eq!(texts(&scene).await, ["a:1:1:0"]);
}

#[tokio::test]
async fn what_was_sold_out_by_the_morning_is_not_texted() {
    let (scene, source, watch) = waiting_at(2).await;
    say(&scene, ConsentWord::Start).await;
    assert!(texts(&scene).await.is_empty());
    scene.read(source, &jacket(&[("M", OUT)])).await;
    scene.read_again(source).await;
    scene.pass(7 * HOUR);
    assert!(texts(&scene).await.is_empty());
    assert_eq!(scene.state(1).await, (State::Expired, Some("sold_out".to_owned())));
    assert!(scene.is_armed(watch).await);
}

#[tokio::test]
async fn p4_what_nobody_texts_in_the_morning_ends() {
    let (scene, _, watch) = waiting_at(2).await;
    say(&scene, ConsentWord::Start).await;
    assert!(texts(&scene).await.is_empty());
    scene.pass(20 * HOUR);
    assert!(texts(&scene).await.is_empty(), "it is night again");
    assert_eq!(scene.state(1).await, (State::Expired, Some("too_late".to_owned())));
    assert!(scene.is_armed(watch).await);
}

#[tokio::test]
async fn whoever_said_anytime_is_texted_by_night() {
    let (scene, ..) = waiting_at(2).await;
    say(&scene, ConsentWord::Start).await;
    say(&scene, ConsentWord::Anytime).await;
    assert_eq!(texts(&scene).await, ["a:1:1:0"]);
}

#[tokio::test]
async fn a_country_that_is_not_listed_is_not_texted() {
    let (mut scene, _, watch) = waiting_at(10).await;
    say(&scene, ConsentWord::Start).await;
    let rules = SmsRules { countries: "CA,GB".parse().expect("two"), ..SmsRules::default() };
    scene.db = scene.db.clone().with_sms_rules(rules);
    assert!(texts(&scene).await.is_empty());
    assert_eq!(scene.state(1).await, suppressed("country"));
    assert!(scene.is_armed(watch).await);
}

#[tokio::test]
async fn a_number_gets_no_more_than_so_many_texts_a_day() {
    let (mut scene, _, watch) = waiting_at(10).await;
    say(&scene, ConsentWord::Start).await;
    scene.db = scene.db.clone().with_sms_rules(SmsRules { per_number_day: 2, ..SmsRules::default() });
    put(&scene, Kind::Notice, "n:1:1", &phone()).await;
    put(&scene, Kind::Notice, "n:2:1", &phone()).await;
    put(&scene, Kind::Reply, "r:1", &phone()).await;
    assert_eq!(texts(&scene).await, ["a:1:1:0", "n:1:1"]);
    assert_eq!(scene.state(3).await, suppressed("cap_number"));
    assert_eq!(scene.state(4).await, suppressed("cap_number"));
    assert!(!scene.is_armed(watch).await);
    put(&scene, Kind::Notice, "n:3:1", &phone()).await;
    assert!(texts(&scene).await.is_empty(), "those of a step before count as well");
    scene.pass(24 * HOUR);
    put(&scene, Kind::Notice, "n:4:1", &phone()).await;
    assert_eq!(texts(&scene).await, ["n:4:1"]);
}

#[tokio::test]
async fn when_the_texts_of_a_day_are_spent_the_rest_waits_for_tomorrow() {
    let (mut scene, _, watch) = waiting_at(10).await;
    say(&scene, ConsentWord::Start).await;
    scene.db = scene.db.clone().with_sms_rules(SmsRules { per_day: 1, ..SmsRules::default() });
    let bob: Destination = "sms:+14155550199".parse().expect("a phone");
    put(&scene, Kind::Code, "c:1", &bob).await;
    scene.run("UPDATE delivery SET next_attempt_at = 0 WHERE dedupe_key = 'c:1'").await;
    let spent = "SELECT count(*) FROM incident WHERE kind = 'sms_spend' AND closed_at IS NULL";
    assert_eq!(scene.number(spent).await, 0);
    assert_eq!(texts(&scene).await, ["c:1"]);
    assert_eq!(scene.number(spent).await, 1, "operators can be told");
    let alert = scene.db.delivery(1).await.expect("asked").expect("there");
    assert_eq!((alert.state, alert.next_attempt_at), (State::Pending, "2027-01-16T00:00:00Z".parse().expect("a time")));
    assert!(!scene.is_armed(watch).await);
    let near = "SELECT count(*) FROM incident WHERE kind = 'sms_spend_near' AND closed_at IS NULL";
    assert_eq!(scene.number(near).await, 1);
    // 16:00 in Los Angeles: the next day has begun where texts are counted.
    scene.pass(6 * HOUR);
    assert_eq!(texts(&scene).await, ["a:1:1:0"]);
    assert_eq!(scene.number(spent).await, 0);
}

#[tokio::test]
async fn of_a_shop_that_flickers_by_night_one_text_tells_in_the_morning() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    let ann = scene.db.destination_for(&phone(), || None).await.expect("stored").subscriber_id;
    say(&scene, ConsentWord::Start).await;
    let once = scene.watch(ann, product, "M", Mode::Once).await;
    scene.watch(ann, product, "", Mode::Every).await;
    for stock in [[("M", IN), ("L", OUT)], [("M", OUT), ("L", OUT)], [("M", IN), ("L", OUT)], [("M", IN), ("L", IN)]] {
        scene.read(source, &jacket(&stock)).await;
        scene.fan_out().await;
        assert!(texts(&scene).await.is_empty());
        scene.pass(HOUR);
    }
    assert_eq!(scene.state(1).await, suppressed("superseded"));
    assert!(!scene.is_armed(once).await, "the later alert tells of it");
    scene.pass(6 * HOUR);
    assert_eq!(texts(&scene).await, ["a:2:1:0", "a:3:1:0"], "M, and then L, of which M's says nothing");
}

#[tokio::test]
async fn p1_what_a_superseded_alert_was_to_tell_waits_again_with_the_later_one() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.db.destination_for(&phone(), || None).await.expect("stored").subscriber_id;
    say(&scene, ConsentWord::Start).await;
    let once = scene.watch(ann, product, "M", Mode::Once).await;
    scene.watch(ann, product, "", Mode::Every).await;
    for stock in [[("M", IN)], [("M", OUT)], [("M", IN)]] {
        scene.read(source, &jacket(&stock)).await;
        scene.fan_out().await;
        assert!(texts(&scene).await.is_empty());
        scene.pass(HOUR);
    }
    assert_eq!(scene.state(1).await, suppressed("superseded"));
    scene.pass(20 * HOUR);
    assert!(texts(&scene).await.is_empty());
    assert_eq!(scene.state(2).await, (State::Expired, Some("too_late".to_owned())));
    assert!(scene.is_armed(once).await);
}
