//! Reads a list of Shopify's page by page, all or nothing.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::{ProductReading, Reading};
use sha2::{Digest, Sha256};
use url::Url;

use super::answer::Expect;
use super::apart::Desk;
use super::bounds;
use super::charset;
use super::error::ReadError;
use super::fetch::{Ask, Fetched, Fetcher};
use super::identity;
use super::readers::shopify::{self, PAGE};
use super::source::{Page, Progress, SourceSpec};

/// Shopify gives no more pages of a list.
const MOST_PAGES: usize = 100;
/// All pages together take no longer.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// A whole list, and what its pages came from.
pub(super) struct Pages {
    pub(super) reading: Reading,
    pub(super) first_url: Url,
    pub(super) digest: Sha256,
    /// When the last page was in hand.
    pub(super) received_at: DateTime<Utc>,
}

/// Reads until a page is short. What shifts or repeats while paging leaves the list incomplete, never wrong.
pub(super) async fn read(
    fetcher: &Fetcher,
    desk: &Desk,
    list: &Url,
    spec: &SourceSpec,
    progress: &dyn Progress,
) -> Result<Pages, ReadError> {
    let started = fetcher.clock().monotonic();
    let mut found = Found::default();
    let mut digest = Sha256::new();
    let mut first_url = None;
    let mut received_at = fetcher.clock().now();
    // A page that was asked for by number is that page only.
    let asked_page = list.query_pairs().any(|(name, _)| name == "page");
    let last = if asked_page { 1 } else { MOST_PAGES };
    for number in 1..=last {
        let url = if asked_page { list.clone() } else { page_url(list, number) };
        let fetched = fetcher.get(Ask::new(&url, &spec.headers, Expect::Json).proven(spec.proven)).await?;
        identity::redirect(&url, &fetched.final_url)?;
        digest.update(&fetched.body);
        received_at = fetched.received_at;
        let answer = fetched.clone();
        let text = desk.read(fetched.body.len() * 2, move || page_text(&answer)).await?;
        let (cost, url) = (bounds::tree_cost(&text)?, fetched.final_url.clone());
        let products = desk.read(cost, move || shopify::parse_page(text.as_bytes(), &url)).await?;
        first_url.get_or_insert(fetched.final_url);
        let end = found.take(products);
        if progress.page(Page { number, products: found.products.len() }).await == ControlFlow::Break(()) {
            return Err(ReadError::Stopped);
        }
        if end {
            break;
        }
        if fetcher.clock().monotonic().saturating_sub(started) > LONGEST {
            return Err(ReadError::TooLong(LONGEST));
        }
    }
    let complete =
        found.ended && !found.shifted && !asked_page && found.products.iter().all(|product| product.complete);
    if found.products.is_empty() {
        return Err(ReadError::shape("$.products", "the list is empty; nothing is concluded from that"));
    }
    let reading = Reading { products: found.products, complete };
    Ok(Pages { reading, first_url: first_url.unwrap_or_else(|| list.clone()), digest, received_at })
}

fn page_text(page: &Fetched) -> Result<String, ReadError> {
    charset::text(&page.body, page.content_type.as_deref()).map(Cow::into_owned)
}

#[derive(Default)]
struct Found {
    products: Vec<ProductReading>,
    keys: HashSet<String>,
    shifted: bool,
    ended: bool,
}

impl Found {
    /// Takes in a page; says whether it was the last: short, or nothing new (a shop that ignores page numbers).
    fn take(&mut self, page: Vec<ProductReading>) -> bool {
        let (size, before) = (page.len(), self.products.len());
        for product in page {
            if self.keys.insert(product.key()) {
                self.products.push(product);
            } else {
                self.shifted = true;
            }
        }
        self.ended = size < PAGE;
        self.ended || self.products.len() == before
    }
}

fn page_url(list: &Url, number: usize) -> Url {
    let mut url = list.clone();
    url.query_pairs_mut().append_pair("limit", &PAGE.to_string()).append_pair("page", &number.to_string());
    url
}
