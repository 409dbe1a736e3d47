//! Requests: a task reads one source after the other, as long as there is one that may be read.

use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;

use super::decide;
use super::poller::Poller;
use super::state::Job;
use crate::shops::{Page, Progress, ReadError, ReadOutcome};
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
            let outcome = self.read(&job.source, None).await;
            let (random, now) = (self.rng.draw(), self.now());
            let (next, is_wanted) = {
                let mut state = self.state();
                if !state.end(&job, outcome, random, now) {
                    return;
                }
                let next = state.begin(now);
                let is_wanted = state.write_at() == Some(Duration::ZERO) || state.can_begin(now);
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

    /// Reads a source. A reader that breaks down is an error of its source.
    pub(super) async fn read(
        &self,
        source: &HeldSource,
        watcher: Option<&dyn Progress>,
    ) -> Result<ReadOutcome, ReadError> {
        let spec = decide::spec(source, true, self.db.now())?;
        let progress = Watched { watcher };
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

/// Passes pages on to whoever watches.
struct Watched<'a> {
    watcher: Option<&'a dyn Progress>,
}

#[async_trait]
impl Progress for Watched<'_> {
    async fn page(&self, page: Page) -> ControlFlow<()> {
        match self.watcher {
            Some(watcher) => watcher.page(page).await,
            None => ControlFlow::Continue(()),
        }
    }
}
