//! P1, P2 and P5: the process dies before any statement, is started again, and all are told as if nothing had been.

use std::collections::BTreeMap;

use coatcheck_domain::watch::Mode;

use super::scene::{IN, LANE, OUT, RULES, Scene, TTL, finished, jacket, sent, step};
use crate::store::StoreError;
use crate::store::db::wake::Topic;
use crate::store::outbox::fanout::FanoutRules;
use crate::testing::HOLDER;

/// Requests that a receiver saw, by dedupe key.
type Requests = BTreeMap<String, u32>;

async fn scene() -> (Scene, i64) {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT), ("L", OUT)]).await;
    for (number, wish) in (1u64..).zip(["M", "L", "", "XL", "M", "M"]) {
        let person = scene.person(number).await;
        scene.watch(person, product, wish, Mode::Once).await;
    }
    let ann = scene.person(1).await;
    scene.watch(ann, product, "L", Mode::Every).await;
    (scene, source)
}

/// One life of the process: it polls, fans out and sends until there is nothing to do.
async fn live(scene: &Scene, source: i64, requests: &mut Requests) -> Result<(), StoreError> {
    let shop = scene.db.shop_of(source).await?.expect("it is followed");
    let (_, sources) = scene.db.take_shops(HOLDER, &[shop]).await?;
    // Whoever lives after a crash finds that the shop was polled already, or polls it.
    for polled in sources.iter().filter(|polled| polled.next_poll_at <= scene.db.now()) {
        scene.try_store(polled, &jacket(&[("M", IN), ("L", IN)]), "body").await?;
    }
    scene.try_fan_out(&FanoutRules { chunk: 2, ..RULES }).await?;
    let holder = scene.token();
    let Some(lease) = scene.db.take_lease("lane:send:discord", &holder, TTL).await? else { return Ok(()) };
    scene.db.take_over_lane(&lease, LANE, 0.5).await?;
    let mut done = Vec::new();
    loop {
        let step = step(&scene.db, &lease, LANE, &done, 2).await?;
        done.clear();
        if step.started.is_empty() {
            break;
        }
        for started in &step.started {
            *requests.entry(started.dedupe_key.clone()).or_default() += 1;
            done.push(finished(started, sent(), scene.db.now()));
        }
    }
    scene.db.release_lease(&lease).await?;
    Ok(())
}

/// Lives until nothing is left to do. Says what each was told, and how often the receivers heard it.
async fn play(crash_at: Option<i64>) -> (Vec<String>, Requests, bool) {
    let (scene, source) = scene().await;
    scene.pass(60);
    // The life that crashes has all the work before it: nobody holds the shop or the lane.
    scene.db.free_all_leases().await.expect("freed");
    let mut requests = Requests::new();
    if let Some(nth) = crash_at {
        scene.faults.at(nth);
    }
    let lived = live(&scene, source, &mut requests).await;
    let crashed = scene.faults.over();
    assert_eq!(lived.is_err(), crashed, "{lived:?}");
    assert!(crashed || requests.len() == 5, "a life without a crash does all of it: {requests:?}");
    scene.db.wake().ring(Topic::Sources);
    for _ in 0..3 {
        scene.pass(30);
        scene.db.free_all_leases().await.expect("freed");
        live(&scene, source, &mut requests).await.expect("no more crashes");
    }
    let keys = scene.deliveries().await.into_iter().map(|d| subscriber_and_hop(&d.dedupe_key));
    let told = scene.told().await.into_iter().zip(keys).map(|(line, key)| format!("{key} {line}")).collect();
    (told, requests, crashed)
}

/// Of a key like `a:{restock}:1:0`. A restock that was rolled back leaves a gap in the numbers on PostgreSQL.
fn subscriber_and_hop(key: &str) -> String {
    key.splitn(3, ':').last().expect("a key has parts").to_owned()
}

#[tokio::test]
async fn p1_p2_p5_a_crash_at_any_statement_tells_everybody_all_the_same() {
    let (expected, _, _) = play(None).await;
    assert_eq!(
        expected,
        [
            "1:0 discord:1 sent M L",
            "2:0 discord:2 sent L",
            "3:0 discord:3 sent M L",
            "5:0 discord:5 sent M",
            "6:0 discord:6 sent M"
        ]
    );
    let mut statements = 0;
    for nth in 1.. {
        let (told, requests, crashed) = play(Some(nth)).await;
        let sorted = |mut lines: Vec<String>| {
            lines.sort();
            lines
        };
        assert_eq!(sorted(told), expected, "crash before statement {nth}");
        assert_eq!(requests.len(), 5, "crash before statement {nth}");
        let doubles: u32 = requests.values().map(|times| times - 1).sum();
        assert!(doubles <= 2, "no more doubles than the lane is wide; crash before statement {nth}: {requests:?}");
        if !crashed {
            break;
        }
        statements = nth;
    }
    assert!(statements > 20, "only {statements} statements were crashed at");
}
