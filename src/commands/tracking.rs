//! Tracks a source: checks its address and its interval, and makes it due now.

use std::sync::Arc;
use std::time::Duration;

use coatcheck_domain::poll::INTERVAL_FLOOR;
use url::Url;

use crate::shops::{Guard, ReaderKind, canonical, site};
use crate::store::polls::source::{NewSource, SourceChange};
use crate::store::{Db, StoreError};

/// How to track a source.
#[derive(Debug, Clone, Default)]
pub struct SourceOptions {
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

/// Decides what may be tracked, and how.
#[derive(Debug, Clone)]
pub struct Tracking {
    /// Checks addresses.
    pub guard: Arc<Guard>,
    /// Time between polls where none is given.
    pub interval: Duration,
}

impl Tracking {
    /// Follows `url`: it is due now. Says its row and whether it is new.
    ///
    /// # Errors
    /// [`NotFollowed`], in words for the person who asked.
    pub async fn follow(&self, db: &Db, url: Url, how: SourceOptions) -> Result<(i64, bool), NotFollowed> {
        let interval = how.interval;
        let new = self.source(url, how)?;
        let change = SourceChange {
            reader: new.reader.clone(),
            jq: new.jq.clone(),
            more_urls: Some(new.more_urls.clone()).filter(|urls| !urls.is_empty()),
            headers: Some(new.headers.clone()).filter(|headers| !headers.is_empty()),
            interval,
            listed: None,
        };
        let (id, is_new) = db.add_source(&new).await?;
        if !is_new {
            db.change_source(id, &change).await?;
        }
        Ok((id, is_new))
    }

    /// Has a source that is followed be read as `how` says, and as nothing before: what is left out is taken away. Only
    /// headers stay, as secrets that nobody can see to type them again, unless `how` has others or `forgets_headers`.
    ///
    /// # Errors
    /// [`NotFollowed`], in words for the person who asked.
    pub async fn replace(
        &self,
        db: &Db,
        id: i64,
        (url, how): (Url, SourceOptions),
        forgets_headers: bool,
    ) -> Result<(), NotFollowed> {
        let interval = how.interval;
        let new = self.source(url, how)?;
        let change = SourceChange {
            reader: Some(new.reader.unwrap_or_default()),
            jq: Some(new.jq.unwrap_or_default()),
            more_urls: Some(new.more_urls),
            headers: Some(new.headers).filter(|headers| forgets_headers || !headers.is_empty()),
            interval,
            listed: None,
        };
        db.change_source(id, &change).await?;
        Ok(())
    }

    /// The source that `url` would be.
    ///
    /// # Errors
    /// [`NotFollowed`] where the guard does not let it through, or it would be polled too often.
    pub fn source(&self, url: Url, how: SourceOptions) -> Result<NewSource, NotFollowed> {
        let url = canonical(url);
        for asked in std::iter::once(&url).chain(&how.more_urls) {
            let refused = |why: String| NotFollowed::Refused { url: asked.to_string(), why };
            self.guard.check_url(asked).map_err(|why| refused(why.to_string()))?;
        }
        let host = site(&url);
        let interval = how.interval.unwrap_or(self.interval);
        if interval < INTERVAL_FLOOR && !self.guard.is_allowed_host(&url) {
            return Err(NotFollowed::TooOften { host, floor: INTERVAL_FLOOR.as_secs(), asked: interval });
        }
        Ok(NewSource {
            url: url.to_string(),
            host,
            reader: how.reader.map(|reader| reader.to_string()),
            jq: how.jq,
            more_urls: how.more_urls.iter().map(ToString::to_string).collect(),
            headers: how.headers,
            interval,
            listed: how.listed,
            added_by: None,
        })
    }
}
