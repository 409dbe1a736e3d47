//! An address that is gone: the next ranked destination is told, or the watch waits again.

use coatcheck_domain::Destination;
use coatcheck_domain::delivery::{SendOutcome, State};
use coatcheck_domain::watch::Mode;

use super::scene::{IN, OUT, Scene, jacket, sent};

fn gone() -> SendOutcome {
    SendOutcome::AddressGone { why: "bot blocked".to_owned() }
}

async fn ann_with(destinations: &[u64]) -> (Scene, i64) {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.person(destinations[0]).await;
    for (rank, number) in (1..).zip(&destinations[1..]) {
        scene.also_at(ann, &Destination::DiscordUser(*number), rank).await;
    }
    let watch = scene.watch(ann, product, "", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;
    (scene, watch)
}

#[tokio::test]
async fn an_address_that_is_gone_hands_over_to_the_next_ranked_one() {
    let (scene, watch) = ann_with(&[7, 8, 9]).await;
    let lease = scene.take_lane("a").await;
    for hop in ["a:1:1:0", "a:1:1:1"] {
        let started = scene.start(&lease).await;
        assert_eq!(started.iter().map(|s| s.dedupe_key.as_str()).collect::<Vec<_>>(), [hop]);
        scene.finish(&lease, &started[0], gone()).await;
        assert!(!scene.is_armed(watch).await, "the next one may still tell it");
    }
    let started = scene.start(&lease).await;
    scene.finish(&lease, &started[0], sent()).await;
    assert_eq!(scene.told().await, ["discord:7 dead M", "discord:8 dead M", "discord:9 sent M"]);
    assert!(!scene.is_armed(watch).await);
    assert_eq!(scene.number("SELECT count(*) FROM destination WHERE state = 'gone'").await, 2);
}

#[tokio::test]
async fn when_the_last_address_is_gone_the_watch_waits_again() {
    let (scene, watch) = ann_with(&[7, 8]).await;
    let lease = scene.take_lane("a").await;
    for _ in 0..2 {
        let started = scene.start(&lease).await;
        scene.finish(&lease, &started[0], gone()).await;
    }
    assert!(scene.start(&lease).await.is_empty());
    assert_eq!(scene.state(2).await, (State::Dead, Some("address_gone".to_owned())));
    assert!(scene.is_armed(watch).await);
}

#[tokio::test]
async fn an_address_that_went_between_fan_out_and_start_is_not_asked() {
    let (scene, watch) = ann_with(&[7, 8]).await;
    scene.run("UPDATE destination SET state = 'gone' WHERE address = 'discord:7'").await;
    let lease = scene.take_lane("a").await;
    assert!(scene.start(&lease).await.is_empty());
    let started = scene.start(&lease).await;
    assert_eq!(started.iter().map(|s| s.destination.to_string()).collect::<Vec<_>>(), ["discord:8"]);
    assert_eq!(scene.state(1).await, (State::Suppressed, Some("address_gone".to_owned())));
    assert!(!scene.is_armed(watch).await);
}
