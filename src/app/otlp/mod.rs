//! The log as OTLP too, for a collector (OpenTelemetry, <https://opentelemetry.io/docs/specs/otlp/>): log records as JSON
//! over HTTP. Records about one restock have one trace id, on every instance and after a restart.
//!
//! Why not by `opentelemetry-otlp`: docs/decisions/0011-otlp-without-the-sdk.md.

mod record;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use coatcheck_domain::Clock;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::clock::SystemClock;
use super::platforms::client;
use crate::config::OtlpSettings;

/// Records that wait to be sent, at most; what comes on top is dropped and counted.
const WAITING: usize = 4096;
/// Records of one request, at most.
const TOGETHER: usize = 512;
/// A record waits so long for others.
const GATHERED: Duration = Duration::from_secs(1);
/// The thread that sends. What is logged there is about sending itself, and not sent.
const THREAD: &str = "otlp";

enum Message {
    Record(Value),
    /// Answered when everything before it was sent, or could not be.
    Flush(SyncSender<()>),
}

/// A layer that hands each event on, and never waits.
#[derive(Clone)]
pub(super) struct Otlp {
    queue: Sender<Message>,
    lost: Arc<AtomicU64>,
    clock: Arc<SystemClock>,
    service: Arc<str>,
}

impl Otlp {
    /// Starts the thread that sends.
    ///
    /// # Errors
    /// When there is no thread or no runtime for it.
    pub(super) fn start(settings: &OtlpSettings) -> std::io::Result<Self> {
        let (queue, messages) = channel(WAITING);
        let lost = Arc::new(AtomicU64::new(0));
        let sender = Sending { settings: settings.clone(), lost: Arc::clone(&lost), is_failing: false };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name(THREAD.to_owned()).spawn(move || runtime.block_on(sender.run(messages)))?;
        Ok(Self { queue, lost, clock: Arc::new(SystemClock::start()), service: settings.service.as_str().into() })
    }

    /// Waits until what was logged so far was sent, but not for longer than `patience`.
    pub(super) fn flush(&self, patience: Duration) {
        let (tell, told) = sync_channel(1);
        if self.queue.try_send(Message::Flush(tell)).is_ok() {
            // A collector that does not answer loses the end; the log itself has it.
            let _ = told.recv_timeout(patience);
        }
    }
}

impl<S: Subscriber> Layer<S> for Otlp {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if std::thread::current().name() == Some(THREAD) {
            return;
        }
        let record = record::of(event, self.clock.now(), &self.service);
        if self.queue.try_send(Message::Record(record)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The other end of the queue.
struct Sending {
    settings: OtlpSettings,
    lost: Arc<AtomicU64>,
    is_failing: bool,
}

impl Sending {
    async fn run(mut self, mut messages: Receiver<Message>) {
        let http = match client() {
            Ok(http) => http,
            Err(error) => return tracing::error!(%error, "OTLP: no HTTP client, records are not sent"),
        };
        while let Some(first) = messages.recv().await {
            let (records, flushed) = gather(first, &mut messages).await;
            if !records.is_empty() {
                let count = records.len();
                let sent = self.send(&http, records).await;
                self.note(sent, count);
            }
            if let Some(tell) = flushed {
                // Nobody waits any more: they had no time left.
                let _ = tell.try_send(());
            }
        }
    }

    async fn send(&self, http: &reqwest::Client, records: Vec<Value>) -> Result<(), String> {
        let mut request =
            http.post(self.settings.logs_url.clone()).json(&record::request(&self.settings.service, records));
        for (name, value) in &self.settings.headers {
            request = request.header(name, value.expose_secret());
        }
        let answer = request.send().await.map_err(|why| why.without_url().to_string())?;
        if answer.status().is_success() { Ok(()) } else { Err(format!("it answers {}", answer.status())) }
    }

    /// The first failure is said, and the first success after it: not each request.
    fn note(&mut self, sent: Result<(), String>, count: usize) {
        let records = u64::try_from(count).unwrap_or(u64::MAX);
        match sent {
            Ok(()) => {
                let lost = self.lost.swap(0, Ordering::Relaxed);
                if lost > 0 {
                    tracing::warn!(lost, "OTLP records lost");
                }
                self.is_failing = false;
            }
            Err(why) => {
                self.lost.fetch_add(records, Ordering::Relaxed);
                if !self.is_failing {
                    tracing::warn!(%why, "OTLP records not sent, trying on: {why}");
                }
                self.is_failing = true;
            }
        }
    }
}

/// What is there within a second, up to a flush.
async fn gather(first: Message, messages: &mut Receiver<Message>) -> (Vec<Value>, Option<SyncSender<()>>) {
    let (mut records, mut next) = (Vec::new(), Some(first));
    let end = Instant::now() + GATHERED;
    loop {
        match next {
            Some(Message::Record(record)) => records.push(record),
            Some(Message::Flush(tell)) => return (records, Some(tell)),
            None => return (records, None),
        }
        if records.len() >= TOGETHER {
            return (records, None);
        }
        let left = end.saturating_duration_since(Instant::now());
        next = tokio::time::timeout(left, messages.recv()).await.ok().flatten();
    }
}
