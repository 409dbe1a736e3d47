//! Stories of a lane's limits: its rate, the silence it is asked for, and what may have arrived already.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use coatcheck_bots::message::{Message, Notice};
use coatcheck_bots::{Capabilities, Envelope, RateLimiter};
use coatcheck_domain::delivery::{Kind, Next, State};

use super::tests::{alerts, states};
use super::*;
use crate::store::tests::sqlite::scene::Scene;

const SECOND: Duration = Duration::from_secs(1);

/// Answers as it is told, then takes everything.
#[derive(Default)]
struct Scripted {
    limiter: Option<Arc<RateLimiter>>,
    answers: Mutex<VecDeque<SendOutcome>>,
    arrived: bool,
    /// So many looks say nothing yet.
    not_yet: Mutex<usize>,
    heard: Mutex<Vec<(String, Vec<String>)>>,
    looked_for: Mutex<usize>,
}

impl Scripted {
    fn answering(answers: &[SendOutcome]) -> Self {
        Self { answers: Mutex::new(answers.iter().cloned().collect()), ..Self::default() }
    }

    fn at(limiter: RateLimiter) -> Self {
        Self { limiter: Some(Arc::new(limiter)), ..Self::default() }
    }

    fn heard(&self) -> Vec<(String, Vec<String>)> {
        std::mem::take(&mut self.heard.lock().expect("not held by a panic"))
    }
}

#[async_trait]
impl Channel for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { edit: false, width: 4, knows_keys_for: Some(Duration::from_secs(120)) }
    }

    async fn send(&self, envelope: &Envelope) -> SendOutcome {
        let buttons = envelope.buttons.iter().map(|button| button.data.clone()).collect();
        self.heard.lock().expect("not held by a panic").push((envelope.destination.to_stored(), buttons));
        let answer = self.answers.lock().expect("not held by a panic").pop_front();
        answer.unwrap_or(SendOutcome::Sent { provider_ref: None })
    }

    async fn find(&self, _: &Envelope) -> Found {
        *self.looked_for.lock().expect("not held by a panic") += 1;
        let mut not_yet = self.not_yet.lock().expect("not held by a panic");
        if *not_yet > 0 {
            *not_yet -= 1;
            return Found::NotYet { why: "not listed yet".to_owned() };
        }
        if self.arrived { Found::Here { provider_ref: "m:7".to_owned() } } else { Found::NotHere }
    }

    fn rate_limiter(&self) -> Option<Arc<RateLimiter>> {
        self.limiter.clone()
    }
}

/// A lane in our hands.
struct Held {
    sender: Sender,
    lane: Lane,
}

impl Held {
    async fn of(scene: &Scene, name: &'static str, channel: &Arc<Scripted>) -> Self {
        let channels = Channels::from([(name, Arc::clone(channel) as Arc<dyn Channel>)]);
        let clock = Arc::clone(&scene.clock) as Arc<dyn Clock>;
        let sender = Sender::new(scene.db.clone(), channels, Arc::new(Rng::seeded(7)), clock, "me".to_owned());
        let lane = sender.take(name).await.expect("asked").expect("free");
        Self { sender, lane }
    }

    /// One step, and whatever comes back of it. Says how many requests were made.
    async fn step(&mut self) -> usize {
        let started = self.sender.step(&mut self.lane).await.expect("stepped");
        while !self.lane.requests.is_empty() {
            self.lane.wait_for_some().await;
        }
        started
    }
}

async fn notices(scene: &Scene, addresses: &[&str]) {
    for (number, address) in addresses.iter().enumerate() {
        let notice = Message::Notice(Notice { text: format!("news {number}") });
        let there: Destination = address.parse().expect("an address");
        let there = scene.db.destination_for(&there, || None).await.expect("stored").destination_id;
        let key = format!("n:{number}:1");
        scene.db.enqueue(Kind::Notice, &key, there, &notice, Duration::from_secs(3600)).await.expect("stored");
    }
}

fn hold(seconds: Option<u64>) -> SendOutcome {
    SendOutcome::Hold { after: seconds.map(Duration::from_secs), why: "429".to_owned() }
}

#[tokio::test]
async fn alerts_keep_the_pace_of_their_lane() {
    let addresses: Vec<String> = (1..=40).map(|number| format!("discord:{number}")).collect();
    let scene = alerts(&addresses.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let channel = Arc::new(Scripted::at(RateLimiter::new(10, Duration::ZERO)));
    let mut lane = Held::of(&scene, "discord", &channel).await;
    let mut told = 0;
    for _ in 0..20 {
        told += lane.step().await;
        let wait = lane.lane.limit.expect("there is more to tell than the limiter allows");
        assert!(wait > Duration::ZERO && wait < SECOND, "{wait:?}");
        scene.clock.advance(Duration::from_millis(100));
    }
    assert!((19..=21).contains(&told), "{told} in two seconds");
}

#[tokio::test]
async fn what_is_told_to_one_chat_keeps_its_distance_and_others_do_not_wait() {
    let scene = Scene::new().await;
    notices(&scene, &["telegram:1", "telegram:1", "telegram:1", "telegram:2", "telegram:-3", "telegram:-3"]).await;
    let channel = Arc::new(Scripted::at(RateLimiter::new(1000, SECOND).with_rooms(3 * SECOND)));
    let mut lane = Held::of(&scene, "telegram", &channel).await;
    let mut lines = Vec::new();
    for second in 0..4 {
        while lane.step().await > 0 {}
        let heard: Vec<String> = channel.heard().into_iter().map(|(address, _)| address).collect();
        lines.push(format!("{second} s: {}", heard.join(" ")));
        scene.clock.advance(SECOND);
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    0 s: telegram:1 telegram:2 telegram:-3
    1 s: telegram:1
    2 s: telegram:1
    3 s: telegram:-3
    ");
}

#[tokio::test]
async fn a_lane_that_is_told_to_wait_waits_as_a_whole_and_tries_with_one() {
    let addresses: Vec<String> = (1..=9).map(|number| format!("discord:{number}")).collect();
    let scene = alerts(&addresses.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let channel = Arc::new(Scripted::answering(&[hold(Some(30)), hold(Some(20)), hold(None), hold(None), hold(None)]));
    let mut lane = Held::of(&scene, "discord", &channel).await;
    assert_eq!(lane.step().await, 4, "as many as the lane is wide");
    assert_eq!(lane.step().await, 0);
    assert_eq!(lane.lane.limit, Some(30 * SECOND), "the longest wish counts");
    scene.clock.advance(29 * SECOND);
    assert_eq!(lane.step().await, 0);
    scene.clock.advance(SECOND);
    assert_eq!(lane.step().await, 1, "one tries whether it is over");
    assert_eq!(lane.step().await, 0, "it is not");
    scene.clock.advance(61 * SECOND);
    assert_eq!(lane.step().await, 1);
    assert_eq!(lane.step().await, 4, "it is");
}

#[tokio::test]
async fn what_may_have_arrived_long_ago_is_looked_for_before_it_is_notified_again() {
    for (arrived, age, looks, tells) in [(true, 100, 0, 2), (true, 130, 1, 1), (false, 130, 1, 2)] {
        let scene = alerts(&["discord:1"]).await;
        let lost = SendOutcome::Unknown { why: "no answer".to_owned() };
        let channel = Arc::new(Scripted { arrived, ..Scripted::answering(&[lost]) });
        let mut lane = Held::of(&scene, "discord", &channel).await;
        while lane.step().await > 0 {}
        scene.clock.advance(age * SECOND);
        while lane.step().await > 0 {}
        assert_eq!(states(&scene).await, [State::Sent]);
        let looked_for = *channel.looked_for.lock().expect("not held by a panic");
        assert_eq!((looked_for, channel.heard().len()), (looks, tells), "{arrived} after {age} s");
    }
}

#[tokio::test]
async fn what_is_not_seen_yet_stays_in_doubt_and_is_not_notified_again() {
    let scene = alerts(&["discord:1"]).await;
    let lost = SendOutcome::Unknown { why: "no answer".to_owned() };
    let channel = Arc::new(Scripted {
        arrived: true,
        not_yet: Mutex::new(3),
        ..Scripted::answering(std::slice::from_ref(&lost))
    });
    let mut lane = Held::of(&scene, "discord", &channel).await;
    for _ in 0..6 {
        while lane.step().await > 0 {}
        scene.clock.advance(150 * SECOND);
    }
    assert_eq!(states(&scene).await, [State::Sent]);
    let looked_for = *channel.looked_for.lock().expect("not held by a panic");
    assert_eq!((looked_for, channel.heard().len()), (4, 1), "looked for until it was there, and notified once");
}

#[tokio::test]
async fn below_an_alert_one_can_press_but_not_where_everybody_could() {
    let scene = alerts(&["discord:1", "discord:#2"]).await;
    let channel = Arc::new(Scripted::default());
    Held::of(&scene, "discord", &channel).await.step().await;
    let heard: Vec<String> =
        channel.heard().into_iter().map(|(to, data)| format!("{to}: {}", data.join(" "))).collect();
    assert_eq!(heard, ["discord:1: again-of:1 got-of:1", "discord:#2: "]);
}

#[tokio::test]
async fn a_lane_whose_token_is_not_taken_is_known_to_be_down_until_it_is() {
    let scene = alerts(&["discord:1", "discord:2"]).await;
    let channel = Arc::new(Scripted::answering(&vec![hold(None); 6]));
    let mut lane = Held::of(&scene, "discord", &channel).await;
    let is_down = async || !scene.db.lanes_down().await.expect("asked").is_empty();
    let mut seconds = 0;
    while !is_down().await {
        lane.step().await;
        scene.clock.advance(SECOND);
        seconds += 1;
        assert!(seconds < 70, "a minute of it");
    }
    assert!(seconds >= 60, "{seconds}");
    while is_down().await {
        lane.step().await;
        scene.clock.advance(SECOND);
        seconds += 1;
        assert!(seconds < 200, "it is taken again");
    }
}

#[tokio::test]
async fn one_that_hangs_keeps_no_other_from_being_written_down() {
    let scene = alerts(&["discord:1"]).await;
    let mut lane =
        Held::of(&scene, "discord", &Arc::new(Scripted::at(RateLimiter::new(10, Duration::ZERO)))).await.lane;
    let (outcome, next) = (SendOutcome::Sent { provider_ref: None }, Next::Sent { provider_ref: None });
    let now = scene.db.now();
    let back = Finished {
        id: 1,
        restock: None,
        attempts: 1,
        started_at: now,
        ended_at: now,
        outcome,
        next,
        others: Vec::new(),
    };
    lane.requests.spawn(std::future::pending());
    lane.requests.spawn(std::future::ready(back.clone()));
    lane.requests.spawn(std::future::ready(back));
    // So long that no busy machine comes near it; without an end it would be for ever.
    tokio::time::timeout(Duration::from_secs(30), lane.wait_for_some()).await.expect("it does not wait for the third");
    assert_eq!(lane.finished.len(), 2, "and takes the two together");
}
