//! Pictures of products, fetched once from their shops and kept, so that a visitor's browser asks nobody but us.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use url::Url;

use crate::shops::Guard;

/// A larger picture is none.
const LARGEST: usize = 2 * 1024 * 1024;
/// All that are kept.
const ROOM: usize = 32 * 1024 * 1024;
/// Fetched at once.
const AT_ONCE: usize = 4;
/// Fetched again after this long; one that could not be had sooner.
const KEPT: Duration = Duration::from_secs(24 * 3600);
const MISSED: Duration = Duration::from_secs(10 * 60);

/// Pictures that were fetched.
#[derive(Clone)]
pub(super) struct Pictures {
    http: reqwest::Client,
    guard: Arc<Guard>,
    fetching: Arc<Semaphore>,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    pictures: HashMap<Url, (Instant, Option<Picture>)>,
    bytes: usize,
}

/// A picture.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub(super) kind: &'static str,
    pub(super) bytes: Bytes,
}

impl Pictures {
    /// `http` dials only what the guard lets through.
    pub(super) fn new(http: reqwest::Client, guard: Arc<Guard>) -> Self {
        Self { http, guard, fetching: Arc::new(Semaphore::new(AT_ONCE)), kept: Arc::default() }
    }

    /// The picture at this address, if it is one.
    pub(super) async fn get(&self, url: Url) -> Option<Picture> {
        if let Some(kept) = self.kept(&url) {
            return kept;
        }
        let _turn = self.fetching.acquire().await.ok()?;
        // Somebody else may have waited for the same.
        if let Some(kept) = self.kept(&url) {
            return kept;
        }
        let fetched = self.fetch(&url).await;
        self.keep(url, fetched.clone());
        fetched
    }

    async fn fetch(&self, url: &Url) -> Option<Picture> {
        let sized = sized(url);
        // A literal address never reaches the resolver, where the guard looks at all others.
        self.guard.check_url(&sized).ok()?;
        let answer =
            self.http.get(sized).send().await.ok().filter(|answer| answer.status() == reqwest::StatusCode::OK)?;
        let mut body = answer.bytes_stream();
        let mut bytes = Vec::new();
        while let Some(piece) = body.next().await {
            bytes.extend_from_slice(&piece.ok()?);
            if bytes.len() > LARGEST {
                return None;
            }
        }
        Some(Picture { kind: kind(&bytes)?, bytes: bytes.into() })
    }

    fn kept(&self, url: &Url) -> Option<Option<Picture>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, picture) = kept.pictures.get(url)?;
        let long = if picture.is_some() { KEPT } else { MISSED };
        (at.elapsed() < long).then(|| picture.clone())
    }

    fn keep(&self, url: Url, picture: Option<Picture>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.remove(&url);
        let size = size(picture.as_ref());
        while kept.bytes + size > ROOM {
            let Some(oldest) = kept.pictures.iter().min_by_key(|(_, (at, _))| *at).map(|(url, _)| url.clone()) else {
                break;
            };
            kept.remove(&oldest);
        }
        kept.bytes += size;
        kept.pictures.insert(url, (Instant::now(), picture));
    }
}

impl Kept {
    fn remove(&mut self, url: &Url) {
        if let Some((_, picture)) = self.pictures.remove(url) {
            self.bytes -= size(picture.as_ref());
        }
    }
}

/// With what it takes to remember one.
fn size(picture: Option<&Picture>) -> usize {
    picture.map_or(0, |picture| picture.bytes.len()) + 1024
}

/// Shopify's pictures are as large as asked for.
fn sized(url: &Url) -> Url {
    let mut url = url.clone();
    if url.host_str() == Some("cdn.shopify.com") {
        url.query_pairs_mut().append_pair("width", "320");
    }
    url
}

/// What the bytes are, whatever the shop calls them. SVG is none: it may hold scripts.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f', ..] => Some("image/avif"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_are_pictures() {
        assert_eq!(kind(b"\x89PNG\r\n"), Some("image/png"));
        assert_eq!(kind(b"RIFF0000WEBPVP8"), Some("image/webp"));
        assert_eq!(kind(b"<svg xmlns='http://www.w3.org/2000/svg'><script/>"), None);
        assert_eq!(kind(b"<html>"), None);
    }

    #[test]
    fn what_is_kept_has_a_bound() {
        let mut kept = Kept::default();
        let url = Url::parse("https://shop.example/a.png").expect("an address");
        kept.bytes += size(None);
        kept.pictures.insert(url.clone(), (Instant::now(), None));
        kept.remove(&url);
        assert_eq!(kept.bytes, 0);
    }
}
