//! A restock that fulfils more kinds of wishes than one statement may name.

use std::time::Duration;

use coatcheck_domain::watch::Mode;
use coatcheck_domain::{Availability, Reading};

use super::scene::{IN, OUT, Scene, product};

const SIZES: usize = 1203;

#[tokio::test]
async fn more_kinds_of_wishes_than_one_statement_may_name_are_all_fulfilled() {
    let names: Vec<String> = (0..SIZES).map(|n| format!("size{n}")).collect();
    let all = |availability: Availability| {
        let variants: Vec<(&str, Availability)> = names.iter().map(|name| (name.as_str(), availability)).collect();
        Reading { products: vec![product("1", "Jacket", &variants)], complete: true, doubts: Vec::new() }
    };
    let scene = Scene::new().await;
    let source = scene.source(super::scene::URL).await;
    scene.read(source, &all(OUT)).await;
    let jacket = scene.db.products_of(source).await.expect("asked")[0];
    let people = [scene.person(1).await, scene.person(2).await];
    for (place, name) in names.iter().enumerate() {
        scene.watch(people[place % 2], jacket, name, Mode::Once).await;
    }
    scene.read(source, &all(IN)).await;
    let began = std::time::Instant::now();
    assert_eq!(scene.fan_out().await, 2, "one alert each");
    let took = began.elapsed();
    assert!(took < Duration::from_secs(10), "the only writer was held for {took:?}");
    let listed: usize = scene.deliveries().await.iter().map(|one| super::scene::sizes(one).len()).sum();
    assert_eq!(listed, SIZES, "each lists all that its subscriber waits for");
    assert_eq!(scene.number("SELECT count(*) FROM watch WHERE armed").await, 0);
}
