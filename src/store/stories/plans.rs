//! What is asked all the time is answered from an index, however many rows there are.

use coatcheck_domain::watch::Mode;
use sea_orm::{ConnectionTrait, Statement};

use super::scene::{IN, LANE, OUT, Scene, jacket, sent};
use crate::store::claim::Room;

/// The plan SQLite makes for a query, a line a step.
async fn plan(scene: &Scene, sql: &str) -> String {
    let statement = Statement::from_string(scene.db.backend(), format!("EXPLAIN QUERY PLAN {sql}"));
    let rows = scene.db.read().query_all_raw(statement).await.expect("planned");
    let steps: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").expect("a step")).collect();
    steps.join("\n")
}

/// The statements that came by while `what` was done.
async fn statements(scene: &Scene, what: impl AsyncFnOnce(&Scene)) -> Vec<String> {
    scene.faults.listen();
    what(scene).await;
    scene.faults.heard()
}

#[tokio::test]
async fn the_fan_out_finds_its_watches_by_the_index_watch_match() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    let ann = scene.person(1).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    scene.watch(ann, product, "", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN), ("L", IN)])).await;
    let heard = statements(&scene, async |scene| assert_eq!(scene.fan_out().await, 1)).await;
    let about: Vec<&String> = heard.iter().filter(|sql| sql.contains("watch")).collect();
    assert!(about.len() >= 5, "{heard:?}");
    for sql in about {
        let plan = plan(&scene, sql).await;
        assert!(plan.contains("watch_match"), "{sql}\n{plan}");
        for table in ["watch", "w", "x", "d", "t"] {
            let scan = format!("SCAN {table}");
            assert!(!plan.lines().any(|step| step == scan || step.starts_with(&format!("{scan} "))), "{sql}\n{plan}");
        }
    }
}

#[tokio::test]
async fn claims_find_what_is_due_by_the_index_source_due() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT)]).await;
    let heard = statements(&scene, async |scene| {
        let _ = scene.claim(source).await;
        assert!(scene.db.claim_due("none", Room::of_each(7)).await.expect("asked").is_empty());
        scene.db.next_due().await.expect("asked");
    })
    .await;
    let about: Vec<&String> =
        heard.iter().filter(|sql| sql.contains("next_poll_at <=") || sql.contains("min(")).collect();
    assert!(about.len() >= 3, "{heard:?}");
    for sql in about.iter().filter(|sql| !sql.contains("s.id = $5")) {
        let plan = plan(&scene, sql).await;
        assert!(plan.contains("source_due"), "{sql}\n{plan}");
    }
}

#[tokio::test]
async fn a_lane_finds_what_is_due_by_the_index_delivery_due() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.person(1).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;
    let heard = statements(&scene, async |scene| {
        scene.db.lanes_due().await.expect("asked");
        let lease = scene.take_lane("a").await;
        assert_eq!(scene.start(&lease).await.len(), 1);
        scene.db.lanes_held().await.expect("asked");
    })
    .await;
    let about = |word: &str| heard.iter().filter(|sql| sql.contains(word)).cloned().collect::<Vec<_>>();
    assert!(about("state = 'pending'").len() >= 3, "{heard:?}");
    for sql in about("AND state = 'pending'").iter().chain(&about("WHERE state = 'pending'")) {
        let plan = plan(&scene, sql).await;
        assert!(plan.contains("delivery_due"), "{sql}\n{plan}");
    }
    for sql in about("state IN ('claimed', 'sending')") {
        let plan = plan(&scene, &sql).await;
        assert!(plan.contains("delivery_held"), "{sql}\n{plan}");
    }
}

#[tokio::test]
async fn no_step_of_a_lane_reads_all_deliveries_there_ever_were() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.person(1).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;
    let heard = statements(&scene, async |scene| {
        let lease = scene.take_lane("a").await;
        let started = scene.start(&lease).await;
        scene.finish(&lease, &started[0], sent()).await;
        scene.db.hand_back_lane(&lease, LANE).await.expect("handed back");
    })
    .await;
    let about: Vec<&String> = heard.iter().filter(|sql| sql.contains("delivery")).collect();
    assert!(about.len() >= 7, "{heard:?}");
    for sql in about {
        let plan = plan(&scene, sql).await;
        assert!(!plan.lines().any(|step| matches!(step, "SCAN delivery" | "SCAN d" | "SCAN e")), "{sql}\n{plan}");
    }
}
