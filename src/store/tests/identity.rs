//! Products whose ids are not for long: what returns under the old id, or another one, was never gone.

use coatcheck_domain::watch::Mode;
use coatcheck_domain::{Availability, Reading};

use super::scene::{IN, OUT, Scene, product};

/// The source's products, each with an M and an L.
fn list(products: &[(&str, &str)], m: Availability) -> Reading {
    let products = products.iter().map(|(id, title)| product(id, title, &[("M", m), ("L", IN)])).collect();
    Reading { products, complete: true, doubts: Vec::new() }
}

async fn products(scene: &Scene) -> i64 {
    scene.number("SELECT count(*) FROM product").await
}

#[tokio::test]
async fn a_product_whose_id_changes_and_returns_is_notified_of_nothing() {
    for others in [vec![], vec![("8", "Hat"), ("9", "Coat")]] {
        let scene = Scene::new().await;
        let source = scene.source(super::scene::URL).await;
        let under = |id| list(&[vec![(id, "Jacket")], others.clone()].concat(), IN);
        for id in ["1", "1", "2", "2", "2", "2", "2", "1", "1", "3", "4", "5", "1"] {
            assert!(scene.read(source, &under(id)).await.restocks.is_empty(), "under {id}");
        }
        assert_eq!(products(&scene).await, 1 + i64::try_from(others.len()).expect("few"));
        assert_eq!(scene.number("SELECT count(*) FROM variant WHERE availability = 'absent'").await, 0);
    }
}

#[tokio::test]
async fn who_waits_for_a_product_is_notified_when_it_is_back_under_another_id() {
    let scene = Scene::new().await;
    let source = scene.source(super::scene::URL).await;
    scene.read(source, &list(&[("1", "Jacket"), ("9", "Coat")], OUT)).await;
    let jacket = scene.db.products_of(source).await.expect("asked")[0];
    let ann = scene.person(1).await;
    scene.watch(ann, jacket, "M", Mode::Once).await;
    scene.read(source, &list(&[("2", "Jacket"), ("9", "Coat")], OUT)).await;
    // Gone altogether for a while, and back under the id that it had last.
    for _ in 0..4 {
        scene.read(source, &list(&[("9", "Coat")], OUT)).await;
    }
    let mut back = list(&[("2", "Jacket"), ("9", "Coat")], IN);
    back.products[1] = product("9", "Coat", &[("M", OUT), ("L", IN)]);
    scene.read(source, &back).await;
    assert_eq!(scene.fan_out().await, 1);
}

#[tokio::test]
async fn two_products_of_one_title_are_not_taken_for_each_other() {
    let scene = Scene::new().await;
    let source = scene.source(super::scene::URL).await;
    scene.read(source, &list(&[("1", "Jacket"), ("2", "Jacket")], OUT)).await;
    assert!(scene.read(source, &list(&[("1", "Jacket"), ("3", "Jacket")], IN)).await.restocks.len() == 1);
    assert_eq!(products(&scene).await, 3);
}

#[tokio::test]
async fn what_comes_long_after_another_is_a_product_of_its_own() {
    let scene = Scene::new().await;
    let source = scene.source(super::scene::URL).await;
    scene.read(source, &list(&[("1", "Jacket"), ("9", "Coat")], IN)).await;
    for _ in 0..4 {
        scene.read(source, &list(&[("9", "Coat")], IN)).await;
    }
    assert!(scene.read(source, &list(&[("2", "Jacket"), ("9", "Coat")], IN)).await.restocks.is_empty());
    assert_eq!(products(&scene).await, 3);
}
