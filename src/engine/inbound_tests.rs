//! The inbound worker: twice is once, in order, and nothing is lost when it is killed.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use coatcheck_bots::{Command, Platform, Reply, Said, Who};
use coatcheck_domain::clock::ManualClock;

use super::*;
use crate::engine::Stopper;
use crate::testing;

/// A platform on which every payload is what was said, and every answer is heard.
#[derive(Default)]
struct Chat {
    /// What it brings in, one listening each.
    says: Mutex<VecDeque<Vec<InboundEvent>>>,
    heard: Mutex<Vec<String>>,
    /// What becomes of the next answers.
    faults: Mutex<VecDeque<Fault>>,
    /// How often registration will fail.
    refuses: AtomicUsize,
    registered: AtomicUsize,
}

enum Fault {
    Later,
    Lost,
    Panic,
}

impl Chat {
    fn heard(&self) -> Vec<String> {
        self.heard.lock().expect("no test panics with it").clone()
    }

    fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().expect("no test panics with it").extend(faults);
    }
}

#[async_trait]
impl Receiver for Chat {
    fn platform(&self) -> Platform {
        Platform::Telegram
    }

    async fn register(&self) -> Result<(), Trouble> {
        self.registered.fetch_add(1, Ordering::SeqCst);
        let refuse = |left: usize| left.checked_sub(1);
        match self.refuses.fetch_update(Ordering::SeqCst, Ordering::SeqCst, refuse) {
            Ok(_) => Err(Trouble { why: "500".to_owned(), after: None, fatal: false }),
            Err(_) => Ok(()),
        }
    }

    async fn listen(&self, sink: &dyn EventSink) -> Result<(), Trouble> {
        let batch = self.says.lock().expect("no test panics with it").pop_front();
        for arrived in batch.into_iter().flatten() {
            let why = |error: SinkClosed| Trouble { why: error.to_string(), after: None, fatal: false };
            sink.arrived(arrived).await.map_err(why)?;
        }
        std::future::pending().await
    }

    async fn handle(&self, payload: &str, inbox: &dyn Inbox) -> Result<(), Trouble> {
        let who = Who { destination: coatcheck_domain::Destination::Console, may_manage: true, room: None };
        let reply = inbox.said(&who, Said::bare(Command::Help)).await;
        let fault = self.faults.lock().expect("no test panics with it").pop_front();
        match fault {
            Some(Fault::Later) => {
                return Err(Trouble { why: "429".to_owned(), after: Some(Duration::from_secs(3)), fatal: false });
            }
            Some(Fault::Lost) => return Err(Trouble { why: "blocked".to_owned(), after: None, fatal: false }),
            Some(Fault::Panic) => panic!("a broken payload"),
            None => {}
        }
        self.heard.lock().expect("no test panics with it").push(format!("{payload}: {}", reply.text));
        Ok(())
    }

    fn trouble(&self) -> Option<String> {
        None
    }
}

/// Answers everything with the same word, and counts.
#[derive(Default)]
struct Parrot(AtomicUsize);

#[async_trait]
impl Inbox for Parrot {
    async fn said(&self, _who: &Who, _said: Said) -> Reply {
        Reply::text(format!("yes {}", self.0.fetch_add(1, Ordering::SeqCst) + 1))
    }

    async fn pressed(&self, _who: &Who, _data: &str) -> Reply {
        Reply::text("pressed")
    }

    async fn complete(&self, _who: &Who, _command: Command, _argument: &str, _typed: &str) -> Vec<String> {
        Vec::new()
    }
}

struct Hall {
    db: Db,
    clock: Arc<ManualClock>,
    chat: Arc<Chat>,
    inbound_worker: InboundWorker,
    _place: testing::Place,
}

async fn hall() -> Hall {
    let (db, place, clock) = testing::db_with_clock(testing::Engine::Sqlite).await;
    let chat = Arc::new(Chat::default());
    let inbound_worker = InboundWorker::new(
        db.clone(),
        Arc::clone(&chat) as Arc<dyn Receiver>,
        Arc::<Parrot>::default(),
        Arc::new(Rng::seeded(1)),
        "us".to_owned(),
    );
    Hall { db, clock, chat, inbound_worker, _place: place }
}

fn said(id: &str, chat: &str) -> InboundEvent {
    InboundEvent { external_id: id.to_owned(), chat: chat.to_owned(), payload: format!("{chat}{id}"), fleeting: false }
}

/// Waits until so many answers were heard.
async fn until_heard(chat: &Chat, count: usize) -> Vec<String> {
    let patience = async {
        while chat.heard().len() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), patience)
        .await
        .unwrap_or_else(|_| panic!("heard {:?}", chat.heard()));
    chat.heard()
}

#[tokio::test]
async fn the_same_update_twice_is_one_answer() {
    let hall = hall().await;
    hall.inbound_worker.arrived(said("1", "ann")).await.expect("stored");
    until_heard(&hall.chat, 1).await;
    hall.inbound_worker.arrived(said("1", "ann")).await.expect("known");
    hall.inbound_worker.tick().await.expect("ticked");
    assert_eq!(hall.chat.heard(), ["ann1: yes 1"]);
}

#[tokio::test]
async fn one_who_listens_hears_and_answers_in_order_within_a_chat() {
    let hall = hall().await;
    let words: Vec<InboundEvent> =
        (0..20).map(|n| said(&n.to_string(), if n % 2 == 0 { "ann" } else { "bob" })).collect();
    hall.chat.says.lock().expect("no test panics with it").push_back(words);
    let (stopper, stop) = Stopper::pair();
    let heartbeats = Heartbeats::new(Arc::clone(&hall.clock) as Arc<dyn coatcheck_domain::Clock>);
    let running = tokio::spawn(hall.inbound_worker.clone().run(heartbeats, stop));
    let heard = until_heard(&hall.chat, 20).await;
    stopper.stop();
    running.await.expect("stopped");
    for chat in ["ann", "bob"] {
        let of_chat: Vec<&String> = heard.iter().filter(|line| line.starts_with(chat)).collect();
        let mut sorted = of_chat.clone();
        sorted.sort_by_key(|line| line[3..].split(':').next().and_then(|n| n.parse::<u32>().ok()));
        assert_eq!(of_chat, sorted, "in order");
        assert_eq!(of_chat.len(), 10);
    }
}

#[tokio::test]
async fn what_was_stored_and_not_answered_is_answered_by_the_next_process() {
    let hall = hall().await;
    // The process dies between the store and the answer.
    let arrival = said("1", "ann");
    let new = NewArrival { platform: "telegram", external_id: "1", chat: "ann", payload: &arrival.payload };
    assert!(matches!(hall.db.take_in(&new).await.expect("stored"), TakenIn::Held(_)));
    assert_eq!(hall.inbound_worker.tick().await.expect("ticked"), 0, "somebody may be at it");
    hall.clock.advance(crate::store::chats::inbox::HOLD);
    assert_eq!(hall.inbound_worker.tick().await.expect("ticked"), 1);
    assert_eq!(hall.chat.heard(), ["ann1: yes 1"]);
}

#[tokio::test]
async fn an_answer_that_must_wait_delays_nobody_and_nothing_is_done_twice() {
    let hall = hall().await;
    hall.chat.fail([Fault::Later, Fault::Later]);
    let queued = |id: &'static str| NewArrival { platform: "telegram", external_id: id, chat: "ann", payload: id };
    let TakenIn::Held(first) = hall.db.take_in(&queued("1")).await.expect("stored") else { panic!("held") };
    hall.db.take_in(&queued("2")).await.expect("stored");
    hall.inbound_worker.answer(first).await;
    hall.db.take_in(&queued("3")).await.expect("stored");
    assert_eq!(hall.inbound_worker.tick().await.expect("ticked"), 2, "the first is owed its answer, and blocks nobody");
    assert_eq!(hall.chat.heard(), ["3: yes 3"]);
    hall.clock.advance(Duration::from_secs(3));
    assert_eq!(hall.inbound_worker.tick().await.expect("ticked"), 2);
    let mut heard = hall.chat.heard();
    heard.sort();
    assert_eq!(heard, ["1: yes 1", "2: yes 2", "3: yes 3"], "each is what was answered at first");
}

#[tokio::test]
async fn commands_are_registered_again_until_the_platform_takes_them() {
    let hall = hall().await;
    hall.chat.refuses.store(2, Ordering::SeqCst);
    hall.chat.says.lock().expect("no test panics with it").push_back(vec![said("1", "ann")]);
    let (stopper, stop) = Stopper::pair();
    let heartbeats = Heartbeats::new(Arc::clone(&hall.clock) as Arc<dyn coatcheck_domain::Clock>);
    let running = tokio::spawn(hall.inbound_worker.clone().run(heartbeats, stop));
    until_heard(&hall.chat, 1).await;
    let patience = async {
        while hall.chat.registered.load(Ordering::SeqCst) < 3 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), patience).await.expect("registered in the end");
    stopper.stop();
    running.await.expect("stopped");
}

#[tokio::test]
async fn what_breaks_whoever_touches_it_is_left_alone_in_the_end() {
    let hall = hall().await;
    hall.chat.fail([Fault::Panic, Fault::Panic, Fault::Panic]);
    let new = NewArrival { platform: "telegram", external_id: "1", chat: "ann", payload: "broken" };
    let TakenIn::Held(first) = hall.db.take_in(&new).await.expect("stored") else { panic!("held") };
    hall.inbound_worker.answer(first).await;
    for _ in 0..4 {
        hall.clock.advance(FIRST_WAIT);
        hall.inbound_worker.tick().await.expect("ticked");
    }
    assert_eq!(hall.chat.heard(), Vec::<String>::new());
    let waiting = hall.db.take_arrivals("telegram", 9).await.expect("asked");
    assert!(waiting.is_empty(), "{waiting:?}");
}

#[tokio::test]
async fn an_answer_that_reaches_nobody_is_not_given_again() {
    let hall = hall().await;
    hall.chat.fail([Fault::Lost]);
    hall.inbound_worker.arrived(said("1", "ann")).await.expect("stored");
    hall.clock.advance(crate::store::chats::inbox::HOLD);
    tokio::time::sleep(Duration::from_millis(50)).await;
    hall.inbound_worker.tick().await.expect("ticked");
    assert_eq!(hall.chat.heard().len(), 0);
}

#[tokio::test]
async fn requests_with_wrong_signatures_are_an_incident_until_a_genuine_one_comes() {
    let hall = hall().await;
    let open = async || hall.db.open_incidents().await.expect("read").len();
    for forged in 1..=5 {
        assert_eq!(open().await, 0, "{forged}");
        hall.inbound_worker.verified(false).await;
    }
    assert_eq!(open().await, 1);
    hall.inbound_worker.verified(true).await;
    assert_eq!(open().await, 0);
}
