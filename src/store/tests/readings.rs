//! What a reading, the same reading and a failed poll write, and what they leave alone.

use std::sync::Arc;

use coatcheck_domain::watch::Mode;
use coatcheck_domain::{Money, Reading};
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use super::scene::{IN, OUT, Scene, jacket, product};
use crate::store::polls::ended::End;
use crate::store::stock::new_reading::NewReading;
use crate::testing::{self, Engine};

/// Every value of every row of these tables, as text.
async fn dump(scene: &Scene, tables: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    for table in tables {
        let statement = Statement::from_string(scene.db.backend(), format!("SELECT * FROM \"{table}\" ORDER BY id"));
        for row in scene.db.read().query_all_raw(statement).await.expect("asked") {
            let value = sea_orm::JsonValue::from_query_result(&row, "").expect("a row");
            all.push(format!("{table} {value}"));
        }
    }
    all
}

pub(super) async fn stock_rows(scene: &Scene) -> Vec<String> {
    dump(scene, &["product", "variant", "span", "restock", "restock_variant", "delivery", "watch"]).await
}

/// The tables whose rows a poll may write when it brings no news.
async fn poll_rows(scene: &Scene) -> Vec<String> {
    dump(scene, &["source", "shop"]).await
}

#[tokio::test]
async fn p6_p9_a_failed_poll_leaves_stock_and_history_as_they_are() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT), ("L", IN)]).await;
    let before = stock_rows(&scene).await;
    for _ in 0..5 {
        let polled = scene.poll(source).await;
        assert!(scene.fail(&polled).await);
        assert_eq!(stock_rows(&scene).await, before);
    }
    assert_eq!(scene.db.source(source).await.expect("asked").expect("there").failures, 5);
}

#[tokio::test]
async fn the_same_reading_writes_only_the_sources_and_shops_rows() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT), ("L", IN)]).await;
    let (stock, polls) = (stock_rows(&scene).await, poll_rows(&scene).await);
    scene.read_again(source).await;
    assert_eq!(stock_rows(&scene).await, stock);
    assert_ne!(poll_rows(&scene).await, polls);
    // The bytes differ, what they say does not.
    let polled = scene.poll(source).await;
    scene.store(&polled, &jacket(&[("M", OUT), ("L", IN)]), "other bytes").await.expect("stored");
    assert_eq!(stock_rows(&scene).await, stock);
    assert_eq!(scene.db.source(source).await.expect("asked").expect("there").readings, 3);
}

#[tokio::test]
async fn only_variants_of_which_something_changed_are_written_again() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT), ("L", IN)]).await;
    let mark = "UPDATE variant SET image = 'written before'";
    let again = "SELECT count(*) FROM variant WHERE image IS NULL";
    scene.run(mark).await;
    let mut reading = jacket(&[("M", OUT), ("L", IN)]);
    reading.products[0].variants[0].price = Some(Money::minor(500, 2, Some("EUR")));
    scene.read(source, &reading).await;
    assert_eq!(scene.number("SELECT count(*) FROM span").await, 3, "a price stands in the span");
    assert_eq!(scene.number(again).await, 0, "and nowhere else");
    reading.products[0].variants[1].quantity = Some(3);
    scene.read(source, &reading).await;
    assert_eq!(scene.number(again).await, 1);
    assert_eq!(scene.number("SELECT quantity FROM variant WHERE size = 'L'").await, 3);
    scene.run(mark).await;
    reading.products[0].variants[0].availability = IN;
    scene.read(source, &reading).await;
    assert_eq!(scene.number("SELECT count(*) FROM variant WHERE image IS NULL AND availability = 'in_stock'").await, 1);
}

#[tokio::test]
async fn a_first_sight_is_a_baseline_and_tells_nobody() {
    let scene = Scene::new().await;
    let source = scene.source(super::scene::URL).await;
    assert!(scene.read(source, &jacket(&[("M", IN)])).await.restocks.is_empty());
    assert_eq!(scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await.restocks.len(), 1, "a new size is news");
}

#[tokio::test]
async fn a_silence_longer_than_three_intervals_makes_a_new_span() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    scene.read_again(source).await;
    let seen = scene.db.now();
    scene.pass(4 * 60);
    scene.read(source, &jacket(&[("M", OUT)])).await;
    let history = scene.db.history(product).await.expect("asked");
    let spans = &history[0].spans;
    assert_eq!(spans.len(), 2);
    assert_eq!((spans[0].last_seen, spans[0].ended_at, spans[0].is_open), (seen, seen, false));
    assert_eq!((spans[1].started_at, spans[1].is_open), (scene.db.now(), true));
    assert_eq!(scene.number("SELECT count(*) FROM restock_variant").await, 0);
}

#[tokio::test]
async fn a_restock_across_a_silence_is_told() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.person(1).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    scene.pass(24 * 3600);
    scene.read(source, &jacket(&[("M", IN)])).await;
    assert_eq!(scene.fan_out().await, 1);
}

#[tokio::test]
async fn a_product_that_another_source_reads_is_not_touched_until_that_one_is_paused() {
    let (scene, owner, _) = Scene::with_jacket(&[("M", OUT)]).await;
    let catalogue = scene.source("https://shop.example/products.json").await;
    let before = stock_rows(&scene).await;
    scene.read(catalogue, &jacket(&[("M", IN)])).await;
    assert_eq!(stock_rows(&scene).await, before);
    scene.db.pause_source(owner, true).await.expect("paused");
    let polled = scene.poll(catalogue).await;
    assert!(!polled.settled, "the same bytes must be looked at again: there is something new to take from them");
    scene.store(&polled, &jacket(&[("M", IN)]), "body").await.expect("stored");
    assert_eq!(scene.number("SELECT count(*) FROM restock_variant").await, 1);
    assert_eq!(scene.number("SELECT source_id FROM product").await, catalogue);
}

#[tokio::test]
async fn p6_a_product_taken_over_is_not_said_to_have_been_seen_while_nobody_read_it() {
    let (scene, owner, jacket_id) = Scene::with_jacket(&[("M", IN)]).await;
    let seen = scene.db.now();
    let catalogue = scene.source("https://shop.example/products.json").await;
    scene.db.pause_source(owner, true).await.expect("paused");
    let coat = Reading { products: vec![product("2", "Coat", &[("M", IN)])], complete: false, doubts: Vec::new() };
    scene.read(catalogue, &coat).await;
    for _ in 0..10 {
        scene.read_again(catalogue).await;
    }
    scene.read(catalogue, &jacket(&[("M", OUT)])).await;
    let history = scene.db.history(jacket_id).await.expect("asked");
    assert_eq!((history[0].spans[0].last_seen, history[0].spans[0].ended_at), (seen, seen));
}

#[tokio::test]
async fn what_a_removed_source_leaves_is_read_by_the_one_that_stays() {
    let (scene, first, _) = Scene::with_jacket(&[("M", OUT)]).await;
    let catalogue = scene.source("https://shop.example/products.json").await;
    scene.read(catalogue, &jacket(&[("M", OUT)])).await;
    assert!(scene.db.remove_source(first).await.expect("removed"));
    let polled = scene.poll(catalogue).await;
    assert!(!polled.settled);
    scene.store(&polled, &jacket(&[("M", OUT)]), "body").await.expect("stored");
    assert_eq!(scene.number("SELECT count(*) FROM product").await, 1);
}

#[tokio::test]
async fn what_a_catalogue_drops_is_absent_after_three_complete_readings() {
    let scene = Scene::new().await;
    let source = scene.source("https://shop.example/products.json").await;
    let coat = || product("2", "Coat", &[("M", IN)]);
    let both =
        Reading { products: vec![product("1", "Jacket", &[("M", IN)]), coat()], complete: true, doubts: Vec::new() };
    let rest = |complete| Reading { products: vec![coat()], complete, doubts: Vec::new() };
    scene.read(source, &both).await;
    let absent = "SELECT count(*) FROM variant WHERE availability = 'absent'";
    for complete in [true, false, true, false] {
        scene.read(source, &rest(complete)).await;
        assert_eq!(scene.number(absent).await, 0);
    }
    scene.read(source, &rest(true)).await;
    assert_eq!(scene.number(absent).await, 1);
    assert_eq!(scene.read(source, &both).await.restocks.len(), 1, "and its return is a restock");
}

/// A catalogue takes over a product whose own page was paused: nothing of its history is lost or made up.
#[tokio::test]
async fn a_product_that_changes_its_source_keeps_a_true_history() {
    let (db, _place, clock) = testing::db_with_clock(Engine::of(module_path!())).await;
    let page = testing::follow(&db, "https://shop.example/products/jacket").await;
    let list = testing::follow(&db, "https://shop.example/products.json").await;
    let shown = |availability| vec![testing::product("Jacket", &[("M", "Black", availability)])];
    testing::read(&db, page, shown(OUT)).await;
    clock.advance(std::time::Duration::from_secs(60));
    testing::read(&db, page, shown(OUT)).await;
    testing::read(&db, list, shown(IN)).await;
    let product = db.products_of(page).await.expect("read")[0];
    let spans = async || db.history(product).await.expect("read")[0].spans.clone();
    assert_eq!(spans().await.len(), 1, "a product is read by one source");

    db.pause_source(page, true).await.expect("paused");
    clock.advance(std::time::Duration::from_secs(60));
    testing::read(&db, list, shown(IN)).await;
    let spans = spans().await;
    assert_eq!(spans.len(), 2);
    assert_eq!(spans[0].last_seen, testing::start() + chrono::Duration::seconds(60));
    assert_eq!((spans[1].availability, spans[1].is_open), (IN, true));
    assert!(testing::open_restock(&db).await.is_some(), "the restock is seen across the change");
}

#[tokio::test]
async fn a_list_that_takes_longer_than_three_intervals_is_read_without_gaps() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT)]).await;
    for variants in [&[("M", OUT)][..], &[("M", OUT), ("L", OUT)]] {
        let polled = testing::hold(&scene.db, source).await;
        let began_at = scene.db.now();
        scene.pass(4 * 60);
        let new = NewReading { reading: jacket(variants), began_at, ..testing::reading(&scene.db, vec![]) };
        scene.end(&polled, End::Read(Arc::new(new))).await.expect("stored");
    }
    assert_eq!(scene.number("SELECT count(*) FROM span").await, 2, "M was out all the time");
}
