//! What is read: a source as its owner described it, and what came of reading it.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use coatcheck_domain::{ProductReading, Reading};
use url::Url;

use super::fetch_error::FetchError;
use super::page_memory::PageMemory;
use super::readers::ReaderKind;

/// One thing that is polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSpec {
    /// Its address, as people gave it or as it was resolved before.
    pub url: Url,
    /// The reader that understands it; found by itself when absent.
    pub reader: Option<ReaderKind>,
    /// A jq program that makes rows of it; implies the reader `json`.
    pub jq: Option<String>,
    /// More documents for the program: it gets a list of all, this source's own first.
    pub more_urls: Vec<Url>,
    /// The shop's own headers, name and value.
    pub headers: Vec<(String, String)>,
    /// The ETag of the last reading. Only single documents are asked for conditionally.
    pub etag: Option<String>,
    /// The Last-Modified of the last reading, as it was sent.
    pub last_modified: Option<String>,
    /// [`Read::body_digest`] of the last reading, where the same again would say nothing new: then it is not parsed.
    pub body_digest: Option<[u8; 32]>,
    /// The shop's id of the one product that this source has told of so far: another product there is an error.
    pub product_id: Option<String>,
    /// Time until it is read again, where that is known.
    pub interval: Option<Duration>,
    /// It was read well before. Until then its documents wait behind those of others.
    pub proven: bool,
    /// The pages of the last reading, where the same again would say nothing new: what did not change is not parsed.
    pub pages: Option<Arc<PageMemory>>,
}

impl SourceSpec {
    /// A source of which only the address is known.
    #[must_use]
    pub fn new(url: Url) -> Self {
        Self {
            url,
            reader: None,
            jq: None,
            more_urls: Vec::new(),
            headers: Vec::new(),
            etag: None,
            last_modified: None,
            body_digest: None,
            product_id: None,
            interval: None,
            proven: false,
            pages: None,
        }
    }
}

/// What came of a successful read.
#[derive(Debug, Clone, PartialEq)]
pub enum ReadOutcome {
    /// Nothing changed: the shop says so of the validators that were sent, or sent the very bytes that are known.
    NotModified {
        /// When its answer was in hand.
        received_at: DateTime<Utc>,
    },
    /// A reading.
    Read(Box<Read>),
}

/// A reading and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// What the shop said.
    pub reading: Reading,
    /// The reader that understood it.
    pub reader: ReaderKind,
    /// The address that answered: the first page's, or the first document's.
    pub resolved_url: Url,
    /// SHA-256 over all bodies in order: equal digests are equal readings.
    pub body_digest: [u8; 32],
    /// For the next conditional request; only of single documents.
    pub etag: Option<String>,
    /// For the next conditional request; only of single documents.
    pub last_modified: Option<String>,
    /// When the last byte was in hand.
    pub received_at: DateTime<Utc>,
    /// Did the slow worker read it, because the source took too much time or memory once?
    pub slow: bool,
    /// What stopped a paged source after its first page: what it would have shown is not known. Its
    /// [`FetchError::retry_after`] holds for the shop.
    pub cut_by: Option<FetchError>,
    /// A list that was read to its end, whatever was left out of it: no product is missing that could be read.
    pub to_its_end: bool,
    /// Keys of products that are there, and byte for byte as they were.
    pub same: Vec<String>,
    /// How it was found out who reads it: what was tried, and what spoke for the reader. A sentence each.
    pub how: Vec<String>,
    /// The pages of a list, for its next reading once this one is stored.
    pub pages: Option<Arc<PageMemory>>,
}

/// One page of a paged source, just read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Counted from 1.
    pub number: usize,
    /// Products so far.
    pub products: usize,
}

/// Products of one page that are not as they were, ahead of the whole list.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The reader that understood them.
    pub reader: &'static str,
    /// The products.
    pub products: Vec<ProductReading>,
    /// When the page was in hand.
    pub received_at: DateTime<Utc>,
}

/// Is told of each page: renews a lease, shows progress, or stops the reading.
#[async_trait]
pub trait Progress: Send + Sync {
    /// A page is in hand. `Break` gives up: nothing of the source is used.
    async fn page(&self, page: Page) -> ControlFlow<()>;

    /// What a page of a list says anew, once the list was read before: whoever waits for it need not wait for the rest.
    async fn part(&self, _part: Part) {}

    /// A document of so many bytes, which is not known, is about to be parsed. `Break` gives up.
    async fn before_parsing(&self, _bytes: usize) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

#[async_trait]
impl Progress for Unwatched {
    async fn page(&self, _page: Page) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
