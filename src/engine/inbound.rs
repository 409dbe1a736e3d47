//! Brings in what people say and answers it: stored first, acknowledged then, done after that, in order within a chat.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use coatcheck_bots::{
    DeliveryStatus, EventSink, InboundEvent, Inbox, Receipt, Receiver, SinkClosed, StatusHeard, Trouble,
};
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::task::JoinSet;

use super::heartbeat::Heartbeats;
use super::owed::Remembering;
use super::rng::Rng;
use super::signatures::{Signatures, Turn};
use super::stop::Stop;
use crate::store::chats::inbox::{ATTEMPTS, Arrival, NewArrival, TakenIn};
use crate::store::db::wake::Topic;
use crate::store::outbox::Heard;
use crate::store::outbox::incident::SIGNATURES_FAILING;
use crate::store::{Db, StoreError};

/// Without a bell it looks by itself after this long.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Chats that are answered at the same time.
const WIDTH: usize = 64;
/// An answer that takes longer is given up: its chat waits for it.
const LONGEST: Duration = Duration::from_secs(45);
/// An answer that does not reach its chat is given so often, with growing waits: within some ten minutes.
const ANSWERS: i64 = 14;
/// Answers in flight are waited for this long when the service stops.
const FAREWELL: Duration = Duration::from_secs(5);
/// A connection that ended is made again after so long, then twice as long, …
pub(super) const FIRST_WAIT: Duration = Duration::from_secs(1);
/// … but never longer.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// The inbound_worker: listens for one platform and answers.
#[derive(Clone)]
pub struct InboundWorker {
    pub(super) db: Db,
    pub(super) receiver: Arc<dyn Receiver>,
    inbox: Arc<dyn Inbox>,
    pub(super) rng: Arc<Rng>,
    /// Who we are among those who could listen.
    pub(super) holder: String,
    signatures: Arc<Signatures>,
}

impl InboundWorker {
    /// A inbound_worker for one platform, whose words come to `inbox`.
    #[must_use]
    pub fn new(db: Db, receiver: Arc<dyn Receiver>, inbox: Arc<dyn Inbox>, rng: Arc<Rng>, holder: String) -> Self {
        Self { db, receiver, inbox, rng, holder, signatures: Arc::default() }
    }

    /// The platform's.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.receiver.platform().as_str()
    }

    /// Answers everything that waits and is nobody's, and waits for the last answer. Says how many there were.
    ///
    /// # Errors
    /// When the store fails; what was not answered is answered next time.
    pub async fn tick(&self) -> Result<usize, StoreError> {
        let mut answered = 0;
        loop {
            let arrivals = self.db.take_arrivals(self.name(), WIDTH).await?;
            if arrivals.is_empty() {
                return Ok(answered);
            }
            answered += arrivals.len();
            join_all(arrivals.into_iter().map(|arrival| self.answer(arrival))).await;
        }
    }

    /// Listens and answers until the stop.
    pub async fn run(self, heartbeats: Heartbeats, stop: Stop) {
        // In one task: if either breaks, the loop has ended, which is noticed.
        tokio::join!(self.clone().listen(stop.clone()), self.work(heartbeats, stop));
    }

    /// Answers what waits: what was left by whoever went away, and what queued behind another word of its chat.
    async fn work(&self, heartbeats: Heartbeats, mut stop: Stop) {
        let mut answers = JoinSet::new();
        let mut waker = self.db.wake().subscribe(Topic::Inbox);
        while !stop.is_stopped() {
            heartbeats.beat(self.name());
            while answers.try_join_next().is_some() {}
            self.begin(&mut answers).await;
            tokio::select! {
                () = waker.wait(LOOK_EVERY) => {}
                () = stop.stopped() => {}
            }
        }
        self.finish(answers).await;
        heartbeats.end(self.name());
    }

    /// Begins to answer what waits, as far as there is room.
    async fn begin(&self, answers: &mut JoinSet<()>) {
        match self.db.take_arrivals(self.name(), WIDTH.saturating_sub(answers.len())).await {
            Ok(arrivals) => {
                for arrival in arrivals {
                    let inbound_worker = self.clone();
                    answers.spawn(async move { inbound_worker.answer(arrival).await });
                }
            }
            Err(error) => tracing::error!(%error, "what people said waits for the store: {error}"),
        }
    }

    async fn finish(&self, mut answers: JoinSet<()>) {
        let rest = async { while answers.join_next().await.is_some() {} };
        if tokio::time::timeout(FAREWELL, rest).await.is_err() {
            tracing::warn!(
                platform = self.name(),
                "{} stops with answers under way; they are given again",
                self.name()
            );
        }
    }

    /// Does what was said and answers it.
    async fn answer(&self, arrival: Arrival) {
        let name = self.name();
        if arrival.attempts > if arrival.reply.is_some() { ANSWERS } else { ATTEMPTS } {
            tracing::error!(event = arrival.id, platform = name, attempts = arrival.attempts, "inbound event given up");
            return self.note(self.db.end_arrival(&arrival).await.map(|_| ()), &arrival);
        }
        let inbox = Remembering::new(self.inbox.as_ref(), &arrival);
        let handling = AssertUnwindSafe(self.receiver.handle(&arrival.payload, &inbox)).catch_unwind();
        let noted = match tokio::time::timeout(LONGEST, handling).await {
            Ok(Ok(Ok(()))) => self.db.end_arrival(&arrival).await.map(|_| ()),
            Ok(Ok(Err(trouble))) => self.troubled(&arrival, &trouble, inbox.owed()).await,
            // A panic, or nothing at all: it is begun again, a few times.
            Ok(Err(_)) => self.put_back(&arrival, "handler panicked", FIRST_WAIT, None).await,
            Err(_) => self.put_back(&arrival, "handler timed out", FIRST_WAIT, inbox.owed()).await,
        };
        self.note(noted, &arrival);
    }

    async fn troubled(&self, arrival: &Arrival, trouble: &Trouble, owed: Option<String>) -> Result<(), StoreError> {
        match trouble.after {
            Some(wait) => self.put_back(arrival, &trouble.why, wait, owed).await,
            // It was done; only the answer did not reach the chat, and would not the next time.
            None => {
                tracing::warn!(arrival = arrival.id, platform = self.name(), "an answer was not given: {trouble}");
                self.db.end_arrival(arrival).await.map(|_| ())
            }
        }
    }

    async fn put_back(
        &self,
        arrival: &Arrival,
        why: &str,
        wait: Duration,
        owed: Option<String>,
    ) -> Result<(), StoreError> {
        let is_done = owed.is_some() || arrival.reply.is_some();
        let backoff = if is_done { backoff(FIRST_WAIT, arrival.attempts) } else { Duration::ZERO };
        tracing::warn!(event = arrival.id, platform = self.name(), is_done, why, "inbound event retried");
        self.db.put_back_arrival(arrival, wait.max(backoff), owed.as_deref()).await
    }

    fn note(&self, noted: Result<(), StoreError>, arrival: &Arrival) {
        if let Err(error) = noted {
            tracing::error!(%error, arrival = arrival.id, "an answer could not be noted and may be given again: {error}");
        }
    }
}

/// `first` after one failure, then twice as long after each, a minute at most.
pub(super) fn backoff(first: Duration, failures: i64) -> Duration {
    let doublings = u32::try_from(failures.saturating_sub(1)).unwrap_or_default().min(16);
    first.saturating_mul(1 << doublings).min(LONGEST_WAIT)
}

#[async_trait]
impl EventSink for InboundWorker {
    async fn delivery_status(&self, status: &DeliveryStatus) -> Result<StatusHeard, SinkClosed> {
        match self.db.provider_status(&status.provider_ref, &status.status, status.error_code).await {
            Ok(Heard::Unknown { may_be_ours: true }) => Ok(StatusHeard::NotKnownYet),
            Ok(_) => Ok(StatusHeard::Noted),
            Err(error) => Err(SinkClosed(error.to_string())),
        }
    }

    async fn verified(&self, is_genuine: bool) {
        let stored = match self.signatures.heard(is_genuine, self.db.monotonic()) {
            Some(Turn::Failing) => {
                let why = "requests in a row had a wrong signature, or one that is too old";
                self.db.open_incident(SIGNATURES_FAILING, self.name(), why).await
            }
            Some(Turn::Genuine) => self.db.close_incident(SIGNATURES_FAILING, self.name()).await,
            None => return,
        };
        if let Err(error) = stored {
            tracing::error!(%error, platform = self.name(), "incident not stored");
        }
    }

    async fn arrived(&self, arrived: InboundEvent) -> Result<Receipt, SinkClosed> {
        if arrived.fleeting {
            let inbound_worker = self.clone();
            tokio::spawn(async move {
                if let Err(trouble) =
                    inbound_worker.receiver.handle(&arrived.payload, inbound_worker.inbox.as_ref()).await
                {
                    tracing::debug!("nothing was completed: {trouble}");
                }
            });
            return Ok(Receipt::First);
        }
        let new = NewArrival {
            platform: self.name(),
            external_id: &arrived.external_id,
            chat: &arrived.chat,
            payload: &arrived.payload,
        };
        match self.db.take_in(&new).await {
            Ok(TakenIn::Known) => Ok(Receipt::Again),
            Ok(TakenIn::Queued) => Ok(Receipt::First),
            Ok(TakenIn::Held(arrival)) => {
                let inbound_worker = self.clone();
                tokio::spawn(async move { inbound_worker.answer(arrival).await });
                Ok(Receipt::First)
            }
            Err(error) => Err(SinkClosed(error.to_string())),
        }
    }
}

#[cfg(test)]
#[path = "inbound_tests.rs"]
mod tests;
