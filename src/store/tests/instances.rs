//! P3 with two instances on one database, at it at the same time: what one takes the other leaves alone.

use std::collections::BTreeSet;

use coatcheck_domain::watch::Mode;

use super::scene::{IN, OUT, RULES, Scene, jacket};
use crate::store::Db;
use crate::store::outbox::fanout::FanoutRules;

#[tokio::test]
async fn p3_two_who_take_shops_at_once_share_them_and_none_is_twos() {
    let scene = Scene::new().await;
    let other = scene.another().await;
    for shop in 0..20 {
        for page in 0..3 {
            scene.source(&format!("https://shop{shop}.example/products/{page}")).await;
        }
    }
    let all: Vec<i64> = scene.db.free_shops().await.expect("asked").iter().map(|shop| shop.id).collect();
    for round in 0..15 {
        let (mine, theirs) = tokio::join!(scene.db.take_shops("mine", &all), other.take_shops("theirs", &all));
        let ((mine, _), (theirs, sources)) = (mine.expect("taken"), theirs.expect("taken"));
        let taken: BTreeSet<i64> = mine.iter().chain(&theirs).map(|shop| shop.id).collect();
        assert_eq!((taken.len(), mine.len() + theirs.len()), (20, 20), "round {round}: each is somebody's, and of one");
        assert_eq!(sources.len(), theirs.len() * 3);
        scene.db.leave("mine").await.expect("left");
        other.leave("theirs").await.expect("left");
    }
}

/// Fans out the oldest restock to its end. Says how many alerts it wrote, and how many chunks it did in vain.
async fn fan_out(db: &Db) -> (u64, u32) {
    let restock = crate::testing::open_restock(db).await.expect("open");
    let (mut alerts, mut in_vain) = (0, 0);
    loop {
        let chunk = crate::testing::fan_out_chunk(db, &restock, &FanoutRules { chunk: 2, ..RULES }).await;
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
