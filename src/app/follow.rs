//! Tracks a source: checks its address and its interval, and makes it due now.

use std::time::Duration;

use coatcheck_domain::poll::INTERVAL_FLOOR;
use url::Url;

use super::App;
use crate::shops::ReaderKind;
use crate::store::StoreError;
use crate::store::polls::source::{NewSource, SourceChange};

/// How to track a source.
#[derive(Debug, Clone, Default)]
pub struct How {
    /// Which reader; found by itself if not given.
    pub reader: Option<ReaderKind>,
    /// A jq program.
    pub jq: Option<String>,
    /// Further documents for it.
    pub more_urls: Vec<Url>,
    /// Extra request headers.
    pub headers: Vec<(String, String)>,
    /// Time between polls; the setting if not given.
    pub interval: Option<Duration>,
    /// Shown on the public board?
    pub listed: bool,
}

/// Why a source is not tracked.
#[derive(Debug, thiserror::Error)]
pub enum NotFollowed {
    /// The guard refuses its address.
    #[error("{url} cannot be tracked: {why}")]
    Refused {
        /// The address.
        url: String,
        /// Why.
        why: String,
    },
    /// It would be polled too often.
    #[error(
        "the minimum interval is {floor} s; {} ms is possible only for your own shops: list {host} in COATCHECK_ALLOW_HOSTS",
        asked.as_millis()
    )]
    TooOften {
        /// The shop.
        host: String,
        /// The floor in seconds.
        floor: u64,
        /// What was asked for.
        asked: Duration,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// An address as sources are known by: without fragment and campaign parameters.
#[must_use]
pub fn canonical(mut url: Url) -> Url {
    url.set_fragment(None);
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !name.starts_with("utm_") && !matches!(name.as_ref(), "fbclid" | "gclid"))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    if kept.len() == url.query_pairs().count() {
        return url;
    }
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    url
}

impl App {
    /// Follows `url`: it is due now. Says its row and whether it is new.
    ///
    /// # Errors
    /// [`NotFollowed`], in words for the person who asked.
    pub async fn follow(&self, url: Url, how: How) -> Result<(i64, bool), NotFollowed> {
        let url = canonical(url);
        for asked in std::iter::once(&url).chain(&how.more_urls) {
            let refused = |why: String| NotFollowed::Refused { url: asked.to_string(), why };
            self.guard.check_url(asked).map_err(|why| refused(why.to_string()))?;
        }
        let host = url.host_str().unwrap_or_default();
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let interval = how.interval.unwrap_or(self.settings.interval);
        if interval < INTERVAL_FLOOR && !self.guard.is_allowed_host(&url) {
            return Err(NotFollowed::TooOften { host, floor: INTERVAL_FLOOR.as_secs(), asked: interval });
        }
        let new = NewSource {
            url: url.to_string(),
            host,
            reader: how.reader.map(|reader| reader.to_string()),
            jq: how.jq,
            more_urls: how.more_urls.iter().map(ToString::to_string).collect(),
            headers: how.headers,
            interval,
            listed: how.listed,
            added_by: None,
        };
        let change = SourceChange {
            reader: new.reader.clone(),
            jq: new.jq.clone(),
            more_urls: Some(new.more_urls.clone()).filter(|urls| !urls.is_empty()),
            headers: Some(new.headers.clone()).filter(|headers| !headers.is_empty()),
            interval: how.interval,
            listed: None,
        };
        let (id, is_new) = self.db.add_source(&new).await?;
        if !is_new {
            self.db.change_source(id, &change).await?;
        }
        Ok((id, is_new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_page_behind_a_campaign_is_the_same_source() {
        let url = |text: &str| canonical(Url::parse(text).expect("an address")).to_string();
        assert_eq!(url("https://x.example/p/a?utm_source=mail&v=1#reviews"), "https://x.example/p/a?v=1");
        assert_eq!(url("https://x.example/p/a?utm_source=mail"), "https://x.example/p/a");
        assert_eq!(url("https://x.example/p/a?b=%20c"), "https://x.example/p/a?b=%20c");
    }
}
