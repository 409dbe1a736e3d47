//! Requests: a task reads one source after the other, as long as there is one that may be read.

use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::FutureExt;

use super::batch::ListOf;
use super::decide;
use super::known::Job;
use super::poller::Poller;
use super::writing::write_parts;
use crate::shops::{Page, PageMemory, Part, Progress, ReadError, ReadOutcome};
use crate::store::Db;
use crate::store::polls::held::HeldSource;

impl Poller {
    /// Begins all requests that may begin now. Says how many.
    pub(super) fn begin_all(&self) -> usize {
        let mut begun = 0;
        let mut tasks = self.tasks();
        // Those that ended have said all they had to say.
        while tasks.try_join_next().is_some() {}
        loop {
            let now = self.now();
            let Some(job) = self.state().begin(now) else { return begun };
            tasks.spawn(self.clone().work(job));
            begun += 1;
        }
    }

    async fn work(self, mut job: Job) {
        loop {
            let is_current = match &job.list {
                Some(list) => self.read_batch(&job, list).await,
                None => self.read_one(&job).await,
            };
            if !is_current {
                return;
            }
            let now = self.now();
            let (next, is_wanted) = {
                let mut state = self.state();
                let next = state.begin(now);
                let is_wanted = state.write_at().is_some_and(|at| at <= now.at) || state.can_begin(now);
                (next, is_wanted)
            };
            if is_wanted || next.is_none() {
                self.memory.nudge.notify_one();
            }
            match next {
                Some(next) => job = next,
                None => return,
            }
        }
    }

    async fn read_one(&self, job: &Job) -> bool {
        let outcome = self.read(&job.holder, &job.source, job.pages.clone(), job.is_conditional, None).await;
        let (random, now) = (self.rng.draw(), self.now());
        self.state().end(job, outcome, random, now)
    }

    /// Reads pages of a list for many sources.
    async fn read_batch(&self, job: &Job, list: &ListOf) -> bool {
        let mut error = None;
        loop {
            let now = self.now();
            let Some(ask) = self.state().ask(job, list, now) else { break };
            let (holder, source) = (&*job.holder, &*job.source);
            let progress = Watched::new(&self.db, holder, source, None);
            match self.shops.page(ask.clone(), &progress).await {
                Ok(answer) => {
                    let (random, now) = (self.rng.draw(), self.now());
                    self.state().end_page(job, &ask, answer, random, now);
                    self.memory.nudge.notify_one();
                }
                Err(failed) => {
                    error = Some(failed);
                    break;
                }
            }
        }
        let (random, now) = (self.rng.draw(), self.now());
        self.state().end_batch(job, list, error, random, now)
    }

    /// Reads a source. A reader that breaks down is an error of its source.
    pub(super) async fn read(
        &self,
        holder: &str,
        source: &HeldSource,
        pages: Option<Arc<PageMemory>>,
        is_conditional: bool,
        watcher: Option<&dyn Progress>,
    ) -> Result<ReadOutcome, ReadError> {
        let spec = decide::spec(source, pages, is_conditional, self.db.now())?;
        let progress = Watched::new(&self.db, holder, source, watcher);
        let read = AssertUnwindSafe(self.shops.read(&spec, &progress)).catch_unwind().await;
        read.unwrap_or_else(|_| {
            tracing::error!(url = %source.url, "a reader broke down on {}", source.url);
            Err(ReadError::Shape {
                at: "the document".to_owned(),
                what: "the reader broke down on it; this is a mistake of ours, report it".to_owned(),
            })
        })
    }
}

/// A larger document may end the process that parses it; so may any of a source that was never read well.
const HARMLESS: usize = 64 * 1024;

/// Passes pages on to whoever watches, and has it written down what is about to be parsed.
struct Watched<'a> {
    db: &'a Db,
    holder: &'a str,
    source: &'a HeldSource,
    began_at: DateTime<Utc>,
    is_on_trial: AtomicBool,
    watcher: Option<&'a dyn Progress>,
}

impl<'a> Watched<'a> {
    fn new(db: &'a Db, holder: &'a str, source: &'a HeldSource, watcher: Option<&'a dyn Progress>) -> Self {
        Self { db, holder, source, began_at: db.now(), is_on_trial: AtomicBool::new(false), watcher }
    }
}

#[async_trait]
impl Progress for Watched<'_> {
    async fn page(&self, page: Page) -> ControlFlow<()> {
        match self.watcher {
            Some(watcher) => watcher.page(page).await,
            None => ControlFlow::Continue(()),
        }
    }

    async fn part(&self, part: Part) {
        if self.source.readings > 0 {
            let ended = decide::part(self.source.clone().into(), part, self.began_at, self.db.now());
            write_parts(self.db, self.holder, &ended, 1).await;
        }
    }

    async fn before_parsing(&self, bytes: usize) -> ControlFlow<()> {
        let is_harmless = bytes <= HARMLESS && self.source.readings > 0;
        if is_harmless || self.is_on_trial.swap(true, Ordering::Relaxed) {
            return ControlFlow::Continue(());
        }
        match self.db.begin_trial(self.holder, self.source).await {
            Ok(true) => ControlFlow::Continue(()),
            Ok(false) | Err(_) => ControlFlow::Break(()),
        }
    }
}
