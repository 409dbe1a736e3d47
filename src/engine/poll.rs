//! Polls sources: claim, read, decide, store. One source that hangs holds up nobody but its own shop's slot.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use coatcheck_domain::poll::{self, Outcome};
use tokio::time::Instant;
use url::Url;

use super::batch::Batch;
use super::fault::{judge, unstored};
use super::heartbeat::Heartbeats;
use super::in_flight::{Held, Polls};
use super::readings::Readings;
use super::rng::Rng;
use super::stop::Stop;
use crate::shops::{Page, Progress, Read, ReadError, ReadOutcome, SourceSpec};
use crate::store::db::wake::Topic;
use crate::store::polls::claim::Claimed;
use crate::store::polls::ended::{Failed, Unchanged};
use crate::store::stock::reading::NewReading;
use crate::store::{Db, StoreError};

/// Without a bell or a due time it looks by itself after this long.
const PATIENCE: Duration = Duration::from_millis(500);
/// Polls under way are waited for this long when the service stops.
const FAREWELL: Duration = Duration::from_secs(2);
/// It never looks more often than this when what is due waits for a slot.
const IMPATIENCE: Duration = Duration::from_millis(20);

/// The poller.
#[derive(Debug, Clone)]
pub struct Poller {
    db: Db,
    shops: Arc<dyn Readings>,
    rng: Arc<Rng>,
}

/// How a poll ended.
#[derive(Debug)]
pub enum Polled {
    /// With what was known already: still to be written down, together with others.
    Unchanged(Unchanged),
    /// With a reading that was stored.
    Stored {
        /// The reading.
        read: Box<Read>,
        /// Restocks that it made.
        restocks: Vec<i64>,
    },
    /// With an error that was written down.
    Failed(ReadError),
    /// The claim was lost before the end; the next poll says it again.
    Lost,
}

impl Poller {
    /// A poller of these shops.
    #[must_use]
    pub fn new(db: Db, shops: Arc<dyn Readings>, rng: Arc<Rng>) -> Self {
        Self { db, shops, rng }
    }

    /// Polls all that is due and waits for the last of it. Says how many there were.
    ///
    /// # Errors
    /// When the store fails; unfinished claims run out and are polled again.
    pub async fn tick(&self) -> Result<usize, StoreError> {
        let claims = self.db.claim_due(&self.rng.token(), Polls::default().room(self.db.monotonic())).await?;
        let count = claims.len();
        let mut polls = Polls::default();
        self.spawn(&mut polls, claims);
        let mut unchanged = Vec::new();
        while polls.len() > 0 {
            unchanged.extend(polls.next().await);
        }
        self.db.end_unchanged(&unchanged).await?;
        Ok(count)
    }

    /// Polls this one source now, if it is free. `None`: somebody else is at it, or its shop has no slot free.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn poll_source(
        &self,
        source_id: i64,
        watcher: Option<&dyn Progress>,
    ) -> Result<Option<Polled>, StoreError> {
        let Some(claim) = self.db.claim_source(&self.rng.token(), source_id).await? else { return Ok(None) };
        let polled = self.poll(&claim, &Renewal::of(&self.db, &claim, watcher)).await?;
        if let Polled::Unchanged(unchanged) = &polled {
            self.db.end_unchanged(std::slice::from_ref(unchanged)).await?;
        }
        Ok(Some(polled))
    }

    /// Polls whatever is due whenever it is, until the stop. Then it hands back what it has not finished.
    pub async fn run(self, heartbeats: Heartbeats, mut stop: Stop) {
        let mut polls = Polls::default();
        let mut batch = Batch::new(Instant::now());
        while !stop.is_stopped() {
            heartbeats.beat("poll");
            if batch.is_time_to_look(Instant::now(), || polls.room(self.db.monotonic())) {
                self.claim_into(&mut polls, &mut batch).await;
            }
            tokio::select! {
                ended = polls.next() => batch.take(Instant::now(), ended),
                () = self.db.wake().wait(Topic::Sources, batch.patience(Instant::now())) => batch.look_soon(Instant::now()),
                () = Batch::lingered(batch.write_at()) => {}
                () = stop.stopped() => {}
            }
            batch.take(Instant::now(), polls.ended());
            if batch.is_time_to_write(Instant::now(), polls.len()) {
                self.write_down(&mut batch.unchanged).await;
                batch.tried(Instant::now());
            }
        }
        self.finish(polls, batch.unchanged).await;
        heartbeats.end("poll");
    }

    /// Claims what is due, as far as there is room, and says when to look for more.
    async fn claim_into(&self, polls: &mut Polls, batch: &mut Batch) {
        let room = polls.room(self.db.monotonic());
        match self.db.claim_due(&self.rng.token(), room).await {
            Ok(claims) => {
                let (found, all) = (!claims.is_empty(), claims.len() < room.healthy);
                self.spawn(polls, claims);
                match (found, all) {
                    (false, true) => batch.look_after(Instant::now(), self.patience().await),
                    (true, true) => batch.look_after(Instant::now(), IMPATIENCE),
                    (_, false) => batch.look_when_there_is_room(Instant::now()),
                }
            }
            Err(error) => {
                unstored(&error, "polling will be tried again");
                batch.look_after(Instant::now(), PATIENCE);
            }
        }
    }

    fn spawn(&self, polls: &mut Polls, claims: Vec<Claimed>) {
        for claim in claims {
            let poller = self.clone();
            let claim = Arc::new(claim);
            let held = Arc::clone(&claim);
            let task = async move { poller.poll(&claim, &Renewal::of(&poller.db, &claim, None)).await };
            let id = polls.tasks.spawn(task).id();
            polls.held.insert(id, Held { claim: held, since: self.db.monotonic() });
        }
    }

    /// Until the next source is due.
    async fn patience(&self) -> Duration {
        match self.db.next_due().await {
            Ok(Some(due)) => (due - self.db.now()).to_std().unwrap_or(IMPATIENCE).clamp(IMPATIENCE, PATIENCE),
            _ => PATIENCE,
        }
    }

    async fn write_down(&self, unchanged: &mut Vec<Unchanged>) {
        if unchanged.is_empty() {
            return;
        }
        match self.db.end_unchanged(unchanged).await {
            Ok(_) => unchanged.clear(),
            // They are kept and written down with the next ones; should the claims run out first, they are read again.
            Err(error) => unstored(&error.into(), "unchanged readings will be written down later"),
        }
    }

    /// Gives running polls a moment, then hands their claims back: their sources are due as before.
    async fn finish(&self, mut polls: Polls, mut unchanged: Vec<Unchanged>) {
        let rest = async {
            while polls.len() > 0 {
                unchanged.extend(polls.next().await);
            }
        };
        if tokio::time::timeout(FAREWELL, rest).await.is_err() {
            polls.tasks.shutdown().await;
        }
        self.write_down(&mut unchanged).await;
        let held: Vec<Claimed> = polls.held.into_values().map(|held| Arc::unwrap_or_clone(held.claim)).collect();
        if let Err(error) = self.db.hand_back(&held).await {
            tracing::error!(%error, "claims could not be handed back, they run out: {error}");
        }
    }

    /// One poll under its claim, from the request to the row.
    async fn poll(&self, claim: &Claimed, progress: &dyn Progress) -> Result<Polled, StoreError> {
        let outcome = match spec(claim, self.db.now()) {
            Ok(spec) => self.shops.read(&spec, progress).await,
            Err(error) => Err(error),
        };
        let stored = match outcome {
            Ok(ReadOutcome::NotModified { received_at }) => Ok(Polled::Unchanged(self.unchanged(claim, received_at))),
            Ok(ReadOutcome::Read(read)) if is_unchanged(claim, &read) => {
                Ok(Polled::Unchanged(self.unchanged(claim, read.received_at)))
            }
            Ok(ReadOutcome::Read(read)) => self.store(claim, read).await,
            Err(error) => self.fail(claim, error).await,
        };
        match stored {
            Err(error @ StoreError::LeaseLost { .. }) => {
                tracing::warn!(source = claim.source_id, url = %claim.url, "{error}");
                Ok(Polled::Lost)
            }
            stored => stored,
        }
    }

    fn unchanged(&self, claim: &Claimed, read_at: DateTime<Utc>) -> Unchanged {
        Unchanged::of(claim, read_at, poll::after(&claim.schedule, Outcome::Read, self.db.now(), self.rng.draw()))
    }

    async fn store(&self, claim: &Claimed, read: Box<Read>) -> Result<Polled, StoreError> {
        let plan = poll::after(&claim.schedule, Outcome::Read, self.db.now(), self.rng.draw());
        let digest = hex(&read.body_digest);
        let new = NewReading {
            reading: &read.reading,
            reader: read.reader.as_str(),
            read_at: read.received_at,
            body_digest: &digest,
            etag: read.etag.as_deref(),
            last_modified: read.last_modified.as_deref(),
        };
        let stored = self.db.store_reading(claim, &new, &plan).await?;
        for restock in &stored.restocks {
            tracing::info!(restock, url = %claim.url, "back in stock at {}: restock {restock}", claim.host);
        }
        Ok(Polled::Stored { read, restocks: stored.restocks })
    }

    async fn fail(&self, claim: &Claimed, error: ReadError) -> Result<Polled, StoreError> {
        if error == ReadError::Stopped {
            return Ok(Polled::Lost);
        }
        let now = self.db.now();
        let judged = judge(&error);
        let wait = if judged.shop_failed { poll::breaker(claim.shop_failures + 1, self.rng.draw()) } else { None };
        let wait = wait.max(error.retry_after());
        let failed = Failed {
            plan: poll::after(&claim.schedule, judged.outcome, now, self.rng.draw()),
            fault: judged.fault.to_owned(),
            error: error.to_string(),
            shop_not_before: wait.and_then(|wait| now.checked_add_signed(chrono::Duration::from_std(wait).ok()?)),
            shop_failed: judged.shop_failed,
        };
        tracing::warn!(url = %claim.url, fault = judged.fault, next = %failed.plan.next_poll_at, "{} could not be read: {error}", claim.url);
        self.db.end_failed(claim, &failed).await?;
        Ok(Polled::Failed(error))
    }
}

/// What the claim asks for. Validators and the last digest are used only when "nothing new" would say all there is to say.
fn spec(claim: &Claimed, now: DateTime<Utc>) -> Result<SourceSpec, ReadError> {
    let url = |text: &str| {
        Url::parse(text)
            .map_err(|why| ReadError::Shape { at: "the source's address".to_owned(), what: why.to_string() })
    };
    let mut spec = SourceSpec::new(url(&claim.url)?);
    spec.reader = claim.reader.as_deref().and_then(|name| name.parse().ok());
    spec.jq.clone_from(&claim.jq);
    spec.more_urls = claim.more_urls.iter().map(|text| url(text)).collect::<Result<_, _>>()?;
    spec.headers.clone_from(&claim.headers);
    spec.product_id.clone_from(&claim.product_id);
    spec.interval = Some(claim.schedule.interval);
    spec.proven = claim.last_read_at.is_some();
    if claim.settled && !after_gap(claim, now) {
        spec.body_digest = claim.body_digest.as_deref().and_then(unhex);
        spec.etag.clone_from(&claim.etag);
        spec.last_modified.clone_from(&claim.last_modified);
    }
    Ok(spec)
}

fn is_unchanged(claim: &Claimed, read: &Read) -> bool {
    claim.settled
        && !after_gap(claim, read.received_at)
        && claim.body_digest.as_deref() == Some(hex(&read.body_digest).as_str())
}

/// After a silence even the same words make a new span: nobody saw what was between.
fn after_gap(claim: &Claimed, now: DateTime<Utc>) -> bool {
    let gap = chrono::Duration::from_std(claim.schedule.interval.saturating_mul(3)).unwrap_or(chrono::Duration::MAX);
    claim.last_read_at.is_none_or(|last| now - last > gap)
}

fn hex(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let pair = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let bytes: Vec<u8> = (0..text.len()).step_by(2).map(pair).collect::<Option<_>>()?;
    bytes.try_into().ok()
}

/// Renews the claim with each page, and passes the page on to whoever watches.
struct Renewal<'a> {
    db: &'a Db,
    claim: &'a Claimed,
    watcher: Option<&'a dyn Progress>,
}

impl<'a> Renewal<'a> {
    fn of(db: &'a Db, claim: &'a Claimed, watcher: Option<&'a dyn Progress>) -> Self {
        Self { db, claim, watcher }
    }
}

#[async_trait]
impl Progress for Renewal<'_> {
    async fn page(&self, page: Page) -> ControlFlow<()> {
        if let Some(watcher) = self.watcher {
            watcher.page(page).await?;
        }
        // The first page comes well within the claim.
        if page.number == 1 {
            return ControlFlow::Continue(());
        }
        match self.db.renew_claim(self.claim).await {
            Ok(true) => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}
