//! Stories of the sender: lanes that break, hang, fill up and stop. Over a real store, with channels that misbehave.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use coatcheck_bots::{Capabilities, Envelope};
use coatcheck_domain::delivery::State;
use coatcheck_domain::watch::Mode;

use super::*;
use crate::engine::stop::Stopper;
use crate::store::tests::sqlite::scene::{IN, OUT, Scene, jacket};

/// Notes what it was asked to send, and how many requests were under way at once.
#[derive(Default)]
struct Fake {
    width: usize,
    panics: AtomicBool,
    /// Requests hang until the gate is opened.
    gate: Option<tokio::sync::Semaphore>,
    under_way: AtomicUsize,
    most: AtomicUsize,
    keys: Mutex<Vec<String>>,
}

impl Fake {
    fn of_width(width: usize) -> Self {
        Self { width, ..Self::default() }
    }

    fn behind_a_gate(width: usize) -> Self {
        Self { gate: Some(tokio::sync::Semaphore::new(0)), ..Self::of_width(width) }
    }

    fn open(&self, requests: usize) {
        self.gate.as_ref().expect("it has a gate").add_permits(requests);
    }

    fn keys(&self) -> Vec<String> {
        let mut keys = self.keys.lock().expect("not held by a panic").clone();
        keys.sort();
        keys
    }
}

#[async_trait]
impl Channel for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { edit: false, width: self.width, knows_keys_for: None }
    }

    async fn send(&self, envelope: &Envelope) -> SendOutcome {
        self.keys.lock().expect("not held by a panic").push(envelope.key.clone());
        assert!(!self.panics.load(Ordering::SeqCst), "a channel must not, but may");
        let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        if let Some(gate) = &self.gate {
            gate.acquire().await.expect("it is never closed").forget();
        } else {
            tokio::task::yield_now().await;
        }
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        SendOutcome::Sent { provider_ref: None }
    }
}

/// People at each of these addresses wait for M, it is back, and all alerts are in the outbox.
pub(super) async fn alerts(addresses: &[&str]) -> Scene {
    let (scene, source, product) = Scene::with_jacket(&[("M", OUT)]).await;
    for address in addresses {
        let there: Destination = address.parse().expect("an address");
        let person = scene.db.destination_for(&there, || None).await.expect("stored").subscriber_id;
        scene.watch(person, product, "M", Mode::Once).await;
    }
    scene.read(source, &jacket(&[("M", IN)])).await;
    scene.fan_out().await;
    scene
}

fn sender(scene: &Scene, holder: &str, channels: &[(&'static str, &Arc<Fake>)]) -> Sender {
    let channels: Channels =
        channels.iter().map(|(name, fake)| (*name, Arc::clone(fake) as Arc<dyn Channel>)).collect::<HashMap<_, _>>();
    let clock = Arc::clone(&scene.clock) as Arc<dyn Clock>;
    // Each process draws other tokens.
    let seed = holder.bytes().fold(7, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
    Sender::new(scene.db.clone(), channels, Arc::new(Rng::seeded(seed)), clock, holder.to_owned())
}

pub(super) async fn states(scene: &Scene) -> Vec<State> {
    scene.deliveries().await.into_iter().map(|delivery| delivery.state).collect()
}

/// Looks again and again, for some seconds of real time, until it is so.
async fn until(scene: &Scene, what: &str, is_so: impl AsyncFn(&Scene) -> bool) {
    for _ in 0..500 {
        if is_so(scene).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it never came to be that {what}");
}

/// A running sender. It stops when it is told to, and says so by ending.
fn running(sender: Sender, scene: &Scene) -> (Stopper, JoinHandle<()>) {
    let (stopper, stop) = Stopper::pair();
    let heartbeats = Heartbeats::new(Arc::clone(&scene.clock) as Arc<dyn Clock>);
    (stopper, tokio::spawn(sender.run(heartbeats, stop)))
}

#[tokio::test]
async fn a_channel_that_panics_stops_no_other_lane_and_its_message_is_sent_later() {
    let scene = alerts(&["discord:1", "telegram:2"]).await;
    let (broken, fine) = (Arc::new(Fake::of_width(4)), Arc::new(Fake::of_width(4)));
    broken.panics.store(true, Ordering::SeqCst);
    let sender = sender(&scene, "a", &[("discord", &broken), ("telegram", &fine)]);
    assert_eq!(sender.tick().await.expect("ticked"), 2);
    assert_eq!(states(&scene).await, [State::Pending, State::Sent]);
    assert_eq!(scene.number("SELECT count(*) FROM attempt WHERE outcome = 'unknown'").await, 1);
    broken.panics.store(false, Ordering::SeqCst);
    scene.pass(3);
    assert_eq!(sender.tick().await.expect("ticked"), 1);
    assert_eq!(states(&scene).await, [State::Sent, State::Sent]);
    assert_eq!(broken.keys(), ["a:1:1:0", "a:1:1:0"]);
}

#[tokio::test]
async fn a_lane_that_hangs_holds_up_nobody_but_itself() {
    let scene = alerts(&["discord:1", "telegram:2", "telegram:3"]).await;
    let (slow, fine) = (Arc::new(Fake::behind_a_gate(4)), Arc::new(Fake::of_width(4)));
    let (stopper, task) = running(sender(&scene, "a", &[("discord", &slow), ("telegram", &fine)]), &scene);
    until(&scene, "the others are told", async |scene| {
        states(scene).await == [State::Sending, State::Sent, State::Sent]
    })
    .await;
    slow.open(1);
    until(&scene, "all are told", async |scene| states(scene).await == [State::Sent; 3]).await;
    stopper.stop();
    task.await.expect("ended");
}

#[tokio::test]
async fn a_lanes_width_is_never_exceeded() {
    let addresses: Vec<String> = (1..=20).map(|number| format!("discord:{number}")).collect();
    let scene = alerts(&addresses.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let narrow = Arc::new(Fake::behind_a_gate(3));
    let (stopper, task) = running(sender(&scene, "a", &[("discord", &narrow)]), &scene);
    until(&scene, "the lane is full", async |_| narrow.under_way.load(Ordering::SeqCst) == 3).await;
    assert_eq!(scene.number("SELECT count(*) FROM delivery WHERE state = 'sending'").await, 3);
    narrow.open(20);
    until(&scene, "all are told", async |scene| states(scene).await == [State::Sent; 20]).await;
    stopper.stop();
    task.await.expect("ended");
    assert_eq!(narrow.most.load(Ordering::SeqCst), 3);
    assert_eq!(narrow.keys().len(), 20);
}

#[tokio::test]
async fn a_stop_waits_for_what_is_under_way_and_hands_the_lane_to_the_next() {
    let scene = alerts(&["discord:1", "discord:2"]).await;
    let slow = Arc::new(Fake::behind_a_gate(1));
    let (stopper, task) = running(sender(&scene, "a", &[("discord", &slow)]), &scene);
    until(&scene, "one is under way", async |_| slow.under_way.load(Ordering::SeqCst) == 1).await;
    stopper.stop();
    slow.open(1);
    task.await.expect("ended");
    assert_eq!(states(&scene).await, [State::Sent, State::Pending], "what was begun is written down, no more is begun");
    slow.open(1);
    assert_eq!(sender(&scene, "b", &[("discord", &slow)]).tick().await.expect("ticked"), 1, "without any wait");
    assert_eq!(states(&scene).await, [State::Sent, State::Sent]);
    assert_eq!(slow.keys(), ["a:1:1:0", "a:1:2:0"]);
}

#[tokio::test]
async fn who_finds_the_lane_in_other_hands_lets_it_be() {
    let scene = alerts(&["discord:1", "discord:2"]).await;
    let slow = Arc::new(Fake::behind_a_gate(1));
    let (stopper, task) = running(sender(&scene, "a", &[("discord", &slow)]), &scene);
    until(&scene, "one is under way", async |_| slow.under_way.load(Ordering::SeqCst) == 1).await;
    scene.pass(15);
    let fine = Arc::new(Fake::of_width(1));
    let other = scene.take_lane("b").await;
    slow.open(1);
    until(&scene, "the first has noticed", async |_| slow.under_way.load(Ordering::SeqCst) == 0).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(slow.keys().len(), 1, "nothing more is begun by the first");
    stopper.stop();
    task.await.expect("ended");
    scene.db.release_lease(&other).await.expect("released");
    scene.pass(3);
    assert_eq!(sender(&scene, "c", &[("discord", &fine)]).tick().await.expect("ticked"), 2);
    assert_eq!(states(&scene).await, [State::Sent, State::Sent]);
}

#[tokio::test]
async fn p4_a_start_whose_commit_was_not_confirmed_is_sent_all_the_same() {
    let scene = alerts(&["discord:1"]).await;
    let fake = Arc::new(Fake::of_width(4));
    // Each statement of the first steps in turn fails, the last one right after the commit.
    let mut stuck = 0;
    for nth in 1..40 {
        scene.run("UPDATE delivery SET state = 'pending', attempts = 0, next_attempt_at = 0, epoch = 0").await;
        let sender = sender(&scene, &format!("{nth}"), &[("discord", &fake)]);
        scene.faults.at(nth);
        let failed = sender.tick().await.is_err();
        scene.faults.over();
        stuck += usize::from(states(&scene).await == [State::Sending]);
        if !failed {
            break;
        }
        scene.pass(20);
        sender.tick().await.expect("the store is back");
        scene.pass(3);
        sender.tick().await.expect("the store is back");
        assert_eq!(states(&scene).await, [State::Sent], "after a failure at statement {nth}");
    }
    assert!(stuck > 0, "no failure left a row behind");
}

#[tokio::test]
async fn p4_what_an_unconfirmed_commit_left_behind_is_found_by_the_running_service() {
    let scene = alerts(&["discord:1"]).await;
    let fake = Arc::new(Fake::of_width(4));
    // The row is `sending`, and whoever began it is gone.
    let gone = scene.take_lane("gone").await;
    let (stopper, task) = running(sender(&scene, "a", &[("discord", &fake)]), &scene);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(scene.start(&gone).await.len(), 1);
    scene.pass(15);
    until(&scene, "it is judged", async |scene| states(scene).await == [State::Pending]).await;
    scene.pass(3);
    until(&scene, "it is told", async |scene| states(scene).await == [State::Sent]).await;
    stopper.stop();
    task.await.expect("ended");
}

/// The store fails from the `nth` statement of the running service on, and is back a moment later.
async fn outage(nth: i64) -> (i64, Vec<State>, bool) {
    let scene = alerts(&["discord:1"]).await;
    let fake = Arc::new(Fake::of_width(4));
    scene.faults.at(nth);
    let (stopper, task) = running(sender(&scene, "a", &[("discord", &fake)]), &scene);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let failed = scene.faults.over();
    for _ in 0..40 {
        if states(&scene).await == [State::Sent] {
            break;
        }
        scene.pass(3);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    stopper.stop();
    task.await.expect("ended");
    (nth, states(&scene).await, failed)
}

#[tokio::test]
async fn p4_an_outage_of_the_store_at_any_statement_leaves_nothing_behind() {
    let ends = futures_util::future::join_all((1..28).map(outage)).await;
    // So many statements there are until it is sent; the lanes that are due are asked by one.
    assert!(ends.iter().filter(|(.., failed)| *failed).count() > 15);
    for (nth, states, _) in ends {
        assert_eq!(states, [State::Sent], "after an outage at statement {nth}");
    }
}
