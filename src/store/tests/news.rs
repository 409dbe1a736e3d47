//! New products of a shop: told once, gathered, and never where nothing is new.

use std::sync::Arc;

use coatcheck_domain::Reading;
use sea_orm::FromQueryResult;

use super::scene::{IN, OUT, Scene, product};
use crate::store::db::sql::Sql;
use crate::store::outbox::news::APART;
use crate::store::polls::ended::End;
use crate::store::stock::new_reading::NewReading;

const LIST: &str = "https://shop.example/collections/all";

/// A list with these products.
fn list(ids: &[&str]) -> Reading {
    let products = ids.iter().map(|id| product(id, &format!("Jacket {id}"), &[("M", OUT)])).collect();
    Reading { products, complete: true, doubts: Vec::new() }
}

/// A list of four products that was read twice, and somebody who wants to hear of new ones.
async fn shop() -> (Scene, i64) {
    let scene = Scene::new().await;
    let source = scene.source(LIST).await;
    let person = scene.person(1).await;
    let shop = scene.db.shop_of(source).await.expect("asked").expect("there");
    assert!(scene.db.announce_news(person, shop).await.expect("stored"));
    assert!(!scene.db.announce_news(person, shop).await.expect("stored"), "once is enough");
    for _ in 0..2 {
        scene.read(source, &list(&["1", "2", "3", "4"])).await;
    }
    (scene, source)
}

/// What was told so far, by the products' numbers.
async fn told(scene: &Scene) -> Vec<String> {
    #[derive(FromQueryResult)]
    struct Row {
        payload: String,
    }
    scene.db.tell_news().await.expect("told");
    let sql = "SELECT payload FROM delivery WHERE kind = 'notice' ORDER BY id";
    let rows: Vec<Row> = scene.db.read().rows(sql, vec![]).await.expect("read");
    let named = |row: &Row| {
        let text: serde_json::Value = serde_json::from_str(&row.payload).expect("JSON");
        let words = text["text"].as_str().expect("a text").split("Jacket ").skip(1);
        words
            .map(|word| word.chars().take_while(char::is_ascii_digit).collect::<String>())
            .collect::<Vec<_>>()
            .join(" ")
    };
    rows.iter().map(named).collect()
}

#[tokio::test]
async fn a_product_that_joins_a_list_is_told_once() {
    let (scene, source) = shop().await;
    assert_eq!(told(&scene).await, [""; 0], "what was there before is not new");
    scene.read(source, &list(&["1", "2", "3", "4", "5"])).await;
    assert_eq!(told(&scene).await, ["5"]);
    scene.read(source, &list(&["1", "2", "3", "4"])).await;
    scene.read(source, &list(&["1", "2", "3", "4", "5"])).await;
    assert_eq!(told(&scene).await, ["5"], "what vanishes and returns is not new");
}

#[tokio::test]
async fn products_of_one_minute_are_one_message() {
    let (scene, source) = shop().await;
    scene.read(source, &list(&["1", "2", "3", "4", "5", "6"])).await;
    assert_eq!(told(&scene).await, ["5 6"]);
    let polled = crate::testing::hold(&scene.db, source).await;
    scene.pass(20);
    scene.store(&polled, &list(&["1", "2", "3", "4", "5", "6", "7"]), "a").await.expect("stored");
    let polled = crate::testing::hold(&scene.db, source).await;
    scene.pass(20);
    scene.store(&polled, &list(&["1", "2", "3", "4", "5", "6", "7", "8"]), "b").await.expect("stored");
    assert_eq!(told(&scene).await, ["5 6"], "a minute has not passed");
    scene.pass(APART.as_secs() - 40);
    assert_eq!(told(&scene).await, ["5 6", "7 8"]);
}

#[tokio::test]
async fn nothing_is_new_at_first_sight_nor_in_what_was_never_read_whole() {
    let scene = Scene::new().await;
    let source = scene.source(LIST).await;
    let person = scene.person(1).await;
    let shop = scene.db.shop_of(source).await.expect("asked").expect("there");
    scene.db.announce_news(person, shop).await.expect("stored");
    for ids in [&["1", "2"][..], &["1", "2", "3"], &["1", "2", "3", "4"]] {
        scene.read(source, &Reading { complete: false, ..list(ids) }).await;
    }
    scene.read(source, &list(&["1", "2", "3", "4", "5"])).await;
    assert_eq!(told(&scene).await, [""; 0]);
    scene.read(source, &list(&["1", "2", "3", "4", "5", "6"])).await;
    assert_eq!(told(&scene).await, ["6"]);
}

#[tokio::test]
async fn one_item_that_cannot_be_read_hides_no_other_from_what_is_new() {
    let scene = Scene::new().await;
    let source = scene.source(LIST).await;
    let person = scene.person(1).await;
    let shop = scene.db.shop_of(source).await.expect("asked").expect("there");
    scene.db.announce_news(person, shop).await.expect("stored");
    for ids in [&["1", "2", "3"][..], &["1", "2", "3"], &["1", "2", "3", "4"]] {
        let polled = scene.poll(source).await;
        let reading = Reading { complete: false, ..list(ids) };
        let new = NewReading { to_its_end: true, reading, ..crate::testing::reading(&scene.db, vec![]) };
        scene.end(&polled, End::Read(Arc::new(new))).await.expect("stored");
    }
    assert_eq!(told(&scene).await, ["4"]);
}

#[tokio::test]
async fn a_list_that_is_doubted_has_no_news() {
    let (scene, source) = shop().await;
    scene.read(source, &list(&["1"])).await;
    scene.read(source, &list(&["1", "2", "3", "4", "9"])).await;
    assert_eq!(told(&scene).await, [""; 0], "its reading before was doubted");
    scene.read(source, &list(&["11", "12", "13", "14"])).await;
    scene.read(source, &list(&["11", "12", "13", "14"])).await;
    assert_eq!(told(&scene).await, [""; 0], "another catalogue");
}

#[tokio::test]
async fn a_list_that_is_read_in_another_way_begins_anew() {
    use crate::store::polls::source::SourceChange;
    let (scene, source) = shop().await;
    let change = SourceChange { jq: Some(".[]".to_owned()), ..SourceChange::default() };
    scene.db.change_source(source, &change).await.expect("changed");
    scene.read(source, &list(&["1", "2", "3", "4", "5"])).await;
    assert_eq!(told(&scene).await, [""; 0]);
}

#[tokio::test]
async fn who_stopped_or_is_paused_hears_nothing() {
    let (scene, source) = shop().await;
    let shop = scene.db.shop_of(source).await.expect("asked").expect("there");
    let person = scene.person(1).await;
    scene.db.pause_subscriber(person, Some(scene.db.now() + chrono::Duration::hours(1))).await.expect("paused");
    scene.read(source, &list(&["1", "2", "3", "4", "5"])).await;
    assert_eq!(told(&scene).await, [""; 0]);
    scene.db.pause_subscriber(person, None).await.expect("resumed");
    assert_eq!(told(&scene).await, ["5"]);
    assert!(scene.db.stop_news(person, shop).await.expect("stopped"));
    scene.read(source, &list(&["1", "2", "3", "4", "5", "6"])).await;
    scene.pass(60);
    assert_eq!(told(&scene).await, ["5"]);
}

#[tokio::test]
async fn what_could_not_be_told_for_a_day_is_old() {
    let (scene, source) = shop().await;
    let person = scene.person(1).await;
    scene.db.pause_subscriber(person, Some(scene.db.now() + chrono::Duration::days(2))).await.expect("paused");
    scene.read(source, &list(&["1", "2", "3", "4", "5"])).await;
    scene.pass(24 * 3600 + 1);
    scene.db.tell_news().await.expect("told");
    assert_eq!(scene.number("SELECT count(*) FROM newcomer").await, 0);
}

/// The process dies before any statement, and is started again.
#[tokio::test]
async fn p2_a_crash_at_any_statement_loses_and_doubles_nothing() {
    for nth in 1.. {
        let (scene, source) = shop().await;
        let polled = scene.poll(source).await;
        let all = list(&["1", "2", "3", "4", "5", "6"]);
        scene.faults.at(nth);
        let _ = scene.try_store(&polled, &all, "more").await;
        let _ = scene.db.tell_news().await;
        if !scene.faults.over() {
            assert_eq!(told(&scene).await, ["5 6"]);
            assert!(nth > 10, "only {nth} statements");
            return;
        }
        scene.read(source, &all).await;
        assert_eq!(told(&scene).await, ["5 6"], "crashed at statement {nth}");
    }
}

/// A room that wants to hear of new products gets no posts about restocks by that.
#[tokio::test]
async fn news_are_no_restocks() {
    let (scene, source) = shop().await;
    let mut back = list(&["1", "2", "3", "4"]);
    back.products[0] = product("1", "Jacket 1", &[("M", IN)]);
    assert_eq!(scene.read(source, &back).await.restocks.len(), 1);
    scene.fan_out().await;
    assert_eq!(scene.number("SELECT count(*) FROM room_post").await, 0);
}
