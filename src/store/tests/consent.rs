//! STOP silences a phone at once, and for good; the last word counts.

use coatcheck_domain::delivery::{SendOutcome, State};
use coatcheck_domain::watch::Mode;

use super::phones::{number, phone};
use super::scene::{IN, OUT, Scene, jacket, sent};
use crate::store::people::consent::{ConsentSource, ConsentWord, Standing};

/// Somebody with a phone, and perhaps with Discord before it, who waits for a jacket that came back.
pub(super) async fn waiting(discord: Option<u64>) -> (Scene, i64) {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = match discord {
        Some(user) => scene.person(user).await,
        None => scene.db.destination_for(&phone(), || None).await.expect("stored").subscriber_id,
    };
    if discord.is_some() {
        scene.also_at(ann, &phone(), 100).await;
    }
    // The story begins at night.
    for said in [ConsentWord::Start, ConsentWord::Anytime] {
        scene.db.consent(&number(), said, ConsentSource::Text).await.expect("stored");
    }
    let watch = scene.watch(ann, product, "M", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;
    (scene, watch)
}

pub(super) async fn stop(scene: &Scene) {
    scene.db.consent(&number(), ConsentWord::Stop, ConsentSource::Text).await.expect("stored");
}

#[tokio::test]
async fn the_last_word_of_start_and_stop_counts() {
    let scene = Scene::new().await;
    let mut heard = vec![scene.db.phone_standing(&number()).await.expect("asked")];
    for said in [ConsentWord::Start, ConsentWord::Stop, ConsentWord::Anytime, ConsentWord::Start] {
        scene.db.consent(&number(), said, ConsentSource::Text).await.expect("stored");
        heard.push(scene.db.phone_standing(&number()).await.expect("asked"));
    }
    use Standing::{Consented, Stopped, Unknown};
    assert_eq!(heard, [Unknown, Consented, Stopped, Stopped, Consented]);
    assert_eq!(scene.number("SELECT count(*) FROM consent").await, 4, "nothing is overwritten");
    let other = "+14155550124".parse().expect("a number");
    assert_eq!(scene.db.phone_standing(&other).await.expect("asked"), Unknown);
}

#[tokio::test]
async fn whoever_says_stop_is_texted_nothing_that_waits_and_waits_again() {
    let (scene, watch) = waiting(None).await;
    assert!(!scene.is_armed(watch).await);
    stop(&scene).await;
    assert_eq!(scene.state(1).await, (State::Suppressed, Some("stopped".to_owned())));
    assert!(scene.is_armed(watch).await, "nobody was told");
    let lease = scene.take_lane_of("sms", "us").await;
    assert!(scene.start(&lease).await.is_empty());
}

#[tokio::test]
async fn stop_takes_nothing_from_other_destinations() {
    let (scene, watch) = waiting(Some(7)).await;
    stop(&scene).await;
    assert_eq!(scene.told().await, ["discord:7 pending M"]);
    assert!(!scene.is_armed(watch).await, "Discord still tells it");
}

#[tokio::test]
async fn stop_after_discord_failed_leaves_nobody_who_could_tell_it() {
    let (scene, watch) = waiting(Some(7)).await;
    let lease = scene.take_lane("us").await;
    let started = scene.start(&lease).await;
    scene.finish(&lease, &started[0], SendOutcome::AddressGone { why: "blocked".to_owned() }).await;
    assert!(!scene.is_armed(watch).await, "the phone is next");
    stop(&scene).await;
    assert_eq!(scene.state(2).await, (State::Suppressed, Some("stopped".to_owned())));
    assert!(scene.is_armed(watch).await);
}

#[tokio::test]
async fn what_is_being_sent_when_stop_comes_ends_as_it_ends() {
    let (scene, watch) = waiting(None).await;
    let lease = scene.take_lane_of("sms", "us").await;
    let started = scene.start(&lease).await;
    assert_eq!(started.len(), 1);
    stop(&scene).await;
    scene.finish(&lease, &started[0], sent()).await;
    assert_eq!(scene.state(1).await.0, State::Sent);
    assert!(!scene.is_armed(watch).await);
}

#[tokio::test]
async fn anytime_and_daytime_are_noted_at_the_phone() {
    let (scene, _) = waiting(None).await;
    for (said, at_night) in [(ConsentWord::Anytime, 1), (ConsentWord::Daytime, 0)] {
        scene.db.consent(&number(), said, ConsentSource::Text).await.expect("stored");
        assert_eq!(scene.number("SELECT count(*) FROM destination WHERE anytime").await, at_night);
    }
}

#[tokio::test]
async fn where_a_phone_is_at_home_is_written_down_with_it() {
    let scene = Scene::new().await;
    scene.db.destination_for(&phone(), || None).await.expect("stored");
    let known = "SELECT count(*) FROM destination WHERE country = 'US' AND zones = 'America/Los_Angeles'";
    assert_eq!(scene.number(known).await, 1);
}
