//! One page of a list, for sources whose products each stand in it: they are read together, by fewer requests.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use coatcheck_domain::ProductReading;
use sha2::{Digest, Sha256};
use url::Url;

use super::Shops;
use super::answer::Expect;
use super::bounds;
use super::documents;
use super::error::ReadError;
use super::fetch::Ask;
use super::identity;
use super::page_memory::{ItemDigest, item_digest};
use super::readers::{Reader, ReaderKind};
use super::source::{Progress, SourceSpec};

/// What is asked of a page.
#[derive(Debug, Clone)]
pub struct PageAsk {
    /// The list, without page and limit.
    pub list: Url,
    /// Counted from 1.
    pub number: usize,
    /// Instead of a page by its number: these products, by their ids, where the reader can ask so.
    pub ids: Vec<String>,
    /// Who knows its pages.
    pub reader: ReaderKind,
    /// The page when it was read last.
    pub last: Option<Arc<ListPage>>,
    /// Products that are wanted, by key, each with the digest of the item that said all there is to say of it.
    pub wanted: HashMap<String, Option<ItemDigest>>,
}

/// A page as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListPage {
    /// Of its bytes.
    pub digest: [u8; 32],
    /// Its products' texts, and their keys as far as they were understood.
    pub items: Vec<(ItemDigest, Option<Arc<str>>)>,
}

/// What a page says.
#[derive(Debug, Clone, PartialEq)]
pub struct PageAnswer {
    /// The page, for the next time.
    pub page: Arc<ListPage>,
    /// Wanted products that are not as they were.
    pub products: HashMap<String, ProductReading>,
    /// When its last byte was in hand.
    pub received_at: DateTime<Utc>,
}

impl PageAsk {
    /// Is everything that is wanted of this page as it was?
    fn is_settled(&self, page: &ListPage) -> bool {
        page.items.iter().all(|(digest, key)| key.as_deref().is_some_and(|key| self.knows(key, *digest)))
    }

    /// Does this text of a product say nothing new to anybody?
    fn knows(&self, key: &str, digest: ItemDigest) -> bool {
        self.wanted.get(key).is_none_or(|known| *known == Some(digest))
    }
}

impl Shops {
    /// Reads a page of a list.
    ///
    /// # Errors
    /// When there is no such page; [`ReadError`] says why.
    pub async fn page(&self, ask: PageAsk, progress: &dyn Progress) -> Result<PageAnswer, ReadError> {
        if !ask.ids.is_empty() {
            return self.by_ids(&ask, progress).await;
        }
        let url = ask.reader.reader().page_url(&ask.list, ask.number);
        let fetched = self.fetcher.get(Ask::new(&url, &[], Expect::Json).proven(true)).await?;
        identity::redirect(&url, &fetched.final_url)?;
        let (received_at, answer) = (fetched.received_at, fetched.clone());
        let look = move || {
            let digest: [u8; 32] = Sha256::digest(&answer.body).into();
            let is_same = |page: &Arc<ListPage>| page.digest == digest && ask.is_settled(page);
            if let Some(page) = ask.last.clone().filter(is_same) {
                return Ok((Looked::Same(page), ask));
            }
            let text = documents::plain(&answer.body, answer.content_type.as_deref());
            Ok((text.and_then(|text| taken_apart(&ask, digest, &text)).map_or(Looked::Unknown, Looked::Apart), ask))
        };
        // As it came, as text, and where the products are in it.
        let (looked, ask) = self.desk.read(fetched.body.len() * 6, look).await?;
        let apart = match looked {
            Looked::Same(page) => return Ok(PageAnswer { page, products: HashMap::new(), received_at }),
            Looked::Apart(apart) => apart,
            Looked::Unknown => return Err(ReadError::shape("$", "this is no list of products")),
        };
        let bytes = apart.unread.iter().map(|(_, text)| text.len()).sum();
        if bytes > 0 && progress.before_parsing(bytes).await == ControlFlow::Break(()) {
            return Err(ReadError::Stopped);
        }
        let url = fetched.final_url;
        let (page, products) = self.desk.read(bytes * PARSED, move || Ok(apart.read(&ask, &url))).await?;
        Ok(PageAnswer { page: Arc::new(page), products, received_at })
    }

    /// Reads products by their ids, with what else their reader asks for. What is missing in the answer is not in the page.
    async fn by_ids(&self, ask: &PageAsk, progress: &dyn Progress) -> Result<PageAnswer, ReadError> {
        let reader = ask.reader.reader();
        let asked = reader.ids_url(&ask.list, &ask.ids);
        let url = asked.ok_or_else(|| ReadError::shape("ids", "this list cannot be asked for them"))?;
        let fetched = self.fetcher.get(Ask::new(&url, &[], Expect::Json).proven(true)).await?;
        identity::redirect(&url, &fetched.final_url)?;
        if progress.before_parsing(fetched.body.len()).await == ControlFlow::Break(()) {
            return Err(ReadError::Stopped);
        }
        let received_at = fetched.received_at;
        let answer = fetched.clone();
        let text = move || documents::json_text(&answer.body, answer.content_type.as_deref());
        let text = self.desk.read(fetched.body.len() * 2, text).await?;
        let cost = bounds::tree_cost(&text)?;
        let reading = self.desk.read(cost, move || reader.read_page(&documents::tree(&text)?, &url)).await?;
        let spec = SourceSpec { proven: true, ..SourceSpec::new(ask.list.clone()) };
        let (reading, _) = self.filled(ask.reader, reading, &ask.list, &spec, progress).await?;
        let mut page = ListPage::default();
        let mut products = HashMap::new();
        for product in reading.products {
            // Its parts came in several documents: what they say together is what may be as it was.
            let digest = item_digest(&serde_json::to_string(&product).unwrap_or_default());
            let key: Arc<str> = product.key().into();
            page.items.push((digest, Some(Arc::clone(&key))));
            if !ask.knows(&key, digest) {
                products.insert(key.to_string(), product);
            }
        }
        Ok(PageAnswer { page: Arc::new(page), products, received_at })
    }
}

/// What a product's text takes as a tree, in times its bytes.
const PARSED: usize = 16;
/// No page has more products.
const MOST_ITEMS: usize = 10_000;

/// A page before anything of it is parsed.
enum Looked {
    Same(Arc<ListPage>),
    Apart(Apart),
    Unknown,
}

/// A page in parts, and the texts that must be read, with their places.
struct Apart {
    page: ListPage,
    unread: Vec<(usize, String)>,
}

fn taken_apart(ask: &PageAsk, digest: [u8; 32], text: &str) -> Option<Apart> {
    let items = ask.reader.reader().items(text).filter(|items| items.len() <= MOST_ITEMS)?;
    let known: HashMap<ItemDigest, Arc<str>> = ask
        .last
        .iter()
        .flat_map(|page| &page.items)
        .filter_map(|(digest, key)| Some((*digest, Arc::clone(key.as_ref()?))))
        .collect();
    let mut page = ListPage { digest, items: Vec::with_capacity(items.len()) };
    let mut unread = Vec::new();
    for (place, item) in items.into_iter().enumerate() {
        let digest = item_digest(item.get());
        let key = known.get(&digest).filter(|key| ask.knows(key, digest)).cloned();
        if key.is_none() {
            unread.push((place, item.get().to_owned()));
        }
        page.items.push((digest, key));
    }
    Some(Apart { page, unread })
}

impl Apart {
    fn read(self, ask: &PageAsk, url: &Url) -> (ListPage, HashMap<String, ProductReading>) {
        let Self { mut page, unread } = self;
        let mut products = HashMap::new();
        for (place, text) in unread {
            // What cannot be read costs itself: its source is read alone.
            let Some(product) = item_alone(ask.reader.reader(), &text, url) else { continue };
            let key: Arc<str> = product.key().into();
            let (digest, of) = &mut page.items[place];
            if !ask.knows(&key, *digest) {
                products.insert(key.to_string(), product);
            }
            *of = Some(key);
        }
        (page, products)
    }
}

fn item_alone(reader: &dyn Reader, item: &str, url: &Url) -> Option<ProductReading> {
    let page = documents::tree(&reader.page_of(&[item.to_owned()])).ok()?;
    reader.read_page(&page, url).ok()?.products.pop()
}
