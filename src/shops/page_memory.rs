//! What the pages of a list were, so that what did not change is not parsed again. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use coatcheck_domain::Reading;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// The pages of a list at its last reading. Whoever keeps it does so once that reading is stored, and not before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageMemory {
    pages: Vec<KnownPage>,
}

/// A page whose every product was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
struct KnownPage {
    digest: [u8; 32],
    items: Vec<(ItemDigest, Arc<str>)>,
}

/// Half of a SHA-256 is more than enough to tell products apart.
pub type ItemDigest = [u8; 16];

/// A page, as far as it has to be parsed.
#[derive(Debug, Default)]
pub(super) struct Split {
    /// Keys of products that are byte for byte as they were.
    pub(super) same: Vec<Arc<str>>,
    /// The others, to be parsed.
    pub(super) changed: Vec<String>,
    items: Vec<(ItemDigest, Option<Arc<str>>)>,
}

impl PageMemory {
    /// Is no page known?
    pub(super) fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// The keys of the page that had these bytes, if one had.
    pub(super) fn page(&self, digest: &[u8; 32]) -> Option<Vec<Arc<str>>> {
        let page = self.pages.iter().find(|page| page.digest == *digest)?;
        Some(page.items.iter().map(|(_, key)| Arc::clone(key)).collect())
    }

    /// Which of a page's products are as they were on any page.
    pub(super) fn split(&self, products: &[&RawValue]) -> Split {
        let known: HashMap<ItemDigest, &Arc<str>> =
            self.pages.iter().flat_map(|page| page.items.iter().map(|(digest, key)| (*digest, key))).collect();
        let mut split = Split::default();
        for product in products {
            let digest = item_digest(product.get());
            let key = known.get(&digest).map(|key| Arc::clone(key));
            match &key {
                Some(key) => split.same.push(Arc::clone(key)),
                None => split.changed.push(product.get().to_owned()),
            }
            split.items.push((digest, key));
        }
        split
    }

    /// Takes over a page that did not change.
    pub(super) fn keep(&mut self, from: &Self, digest: &[u8; 32]) {
        self.pages.extend(from.pages.iter().find(|page| page.digest == *digest).cloned());
    }

    /// Takes in a page that was split, and what its changed products were read as. A page with anything that was left out
    /// or cut is not remembered.
    pub(super) fn learn(&mut self, digest: [u8; 32], split: &Split, read: &Reading) {
        let is_whole = read.complete && read.doubts.is_empty() && read.products.len() == split.changed.len();
        if !is_whole || !read.products.iter().all(|product| product.complete) {
            return;
        }
        let mut read = read.products.iter().map(|product| Arc::from(product.key()));
        let items = split.items.iter().map(|(digest, key)| Some((*digest, key.clone().or_else(|| read.next())?)));
        if let Some(items) = items.collect() {
            self.pages.push(KnownPage { digest, items });
        }
    }
}

pub(super) fn item_digest(text: &str) -> ItemDigest {
    let digest: [u8; 32] = Sha256::digest(text).into();
    let mut half = ItemDigest::default();
    half.copy_from_slice(&digest[..16]);
    half
}
