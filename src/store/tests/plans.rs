//! What is asked all the time is answered from an index, however many rows there are.

use std::time::Duration;

use coatcheck_domain::watch::Mode;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::phones::phone;
use super::scene::{IN, OUT, Scene, jacket, sent};
use crate::testing;

/// The plan the database makes for a query, a line a step, whatever the values are.
async fn plan(scene: &Scene, sql: &str) -> String {
    plan_for(scene, sql, None).await
}

/// The same for these values, where PostgreSQL's plan depends on how much is due at `$1`.
async fn plan_for(scene: &Scene, sql: &str, values: Option<[&str; 5]>) -> String {
    let mode = if values.is_some() { "force_custom_plan" } else { "force_generic_plan" };
    planned(scene, sql, values, &format!("SET LOCAL plan_cache_mode = {mode}")).await
}

/// The same for many more rows than a test makes: of few PostgreSQL would rather read all, also where it need not.
async fn plan_at_scale(scene: &Scene, sql: &str) -> String {
    let setting = "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL enable_seqscan = off";
    planned(scene, sql, None, setting).await
}

async fn planned(scene: &Scene, sql: &str, values: Option<[&str; 5]>, setting: &str) -> String {
    if scene.db.backend() == DbBackend::Postgres {
        return postgres_plan(scene, sql, values, setting).await;
    }
    let statement = Statement::from_string(DbBackend::Sqlite, format!("EXPLAIN QUERY PLAN {sql}"));
    let rows = scene.db.read().query_all_raw(statement).await.expect("planned");
    let steps: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").expect("a step")).collect();
    steps.join("\n")
}

async fn postgres_plan(scene: &Scene, sql: &str, values: Option<[&str; 5]>, setting: &str) -> String {
    let txn = scene.db.write().await.expect("begun");
    let value = |n: usize| values.map_or("NULL", |values| values[n - 1]);
    let values = (1..).take_while(|n| sql.contains(&format!("${n}"))).map(value).collect::<Vec<_>>().join(",");
    let values = if values.is_empty() { values } else { format!("({values})") };
    txn.execute_unprepared(setting).await.expect("set");
    txn.execute_unprepared(&format!("PREPARE probe AS {}", typed(sql))).await.expect(sql);
    let statement = Statement::from_string(DbBackend::Postgres, format!("EXPLAIN EXECUTE probe{values}"));
    let rows = txn.query_all_raw(statement).await.expect("planned");
    txn.execute_unprepared("DEALLOCATE probe").await.expect("forgotten");
    let steps: Vec<String> = rows.iter().map(|row| row.try_get("", "QUERY PLAN").expect("a step")).collect();
    steps.join("\n")
}

/// The program sends its values with their types; PREPARE is told those of a list of values by its columns' names.
fn typed(sql: &str) -> String {
    let parts = sql.split_once(" AS (VALUES ").and_then(|(before, list)| Some((before, list.split_once("))")?)));
    let Some((before, (list, after))) = parts else { return sql.to_owned() };
    let names = before.rsplit_once('(').map_or("", |(_, names)| names).trim_end_matches(')');
    let types: Vec<&str> = names.split(',').map(|name| type_of(name.trim())).collect();
    let values = list.split(',').enumerate().map(|(at, value)| {
        let (value, end) = value.strip_suffix(')').map_or((value, ""), |value| (value, ")"));
        format!("{value}::{}{end}", types[at % types.len()])
    });
    format!("{before} AS (VALUES {})){after}", values.collect::<Vec<_>>().join(","))
}

fn type_of(column: &str) -> &'static str {
    match column {
        "state" | "body_digest" | "etag" | "last_modified" | "reader" | "error" | "fault" | "key" | "title"
        | "digest" | "external_id" | "handle" | "url" | "image" | "sku" | "options" | "options_key" | "size"
        | "style" | "size_key" | "style_key" | "availability" | "vanished_as" | "provider_ref" | "currency" | "was"
        | "snapshot" | "doubts" => "text",
        "slow" | "settled" | "confirmed" | "renamed" | "read_completely" => "boolean",
        _ => "bigint",
    }
}

/// Does a step of the plan read all rows of the table?
fn reads_all_of(plan: &str, names: &[&str]) -> bool {
    plan.lines().map(str::trim_start).any(|step| {
        names.iter().any(|name| {
            let scan = format!("SCAN {name}");
            step == scan || step.starts_with(&format!("{scan} ")) || step.contains(&format!("Seq Scan on {name} "))
        })
    })
}

/// So many rows that a planner which goes by what it counted would rather not read them all. They are nobody's.
const CROWD: [&str; 5] = [
    "INSERT INTO shop (id, host, not_before, failures, walls, holder, epoch, created_at) SELECT 1000 + n, 'h' || n, 0, 0, 0, 'x', 1, 0 \
     FROM {numbers}",
    "INSERT INTO destination (subscriber_id, channel, address, lane, rank, state, created_at) \
     SELECT 1000 + n, 'discord', 'a' || n, 'lane', 0, 'active', 0 FROM {numbers}",
    "INSERT INTO watch (subscriber_id, product_id, size_key, style_key, fold_version, mode, armed, armed_after, created_at) \
     SELECT 1000 + n, 1000 + n / 100, 'k' || n % 9, '', 1, 'once', true, 0, 0 FROM {numbers}",
    "INSERT INTO source (shop_id, url, more_urls, headers, state, listed, interval_us, scheduled_at, next_poll_at, edit, \
       edited, failures, readings, settled, doubts, slow, created_at) \
     SELECT 1000 + n, 'u' || n, '[]', '[]', 'idle', true, 60000000, 4000000000000000 + n, 4000000000000000 + n, 1, false, 0, 1, true, '[]', false, 0 \
     FROM {numbers}",
    "INSERT INTO delivery (kind, dedupe_key, restock_id, subscriber_id, destination_id, hop, lane, payload, state, attempts, \
       next_attempt_at, epoch, expires_at, created_at) \
     SELECT 'alert', 'k' || n, 1000 + n / 10, 1000 + n, 1000 + n, 0, 'lane' || n % 20, '[]', \
       CASE WHEN n % 10 = 0 THEN 'pending' ELSE 'sent' END, 0, 4000000000000000 + n, 0, 0, 0 \
     FROM {numbers}",
];

/// The crowd comes in, and is counted: without `ANALYZE` SQLite's planner goes by the schema alone.
async fn crowd(scene: &Scene) {
    let numbers =
        "(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 20000) SELECT n FROM s) AS s";
    let is_postgres = scene.db.backend() == DbBackend::Postgres;
    let keys = async |on_or_off: &str| {
        if !is_postgres {
            let sql = format!("PRAGMA foreign_keys = {on_or_off}");
            scene.db.raw_writer().execute_unprepared(&sql).await.expect("set");
        }
    };
    keys("OFF").await;
    let txn = scene.db.write().await.expect("begun");
    if is_postgres {
        txn.execute_unprepared("SET LOCAL session_replication_role = replica").await.expect("set");
    }
    for rows in CROWD {
        txn.execute_unprepared(&rows.replace("{numbers}", numbers)).await.expect(rows);
    }
    txn.execute_unprepared("ANALYZE").await.expect("counted");
    txn.commit().await.expect("committed");
    keys("ON").await;
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
    crowd(&scene).await;
    let heard = statements(&scene, async |scene| assert_eq!(scene.fan_out().await, 1)).await;
    let about: Vec<&String> = heard.iter().filter(|sql| sql.contains("watch")).collect();
    assert_eq!(about.len(), 4, "the wishes, a chunk, the alerts, the disarming: {heard:?}");
    for sql in about {
        let plan = plan(&scene, sql).await;
        // PostgreSQL may find a chunk's watches by their ids, once their number is known to be small.
        let by_cases = !sql.contains("AS MATERIALIZED") || scene.db.backend() == DbBackend::Sqlite;
        assert!(!by_cases || plan.contains("watch_match"), "{sql}\n{plan}");
        assert!(
            !reads_all_of(
                &plan,
                &[
                    "watch",
                    "w",
                    "x",
                    "d",
                    "t",
                    "watch w",
                    "watch x",
                    "watch w_1",
                    "delivery d",
                    "destination d",
                    "destination t"
                ]
            ),
            "{sql}\n{plan}"
        );
    }
}

#[tokio::test]
async fn a_poller_looks_and_stores_without_reading_all_sources_or_shops() {
    let (scene, source, _) = Scene::with_jacket(&[("M", OUT)]).await;
    crowd(&scene).await;
    scene.db.join("a", true, &[]).await.expect("joined");
    let heard = statements(&scene, async |scene| {
        scene.db.look("a").await.expect("asked");
        scene.db.edited_sources("a").await.expect("asked");
        let polled = testing::hold(&scene.db, source).await;
        assert!(scene.unchanged(&polled).await);
        let polled = testing::hold(&scene.db, source).await;
        scene.store(&polled, &jacket(&[("M", IN)]), "body").await.expect("stored");
    })
    .await;
    let about: Vec<&String> = heard.iter().filter(|sql| sql.contains("source") || sql.contains("shop")).collect();
    assert!(about.len() >= 10, "{heard:?}");
    for sql in about.iter().filter(|sql| !sql.starts_with("INSERT")) {
        let plan = plan(&scene, sql).await;
        assert!(!reads_all_of(&plan, &["source", "s", "source s", "shop", "h", "shop h"]), "{sql}\n{plan}");
    }
}

#[tokio::test]
async fn a_lane_finds_what_is_due_by_the_index_delivery_due() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.person(1).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;
    crowd(&scene).await;
    let heard = statements(&scene, async |scene| {
        scene.db.lanes_due().await.expect("asked");
        let lease = scene.take_lane("a").await;
        assert_eq!(scene.start(&lease).await.len(), 1);
        scene.db.lanes_held().await.expect("asked");
    })
    .await;
    let about = |word: &str| heard.iter().filter(|sql| sql.contains(word)).cloned().collect::<Vec<_>>();
    let is_postgres = scene.db.backend() == DbBackend::Postgres;
    assert!(about("state = 'pending'").len() >= 3, "{heard:?}");
    for sql in about("state = 'pending'") {
        let plan = plan(&scene, &sql).await;
        let is_start = sql.starts_with("UPDATE");
        let index = if !is_start && !sql.contains("id IN (") {
            "delivery_due"
        } else if is_postgres {
            "delivery_pkey"
        } else {
            "PRIMARY KEY"
        };
        assert!(plan.contains(index) && (index == "delivery_due" || !plan.contains("delivery_due")), "{sql}\n{plan}");
    }
    for sql in about("WHERE state = 'sending'") {
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
    })
    .await;
    let about: Vec<&String> = heard.iter().filter(|sql| sql.contains("delivery")).collect();
    assert!(about.len() >= 5, "{heard:?}");
    for sql in about {
        let plan = plan(&scene, sql).await;
        assert!(!plan.lines().any(|step| matches!(step, "SCAN delivery" | "SCAN d" | "SCAN e")), "{sql}\n{plan}");
    }
}

#[tokio::test]
async fn fallback_and_texts_read_no_deliveries_but_those_they_are_about() {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    let ann = scene.person(1).await;
    scene.also_at(ann, &phone(), 100).await;
    scene.watch(ann, product, "M", Mode::Once).await;
    scene.read(source, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;
    scene.run("UPDATE delivery SET lane = 'sms', destination_id = 2").await;
    crowd(&scene).await;
    let heard = statements(&scene, async |scene| {
        scene.db.lane_is_down("discord", "401").await.expect("stored");
        scene.pass(60);
        assert_eq!(scene.db.fall_back(Duration::from_secs(60)).await.expect("looked"), 0);
        scene.db.provider_status("ref", "delivered", None).await.expect("asked");
        let lease = scene.take_lane_of("sms", "a").await;
        assert!(scene.start(&lease).await.is_empty());
    })
    .await;
    for (word, index) in [
        ("d.started_at AS place", "delivery_tried"),
        ("d.lane = $5", "delivery_due"),
        ("provider_ref = $1", "delivery_of_text"),
        ("count(*) AS texts", "delivery_texted"),
    ] {
        let about: Vec<&String> = heard.iter().filter(|sql| sql.contains(word)).collect();
        assert!(!about.is_empty(), "{word} in {heard:?}");
        for sql in about {
            let plan = plan(&scene, sql).await;
            assert!(plan.contains(index), "{sql}\n{plan}");
        }
    }
}

/// So many products of the first one's source, each with its variants and a name.
const BOARD: [&str; 4] = [
    "INSERT INTO product (shop_id, source_id, key, title, read_completely, settled, restocks, created_at) \
     SELECT p.shop_id, p.source_id, 'n' || n, 'Jacket ' || n, TRUE, TRUE, 0, 0 FROM product p, {numbers} WHERE p.key NOT LIKE 'n%'",
    "INSERT INTO variant (product_id, key, options, options_key, size, size_key, style_key, fold_version, position, \
       availability, confirmed, missing, renamed, rank, unconfirmed) \
     SELECT p.id, v.key, '[]', v.options_key, v.size, v.size_key, '', 1, v.position, 'in_stock', TRUE, 0, FALSE, 6, 0 \
     FROM product p, variant v WHERE p.key LIKE 'n%'",
    "INSERT INTO span (variant_id, availability, started_at, last_seen, first_reading, last_reading) \
     SELECT v.id, v.availability, 0, 0, 1, 1 FROM variant v JOIN product p ON p.id = v.product_id WHERE p.key LIKE 'n%'",
    "INSERT INTO alias (product_id, word, text) SELECT id, 'jacket', 'Jacket' FROM product WHERE key LIKE 'n%'",
];

#[tokio::test]
async fn a_page_of_the_board_reads_no_products_but_those_on_it() {
    let (scene, _, product) = Scene::with_jacket(&[("M", OUT), ("L", IN)]).await;
    let numbers =
        "(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 5000) SELECT n FROM s) AS s";
    let txn = scene.db.write().await.expect("begun");
    for rows in BOARD {
        txn.execute_unprepared(&rows.replace("{numbers}", numbers)).await.expect(rows);
    }
    txn.execute_unprepared("ANALYZE").await.expect("counted");
    txn.commit().await.expect("committed");
    let ids: Vec<i64> = (product..product + 50).collect();
    let heard = statements(&scene, async |scene| {
        scene.db.last_change().await.expect("asked");
        assert_eq!(scene.db.public_products(&ids).await.expect("asked").len(), 50);
        assert_eq!(scene.db.products(&ids).await.expect("read").len(), 50);
        assert_eq!(scene.db.stock(&ids).await.expect("read").len(), 100);
    })
    .await;
    assert!((4..=8).contains(&heard.len()), "a page takes few statements: {heard:#?}");
    for sql in &heard {
        let plan = plan_at_scale(&scene, sql).await;
        let all = reads_all_of(&plan, &["product", "p", "variant", "v", "span", "sp", "o", "alias", "a"]);
        // The last change is the end of an index.
        assert!(!all || sql.contains("MAX(id)"), "{sql}\n{plan}");
    }
    // Finding what is on which page is a read model's: it reads all, at most once a second.
    assert_eq!(scene.db.listed(200_000).await.expect("read").len(), 5001);
}
