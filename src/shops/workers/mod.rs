//! Runs what strangers wrote where it can be killed: web pages and jq programs, in worker processes of this same program.
//!
//! Two are for sources that were read well before: one for pages, one for programs. Two more, slower to give up, are for all
//! others: new sources, and those that took too long. So a hostile source holds up none but its like, and waits longer each
//! time.

mod overruns;
mod process;
mod task;
mod worker;

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::bounds;
use super::error::ReadError;
use super::overran::Overran;
use super::readers::html::OnPage;
use super::readers::jq::{JqBounds, JqError};
use overruns::Overruns;
use process::{NoResult, Process};
use task::Task;

pub use worker::{WORKER, worker_main};

/// Memory of the workers for pages.
const PAGES: u64 = 64 * 1024 * 1024;
/// Processor time of a page, at most: it is read in a hundredth of that.
const PAGE: Duration = Duration::from_secs(2);
/// Memory of the workers for programs.
const PROGRAMS: u64 = 256 * 1024 * 1024;

/// What a task may take.
#[derive(Debug, Clone, Copy)]
pub struct WorkerLimits {
    /// Processor time of a source that was read well before; it is given the other one after that.
    pub quick: Duration,
    /// Processor time, at most.
    pub long: Duration,
    /// What a program may give.
    pub bounds: JqBounds,
}

impl Default for WorkerLimits {
    fn default() -> Self {
        Self { quick: Duration::from_millis(500), long: Duration::from_secs(3), bounds: JqBounds::default() }
    }
}

/// Whose document it is.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Its address.
    pub url: &'a str,
    /// It was read well before.
    pub proven: bool,
}

/// The four workers.
#[derive(Debug)]
pub struct Workers {
    pages: Process,
    programs: Process,
    other_pages: Process,
    other_programs: Process,
    overruns: Overruns,
    limits: WorkerLimits,
}

impl Workers {
    /// Workers that are started as `executable worker`: this very program, as a rule.
    #[must_use]
    pub fn new(executable: PathBuf, limits: WorkerLimits) -> Self {
        Self {
            pages: Process::new(executable.clone(), PAGES),
            programs: Process::new(executable.clone(), PROGRAMS),
            other_pages: Process::new(executable.clone(), PAGES),
            other_programs: Process::new(executable, PROGRAMS),
            overruns: Overruns::default(),
            limits,
        }
    }

    /// Workers that are none: tasks are done in this process.
    #[cfg(test)]
    pub(crate) fn in_this_process() -> Self {
        Self::new(PathBuf::new(), WorkerLimits::default())
    }

    /// Is this source read by the slow worker, because it took too much once?
    #[must_use]
    pub fn is_slow(&self, source: &Url) -> bool {
        self.overruns.knows(source.as_str())
    }

    /// The JSON that a web page carries; see `documents` for its shape.
    ///
    /// # Errors
    /// When the page takes too long or too much memory.
    pub async fn page(&self, source: Source<'_>, html: &str) -> Result<String, ReadError> {
        match self.perform(source, Task::Page, html).await {
            Err(ReadError::Program(JqError::Failed(why))) => Err(ReadError::shape("the page", why)),
            carried => carried,
        }
    }

    /// What a shop's web page says. `url` is where it is.
    ///
    /// # Errors
    /// When it takes too long or too much memory.
    pub async fn shop(&self, source: Source<'_>, html: &str, url: &Url) -> Result<OnPage, ReadError> {
        let said = self.perform(source, Task::Shop { url: url.clone() }, html).await?;
        serde_json::from_str(&said).map_err(|error| ReadError::not_json(&error))
    }

    /// What the program makes of the document, as JSON text of one list.
    ///
    /// # Errors
    /// When the program fails, or takes too long or too much memory.
    pub async fn program(&self, source: Source<'_>, program: &str, document: &str) -> Result<String, ReadError> {
        bounds::tree_cost(document)?;
        let task = Task::Jq { program: program.to_owned(), bounds: self.limits.bounds };
        self.perform(source, task, document).await
    }

    async fn perform(&self, source: Source<'_>, task: Task, document: &str) -> Result<String, ReadError> {
        let (own, others, long) = match task {
            Task::Page | Task::Shop { .. } => (&self.pages, &self.other_pages, self.limits.long.min(PAGE)),
            Task::Jq { .. } => (&self.programs, &self.other_programs, self.limits.long),
        };
        if source.proven && !self.overruns.knows(source.url) {
            match own.perform(&task, document, self.limits.quick).await {
                Ok(result) => return Ok(result),
                Err(NoResult::TooLong | NoResult::Died(_)) => {
                    tracing::info!(
                        source = source.url,
                        "source moved to the slow worker: {} took too much",
                        task.name()
                    );
                    self.overruns.note(source.url);
                }
                Err(error) => return Err(failed(error)),
            }
        }
        let how = match others.perform(&task, document, long).await {
            Ok(result) => {
                self.overruns.forgive(source.url);
                return Ok(result);
            }
            Err(NoResult::TooLong) => format!("took more than {} ms and was stopped", long.as_millis()),
            Err(NoResult::Died(status)) => format!("took too much memory and was stopped ({status})"),
            Err(error) => return Err(failed(error)),
        };
        let wait = self.overruns.again(source.url);
        Err(ReadError::Overran(Overran { what: task.name(), how, wait }))
    }
}

fn failed(error: NoResult) -> ReadError {
    match error {
        NoResult::Failed(error) => ReadError::Program(error),
        NoResult::NotStarted(why) => ReadError::Program(JqError::NotStarted(why)),
        NoResult::Busy | NoResult::TooLong | NoResult::Died(_) => ReadError::Busy,
    }
}
