//! Gets one document from a shop, politely: guarded, robots.txt respected, redirects on the same site only, a cap on
//! time and size, conditional where the caller holds validators.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use coatcheck_domain::Clock;
use reqwest::header::{
    ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LINK, LOCATION,
};
use url::Url;

use super::answer::{self, Expect};
use super::client::NoAddress;
use super::fetch_error::{FetchError, FetchErrorKind};
use super::guard::{Guard, Refused};
use super::memory::{Memory, Share};
use super::request_header::header;
use super::retry_after::retry_after;
use super::robots_memory::RobotsMemory;
use super::shop_time::shop_time;
use super::{charset, packed, redirect};

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Where.
    pub url: &'a Url,
    /// The shop's own headers, name and value.
    pub headers: &'a [(String, String)],
    /// The ETag of the last answer, as it was sent.
    pub etag: Option<&'a str>,
    /// The Last-Modified of the last answer, as it was sent.
    pub last_modified: Option<&'a str>,
    /// What kind of document is due.
    pub expect: Expect,
    /// What is sent, by POST: JSON. None: it is a GET.
    pub body: Option<&'a str>,
    /// Is this the last that the shop is asked for a while? Then a connection is not kept for it.
    pub last: bool,
    /// Was the source read well before? Large answers of others share less memory.
    pub proven: bool,
}

impl<'a> Ask<'a> {
    /// An unconditional request.
    #[must_use]
    pub fn new(url: &'a Url, headers: &'a [(String, String)], expect: Expect) -> Self {
        Self { url, headers, etag: None, last_modified: None, expect, body: None, last: false, proven: false }
    }

    /// The same for a source that was read well before, or was not.
    #[must_use]
    pub fn proven(self, proven: bool) -> Self {
        Self { proven, ..self }
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The address that answered, after redirects.
    pub final_url: Url,
    /// Did the shop say that nothing changed (304)? Then there is no body.
    pub not_modified: bool,
    /// The HTTP status: 200, 203 or 304.
    pub status: u16,
    /// The ETag, opaque.
    pub etag: Option<String>,
    /// The Last-Modified, opaque: some shops send a bare number.
    pub last_modified: Option<String>,
    /// The content type.
    pub content_type: Option<String>,
    /// The `Link` headers, joined.
    pub link: Option<String>,
    /// The document, decompressed.
    pub body: Bytes,
    /// When its last byte was in hand.
    pub received_at: DateTime<Utc>,
    /// When the shop made it, where headers say so.
    pub shop_time: Option<DateTime<Utc>>,
}

/// How much is enough.
#[derive(Debug, Clone)]
pub struct FetchLimits {
    /// Bytes of one document after decompression.
    pub body: usize,
    /// Redirects of one request.
    pub redirects: usize,
    /// How long a robots.txt is believed.
    pub robots_age: Duration,
    /// How long one document may take, with all its redirects and their robots.txt: well within the claim of a poll.
    pub patience: Duration,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            body: 16 * 1024 * 1024,
            redirects: 5,
            robots_age: Duration::from_secs(24 * 60 * 60),
            patience: Duration::from_secs(30),
        }
    }
}

/// Asks shops. Cheap to share; holds what robots.txt said for a day.
#[derive(Debug)]
pub struct Fetcher {
    client: reqwest::Client,
    /// Keeps no connection.
    parting: reqwest::Client,
    guard: Arc<Guard>,
    clock: Arc<dyn Clock>,
    limits: FetchLimits,
    robots: RobotsMemory,
    memory: Memory,
}

/// Bytes that are set aside for a body before it comes, at most.
const SET_ASIDE: usize = 64 * 1024;
/// Bytes of a robots.txt that are read (RFC 9309, 2.5 wants at least 500 KiB).
const ROBOTS_BYTES: usize = 512 * 1024;

impl Fetcher {
    /// A fetcher over a client made by [`super::client::client`] with the same guard.
    #[must_use]
    pub fn new(client: reqwest::Client, guard: Arc<Guard>, clock: Arc<dyn Clock>, limits: FetchLimits) -> Self {
        let parting = client.clone();
        Self {
            client,
            parting,
            guard,
            clock,
            robots: RobotsMemory::new(limits.robots_age),
            limits,
            memory: Memory::default(),
        }
    }

    /// The same; shops that are not asked again for longer than connections are kept are asked by `parting`, which
    /// keeps none ([`super::client::parting`]).
    #[must_use]
    pub fn parting_by(self, parting: reqwest::Client) -> Self {
        Self { parting, ..self }
    }

    /// The clock that dates what was fetched.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// Gets one document.
    ///
    /// # Errors
    /// When nothing came that is worth reading; [`FetchError`] says why and what follows.
    pub async fn get(&self, ask: Ask<'_>) -> Result<Fetched, FetchError> {
        let all = tokio::time::timeout(self.limits.patience, self.get_in_time(ask)).await;
        all.unwrap_or_else(|_| Err(FetchError::new(ask.url, FetchErrorKind::Timeout)))
    }

    async fn get_in_time(&self, ask: Ask<'_>) -> Result<Fetched, FetchError> {
        let (url, response) = self.follow(ask, true).await?;
        let at = |kind| FetchError::new(&url, kind);
        let headers = response.headers().clone();
        let status = response.status();
        if status == reqwest::StatusCode::NOT_MODIFIED && (ask.etag.is_some() || ask.last_modified.is_some()) {
            return Ok(fetched(url, status.as_u16(), &headers, Bytes::new(), self.clock.now()));
        }
        let share = || if ask.proven { self.memory.proven() } else { self.memory.others() };
        let (body, cut) = read(response, self.limits.body, share()).await.map_err(at)?;
        if cut {
            return Err(at(FetchErrorKind::TooLarge { limit: self.limits.body }));
        }
        let received_at = self.clock.now();
        let body = packed::unpacked(body, self.limits.body, share).await.map_err(at)?;
        answer::judge(status, &headers, &body, ask.expect, received_at)
            .map_err(|kind| at(kind.without_secrets(ask.headers)))?;
        Ok(fetched(url, status.as_u16(), &headers, body, received_at))
    }

    /// Follows redirects by hand: each address passes the guard and robots.txt before it is asked.
    async fn follow(&self, ask: Ask<'_>, mind_robots: bool) -> Result<(Url, reqwest::Response), FetchError> {
        let mut url = ask.url.clone();
        for _ in 0..=self.limits.redirects {
            let at = |kind| FetchError::new(&url, kind);
            self.guard.check_url(&url).map_err(|refused| at(FetchErrorKind::Refused(refused)))?;
            if mind_robots {
                Box::pin(self.mind_robots(&url, ask.last)).await?;
            }
            let client = if ask.last { &self.parting } else { &self.client };
            // A redirect repeats the request as it is, on the same site only.
            let request = match ask.body {
                None => client.get(url.clone()),
                Some(body) => client.post(url.clone()).header(CONTENT_TYPE, "application/json").body(body.to_owned()),
            };
            let request = request.headers(headers(ask).map_err(at)?);
            let response = request.send().await.map_err(|error| at(failure(&error)))?;
            if !is_redirect(response.status().as_u16()) {
                return Ok((url, response));
            }
            let location = response.headers().get(LOCATION).map(|value| redirect::encoded(value.as_bytes()));
            let next = redirect::target(&url, location.as_deref()).map_err(at)?;
            url = next;
        }
        Err(FetchError::new(&url, FetchErrorKind::TooManyRedirects(self.limits.redirects)))
    }

    async fn mind_robots(&self, url: &Url, last: bool) -> Result<(), FetchError> {
        let at = |kind| FetchError::new(url, kind);
        let now = self.clock.monotonic();
        let robots = match self.robots.fresh(url, now) {
            Some(robots) => robots,
            None => match self.read_robots(url, last).await {
                Ok(text) => self.robots.remember(url, &text, now),
                Err(kind) => match self.robots.stale(url, now) {
                    Some(robots) => robots,
                    None if self.guard.is_allowed_host(url) => return Ok(()),
                    None => return Err(at(kind)),
                },
            },
        };
        let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        match robots.against(&path) {
            Some(rule) => Err(at(FetchErrorKind::Robots { rule: rule.to_owned() })),
            None => Ok(()),
        }
    }

    /// The shop's robots.txt; empty where there is none. 429 counts as unreadable: it says wait, not welcome.
    async fn read_robots(&self, url: &Url, last: bool) -> Result<String, FetchErrorKind> {
        let Ok(at) = url.join("/robots.txt") else { return Ok(String::new()) };
        let unreadable = |why: String, retry_after| FetchErrorKind::RobotsUnreadable { why, retry_after };
        let response = match self.follow(Ask { last, ..Ask::new(&at, &[], Expect::Anything) }, false).await {
            Ok((_, response)) => response,
            Err(error) => {
                return match error.kind {
                    FetchErrorKind::RedirectedAway { .. } | FetchErrorKind::TooManyRedirects(_) => Ok(String::new()),
                    kind @ (FetchErrorKind::Refused(_) | FetchErrorKind::Dns(_) | FetchErrorKind::Connect(_)) => {
                        Err(kind)
                    }
                    kind => Err(unreadable(kind.to_string(), None)),
                };
            }
        };
        let code = response.status().as_u16();
        if code == 429 || code >= 500 {
            let wait = response.headers().get(reqwest::header::RETRY_AFTER).and_then(|value| value.to_str().ok());
            let wait = wait.and_then(|value| retry_after(value, self.clock.now()));
            return Err(unreadable(format!("status {code}"), wait));
        }
        if code >= 300 {
            return Ok(String::new());
        }
        let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let broken = |kind: FetchErrorKind| unreadable(kind.to_string(), None);
        let (body, _) = read(response, ROBOTS_BYTES, self.memory.others()).await.map_err(broken)?;
        let body = packed::unpacked(body, ROBOTS_BYTES, || self.memory.others()).await.map_err(broken)?;
        Ok(charset::text(&body, kind.as_deref()).unwrap_or_else(|_| String::from_utf8_lossy(&body)).into_owned())
    }
}

fn headers(ask: Ask<'_>) -> Result<HeaderMap, FetchErrorKind> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/html;q=0.8, */*;q=0.5"));
    for (name, value) in ask.headers {
        let (name, value) = header(name, value).ok_or_else(|| FetchErrorKind::BadHeader { name: name.clone() })?;
        headers.insert(name, value);
    }
    // Validators are the shop's own words; one that cannot be sent back is left out.
    for (name, value) in [(IF_NONE_MATCH, ask.etag), (IF_MODIFIED_SINCE, ask.last_modified)] {
        if let Some(value) = value.and_then(|value| value.parse().ok()) {
            headers.insert(name, value);
        }
    }
    Ok(headers)
}

fn fetched(final_url: Url, status: u16, headers: &HeaderMap, body: Bytes, received_at: DateTime<Utc>) -> Fetched {
    let links: Vec<&str> = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()).collect();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Fetched {
        final_url,
        not_modified: status == 304,
        status,
        etag: text(ETAG),
        last_modified: text(LAST_MODIFIED),
        content_type: text(CONTENT_TYPE),
        link: Some(links.join(", ")).filter(|links| !links.is_empty()),
        body,
        received_at,
        shop_time: shop_time(headers, received_at),
    }
}

fn is_redirect(code: u16) -> bool {
    matches!(code, 301 | 302 | 303 | 307 | 308)
}

/// Reads up to `cap` bytes of what the shop sends, counted after decompression; says whether there was more.
async fn read(mut response: reqwest::Response, cap: usize, mut share: Share) -> Result<(Bytes, bool), FetchErrorKind> {
    let declared = response.content_length().and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
    // A length is a promise of the shop's, so no more is set aside for it than a usual document has.
    let mut body = BytesMut::with_capacity(declared.min(cap).min(SET_ASIDE));
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        let room = cap - body.len();
        let taken = chunk.len().min(room);
        share.grow(body.len() + taken).await?;
        body.extend_from_slice(&chunk[..taken]);
        if chunk.len() > room {
            return Ok((share.keep(body.freeze()), true));
        }
    }
    Ok((share.keep(body.freeze()), false))
}

/// Which of our kinds is this failure of the network?
fn failure(error: &reqwest::Error) -> FetchErrorKind {
    if let Some(refused) = cause::<Refused>(error) {
        return FetchErrorKind::Refused(refused.clone());
    }
    if let Some(unknown) = cause::<NoAddress>(error) {
        return FetchErrorKind::Dns(unknown.to_string());
    }
    if error.is_timeout() {
        return FetchErrorKind::Timeout;
    }
    if error.is_connect() { FetchErrorKind::Connect(root(error)) } else { FetchErrorKind::Broken(root(error)) }
}

fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

fn cause<T: std::error::Error + 'static>(error: &reqwest::Error) -> Option<&T> {
    causes(error).find_map(|error| error.downcast_ref())
}

fn root(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}
