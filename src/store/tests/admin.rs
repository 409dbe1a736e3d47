//! What admins see and their programs use: each list on both databases.

use std::time::Duration;

use super::scene::{IN, Scene};
use crate::testing;

#[tokio::test]
async fn every_list_of_the_admin_pages_is_read() {
    let (scene, source, _) = Scene::with_jacket(&[("M", IN)]).await;
    let db = &scene.db;
    let dead = testing::dead_letter(db, "x").await;
    db.open_incident("lane_down", "discord", "no answer").await.expect("stored");
    db.audit("web", "shop pause", "x").await.expect("stored");
    let _lease = scene.take_lane("a").await;
    assert_eq!(db.audit_lines(i64::MAX, 5).await.expect("read").len(), 1);
    assert_eq!(db.incidents(i64::MAX, 5).await.expect("read").len(), 1);
    let lanes = db.lanes(5).await.expect("read");
    assert_eq!((lanes[0].lane.as_str(), lanes[0].trouble.as_deref()), ("discord", Some("no answer")));
    assert_eq!(db.people("", false, i64::MAX, 5).await.expect("read").len(), 1);
    assert!(db.people("no!%_one", false, i64::MAX, 5).await.expect("read").is_empty());
    assert!(db.rooms(i64::MAX, 5).await.expect("read").is_empty());
    assert!(db.people("", true, i64::MAX, 5).await.expect("read").is_empty());
    db.instance_lines().await.expect("read");
    assert_eq!(db.sources_before("JACKET", i64::MAX, 5).await.expect("read")[0].id, source);
    assert!(db.sources_before("%", i64::MAX, 5).await.expect("read").is_empty(), "a sign is a sign");
    let deliveries = db.deliveries_before(None, "discord", i64::MAX, 5).await.expect("read");
    assert_eq!(deliveries[0].id, dead);
    assert!(
        db.list_source(source, false).await.expect("stored") && !db.list_source(source, false).await.expect("asked")
    );
}

#[tokio::test]
async fn log_ins_are_bounded_and_end() {
    let scene = Scene::new().await;
    let hour = Duration::from_secs(3600);
    for n in 0..60 {
        scene.pass(1);
        scene.db.begin_session(&n.to_string(), hour).await.expect("stored");
    }
    assert!(!scene.db.is_session("9").await.expect("asked"), "the oldest make room");
    assert!(scene.db.is_session("10").await.expect("asked") && scene.db.is_session("59").await.expect("asked"));
    scene.db.end_session("59").await.expect("ended");
    assert!(!scene.db.is_session("59").await.expect("asked"));
    scene.pass(3600);
    assert!(!scene.db.is_session("58").await.expect("asked"), "its time is over");
}

#[tokio::test]
async fn a_token_has_one_name_and_ends() {
    let scene = Scene::new().await;
    assert!(scene.db.add_token("robot", "hash", true).await.expect("stored"));
    assert!(!scene.db.add_token("robot", "other", false).await.expect("asked"), "the name is taken");
    let token = scene.db.token("hash").await.expect("asked").expect("known");
    assert_eq!((token.name.as_str(), token.writes, token.used_at), ("robot", true, None));
    assert!(scene.db.tokens().await.expect("read")[0].used_at.is_some(), "its use is noted");
    assert!(scene.db.token("other").await.expect("asked").is_none());
    assert!(scene.db.remove_token("robot").await.expect("removed"));
    assert!(scene.db.token("hash").await.expect("asked").is_none());
}
