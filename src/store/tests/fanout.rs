//! A restock becomes alerts: one per subscriber, listing all that any of their watches asks for.

use coatcheck_domain::watch::Mode;

use super::scene::{IN, OUT, Scene, jacket};
use crate::store::db::sql::Sql;
use crate::testing::{self, Engine};

#[tokio::test]
async fn one_alert_per_subscriber_lists_all_that_matches() {
    let all = |is| ["M/Black", "M/Red", "L/Black", "S/Red"].map(|spec| (spec, is));
    let (scene, source, product) = Scene::with_jacket(&all(OUT)).await;
    let (ann, bob) = (scene.person(1).await, scene.person(2).await);
    for wish in ["M", "/black", "XL"] {
        scene.watch(ann, product, wish, Mode::Once).await;
    }
    scene.watch(bob, product, "s/red", Mode::Once).await;
    scene.read(source, &jacket(&all(IN))).await;
    assert_eq!(scene.fan_out().await, 2);
    assert_eq!(scene.told().await, ["discord:1 pending M/Black M/Red L/Black", "discord:2 pending S/Red"]);
}

#[tokio::test]
async fn an_any_size_watcher_gets_one_message_for_18_variants() {
    let specs: Vec<String> =
        (36..42).flat_map(|size| ["Black", "Red", "Blue"].map(|style| format!("{size}/{style}"))).collect();
    let all = |is| specs.iter().map(|spec| (spec.as_str(), is)).collect::<Vec<_>>();
    let (scene, source, product) = Scene::with_jacket(&all(OUT)).await;
    let ann = scene.person(1).await;
    scene.watch(ann, product, "", Mode::Once).await;
    scene.read(source, &jacket(&all(IN))).await;
    assert_eq!(scene.fan_out().await, 1);
    assert_eq!(scene.told().await, [format!("discord:1 pending {}", specs.join(" "))]);
}

#[tokio::test]
async fn a_size_nobody_asked_for_makes_no_rows() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    let ann = scene.person(1).await;
    let watch = scene.watch(ann, product, "M", Mode::Once).await;
    scene.read(source, &jacket(&[("M", OUT), ("L", IN)])).await;
    assert_eq!(scene.fan_out().await, 0);
    assert_eq!(scene.number("SELECT count(*) FROM delivery").await, 0);
    assert_eq!(scene.number("SELECT count(*) FROM restock WHERE done_at IS NOT NULL").await, 1);
    assert!(scene.is_armed(watch).await);
}

#[tokio::test]
async fn p2_running_the_fan_out_again_adds_no_rows() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    for number in 1..=5 {
        let person = scene.person(number).await;
        scene.watch(person, product, "", Mode::Once).await;
    }
    scene.read(source, &jacket(&[("M", IN)])).await;
    assert_eq!(scene.fan_out().await, 5);
    scene.run("UPDATE restock SET done_at = NULL, cursor = 0").await;
    scene.run("UPDATE watch SET armed = TRUE, notified_restock_id = NULL, notified_at = NULL, armed_after = 0").await;
    assert_eq!(scene.fan_out().await, 0);
    assert_eq!(scene.deliveries().await.len(), 5);
}

#[tokio::test]
async fn the_alert_goes_to_the_first_ranked_destination_that_is_there() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.person(1).await;
    scene.also_at(ann, &coatcheck_domain::Destination::DiscordUser(11), 1).await;
    scene.run("UPDATE destination SET state = 'gone' WHERE address = 'discord:1'").await;
    scene.watch(ann, product, "", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;
    assert_eq!(scene.told().await, ["discord:11 pending M"]);
}

#[tokio::test]
async fn a_subscriber_without_a_destination_stays_armed() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.person(1).await;
    let watch = scene.watch(ann, product, "", Mode::Once).await;
    scene.run("UPDATE destination SET state = 'gone'").await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    assert_eq!(scene.fan_out().await, 0);
    assert!(scene.is_armed(watch).await);
    assert_eq!(scene.number("SELECT count(*) FROM delivery").await, 0);
}

#[tokio::test]
async fn two_drops_of_one_product_are_told_in_order_and_each_to_those_who_wait_for_it() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    let (ann, bob) = (scene.person(1).await, scene.person(2).await);
    scene.watch(ann, product, "M", Mode::Once).await;
    scene.watch(bob, product, "L", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN), ("L", OUT)])).await;
    scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
    assert_eq!(scene.fan_out().await, 2);
    assert_eq!(scene.told().await, ["discord:1 pending M", "discord:2 pending L"]);
}

#[tokio::test]
async fn a_drop_that_cannot_be_read_holds_up_no_other() {
    let (db, _place) = testing::db(Engine::of(module_path!())).await;
    let source = testing::follow(&db, "https://shop.example/products/jacket").await;
    for availability in [OUT, IN, OUT, IN] {
        testing::read(&db, source, vec![testing::product("Jacket", &[("M", "Black", availability)])]).await;
    }
    let first = testing::open_restock(&db).await.expect("two are open");
    let txn = db.write().await.expect("begun");
    txn.run("UPDATE restock SET snapshot = '{' WHERE id = $1", vec![first.id.into()]).await.expect("broken");
    txn.commit().await.expect("committed");
    let next = testing::open_restock(&db).await.expect("the other is open");
    assert!(next.id > first.id);
}
