//! A big restock is no storm of texts.

use std::time::Duration;

use coatcheck_domain::delivery::SendOutcome;

use super::scene::{IN, LANE, OUT, Scene, finished, jacket, sent, step, wish_of};
use crate::store::outbox::Finished;

const PEOPLE: i64 = 10_000;

/// So many people on Discord, each with a phone that allows texts, wait for M.
async fn crowd(scene: &Scene, product: i64) {
    let people = format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {PEOPLE})");
    let size = wish_of("M").size;
    for rows in [
        "INSERT INTO subscriber (id, kind, paused_until, created_at) SELECT i, 'person', 0, 0 FROM n".to_owned(),
        "INSERT INTO destination (subscriber_id, channel, address, lane, rank, state, created_at) \
         SELECT i, 'discord', 'discord:' || i, 'discord', 0, 'active', 0 FROM n"
            .to_owned(),
        "INSERT INTO destination (subscriber_id, channel, address, look_up, country, zones, lane, rank, state, created_at, anytime) \
         SELECT i, 'sms', 'sms:k:' || i, 'h' || i, 'US', 'America/Chicago', 'sms', 100, 'active', 0, TRUE FROM n"
            .to_owned(),
        "INSERT INTO consent (phone_hash, key_id, said, how, at) SELECT 'h' || i, 'k', 'start', 'code', 0 FROM n".to_owned(),
        format!(
            "INSERT INTO watch (subscriber_id, product_id, size_key, style_key, fold_version, mode, armed, armed_after, created_at) \
             SELECT i, {product}, '{}', '', 1, 'once', TRUE, 0, 0 FROM n",
            size.as_str()
        ),
    ] {
        assert_eq!(scene.run(&format!("{people} {rows}")).await, PEOPLE.unsigned_abs());
    }
}

/// 32 a second, and now and then the platform stumbles over one: all of them take more than five minutes.
#[tokio::test]
async fn ten_thousand_who_wait_in_a_healthy_lane_get_no_text() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    crowd(&scene, product).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    assert_eq!(scene.fan_out().await, PEOPLE.unsigned_abs());
    let began = scene.db.now();
    let lease = scene.take_lane("a").await;
    let mut done: Vec<Finished> = Vec::new();
    let mut stumbled = 0;
    loop {
        let step = step(&scene.db, &lease, LANE, &done, 32).await.expect("stepped");
        scene.pass(1);
        let outcome = |id: i64, attempts: u32| {
            let stumbles = id % 100 == 0 && attempts == 1;
            if stumbles { SendOutcome::Retry { after: None, why: "500".to_owned() } } else { sent() }
        };
        done = step.started.iter().map(|one| finished(one, outcome(one.id, one.attempts), scene.db.now())).collect();
        stumbled += done.iter().filter(|one| one.outcome != sent()).count();
        if scene.db.now().timestamp() % 5 == 0 {
            assert_eq!(scene.db.fall_back(Duration::from_secs(60)).await.expect("looked"), 0);
        }
        if done.is_empty() && scene.number("SELECT count(*) FROM delivery WHERE state <> 'sent'").await == 0 {
            break;
        }
    }
    assert!((scene.db.now() - began).num_seconds() > 310);
    assert_eq!(stumbled, 100);
    assert_eq!(scene.number("SELECT count(*) FROM delivery").await, PEOPLE, "no hop beside the first");
}
