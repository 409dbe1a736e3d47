//! Reads shops: a guard, a polite fetcher, and one reader per platform that turns a response into a reading.
//!
//! [`Shops::read`] is the way in: it plans attempts by the source's address (`detect`), gets documents (`fetch`), hands
//! them to a reader (`readers`, pure) and checks that the answer is about what was asked for (`identity`).

pub mod address;
pub mod address_parts;
pub mod answer;
mod apart;
mod assignments;
pub mod charset;
pub mod client;
pub mod detect;
pub mod documents;
pub mod error;
pub mod fetch;
pub mod fetch_error;
pub mod guard;
pub mod identity;
mod page;
mod pages;
pub mod readers;
pub mod redirect;
pub mod robots;
mod robots_memory;
pub mod source;

use std::ops::ControlFlow;

use coatcheck_domain::Reading;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

pub use client::{ClientOptions, Resolver, SystemResolver, client, parting, user_agent};
pub use error::ReadError;
pub use fetch::{FetchLimits, Fetcher, parse_header};
pub use fetch_error::{FetchError, FetchErrorKind};
pub use guard::{AllowHosts, Guard, Refused};
pub use readers::jq_runner::{JQ_WORKER, JqLimits, JqRunner, jq_worker_main};
pub use source::{NoSuchReader, Page, Progress, Read, ReadOutcome, ReaderKind, SourceSpec, Unwatched};

use answer::Expect;
use apart::Desk;
use detect::Attempt;
use fetch::{Ask, Fetched};

/// Reads sources.
#[derive(Debug)]
pub struct Shops {
    fetcher: Fetcher,
    jq: JqRunner,
    desk: Desk,
}

impl Shops {
    /// Readers over a fetcher and a jq runner.
    #[must_use]
    pub fn new(fetcher: Fetcher, jq: JqRunner) -> Self {
        Self { fetcher, jq, desk: Desk::default() }
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
                outcome => return outcome,
            }
        }
        // "Not here" says the least of all failures.
        let telling = errors.iter().position(|error| !error.is_gone()).unwrap_or(0);
        Err(errors.swap_remove(telling))
    }

    async fn attempt(
        &self,
        attempt: &Attempt,
        spec: &SourceSpec,
        progress: &dyn Progress,
    ) -> Result<ReadOutcome, ReadError> {
        match attempt {
            Attempt::Document { url, reader } => self.document(url, *reader, spec).await,
            Attempt::List { url } => self.list(url, spec, progress).await,
            Attempt::Program { program, urls } => self.program(program, urls, spec, progress).await,
        }
    }

    async fn document(
        &self,
        url: &Url,
        reader: Option<ReaderKind>,
        spec: &SourceSpec,
    ) -> Result<ReadOutcome, ReadError> {
        let expect = if reader.is_some() { Expect::Json } else { Expect::Anything };
        let fetched = self.conditionally(url, spec, expect).await?;
        if fetched.not_modified {
            return Ok(not_modified(&fetched));
        }
        identity_of_page(url, &fetched)?;
        // The same bytes from elsewhere may be another product's.
        let known = spec.body_digest.filter(|_| fetched.final_url == *url);
        let answer = fetched.clone();
        let read = self.desk.read(answer.body.len(), move || read_document(&answer, reader, known)).await?;
        let Some(read) = read else { return Ok(not_modified(&fetched)) };
        identity::check(url, &fetched.final_url, &read.reading, spec.product_id.as_deref())?;
        Ok(read_from(read.reading, read.reader, read.digest, fetched))
    }

    async fn list(&self, url: &Url, spec: &SourceSpec, progress: &dyn Progress) -> Result<ReadOutcome, ReadError> {
        let pages = pages::read(&self.fetcher, &self.desk, url, &spec.headers, progress).await?;
        Ok(ReadOutcome::Read(Box::new(Read {
            reading: pages.reading,
            reader: ReaderKind::Shopify,
            resolved_url: pages.first_url,
            body_digest: pages.digest.finalize().into(),
            etag: None,
            last_modified: None,
            received_at: pages.received_at,
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
        let expect = if reads_pages(program) { Expect::Anything } else { Expect::Json };
        let mut digest = Sha256::new();
        let mut texts = Vec::new();
        let mut first: Option<Fetched> = None;
        let mut received_at = self.fetcher.clock().now();
        for url in urls {
            let fetched = match urls {
                [_] => self.conditionally(url, spec, expect).await?,
                _ => self.fetcher.get(Ask::new(url, &spec.headers, expect)).await?,
            };
            if fetched.not_modified {
                return Ok(not_modified(&fetched));
            }
            identity::redirect(url, &fetched.final_url)?;
            digest.update(&fetched.body);
            let answer = fetched.clone();
            let text = move || documents::json_text(&answer.body, answer.content_type.as_deref());
            texts.push(self.desk.read(fetched.body.len(), text).await?);
            received_at = fetched.received_at;
            first.get_or_insert(fetched);
            // Each document takes its time: whoever claimed the source must renew that.
            if progress.page(Page { number: texts.len(), products: 0 }).await == ControlFlow::Break(()) {
                return Err(ReadError::Stopped);
            }
        }
        let Some(mut first) = first else { return Err(ReadError::shape("urls", "there is none")) };
        first.received_at = received_at;
        let digest: [u8; 32] = digest.finalize().into();
        if spec.body_digest == Some(digest) {
            return Ok(not_modified(&first));
        }
        let document = if texts.len() == 1 { texts.swap_remove(0) } else { format!("[{}]", texts.join(",")) };
        let rows = self.jq.run(program, &document).await?;
        let reading = program_reading(&rows, &first.final_url)?;
        if urls.len() > 1 {
            (first.etag, first.last_modified) = (None, None);
        }
        Ok(read_from(reading, ReaderKind::Json, digest, first))
    }

    async fn conditionally(&self, url: &Url, spec: &SourceSpec, expect: Expect) -> Result<Fetched, FetchError> {
        let (etag, last_modified) = (spec.etag.as_deref(), spec.last_modified.as_deref());
        let last = spec.interval.is_some_and(|interval| interval > client::KEPT);
        self.fetcher.get(Ask { url, headers: &spec.headers, etag, last_modified, expect, last }).await
    }
}

fn not_modified(fetched: &Fetched) -> ReadOutcome {
    ReadOutcome::NotModified { received_at: fetched.received_at }
}

fn read_from(reading: Reading, reader: ReaderKind, body_digest: [u8; 32], fetched: Fetched) -> ReadOutcome {
    ReadOutcome::Read(Box::new(Read {
        reading,
        reader,
        resolved_url: fetched.final_url,
        body_digest,
        etag: fetched.etag,
        last_modified: fetched.last_modified,
        received_at: fetched.received_at,
    }))
}

/// What a reader made of one document.
struct ReadDocument {
    reading: Reading,
    reader: ReaderKind,
    digest: [u8; 32],
}

/// Nothing, where these are the bytes that are known: what they say has been said, so nobody needs to parse them.
fn read_document(
    answer: &Fetched,
    reader: Option<ReaderKind>,
    known: Option<[u8; 32]>,
) -> Result<Option<ReadDocument>, ReadError> {
    let digest: [u8; 32] = Sha256::digest(&answer.body).into();
    if known == Some(digest) {
        return Ok(None);
    }
    let document = documents::json(&answer.body, answer.content_type.as_deref())?;
    let read = detect::read(&document, reader, &answer.final_url);
    let (reader, reading) = read.map_err(|error| named_page(error, answer, &document))?;
    Ok(Some(ReadDocument { reading, reader, digest }))
}

/// The reading that a program's rows make.
///
/// # Errors
/// As [`readers::row::reading`].
pub fn program_reading(rows: &[Value], url: &Url) -> Result<Reading, ReadError> {
    readers::row::reading(rows, &|index| format!("jq[{index}]"), url)
}

/// A page that redirects away is no document of the source, whatever it holds; a product may have been renamed, which
/// only its id can tell.
fn identity_of_page(asked: &Url, fetched: &Fetched) -> Result<(), ReadError> {
    if answer::looks_like_html(&fetched.body) { identity::redirect(asked, &fetched.final_url) } else { Ok(()) }
}

/// A page is called a page, not an object with `scripts`.
fn named_page(error: ReadError, fetched: &Fetched, page: &Value) -> ReadError {
    match error {
        ReadError::Unrecognised { example, .. } if answer::looks_like_html(&fetched.body) => {
            let title = page.get("title").and_then(Value::as_str).unwrap_or_default();
            ReadError::Unrecognised {
                holds: format!("a web page titled {:?}", title.chars().take(80).collect::<String>()),
                example,
            }
        }
        error => error,
    }
}

/// Does a program work on what web pages carry? Then a page is a document; otherwise a page where JSON is due is an error.
fn reads_pages(program: &str) -> bool {
    ["scripts", "assigned", ".data[", ".text"].iter().any(|part| program.contains(part))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
