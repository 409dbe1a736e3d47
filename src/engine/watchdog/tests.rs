use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use super::*;
use crate::engine::send::Channels;
use crate::store::tests::sqlite::scene::{Scene, sent};
use crate::testing;
use async_trait::async_trait;
use coatcheck_bots::message::{Message, Notice};
use coatcheck_bots::{Capabilities, Channel, Envelope};
use coatcheck_domain::clock::ManualClock;
use coatcheck_domain::delivery::{SendOutcome, State};
use coatcheck_world::Sink;
use sea_orm::DbErr;

const OPERATOR: Destination = Destination::DiscordUser(7);
const SECOND: Destination = Destination::Telegram { chat: 8, topic: None };

/// A service with this watchdog, that is well itself.
fn watchdog(scene: &Scene, operators: &[Destination]) -> Watchdog {
    let heartbeats = Heartbeats::new(scene.db.clock());
    let own = Own::new("here".to_owned(), heartbeats, Arc::new(|| 0), Arc::new(|| None));
    Watchdog::new(scene.db.clone(), operators.to_vec(), vec!["discord"], own, "me".to_owned())
}

/// So many seconds pass while the watchdog looks.
async fn pass(scene: &Scene, watchdog: &mut Watchdog, seconds: u64) {
    for _ in 0..seconds {
        scene.pass(1);
        watchdog.look().await.expect("looked");
        watchdog.tell().await.expect("told");
    }
}

/// What operators were sent, the oldest first: `discord:7 pending text`.
async fn told(scene: &Scene) -> Vec<String> {
    let deliveries = scene.deliveries().await;
    let line = |one: &crate::store::outbox::deliveries::Delivery| {
        let Ok(Message::Notice(Notice { text })) = serde_json::from_str(&one.payload) else { panic!("{one:?}") };
        let first = text.lines().next().unwrap_or_default().to_owned();
        format!("{} {} {}: {first}", one.address.as_deref().unwrap_or_default(), one.kind, one.state)
    };
    deliveries.iter().map(line).collect()
}

async fn shops(scene: &Scene, count: usize) -> Vec<i64> {
    let mut sources = Vec::new();
    for n in 0..count {
        sources.push(testing::follow(&scene.db, &format!("https://shop{n}.example/products/jacket")).await);
    }
    sources
}

/// Three polls of these shops failed; all others are on time.
async fn fail(scene: &Scene, sources: &[i64]) {
    let far = 4_000_000_000_000_000_i64;
    scene.run(&format!("UPDATE source SET state = 'idle', next_poll_at = {far}, last_read_at = {far}")).await;
    let shops = sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    scene
        .run(&format!("UPDATE shop SET failures = 3 WHERE id IN (SELECT shop_id FROM source WHERE id IN ({shops}))"))
        .await;
    scene.run(&format!("UPDATE source SET last_error = 'HTTP 503', last_error_at = 1 WHERE id IN ({shops})")).await;
}

async fn recover(scene: &Scene) {
    scene.run("UPDATE shop SET failures = 0").await;
    scene.run("UPDATE source SET last_error = NULL").await;
}

#[tokio::test]
async fn a_hundred_shops_that_fail_at_once_are_one_message_and_their_recovery_one() {
    let scene = Scene::new().await;
    let sources = shops(&scene, 100).await;
    let mut watchdog = watchdog(&scene, &[OPERATOR]);
    for half in sources.chunks(50) {
        fail(&scene, half).await;
        pass(&scene, &mut watchdog, 2).await;
    }
    pass(&scene, &mut watchdog, 90).await;
    recover(&scene).await;
    pass(&scene, &mut watchdog, 90).await;
    insta::assert_snapshot!(told(&scene).await.join("\n"), @"
    discord:7 notice pending: ⚠ 100 shops are failing: shop0.example (HTTP 503), shop1.example (HTTP 503), shop10.example (HTTP 503), and 97 more
    discord:7 notice pending: ✓ 100 recovered: shop0.example, shop1.example, shop10.example, and 97 more.
    ");
}

#[tokio::test]
async fn a_shop_that_flaps_changes_what_was_said_and_is_told_anew_once_it_settles() {
    let scene = Scene::new().await;
    let sources = shops(&scene, 1).await;
    let mut watchdog = watchdog(&scene, &[OPERATOR]);
    fail(&scene, &sources).await;
    pass(&scene, &mut watchdog, 10).await;
    let lease = scene.take_lane("sender").await;
    let send = async || {
        for started in scene.start(&lease).await {
            scene.finish(&lease, &started, sent()).await;
        }
    };
    send().await;
    for _ in 0..3 {
        recover(&scene).await;
        pass(&scene, &mut watchdog, 60).await;
        send().await;
        fail(&scene, &sources).await;
        pass(&scene, &mut watchdog, 60).await;
        send().await;
    }
    let messages = told(&scene).await;
    let new = messages.iter().filter(|line| line.contains("notice")).count();
    assert_eq!(new, 2, "it failed, it recovered: {messages:#?}");
    assert!(messages.iter().any(|line| line.contains("edit")), "{messages:#?}");
    pass(&scene, &mut watchdog, 600).await;
    let last = told(&scene).await.into_iter().rfind(|line| line.contains("notice")).expect("told");
    insta::assert_snapshot!(last, @"discord:7 notice pending: ⚠ shop0.example is failing: HTTP 503 (it came back 3 times lately)");
}

#[tokio::test]
async fn the_first_operator_that_takes_it_is_told() {
    let scene = Scene::new().await;
    let sources = shops(&scene, 1).await;
    let mut watchdog = watchdog(&scene, &[OPERATOR, SECOND]);
    fail(&scene, &sources).await;
    pass(&scene, &mut watchdog, 10).await;
    let lease = scene.take_lane("sender").await;
    let started = scene.start(&lease).await;
    scene.finish(&lease, &started[0], SendOutcome::AddressGone { why: "50007".to_owned() }).await;
    pass(&scene, &mut watchdog, 5).await;
    insta::assert_snapshot!(told(&scene).await.join("\n"), @"
    discord:7 notice dead: ⚠ shop0.example is failing: HTTP 503
    telegram:8 notice pending: ⚠ shop0.example is failing: HTTP 503
    ");
    let waiting = scene.deliveries().await.pop().expect("a row");
    scene.run("UPDATE delivery SET state = 'sent' WHERE state = 'pending'").await;
    pass(&scene, &mut watchdog, 120).await;
    assert_eq!(
        (scene.deliveries().await.len(), scene.state(waiting.id).await.0),
        (2, State::Sent),
        "nobody else is told"
    );
}

#[tokio::test]
async fn a_message_that_waits_behind_a_lane_that_is_down_goes_to_the_next_operator() {
    let scene = Scene::new().await;
    let mut watchdog = watchdog(&scene, &[OPERATOR, SECOND]);
    scene.db.lane_is_down("discord", "401 Unauthorized").await.expect("stored");
    pass(&scene, &mut watchdog, 10).await;
    insta::assert_snapshot!(told(&scene).await.join("\n"), @"
    discord:7 notice cancelled: ⚠ Discord gets nothing through: 401 Unauthorized
    telegram:8 notice pending: ⚠ Discord gets nothing through: 401 Unauthorized
    ");
}

#[tokio::test]
async fn what_has_stopped_happening_is_told() {
    let scene = Scene::new().await;
    shops(&scene, 1).await;
    scene.run("UPDATE source SET state = 'idle'").await;
    let mut watchdog = watchdog(&scene, &[OPERATOR]);
    scene.pass(180);
    pass(&scene, &mut watchdog, 10).await;
    insta::assert_snapshot!(told(&scene).await.join("\n"), @"discord:7 notice pending: ⚠ Polling is late: 1 of 1 pages are polled late, by up to 3 min");
    scene.pass(600);
    pass(&scene, &mut watchdog, 10).await;
    let last = told(&scene).await.pop().expect("told");
    insta::assert_snapshot!(last, @"discord:7 notice pending: ⚠ Polling brings nothing: no shop was read for 13 min");
}

#[tokio::test]
async fn an_instance_that_is_gone_for_a_minute_is_told_and_one_that_returns_is_not() {
    let scene = Scene::new().await;
    let mut watchdog = watchdog(&scene, &[OPERATOR]);
    scene.db.join("one", true, &[]).await.expect("joined");
    scene.pass(30);
    scene.db.free_shops().await.expect("taken");
    pass(&scene, &mut watchdog, 30).await;
    scene.db.join("one again", true, &["one".to_owned()]).await.expect("joined");
    pass(&scene, &mut watchdog, 90).await;
    assert_eq!(told(&scene).await, [""; 0], "it came back");
    scene.db.free_shops().await.expect("taken");
    pass(&scene, &mut watchdog, 70).await;
    insta::assert_snapshot!(told(&scene).await.join("\n"), @"discord:7 notice pending: ⚠ Instance one again is gone without having stopped: it no longer renews its lease");
}

#[tokio::test]
async fn a_loop_that_hangs_and_a_full_disk_and_many_errors_are_told() {
    let scene = Scene::new().await;
    let heartbeats = Heartbeats::new(scene.db.clock());
    heartbeats.beat("send");
    let errors = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&errors);
    let full = Room { free: 50 << 20, size: 100 << 30 };
    let own = Own::new(
        "here".to_owned(),
        heartbeats,
        Arc::new(move || count.load(Ordering::SeqCst)),
        Arc::new(move || Some(full)),
    );
    let mut watchdog = Watchdog::new(scene.db.clone(), vec![OPERATOR], vec![], own, "me".to_owned());
    pass(&scene, &mut watchdog, 16).await;
    errors.store(40, Ordering::SeqCst);
    pass(&scene, &mut watchdog, 70).await;
    insta::assert_snapshot!(told(&scene).await.join("\n"), @"
    discord:7 notice pending: ⚠ The disk of here is nearly full: 50 MB of 102400 MB are free
    discord:7 notice pending: ⚠ Loop send of here hangs: it has not ticked for 15 s
    ");
}

/// Takes what it is sent, or nothing.
#[derive(Default)]
struct Fake {
    name: &'static str,
    refuses: bool,
    texts: Mutex<Vec<String>>,
}

#[async_trait]
impl Channel for Fake {
    fn name(&self) -> &'static str {
        self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { edit: false, width: 1, knows_keys_for: None }
    }

    async fn send(&self, envelope: &Envelope) -> SendOutcome {
        if self.refuses {
            return SendOutcome::Unknown { why: "timeout".to_owned() };
        }
        let Message::Notice(notice) = &envelope.message else { panic!("only words") };
        self.texts.lock().expect("no panic").push(notice.text.clone());
        SendOutcome::Sent { provider_ref: None }
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_told_from_memory_within_30_s_and_once() {
    let scene = Scene::new().await;
    let first = Arc::new(Fake { name: "discord", refuses: true, ..Fake::default() });
    let second = Arc::new(Fake { name: "telegram", ..Fake::default() });
    let channels: Channels = [("discord", first as Arc<dyn Channel>), ("telegram", Arc::clone(&second) as _)].into();
    let mut direct = Direct::new(scene.db.clone(), channels, vec![OPERATOR, SECOND], "here".to_owned());
    let mut seconds = 0;
    while second.texts.lock().expect("no panic").is_empty() {
        scene.db.trouble().failed(&DbErr::Custom("connection refused".to_owned()));
        direct.tick().await;
        scene.pass(2);
        seconds += 2;
        assert!(seconds <= 30, "nobody was told");
    }
    for _ in 0..200 {
        direct.tick().await;
        scene.pass(2);
    }
    let trouble = scene.db.trouble();
    trouble.is_over(trouble.failures());
    direct.tick().await;
    direct.tick().await;
    insta::assert_snapshot!(second.texts.lock().expect("no panic").join("\n---\n"), @"
    ⚠ CoatCheck on here cannot store anything. The database has failed for 10 s: Custom Error: connection refused.
    Alerts wait until it can. Check the database and its disk: coatcheck doctor.
    ---
    ✓ CoatCheck on here can store again, after 6 min. Alerts go on.
    ");
}

#[tokio::test]
async fn somebody_outside_hears_of_us_only_while_all_loops_tick() {
    let clock = Arc::new(ManualClock::at(chrono::DateTime::UNIX_EPOCH));
    let heartbeats = Heartbeats::new(Arc::clone(&clock) as _);
    let sink = Sink::open().expect("a sink");
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let outside = Outside::new(http, sink.url("/ping").parse().expect("an address"));
    let heard = async || {
        outside.tick(&heartbeats).await;
        sink.heard_on("/ping").len()
    };
    heartbeats.beat("poll");
    heartbeats.beat("send");
    assert_eq!(heard().await, 1);
    clock.advance(Duration::from_secs(16));
    heartbeats.beat("send");
    assert_eq!(heard().await, 1, "the poller hangs");
    heartbeats.beat("poll");
    assert_eq!(heard().await, 2);
    heartbeats.ended("send");
    assert_eq!(heard().await, 2, "the sender is gone");
    assert_eq!(sink.heard()[0].method, reqwest::Method::GET);
}
