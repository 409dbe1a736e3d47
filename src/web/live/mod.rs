//! Open pages follow the store: what changed is rendered once and handed to all who listen.
//!
//! The id of an event is that of the last span in the database, so that a browser may go on at any instance. Who missed more
//! than is remembered loads its page anew; so does who reads too slowly, because its stream ends.

mod stream;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, broadcast};

pub(super) use stream::router;

/// Events that wait for one reader. Who has more waiting is let go.
const BACKLOG: usize = 64;
/// Events that are remembered for those who come back.
const REMEMBERED: usize = 256;

/// Where changes are heard of.
#[derive(Clone)]
pub(super) struct Live(Arc<Shared>);

struct Shared {
    sender: broadcast::Sender<Event>,
    seats: Arc<Semaphore>,
    generation: AtomicU64,
    past: Mutex<Past>,
}

/// What happened lately.
#[derive(Default)]
struct Past {
    /// Everything after this change is remembered.
    from: i64,
    /// The last change.
    last: i64,
    events: VecDeque<Event>,
    /// How things stand: what a beat says.
    beat: Bytes,
}

/// What is sent: the change it is of, and its bytes.
#[derive(Debug, Clone)]
struct Event {
    change: i64,
    /// For pages.
    bytes: Bytes,
    /// For programs: which product, without its card.
    brief: Bytes,
}

/// For whom an event is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Page,
    Program,
}

impl Event {
    fn of(&self, form: Form) -> Bytes {
        match form {
            Form::Page => self.bytes.clone(),
            Form::Program => self.brief.clone(),
        }
    }
}

impl Live {
    /// For so many readers at once.
    pub(super) fn new(most: usize) -> Self {
        let (sender, _) = broadcast::channel(BACKLOG);
        let (seats, generation) = (Arc::new(Semaphore::new(most)), AtomicU64::new(0));
        Self(Arc::new(Shared { sender, seats, generation, past: Mutex::default() }))
    }

    /// Changes with whatever pages say.
    pub(super) fn generation(&self) -> u64 {
        self.0.generation.load(Ordering::Acquire)
    }

    /// How many listen.
    pub(super) fn listeners(&self) -> usize {
        self.0.sender.receiver_count()
    }

    pub(super) fn changed(&self) {
        self.0.generation.fetch_add(1, Ordering::Release);
    }

    /// Sends something that happened, and remembers it.
    pub(super) fn send(&self, change: i64, kind: &str, data: &Value) {
        let bytes = encoded(Some(change), kind, data);
        let brief = match data.get("product") {
            Some(product) => encoded(Some(change), "change", &json!({ "product": product })),
            None => bytes.clone(),
        };
        self.remember(Event { change, bytes, brief });
    }

    /// Sends what only programs want to know, and remembers it. All of it is one place of the backlog: who reads a page must not
    /// fall behind because of many sizes.
    pub(super) fn send_to_programs(&self, change: i64, kind: &str, all: &[Value]) {
        if !all.is_empty() {
            let brief: Vec<u8> = all.iter().flat_map(|data| encoded(Some(change), kind, data)).collect();
            self.remember(Event { change, bytes: Bytes::new(), brief: brief.into() });
        }
    }

    fn remember(&self, event: Event) {
        let mut past = self.past();
        past.last = past.last.max(event.change);
        if past.events.len() >= REMEMBERED
            && let Some(forgotten) = past.events.pop_front()
        {
            past.from = past.from.max(forgotten.change);
        }
        past.events.push_back(event.clone());
        // Nobody listening is no failure.
        let _ = self.0.sender.send(event);
    }

    /// Nothing before this change is remembered.
    pub(super) fn forget(&self, change: i64) {
        let mut past = self.past();
        (past.from, past.last) = (change, change);
        past.events.clear();
    }

    /// Says that all is well, and how things stand.
    pub(super) fn beat(&self, data: &Value) {
        let bytes = encoded(None, "beat", data);
        self.past().beat = bytes.clone();
        let change = self.past().last;
        let _ = self.0.sender.send(Event { change, brief: bytes.clone(), bytes });
    }

    /// What somebody missed who knows all until this change: what was sent since, or that the page must be loaded anew.
    fn missed(&self, known: Option<i64>, form: Form) -> Vec<Bytes> {
        let past = self.past();
        let mut missed = vec![past.beat.clone()];
        match known {
            None => {}
            // A change that is not there yet: another database than the page was made from.
            Some(known) if known < past.from || known > past.last => {
                missed.push(encoded(Some(past.last), "reload", &Value::Null));
            }
            // Those of the same number, too: one may have become visible later.
            Some(known) => {
                missed.extend(past.events.iter().filter(|event| event.change >= known).map(|event| event.of(form)));
            }
        }
        missed
    }

    fn past(&self) -> std::sync::MutexGuard<'_, Past> {
        self.0.past.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One event of a stream. JSON has no line breaks.
fn encoded(change: Option<i64>, kind: &str, data: &Value) -> Bytes {
    let id = change.map(|change| format!("id: {change}\n")).unwrap_or_default();
    Bytes::from(format!("{id}event: {kind}\ndata: {data}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(live: &Live, known: Option<i64>) -> Vec<String> {
        let missed = live.missed(known, Form::Page).into_iter().filter(|bytes| !bytes.is_empty());
        missed.map(|bytes| String::from_utf8_lossy(&bytes).trim().replace('\n', " ")).collect()
    }

    #[test]
    fn who_comes_back_hears_what_was_missed_or_loads_the_page_anew() {
        let live = Live::new(1);
        live.forget(10);
        live.send(12, "stock", &json!({"product": 1}));
        live.send(15, "stock", &json!({"product": 2}));
        assert_eq!(said(&live, Some(13)), [r#"id: 15 event: stock data: {"product":2}"#]);
        assert_eq!(said(&live, Some(10)).len(), 2);
        assert_eq!(said(&live, Some(9)), ["id: 15 event: reload data: null"]);
        assert_eq!(said(&live, Some(99)), ["id: 15 event: reload data: null"], "another database");
        assert!(said(&live, None).is_empty());
    }

    #[test]
    fn many_restocks_take_one_place_and_pages_hear_nothing_of_them() {
        let live = Live::new(1);
        live.forget(1);
        live.send_to_programs(2, "restock", &[json!({"id": 7}), json!({"id": 8})]);
        live.send_to_programs(3, "restock", &[]);
        assert_eq!(live.past().events.len(), 1);
        assert!(said(&live, Some(1)).is_empty());
        let heard = live.missed(Some(1), Form::Program).concat();
        assert_eq!(String::from_utf8_lossy(&heard).matches("id: 2\nevent: restock\ndata: {").count(), 2);
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let live = Live::new(1);
        for change in 1..=1000 {
            live.send(change, "stock", &json!({}));
        }
        assert_eq!(live.past().events.len(), REMEMBERED);
        assert_eq!(said(&live, Some(1)), ["id: 1000 event: reload data: null"]);
    }
}
