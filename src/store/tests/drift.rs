//! P9: a shop that suddenly says much less than before is noticed, and tells nobody anything, then or afterwards.

use std::sync::Arc;

use coatcheck_domain::watch::Mode;
use coatcheck_domain::{Availability, Doubt, Reading};
use sea_orm::DbBackend;

use super::readings::stock_rows;
use super::scene::{IN, OUT, Scene, jacket, product};
use crate::store::polls::ended::{End, Failed};
use crate::store::stock::new_reading::NewReading;

const CATALOGUE: &str = "https://shop.example/products.json";
const ALL: [&str; 8] = ["1", "2", "3", "4", "5", "6", "7", "8"];

/// A catalogue of these products, each with an M.
fn catalogue(ids: &[&str], m: Availability) -> Reading {
    Reading {
        products: ids.iter().map(|id| product(id, id, &[("M", m)])).collect(),
        complete: true,
        doubts: Vec::new(),
    }
}

/// A shop of eight products whose M is there, with somebody who waits for each.
async fn shop() -> (Scene, i64) {
    let scene = Scene::new().await;
    let source = scene.source(CATALOGUE).await;
    scene.read(source, &catalogue(&ALL, IN)).await;
    let person = scene.person(1).await;
    for product in scene.db.products_of(source).await.expect("asked") {
        scene.watch(person, product, "M", Mode::Every).await;
    }
    (scene, source)
}

async fn error(scene: &Scene, source: i64) -> Option<String> {
    scene.db.source(source).await.expect("asked").expect("there").last_error
}

async fn absent(scene: &Scene) -> i64 {
    scene.number("SELECT count(*) AS id FROM variant WHERE availability = 'absent'").await
}

#[tokio::test]
async fn p9_half_a_catalogue_that_vanishes_and_comes_back_is_told_to_nobody() {
    let (scene, source) = shop().await;
    for _ in 0..3 {
        assert!(scene.read(source, &catalogue(&ALL[..4], IN)).await.restocks.is_empty());
        let error = error(&scene, source).await.expect("it is noticed");
        assert!(error.starts_with("4 of 8 products are missing at once"), "{error}");
    }
    assert!(scene.read(source, &catalogue(&ALL, IN)).await.restocks.is_empty(), "a storm");
    assert_eq!(error(&scene, source).await, None);
    assert_eq!(scene.fan_out().await, 0);
}

#[tokio::test]
async fn what_a_doubtful_reading_has_is_told_as_ever() {
    let (scene, source) = shop().await;
    scene.read(source, &catalogue(&ALL, OUT)).await;
    scene.read(source, &catalogue(&ALL[..4], OUT)).await;
    assert_eq!(scene.read(source, &catalogue(&ALL[..4], IN)).await.restocks.len(), 4);
    // Sold out before the trouble, there after it: that is news.
    assert_eq!(scene.read(source, &catalogue(&ALL, IN)).await.restocks.len(), 4);
    assert_eq!(scene.fan_out().await, 8);
}

#[tokio::test]
async fn what_is_back_only_after_half_an_hour_was_gone() {
    let (scene, source) = shop().await;
    for _ in 0..3 {
        scene.read(source, &catalogue(&ALL[..4], IN)).await;
    }
    assert_eq!(absent(&scene).await, 4);
    scene.read(source, &catalogue(&ALL[..4], IN)).await;
    assert_eq!(error(&scene, source).await, None, "what is gone is gone");
    scene.pass(31 * 60);
    assert_eq!(scene.read(source, &catalogue(&ALL, IN)).await.restocks.len(), 4);
}

#[tokio::test]
async fn two_products_that_lose_sizes_have_sold_them() {
    let (scene, source) = shop().await;
    for _ in 0..4 {
        scene.read(source, &catalogue(&ALL[..6], IN)).await;
    }
    assert_eq!(scene.read(source, &catalogue(&ALL, IN)).await.restocks.len(), 2);
}

#[tokio::test]
async fn a_few_products_that_go_are_absent_after_three_readings_as_ever() {
    let (scene, source) = shop().await;
    for _ in 0..3 {
        scene.read(source, &catalogue(&ALL[..5], IN)).await;
        assert_eq!(error(&scene, source).await, None);
    }
    assert_eq!(absent(&scene).await, 3);
}

#[tokio::test]
async fn history_does_not_claim_to_have_seen_what_was_missing() {
    let (scene, source) = shop().await;
    let product = scene.db.products_of(source).await.expect("asked")[7];
    let seen = scene.db.now();
    for _ in 0..2 {
        scene.read(source, &catalogue(&ALL[..4], IN)).await;
    }
    let spans = &scene.db.history(product).await.expect("read")[0].spans;
    assert_eq!((spans.len(), spans[0].last_seen), (1, seen));
}

#[tokio::test]
async fn products_that_are_long_absent_are_not_written_again() {
    let (scene, source) = shop().await;
    for _ in 0..4 {
        scene.read(source, &catalogue(&ALL[..7], IN)).await;
    }
    assert_eq!(absent(&scene).await, 1);
    let gone = "SELECT id FROM product WHERE digest IS NULL";
    let id = scene.number(gone).await;
    let rows = async || {
        let rows = stock_rows(&scene).await;
        rows.into_iter().filter(|row| row.contains(&format!("\"product_id\":{id},"))).collect::<Vec<_>>()
    };
    let before = rows().await;
    scene.run(&format!("UPDATE product SET settled = TRUE, title = title || '!' WHERE id = {id}")).await;
    let (forbidden, allowed) = match scene.db.backend() {
        DbBackend::Postgres => (
            "ALTER TABLE variant ADD CONSTRAINT untouched CHECK (availability <> 'absent') NOT VALID",
            "ALTER TABLE variant DROP CONSTRAINT untouched",
        ),
        _ => (
            "CREATE TRIGGER untouched BEFORE UPDATE ON variant WHEN OLD.availability = 'absent' \
               BEGIN SELECT RAISE(ABORT, 'a long absent variant is written again'); END",
            "DROP TRIGGER untouched",
        ),
    };
    scene.run(forbidden).await;
    let changed = Reading { products: catalogue(&ALL[..6], IN).products, complete: true, doubts: Vec::new() };
    let mut changed = changed;
    changed.products.push(product("7", "7", &[("M", OUT)]));
    scene.read(source, &changed).await;
    scene.run(allowed).await;
    assert_eq!(rows().await, before);
}

#[tokio::test]
async fn p9_a_shop_that_loses_its_words_for_stock_is_noticed() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT), ("L", IN)]).await;
    let unknown = jacket(&[("M", Availability::Unknown), ("L", Availability::Unknown)]);
    assert!(scene.read(source, &unknown).await.restocks.is_empty());
    assert!(error(&scene, source).await.is_some_and(|error| error.contains("nothing here says any more")));
    assert!(scene.read(source, &jacket(&[("M", OUT), ("L", IN)])).await.restocks.is_empty());
    assert_eq!(error(&scene, source).await, None);
}

#[tokio::test]
async fn p9_a_product_whose_variants_are_all_renamed_tells_nobody() {
    let (scene, source, _) = Scene::with_jacket(&[("S", OUT), ("M", OUT), ("L", IN)]).await;
    let renamed = jacket(&[("EU 46", IN), ("EU 50", IN), ("EU 54", IN)]);
    assert!(scene.read(source, &renamed).await.restocks.is_empty());
    assert!(scene.read(source, &renamed).await.restocks.is_empty());
    // From here on it is watched as ever.
    let sold_out = jacket(&[("EU 46", OUT), ("EU 50", IN), ("EU 54", IN)]);
    scene.read(source, &sold_out).await;
    assert_eq!(scene.read(source, &renamed).await.restocks.len(), 1);
}

/// A shop that opens says exactly this, and it is what people wait for: it is told, once a product and person.
#[tokio::test]
async fn a_shop_where_everything_is_back_at_once_is_believed() {
    let (scene, source) = shop().await;
    scene.read(source, &catalogue(&ALL, OUT)).await;
    assert_eq!(scene.read(source, &catalogue(&ALL, IN)).await.restocks.len(), 8);
    assert_eq!(error(&scene, source).await, None);
}

#[tokio::test]
async fn a_product_whose_source_is_gone_is_read_by_another() {
    let (scene, page, _) = Scene::with_jacket(&[("M", OUT)]).await;
    let list = scene.source(CATALOGUE).await;
    assert!(scene.read(list, &jacket(&[("M", IN)])).await.restocks.is_empty(), "its own page reads it");
    scene.run(&format!("UPDATE source SET state = 'gone' WHERE id = {page}")).await;
    assert_eq!(scene.read(list, &jacket(&[("M", IN)])).await.restocks.len(), 1);
}

#[tokio::test]
async fn what_a_reading_left_out_is_kept_until_another_one_understands_it() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT)]).await;
    let doubt = |n: usize| Doubt { at: format!("$.products[{n}]"), what: "no variants".repeat(1000) };
    let doubted = Reading { doubts: (0..25).map(doubt).collect(), ..jacket(&[("M", OUT), ("L", IN)]) };
    scene.read(source, &doubted).await;
    let doubts = scene.db.source(source).await.expect("asked").expect("there").doubts;
    assert_eq!((doubts.len(), doubts[0].at.as_str(), doubts[0].what.len()), (21, "$.products[0]", 300));
    assert_eq!(doubts[20].to_string(), "elsewhere: 5 more of these");
    scene.read(source, &jacket(&[("M", OUT), ("L", OUT)])).await;
    assert_eq!(scene.db.source(source).await.expect("asked").expect("there").doubts, []);
}

/// From another process, which remembers nothing of it.
#[tokio::test]
async fn a_source_that_is_read_by_the_slow_worker_is_known_as_that() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT)]).await;
    let is_slow = async || scene.another().await.source(source).await.expect("asked").expect("there").slow;
    assert!(!is_slow().await);
    let overran = Failed { fault: "overran".into(), error: "too slow".into(), shop_failed: false, is_wall: false };
    let polled = scene.poll(source).await;
    scene.end(&polled, End::Failed(overran)).await.expect("written");
    assert!(is_slow().await, "too slow even for that one");
    for slow in [true, false] {
        let polled = scene.poll(source).await;
        let new = NewReading { slow, reading: jacket(&[("M", OUT)]), ..crate::testing::reading(&scene.db, vec![]) };
        scene.end(&polled, End::Read(Arc::new(new))).await.expect("stored");
        assert_eq!(is_slow().await, slow);
    }
}

#[tokio::test]
async fn p9_a_shop_that_answers_in_another_shape_tells_nobody_until_that_has_lasted() {
    let (scene, source) = shop().await;
    scene.read(source, &catalogue(&ALL, OUT)).await;
    let mut odd = catalogue(&ALL, IN);
    for variant in odd.products.iter_mut().flat_map(|product| &mut product.variants) {
        variant.options.clear();
    }
    let sizes = "SELECT count(*) AS id FROM variant";
    let before = scene.number(sizes).await;
    assert!(scene.read(source, &odd).await.restocks.is_empty());
    let said = error(&scene, source).await.expect("it is noticed");
    assert!(said.contains("0 of 8 variants have a size or another option, it was 8 of 8"), "{said}");
    assert_eq!(scene.number(sizes).await, before, "nothing of it is written down");
    let read_at = scene.db.source(source).await.expect("asked").expect("there").last_read_at;
    assert!(read_at.is_some_and(|at| at < scene.db.now()), "nor does history claim to have seen anything by it");
    assert_eq!(scene.read(source, &catalogue(&ALL, IN)).await.restocks.len(), 8, "mended: what came back is told");
    assert_eq!(error(&scene, source).await, None);
    for _ in 0..2 {
        scene.read(source, &odd).await;
        scene.pass(15 * 60);
    }
    scene.read(source, &odd).await;
    assert_eq!(error(&scene, source).await, None, "it has lasted: that is how the shop is now");
}
