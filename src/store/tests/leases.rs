//! P3 for leases: one holder, and each new one has a higher epoch.

use std::time::Duration;

use crate::testing::{self, Engine};

const TTL: Duration = Duration::from_secs(15);

#[tokio::test]
async fn only_one_holds_a_lease_and_the_next_holder_has_a_higher_epoch() {
    let (db, _place, clock) = testing::db_with_clock(Engine::of(module_path!())).await;
    let first = db.take_lease("lane:send:x", "a", TTL).await.expect("asked").expect("free");
    assert_eq!(db.take_lease("lane:send:x", "b", TTL).await.expect("asked"), None);
    clock.advance(Duration::from_secs(10));
    let renewed = db.take_lease("lane:send:x", "a", TTL).await.expect("asked").expect("its own");
    assert_eq!(renewed.epoch, first.epoch);
    clock.advance(Duration::from_secs(15));
    let second = db.take_lease("lane:send:x", "b", TTL).await.expect("asked").expect("ran out");
    assert_eq!(second.epoch, first.epoch + 1);
    db.release_lease(&first).await.expect("an old holder changes nothing");
    assert_eq!(db.take_lease("lane:send:x", "a", TTL).await.expect("asked"), None);
}
