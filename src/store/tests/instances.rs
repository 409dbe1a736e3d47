//! P3 with two instances on one database, at it at the same time: what one takes the other leaves alone.

use std::collections::BTreeSet;

use coatcheck_domain::watch::Mode;

use super::scene::{IN, OUT, RULES, Scene, jacket};
use crate::store::Db;
use crate::store::outbox::fanout::FanoutRules;
use crate::store::polls::claim::Room;

#[tokio::test]
async fn p3_two_who_claim_at_once_share_the_sources_and_no_slot_is_taken_for_nothing() {
    let scene = Scene::new().await;
    let other = scene.another().await;
    for shop in 0..20 {
        for page in 0..3 {
            scene.source(&format!("https://shop{shop}.example/products/{page}"), 2).await;
        }
    }
    for round in 0..15 {
        let tokens = [scene.token(), scene.token()];
        let (mine, theirs) = tokio::join!(
            scene.db.claim_due(&tokens[0], Room::of_each(25)),
            other.claim_due(&tokens[1], Room::of_each(25))
        );
        let (mine, theirs) = (mine.expect("claimed"), theirs.expect("claimed"));
        let claimed: BTreeSet<i64> = mine.iter().chain(&theirs).map(|claim| claim.source_id).collect();
        assert_eq!(claimed.len(), mine.len() + theirs.len(), "round {round}: one source is two's");
        let taken = format!("SELECT count(*) FROM shop_slot WHERE until > {}", scene.db.now().timestamp_micros());
        assert_eq!(scene.number(&taken).await, i64::try_from(claimed.len()).expect("few"), "round {round}");
        scene.db.hand_back(&mine).await.expect("handed back");
        other.hand_back(&theirs).await.expect("handed back");
    }
}

/// Fans out the oldest restock to its end. Says how many alerts it wrote, and how many chunks it did in vain.
async fn fan_out(db: &Db) -> (u64, u32) {
    let restock = db.open_restock().await.expect("asked").expect("open");
    let cases = db.cases_of(&restock).await.expect("asked");
    let (mut alerts, mut in_vain) = (0, 0);
    loop {
        let chunk = db.fan_out_chunk(&restock, &cases, &FanoutRules { chunk: 2, ..RULES }).await.expect("fanned out");
        alerts += chunk.alerts;
        if chunk.done {
            return (alerts, in_vain);
        }
        in_vain += u32::from(chunk.alerts == 0);
    }
}

#[tokio::test]
async fn p2_two_who_fan_out_one_drop_share_its_chunks() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let other = scene.another().await;
    for number in 1..=60 {
        let person = scene.person(number).await;
        scene.watch(person, product, "M", Mode::Once).await;
    }
    scene.read(source, &jacket(&[("M", IN)])).await;
    let (mine, theirs) = tokio::join!(fan_out(&scene.db), fan_out(&other));
    assert_eq!((mine.0 + theirs.0, mine.1 + theirs.1), (60, 0), "alerts, chunks done twice");
    assert_eq!(scene.deliveries().await.len(), 60);
}
