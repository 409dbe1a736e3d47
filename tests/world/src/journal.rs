//! What a front heard, in order, and how many requests it had in its hands at once.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, Method};
use bytes::Bytes;
use tokio::sync::watch;

/// One request as it came in, its body read to the end.
#[derive(Debug, Clone)]
pub struct Heard {
    /// GET, POST, …
    pub method: Method,
    /// Without the query.
    pub path: String,
    /// Without the question mark.
    pub query: Option<String>,
    /// As sent.
    pub headers: HeaderMap,
    /// The raw body, as a signature covers it.
    pub body: Bytes,
    /// When the whole of it was here.
    pub at: Instant,
    /// The answer says neither 2xx nor 304. What was not refused was taken, even where the sender never learns of it.
    pub refused: bool,
}

impl Heard {
    /// A header's text; None when it is missing or no text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; None when it is none.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Path and query, as asked.
    #[must_use]
    pub fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }
}

/// What was waited for did not come in time. Shows what came instead, also when unwrapped.
pub struct TooLate {
    waited: Duration,
    heard: Vec<Heard>,
}

impl fmt::Display for TooLate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not heard within {:?}; what came, {} in all:", self.waited, self.heard.len())?;
        self.heard.iter().try_for_each(|heard| {
            let refused = if heard.refused { " (refused)" } else { "" };
            write!(f, " {} {}{refused};", heard.method, heard.target())
        })
    }
}

impl fmt::Debug for TooLate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for TooLate {}

/// The book of one front.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    heard: Mutex<Vec<Heard>>,
    changed: watch::Sender<()>,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Journal {
    pub(crate) fn note(&self, heard: Heard) {
        self.lock().push(heard);
        self.changed.send_replace(());
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.lock().clone()
    }

    /// Starts afresh, with the requests still in hand as the most at once.
    pub(crate) fn forget(&self) {
        self.lock().clear();
        self.most.store(self.now.load(Ordering::SeqCst), Ordering::SeqCst);
    }

    pub(crate) fn most_at_once(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    /// Counts a request as in hand until what this returns is dropped.
    pub(crate) fn take_in_hand(self: &Arc<Self>) -> InHand {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        InHand(Arc::clone(self))
    }

    /// Waits until `enough` says so of all that was heard.
    pub(crate) async fn wait_until(
        &self,
        timeout: Duration,
        enough: impl Fn(&[Heard]) -> bool,
    ) -> Result<Vec<Heard>, TooLate> {
        let mut changed = self.changed.subscribe();
        let came = tokio::time::timeout(timeout, changed.wait_for(|()| enough(&self.lock()))).await;
        match came {
            Ok(_) => Ok(self.heard()),
            Err(_) => Err(TooLate { waited: timeout, heard: self.heard() }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Heard>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is being answered.
pub(crate) struct InHand(Arc<Journal>);

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}
