//! What every page is made from.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chrono_tz::Tz;
use tokio::time::Instant;
use url::Url;

use super::goods::Goods;
use super::live::Live;
use super::packed::Packed;
use super::pictures::Pictures;
use crate::store::Db;

/// Shared by all pages.
#[derive(Clone)]
pub(super) struct Site {
    pub(super) db: Db,
    pub(super) zone: Tz,
    /// The address that the world sees.
    pub(super) public_url: Option<Url>,
    pub(super) live: Live,
    pub(super) pages: Pages,
    pub(super) goods: Goods,
    pub(super) pictures: Pictures,
}

/// Pages that many ask for at once are made once: they are kept until something changes, a second at most, so that what they
/// say of times stays true.
#[derive(Clone, Default)]
pub(super) struct Pages(Arc<Mutex<HashMap<String, Kept>>>);

struct Kept {
    generation: u64,
    made_at: Instant,
    page: Made,
}

/// A page as it is sent.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) html: Bytes,
    pub(super) packed: Packed,
}

impl Pages {
    const LONGEST: Duration = Duration::from_secs(1);
    const MOST: usize = 64;

    /// The page, if it is still true.
    pub(super) fn kept(&self, address: &str, generation: u64, now: Instant) -> Option<Made> {
        let pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = pages.get(address).filter(|kept| kept.is_true(generation, now))?;
        Some(kept.page.clone())
    }

    /// Keeps a page that was made from what was known at this generation.
    pub(super) fn keep(&self, address: String, generation: u64, now: Instant, html: String) -> Made {
        let page = Made { html: Bytes::from(html), packed: Packed::default() };
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if pages.len() >= Self::MOST {
            pages.retain(|_, kept| kept.is_true(generation, now));
        }
        if pages.len() < Self::MOST {
            pages.insert(address, Kept { generation, made_at: now, page: page.clone() });
        }
        page
    }
}

impl Kept {
    fn is_true(&self, generation: u64, now: Instant) -> bool {
        self.generation == generation && now - self.made_at < Pages::LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_page_ends_with_a_change_or_after_a_second() {
        let (pages, now) = (Pages::default(), Instant::now());
        pages.keep("/".to_owned(), 1, now, "old".to_owned());
        assert_eq!(pages.kept("/", 1, now).expect("kept").html, "old");
        assert!(pages.kept("/", 2, now).is_none());
        assert!(pages.kept("/", 1, now + Pages::LONGEST).is_none());
    }

    #[test]
    fn however_many_addresses_are_asked_few_pages_are_kept() {
        let (pages, now) = (Pages::default(), Instant::now());
        for n in 0..1000 {
            pages.keep(n.to_string(), 1, now, "x".to_owned());
        }
        assert_eq!(pages.0.lock().expect("free").len(), Pages::MOST);
        pages.keep("/".to_owned(), 1, now + Pages::LONGEST, "x".to_owned());
        assert_eq!(pages.0.lock().expect("free").len(), 1);
    }
}
