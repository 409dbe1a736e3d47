//! Reads a list page by page. What fails after the first page costs only what it would have shown.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::{Doubt, ProductReading, Reading};
use sha2::{Digest, Sha256};
use url::Url;

use super::answer::Expect;
use super::apart::Desk;
use super::bounds;
use super::documents;
use super::error::ReadError;
use super::fetch::{Ask, Fetched, Fetcher};
use super::fetch_error::FetchError;
use super::identity;
use super::page_memory::{PageMemory, Split};
use super::readers::Reader;
use super::source::{Page, Part, Progress, SourceSpec};

/// Shopify gives no more pages of a list.
const MOST_PAGES: usize = 100;
/// A page of more products is parsed as a whole, or refused.
const MOST_PARTS: usize = 10_000;
/// All pages together take no longer.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// A list as far as it was read, and what its pages came from.
pub(super) struct Pages {
    pub(super) reading: Reading,
    pub(super) first_url: Url,
    pub(super) digest: Sha256,
    /// When the last page was in hand.
    pub(super) received_at: DateTime<Utc>,
    /// What stopped it, if the shop did.
    pub(super) cut_by: Option<FetchError>,
    /// It was read to its end, though maybe something was left out.
    pub(super) to_its_end: bool,
    /// Keys of products that are as they were, and were not parsed.
    pub(super) same: Vec<String>,
    /// The pages, for the next reading.
    pub(super) memory: PageMemory,
}

/// A list, and who asks for its pages how.
pub(super) struct List<'a> {
    pub(super) fetcher: &'a Fetcher,
    pub(super) desk: &'a Desk,
    pub(super) reader: &'static dyn Reader,
    pub(super) url: &'a Url,
    pub(super) spec: &'a SourceSpec,
    pub(super) progress: &'a dyn Progress,
}

impl List<'_> {
    /// Reads until a page is empty or brings nothing new: shops give fewer a page than they are asked for. What shifts
    /// or repeats while paging, and what is cut, leaves the list incomplete, never wrong.
    pub(super) async fn read(&self) -> Result<Pages, ReadError> {
        let mut pages = Pages {
            reading: Reading { products: Vec::new(), complete: true, doubts: Vec::new() },
            first_url: self.url.clone(),
            digest: Sha256::new(),
            received_at: self.fetcher.clock().now(),
            cut_by: None,
            to_its_end: false,
            same: Vec::new(),
            memory: PageMemory::default(),
        };
        let mut found = Found::default();
        let started = self.fetcher.clock().monotonic();
        // A page that was asked for by number is that page only.
        let asked_page = self.url.query_pairs().any(|(name, _)| name == "page");
        for number in 1..=if asked_page { 1 } else { MOST_PAGES } {
            let url = if asked_page { self.url.clone() } else { self.reader.page_url(self.url, number) };
            match self.page(&url, number, &mut pages).await {
                Ok(page) => {
                    self.tell(&page, pages.received_at).await;
                    found.take(page);
                }
                Err(error) if number > 1 => {
                    found.cut(number, &error);
                    pages.cut_by = error.into_fetch();
                    break;
                }
                Err(error) => return Err(error),
            }
            if self.progress.page(Page { number, products: found.keys.len() }).await == ControlFlow::Break(()) {
                return Err(ReadError::Stopped);
            }
            if found.ended {
                break;
            }
            if self.fetcher.clock().monotonic().saturating_sub(started) > LONGEST {
                found.cut(number + 1, &ReadError::TooLong(LONGEST));
                break;
            }
        }
        if found.keys.is_empty() {
            return Err(ReadError::shape("$.products", "the list is empty; nothing is concluded from that"));
        }
        pages.same = found.same.iter().map(ToString::to_string).collect();
        pages.to_its_end = found.ended && !found.shifted && !asked_page;
        pages.reading = found.reading(asked_page);
        Ok(pages)
    }

    /// What is there counts page by page; only what is missing needs the whole list.
    async fn tell(&self, page: &ReadPage, received_at: DateTime<Utc>) {
        let products = &page.reading.products;
        if self.spec.pages.is_some() && !products.is_empty() {
            self.progress.part(Part { reader: self.reader.name(), products: products.clone(), received_at }).await;
        }
    }

    async fn page(&self, url: &Url, number: usize, pages: &mut Pages) -> Result<ReadPage, ReadError> {
        let fetched =
            self.fetcher.get(Ask::new(url, &self.spec.headers, Expect::Json).proven(self.spec.proven)).await?;
        identity::redirect(url, &fetched.final_url)?;
        let known = self.spec.pages.clone().unwrap_or_default();
        let (reader, answer, last) = (self.reader, fetched.clone(), Arc::clone(&known));
        // As they came, as text, and where the products are in it.
        let work = move || Ok(look_at(reader, &last, &answer.body, answer.content_type.as_deref()));
        let Looked { digest, seen } = self.desk.read(fetched.body.len() * 6, work).await?;
        pages.digest.update(digest);
        pages.received_at = fetched.received_at;
        if number == 1 {
            pages.first_url = fetched.final_url.clone();
        }
        let (reading, split) = match seen {
            Seen::Same(same) => {
                pages.memory.keep(&known, &digest);
                return Ok(ReadPage { reading: nothing(), same });
            }
            Seen::Parts(split) => (self.changed(&split, fetched.final_url).await?, Some(split)),
            Seen::Unknown => self.whole(&fetched, known).await?,
        };
        let Some(split) = split else { return Ok(ReadPage { reading, same: Vec::new() }) };
        pages.memory.learn(digest, &split, &reading);
        Ok(ReadPage { reading, same: split.same })
    }

    /// Parses the products of a page that are not as they were, and no others.
    async fn changed(&self, split: &Split, url: Url) -> Result<Reading, ReadError> {
        if split.changed.is_empty() {
            return Ok(nothing());
        }
        let (reader, page) = (self.reader, self.reader.page_of(&split.changed));
        self.may_parse(page.len()).await?;
        let cost = bounds::tree_cost(&page)?;
        self.desk.read(cost, move || reader.read_page(&documents::tree(&page)?, &url)).await
    }

    /// Parses a page of which nothing is known.
    async fn whole(&self, fetched: &Fetched, known: Arc<PageMemory>) -> Result<(Reading, Option<Split>), ReadError> {
        self.may_parse(fetched.body.len()).await?;
        let (reader, answer) = (self.reader, fetched.clone());
        // Twice its bytes: as they came, and as text.
        let text = move || documents::json_text(&answer.body, answer.content_type.as_deref());
        let text = self.desk.read(fetched.body.len() * 2, text).await?;
        let (cost, url) = (bounds::tree_cost(&text)?, fetched.final_url.clone());
        self.desk.read(cost, move || parse(reader, &known, &text, &url)).await
    }

    async fn may_parse(&self, bytes: usize) -> Result<(), ReadError> {
        match self.progress.before_parsing(bytes).await {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(ReadError::Stopped),
        }
    }
}

/// What is to be parsed of a page.
enum Seen {
    /// Nothing: these are its products, and it is as it was.
    Same(Vec<Arc<str>>),
    /// Those of its products that are not as they were.
    Parts(Split),
    /// All of it.
    Unknown,
}

/// A page before it is parsed.
struct Looked {
    digest: [u8; 32],
    seen: Seen,
}

/// Finds out what is new in a page. It makes no tree of it, whatever stands in it.
fn look_at(reader: &dyn Reader, known: &PageMemory, body: &[u8], content_type: Option<&str>) -> Looked {
    let digest: [u8; 32] = Sha256::digest(body).into();
    if let Some(same) = known.page(&digest) {
        return Looked { digest, seen: Seen::Same(same) };
    }
    let text = documents::plain(body, content_type).filter(|_| !known.is_empty());
    let split = text.and_then(|text| {
        let items = reader.items(&text).filter(|items| items.len() <= MOST_PARTS)?;
        Some(known.split(&items)).filter(|split| !split.same.is_empty())
    });
    Looked { digest, seen: split.map_or(Seen::Unknown, Seen::Parts) }
}

/// A page: what was parsed of it, and the keys of what did not have to be.
struct ReadPage {
    reading: Reading,
    same: Vec<Arc<str>>,
}

fn nothing() -> Reading {
    Reading { products: Vec::new(), complete: true, doubts: Vec::new() }
}

/// Parses what is not known of a page, where its reader can take it apart.
fn parse(
    reader: &dyn Reader,
    known: &PageMemory,
    text: &str,
    url: &Url,
) -> Result<(Reading, Option<Split>), ReadError> {
    let Some(items) = reader.items(text) else {
        return Ok((reader.read_page(&documents::tree(text)?, url)?, None));
    };
    let split = known.split(&items);
    let reading = if split.changed.is_empty() && !items.is_empty() {
        nothing()
    } else if split.changed.len() == items.len() {
        reader.read_page(&documents::tree(text)?, url)?
    } else {
        reader.read_page(&documents::tree(&reader.page_of(&split.changed))?, url)?
    };
    Ok((reading, Some(split)))
}

#[derive(Default)]
struct Found {
    products: Vec<ProductReading>,
    same: Vec<Arc<str>>,
    keys: HashSet<String>,
    doubts: Vec<Doubt>,
    pages: usize,
    first_size: usize,
    incomplete: bool,
    /// Products moved from page to page meanwhile, or a page was cut: some may have been missed.
    shifted: bool,
    ended: bool,
}

impl Found {
    /// Takes in a page: the last is empty, or brings nothing new (a shop that ignores page numbers).
    fn take(&mut self, page: ReadPage) {
        let ReadPage { reading: page, same } = page;
        let (size, before) = (page.products.len() + same.len(), self.keys.len());
        self.pages += 1;
        if self.pages == 1 {
            self.first_size = size;
        }
        let mut shifted = false;
        for key in same {
            if self.keys.insert(key.to_string()) {
                self.same.push(key);
            } else {
                shifted = true;
            }
        }
        for product in page.products {
            if self.keys.insert(product.key()) {
                self.products.push(product);
            } else {
                shifted = true;
            }
        }
        self.ended = self.keys.len() == before;
        // The same page again is the end of a list that has but one, unless it was cut at a round number.
        let same_again = self.ended && self.pages == 2 && size == self.first_size;
        self.shifted |= shifted && (!same_again || is_round(size));
        self.incomplete |= !page.complete || self.shifted;
        self.doubts.extend(page.doubts);
    }

    fn cut(&mut self, page: usize, error: &ReadError) {
        (self.incomplete, self.shifted) = (true, true);
        self.doubts
            .push(Doubt { at: format!("page {page}"), what: format!("not read, so the list is cut here: {error}") });
    }

    fn reading(self, asked_page: bool) -> Reading {
        let complete =
            self.ended && !self.incomplete && !asked_page && self.products.iter().all(|product| product.complete);
        Reading { products: self.products, complete, doubts: self.doubts }
    }
}

/// Pages hold 10, 12, 24, 30, 50 or 250: a list of so many may be a page of a longer one.
fn is_round(size: usize) -> bool {
    size.is_multiple_of(10) || size.is_multiple_of(12) || (size >= 16 && size.is_power_of_two())
}
