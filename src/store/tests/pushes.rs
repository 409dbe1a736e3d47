//! A shop pushes: what it names is due now, once, and nothing is believed that its secret did not sign.

use std::time::Duration;

use coatcheck_domain::push::{self, Hint, Named};
use secrecy::ExposeSecret;

use super::scene::{IN, OUT, Scene, URL, jacket, product};
use crate::store::Db;
use crate::store::db::sql::Sql;
use crate::store::polls::hook::{FORMER_FOR, Pushed};
use crate::testing;

const LIST: &str = "https://shop.example/collections/all";
const COAT: &str = "https://shop.example/products/coat";

fn named(name: &str) -> Hint {
    Named::new([name.to_owned()], None).hint()
}

async fn secrets(db: &Db, shop: i64) -> Vec<String> {
    let secrets = db.hook_secrets(shop).await.expect("opened");
    secrets.iter().map(|secret| secret.expose_secret().to_owned()).collect()
}

/// A shop with a jacket, a coat and a list, all read half a minute ago and not due for long; and the shop's row.
async fn shop() -> (Scene, [i64; 3], i64) {
    let scene = Scene::new().await;
    let sources = [scene.source(URL).await, scene.source(COAT).await, scene.source(LIST).await];
    scene.read(sources[0], &jacket(&[("M", OUT)])).await;
    let coat = coatcheck_domain::Reading {
        products: vec![product("2", "Coat", &[("M", OUT)])],
        complete: true,
        doubts: Vec::new(),
    };
    scene.read(sources[1], &coat).await;
    let all = coatcheck_domain::Reading {
        products: vec![product("3", "Hat", &[("M", IN)]), product("4", "Scarf", &[("M", IN)])],
        complete: true,
        doubts: Vec::new(),
    };
    scene.read(sources[2], &all).await;
    let shop = scene.db.shop_of(sources[0]).await.expect("asked").expect("there");
    scene.db.set_hook_secret(shop, &"a secret of the shop".to_owned().into()).await.expect("stored");
    scene.pass(30);
    let txn = scene.db.write().await.expect("begun");
    let later = "UPDATE source SET next_poll_at = last_read_at + 600000000, scheduled_at = last_read_at + 600000000";
    txn.run(later, vec![]).await.expect("put off");
    txn.commit().await.expect("committed");
    (scene, sources, shop)
}

/// Which of these sources are due by now, in their order.
async fn due(scene: &Scene, sources: &[i64]) -> Vec<usize> {
    let all = scene.db.sources().await.expect("asked");
    let is_due = |id: i64| all.iter().any(|source| source.id == id && source.next_poll_at <= scene.db.now());
    (0..sources.len()).filter(|at| is_due(sources[*at])).collect()
}

#[tokio::test]
async fn a_push_makes_due_what_it_names_and_only_once() {
    let (scene, sources, shop) = shop().await;
    assert_eq!(due(&scene, &sources).await, [0usize; 0]);
    assert_eq!(scene.db.push(shop, "a", &named("2")).await.expect("stored"), Pushed::New(1));
    assert_eq!(due(&scene, &sources).await, [1]);
    assert_eq!(scene.db.push(shop, "a", &Hint::Shop).await.expect("stored"), Pushed::Known);
    assert_eq!(due(&scene, &sources).await, [1]);
    let by_address = Named::new([], Some(URL.to_owned())).hint();
    assert_eq!(scene.db.push(shop, "b", &by_address).await.expect("stored"), Pushed::New(1));
    assert_eq!(due(&scene, &sources).await, [0, 1]);
}

#[tokio::test]
async fn a_product_that_nobody_reads_may_be_new_in_a_list() {
    let (scene, sources, shop) = shop().await;
    assert_eq!(scene.db.push(shop, "a", &named("77")).await.expect("stored"), Pushed::New(1));
    assert_eq!(due(&scene, &sources).await, [2]);
    assert_eq!(scene.db.push(shop, "b", &Hint::Shop).await.expect("stored"), Pushed::New(3));
    assert_eq!(due(&scene, &sources).await, [0, 1, 2]);
}

#[tokio::test]
async fn a_push_reads_nothing_that_is_left_alone() {
    let (scene, sources, shop) = shop().await;
    scene.db.pause_source(sources[1], true).await.expect("paused");
    assert_eq!(scene.db.push(shop, "a", &Hint::Shop).await.expect("stored"), Pushed::New(2));
    assert_eq!(due(&scene, &sources).await, [0, 2]);
}

#[tokio::test]
async fn a_shop_that_pushes_all_the_time_is_not_read_all_the_time() {
    let (scene, sources, shop) = shop().await;
    scene.read(sources[0], &jacket(&[("M", OUT)])).await;
    assert_eq!(scene.db.push(shop, "a", &named("1")).await.expect("stored"), Pushed::New(1));
    assert_eq!(due(&scene, &sources[..1]).await, [0usize; 0], "it was read just now");
    scene.pass(push::FLOOR.as_secs());
    assert_eq!(due(&scene, &sources[..1]).await, [0]);
}

/// What was being read when the push came is stored: a push is nobody's edit.
#[tokio::test]
async fn a_reading_that_was_under_way_is_stored() {
    let (scene, sources, shop) = shop().await;
    let held = testing::hold(&scene.db, sources[0]).await;
    scene.db.push(shop, "a", &named("1")).await.expect("stored");
    let after = testing::hold(&scene.db, sources[0]).await;
    assert_eq!(held.edit, after.edit);
}

#[tokio::test]
async fn the_holder_is_told_of_a_push_once() {
    let (scene, sources, shop) = shop().await;
    testing::hold_as(&scene.db, "a", sources[0]).await;
    scene.db.push(shop, "a", &named("1")).await.expect("stored");
    assert!(scene.db.pushed_sources("b").await.expect("asked").is_empty());
    let told = scene.db.pushed_sources("a").await.expect("asked");
    assert_eq!(told.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [sources[0]]);
    assert!(scene.db.pushed_sources("a").await.expect("asked").is_empty());
}

#[tokio::test]
async fn a_secret_is_changed_without_losing_a_push() {
    let (scene, _, shop) = shop().await;
    for _ in 0..2 {
        scene.db.set_hook_secret(shop, &"another secret".to_owned().into()).await.expect("stored");
        assert_eq!(secrets(&scene.db, shop).await, ["another secret", "a secret of the shop"]);
    }
    scene.pass(FORMER_FOR.as_secs());
    assert_eq!(secrets(&scene.db, shop).await, ["another secret"]);
    assert!(scene.db.remove_hook(shop).await.expect("removed"));
    assert!(secrets(&scene.db, shop).await.is_empty());
}

#[tokio::test]
async fn no_secret_stands_in_the_database_and_a_new_key_opens_it() {
    let (scene, _, shop) = shop().await;
    scene.db.set_hook_secret(shop, &"another secret".to_owned().into()).await.expect("stored");
    assert!(!scene.stores("another secret").await && !scene.stores("a secret of the shop").await);
    let new = testing::keys(&[2]);
    assert_eq!(scene.db.rekey(&new).await.expect("changed").secrets, 2);
    assert!(scene.db.hook_secrets(shop).await.is_err(), "sealed by another key");
    let theirs = scene.with_keys(&[2]).await;
    assert_eq!(secrets(&theirs, shop).await, ["another secret", "a secret of the shop"]);
}

#[tokio::test]
async fn pushes_are_remembered_for_a_day() {
    let (scene, _, shop) = shop().await;
    scene.db.push(shop, "a", &Hint::Shop).await.expect("stored");
    scene.pass(Duration::from_secs(24 * 3600 + 1).as_secs());
    scene.db.push(shop, "b", &Hint::Shop).await.expect("stored");
    assert_eq!(scene.number("SELECT count(*) FROM shop_push").await, 1);
}
