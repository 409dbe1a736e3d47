//! A person sends once more what failed; refused where that would tell what is wrong or known, unless forced.

use std::time::Duration;

use coatcheck_domain::Destination;
use coatcheck_domain::delivery::{SendOutcome, State};
use coatcheck_domain::watch::Mode;

use super::scene::{IN, OUT, Scene, jacket, sent};
use crate::store::db::lease::Lease;
use crate::store::outbox::deliveries::NotReplayed;

const HOUR: Duration = Duration::from_secs(3600);

/// Ann's alert to her first address failed; her second, if she has one, may have been told.
async fn dead(outcome: SendOutcome, second: bool) -> (Scene, i64, Lease) {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.person(1).await;
    if second {
        scene.also_at(ann, &Destination::DiscordUser(2), 1).await;
    }
    scene.watch(ann, product, "M", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;
    let lease = scene.take_lane("a").await;
    let started = scene.start(&lease).await;
    scene.finish(&lease, &started[0], outcome).await;
    (scene, source, lease)
}

fn gone() -> SendOutcome {
    SendOutcome::AddressGone { why: "bot blocked".to_owned() }
}

#[tokio::test]
async fn a_replayed_alert_is_sent_with_its_old_key_and_fires_its_watch_again() {
    let (scene, _, lease) = dead(gone(), false).await;
    assert!(scene.is_armed(1).await);
    assert_eq!(scene.db.replay(1, false, HOUR).await.expect("asked"), Ok(()));
    assert!(!scene.is_armed(1).await);
    let started = scene.start(&lease).await;
    assert_eq!(started[0].dedupe_key, "a:1:1:0");
    scene.finish(&lease, &started[0], sent()).await;
    assert_eq!(scene.state(1).await, (State::Sent, None));
    assert_eq!(
        scene.db.replay(1, true, HOUR).await.expect("asked"),
        Err(NotReplayed::State { id: 1, state: State::Sent })
    );
    assert_eq!(scene.db.replay(9, true, HOUR).await.expect("asked"), Err(NotReplayed::Missing(9)));
}

#[tokio::test]
async fn what_is_sold_out_is_not_replayed_unless_forced_and_then_it_is_sent() {
    let (scene, source, lease) = dead(SendOutcome::GiveUp { why: "400".to_owned() }, false).await;
    scene.read(source, &jacket(&[("M", OUT)])).await;
    scene.read_again(source).await;
    assert_eq!(scene.db.replay(1, false, HOUR).await.expect("asked"), Err(NotReplayed::SoldOut(1)));
    assert_eq!(scene.db.replay(1, true, HOUR).await.expect("asked"), Ok(()));
    for _ in 0..2 {
        let started = scene.start(&lease).await;
        assert_eq!(started.len(), 1, "forced, also in its second attempt");
        let busy = SendOutcome::Retry { after: Some(Duration::ZERO), why: "503".to_owned() };
        scene.finish(&lease, &started[0], busy).await;
    }
}

#[tokio::test]
async fn what_was_or_will_be_told_at_another_address_is_not_replayed_unless_forced() {
    let (scene, _, lease) = dead(gone(), true).await;
    let refused = Err(NotReplayed::NotifiedElsewhere(1));
    assert_eq!(scene.db.replay(1, false, HOUR).await.expect("asked"), refused, "the next hop is on its way");
    let started = scene.start(&lease).await;
    scene.finish(&lease, &started[0], sent()).await;
    assert_eq!(scene.db.replay(1, false, HOUR).await.expect("asked"), refused);
    assert_eq!(scene.db.replay(1, true, HOUR).await.expect("asked"), Ok(()));
    let started = scene.start(&lease).await;
    assert_eq!(started[0].destination, Destination::DiscordUser(1));
    scene.finish(&lease, &started[0], gone()).await;
    assert!(!scene.is_armed(1).await, "it was told at the other address, whatever became of this one");
}
