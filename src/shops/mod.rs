//! Reads shops: a guard, a polite fetcher, and one reader per platform that turns a response into a reading.
//!
//! [`Shops::read`] is the way in: it plans attempts by the source's address (`detect`), gets documents (`fetch`), hands
//! them to a reader (`readers`, pure) and checks that the answer is about what was asked for (`identity`).

pub mod address;
pub mod answer;
mod apart;
mod assignments;
mod bounds;
mod canonical;
pub mod charset;
pub mod client;
pub mod detect;
mod document;
pub mod documents;
pub mod error;
pub mod expiry;
pub mod fetch;
pub mod fetch_error;
pub mod guard;
mod html;
pub mod identity;
mod list_page;
mod literal;
mod memory;
mod overran;
mod packed;
mod page;
mod page_memory;
mod pages;
pub mod push;
mod query;
pub mod readers;
pub mod redirect;
mod request_header;
mod resolver;
pub mod retry_after;
pub mod robots;
mod robots_memory;
mod same_address;
mod shop_time;
mod site;
pub mod source;
mod wall;
mod workers;

use std::ops::ControlFlow;
use std::sync::Arc;

use coatcheck_domain::Reading;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

pub use canonical::canonical;
pub use client::{ClientOptions, client, parting, user_agent};
pub use error::ReadError;
pub use fetch::{FetchLimits, Fetcher};
pub use fetch_error::{FetchError, FetchErrorKind};
pub use guard::{AllowHosts, Guard, Refused};
pub use list_page::{ListPage, PageAnswer, PageAsk};
pub use overran::Overran;
pub use page_memory::{ItemDigest, PageMemory};
pub use readers::{NoSuchReader, ReaderKind};
pub use request_header::parse_header;
pub use resolver::{Resolver, SystemResolver};
pub use site::{bare, site};
pub use source::{Page, Part, Progress, Read, ReadOutcome, SourceSpec, Unwatched};
pub use workers::{Source, WORKER, WorkerLimits, Workers, worker_main};

use answer::Expect;
use apart::Desk;
use documents::Text;
use fetch::{Ask, Fetched};
use pages::List;
use readers::Attempt;
use readers::json::{GenericJson, row};

/// Reads sources.
#[derive(Debug)]
pub struct Shops {
    fetcher: Fetcher,
    workers: Workers,
    desk: Desk,
}

impl Shops {
    /// Readers over a fetcher and worker processes.
    #[must_use]
    pub fn new(fetcher: Fetcher, workers: Workers) -> Self {
        Self { fetcher, workers, desk: Desk::default() }
    }

    /// Reads a source now. `progress` is notified of each page of a paged one.
    ///
    /// # Errors
    /// When there is no reading; [`ReadError`] says why, and whether to wait, to stay away or to give up.
    pub async fn read(&self, spec: &SourceSpec, progress: &dyn Progress) -> Result<ReadOutcome, ReadError> {
        let mut errors: Vec<ReadError> = Vec::new();
        for attempt in detect::plan(spec) {
            match self.attempt(&attempt, spec, progress).await {
                Err(error) if error.may_be_elsewhere() => errors.push(error),
                Ok(ReadOutcome::Read(mut read)) => {
                    read.how.splice(0..0, errors.iter().map(|error| format!("tried before: {error}")));
                    return Ok(ReadOutcome::Read(read));
                }
                outcome => return outcome,
            }
        }
        Err(error::most_telling(errors))
    }

    async fn attempt(
        &self,
        attempt: &Attempt,
        spec: &SourceSpec,
        progress: &dyn Progress,
    ) -> Result<ReadOutcome, ReadError> {
        match attempt {
            Attempt::Document { url, reader } => self.document(url, *reader, spec, progress).await,
            Attempt::List { url, reader } => self.list(url, *reader, spec, progress).await,
            Attempt::Query { url, body, reader } => self.query((url, body), *reader, spec, progress).await,
            Attempt::Program { program, urls } => self.program(program, urls, spec, progress).await,
        }
    }

    async fn digest(&self, fetched: &Fetched) -> Result<[u8; 32], ReadError> {
        let body = fetched.body.clone();
        self.desk.read(body.len(), move || Ok(Sha256::digest(&body).into())).await
    }

    async fn text(&self, fetched: &Fetched) -> Result<Text, ReadError> {
        let answer = fetched.clone();
        // Twice its bytes: as they came, and as text.
        let text = move || documents::text(&answer.body, answer.content_type.as_deref());
        self.desk.read(fetched.body.len() * 2, text).await
    }

    /// A document as JSON text: a web page's is what it carries.
    async fn json_of(&self, text: Text, spec: &SourceSpec) -> Result<String, ReadError> {
        match text {
            Text::Json(json) => Ok(json),
            Text::Page(html) => self.workers.page(source(spec), &html).await,
        }
    }

    async fn list(
        &self,
        url: &Url,
        reader: ReaderKind,
        spec: &SourceSpec,
        progress: &dyn Progress,
    ) -> Result<ReadOutcome, ReadError> {
        let (fetcher, desk) = (&self.fetcher, &self.desk);
        let list = List { fetcher, desk, reader: reader.reader(), url, spec, progress };
        let mut pages = list.read().await?;
        let (reading, more) = self.filled(reader, pages.reading, &pages.first_url, spec, progress).await?;
        pages.reading = reading;
        more.into_iter().for_each(|more| pages.digest.update(more));
        let body_digest = pages.digest.finalize().into();
        if spec.body_digest == Some(body_digest) && pages.reading.products.is_empty() {
            return Ok(ReadOutcome::NotModified { received_at: pages.received_at });
        }
        Ok(ReadOutcome::Read(Box::new(Read {
            reading: pages.reading,
            reader,
            resolved_url: pages.first_url,
            body_digest,
            etag: None,
            last_modified: None,
            received_at: pages.received_at,
            slow: false,
            cut_by: pages.cut_by,
            to_its_end: pages.to_its_end,
            how: vec![format!("the address is that of a list of {reader}'s, which is read page by page")],
            same: pages.same,
            pages: Some(Arc::new(pages.memory)),
        })))
    }

    /// Gets every document, then lets the program make rows of them. Validators hold for single documents only.
    async fn program(
        &self,
        program: &str,
        urls: &[Url],
        spec: &SourceSpec,
        progress: &dyn Progress,
    ) -> Result<ReadOutcome, ReadError> {
        let fetched = self.documents(program, urls, spec, progress).await?;
        let Some(mut first) = fetched.first().cloned() else { return Err(ReadError::shape("urls", "there is none")) };
        if fetched.iter().any(|document| document.not_modified) {
            return Ok(not_modified(&first));
        }
        first.received_at = fetched.last().map_or(first.received_at, |last| last.received_at);
        // Rows of several documents are as old as the oldest.
        first.shop_time = fetched.iter().map(|document| document.shop_time).min().flatten();
        let digest = fetched.iter().fold(Sha256::new(), |digest, document| digest.chain_update(&document.body));
        let digest: [u8; 32] = digest.finalize().into();
        if spec.body_digest == Some(digest) {
            return Ok(not_modified(&first));
        }
        may_parse(progress, fetched.iter().map(|document| document.body.len()).sum()).await?;
        let mut texts = Vec::new();
        for document in fetched {
            let text = self.text(&document).await?;
            texts.push(self.json_of(text, spec).await?);
        }
        let document = if texts.len() == 1 { texts.swap_remove(0) } else { format!("[{}]", texts.join(",")) };
        let rows = self.workers.program(source(spec), program, &document).await?;
        let (cost, url) = (bounds::tree_cost(&rows)?, first.final_url.clone());
        let reading = self.desk.read(cost, move || rows_reading(&rows, &url)).await?;
        if urls.len() > 1 {
            (first.etag, first.last_modified) = (None, None);
        }
        let read = (ReaderKind::of(&GenericJson), reading);
        Ok(read_from(read, digest, first, self.workers.is_slow(&spec.url), "by the jq program that was given"))
    }

    /// Every document of a program, in order; none after one that did not change.
    async fn documents(
        &self,
        program: &str,
        urls: &[Url],
        spec: &SourceSpec,
        progress: &dyn Progress,
    ) -> Result<Vec<Fetched>, ReadError> {
        let expect = if reads_pages(program) { Expect::Anything } else { Expect::Json };
        let mut all = Vec::new();
        for url in urls {
            let fetched = match urls {
                [_] => self.conditionally(url, spec, expect).await?,
                _ => self.fetcher.get(Ask::new(url, &spec.headers, expect).proven(spec.proven)).await?,
            };
            let is_known = fetched.not_modified;
            if !is_known {
                identity::redirect(url, &fetched.final_url)?;
            }
            all.push(fetched);
            if is_known {
                break;
            }
            // Each document takes its time: whoever claimed the source must renew that.
            if progress.page(Page { number: all.len(), products: 0 }).await == ControlFlow::Break(()) {
                return Err(ReadError::Stopped);
            }
        }
        Ok(all)
    }

    async fn conditionally(&self, url: &Url, spec: &SourceSpec, expect: Expect) -> Result<Fetched, FetchError> {
        let (etag, last_modified) = (spec.etag.as_deref(), spec.last_modified.as_deref());
        let last = spec.interval.is_some_and(|interval| interval > client::KEPT);
        let proven = spec.proven;
        let ask = Ask::new(url, &spec.headers, expect);
        self.fetcher.get(Ask { etag, last_modified, last, proven, ..ask }).await
    }
}

/// Whoever reads is told before a document is parsed: it may end the process.
async fn may_parse(progress: &dyn Progress, bytes: usize) -> Result<(), ReadError> {
    match progress.before_parsing(bytes).await {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(ReadError::Stopped),
    }
}

fn not_modified(fetched: &Fetched) -> ReadOutcome {
    ReadOutcome::NotModified { received_at: fetched.received_at }
}

/// A product that does not say when it was changed is as old as its answer.
fn read_from(
    (reader, mut reading): (ReaderKind, Reading),
    digest: [u8; 32],
    fetched: Fetched,
    slow: bool,
    how: &str,
) -> ReadOutcome {
    for product in &mut reading.products {
        product.updated_at = product.updated_at.or(fetched.shop_time);
    }
    ReadOutcome::Read(Box::new(Read {
        reading,
        reader,
        resolved_url: fetched.final_url,
        body_digest: digest,
        etag: fetched.etag,
        last_modified: fetched.last_modified,
        received_at: fetched.received_at,
        slow,
        cut_by: None,
        to_its_end: false,
        how: vec![how.to_owned()],
        same: Vec::new(),
        pages: None,
    }))
}

fn source(spec: &SourceSpec) -> Source<'_> {
    Source { url: spec.url.as_str(), proven: spec.proven }
}

fn rows_reading(rows: &str, url: &Url) -> Result<Reading, ReadError> {
    let rows: Vec<Value> = serde_json::from_str(rows).map_err(|error| ReadError::not_json(&error))?;
    program_reading(&rows, url)
}

/// The reading that a program's rows make.
///
/// # Errors
/// As [`row::reading`].
pub fn program_reading(rows: &[Value], url: &Url) -> Result<Reading, ReadError> {
    row::reading(rows, &|index| format!("jq[{index}]"), url)
}

/// A page that redirects away is no document of the source, whatever it holds; a product may have been renamed, which
/// only its id can tell.
fn identity_of_page(asked: &Url, fetched: &Fetched) -> Result<(), ReadError> {
    if answer::looks_like_html(&fetched.body) { identity::redirect(asked, &fetched.final_url) } else { Ok(()) }
}

/// Does a program work on what web pages carry? Then a page is a document; otherwise a page where JSON is due is an error.
fn reads_pages(program: &str) -> bool {
    ["scripts", "assigned", ".data[", ".text"].iter().any(|part| program.contains(part))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
