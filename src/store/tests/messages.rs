//! How many messages to the database lie between a reading and its alert: on SQLite each goes to its thread and back.

use coatcheck_domain::watch::Mode;

use super::scene::{IN, OUT, Scene, jacket};
use crate::testing;

#[tokio::test]
async fn few_messages_lie_between_a_reading_and_the_start_of_its_alert() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    let ann = scene.person(1).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    let lease = scene.take_lane("a").await;
    let polled = testing::hold(&scene.db, source).await;
    scene.faults.messages();
    scene.store(&polled, &jacket(&[("M", IN), ("L", OUT)]), "body").await.expect("ours");
    let stored = scene.faults.messages();
    assert_eq!(scene.fan_out().await, 1);
    let fanned_out = scene.faults.messages();
    assert_eq!(scene.db.lanes_due().await.expect("asked").len(), 1);
    assert_eq!(scene.start(&lease).await.len(), 1);
    let started = scene.faults.messages();
    if scene.is_sqlite() {
        // Begun, what was known, what is new, the rest, committed. The fan-out looks once more whether there is another.
        assert_eq!((stored, fanned_out, started), (5, 8, 6));
    }
}
