//! Why a shop could not be read, in kinds that the scheduler acts on and sentences that people act on.

use std::fmt;
use std::time::Duration;

use url::Url;

use super::guard::Refused;

/// A request that brought nothing to read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {kind}{}", Place(.url), Hint(.url, .kind))]
pub struct FetchError {
    /// Where it happened: the address asked last, after redirects.
    pub url: Box<Url>,
    /// What happened.
    pub kind: FetchErrorKind,
}

/// What can go wrong between us and a shop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchErrorKind {
    /// The guard does not let this address through.
    #[error("{0}")]
    Refused(Refused),
    /// The shop's robots.txt asks us to stay away.
    #[error("the shop's robots.txt asks us not to read this address (rule {rule:?}); it is not read")]
    Robots {
        /// The rule that says so.
        rule: String,
    },
    /// robots.txt could not be read, so nobody knows whether we may (RFC 9309, 2.3.1.4).
    #[error("the shop's robots.txt cannot be read ({why}), so the shop is left alone for now")]
    RobotsUnreadable {
        /// What happened to it.
        why: String,
        /// How long the shop asked us to wait.
        retry_after: Option<Duration>,
    },
    /// A configured header that cannot be sent.
    #[error("the header {name:?} cannot be sent; write it as 'Name: value', and leave Host and lengths to us")]
    BadHeader {
        /// Its name. The value may be a secret.
        name: String,
    },
    /// It took too long, from the first byte out to the last byte in.
    #[error("the shop did not finish its answer in time")]
    Timeout,
    /// No connection.
    #[error("no connection: {0}")]
    Connect(String),
    /// No address for the name.
    #[error("{0}; check the spelling of the host")]
    Dns(String),
    /// The connection broke.
    #[error("the answer broke off: {0}")]
    Broken(String),
    /// Other answers take all the memory there is for large ones.
    #[error("no memory for a large answer while others are read; this one is read soon")]
    NoMemory,
    /// More than is read of one answer.
    #[error("the answer is larger than {} MiB and was not read further", limit / (1024 * 1024))]
    TooLarge {
        /// Bytes, after decompression.
        limit: usize,
    },
    /// A status that is no answer.
    #[error("{}{}", StatusWords(*code, *retry_after), ShopsWords(said.as_deref()))]
    Status {
        /// The HTTP status.
        code: u16,
        /// How long the shop asked us to wait.
        retry_after: Option<Duration>,
        /// Why, in the shop's own words, where it says so: an API may name the header that it wants.
        said: Option<String>,
    },
    /// The shop wants to see a person or a known bot. It is respected, never evaded.
    #[error(
        "the shop's bot wall stopped us ({evidence}); it is left alone for hours; ask the shop for access if it is yours"
    )]
    BotWall {
        /// What gave it away.
        evidence: String,
        /// How long the shop asked us to wait.
        retry_after: Option<Duration>,
    },
    /// An answer of another kind than was due.
    #[error("expected {expected} but got {got}")]
    WrongContent {
        /// What was due.
        expected: &'static str,
        /// What came.
        got: String,
    },
    /// A redirect that does not lead to what was asked for.
    #[error("redirected to {to}: {why}")]
    RedirectedAway {
        /// Where to.
        to: String,
        /// Why that is not followed.
        why: &'static str,
    },
    /// Redirects without end.
    #[error("redirected more than {0} times")]
    TooManyRedirects(usize),
}

impl FetchErrorKind {
    /// The same without the shop's words, where these repeat a value that was sent to it: it may be a secret.
    #[must_use]
    pub(crate) fn without_secrets(mut self, sent: &[(String, String)]) -> Self {
        if let Self::Status { said, .. } = &mut self {
            let repeats = |words: &str| {
                sent.iter().flat_map(|(_, value)| value.split_whitespace()).any(|value| words.contains(value))
            };
            *said = said.take().filter(|words| !repeats(words));
        }
        self
    }
}

impl FetchError {
    /// A failure at an address.
    #[must_use]
    pub fn new(url: &Url, kind: FetchErrorKind) -> Self {
        Self { url: Box::new(url.clone()), kind }
    }

    /// How long the shop asked us to stay away.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match &self.kind {
            FetchErrorKind::Status { retry_after, .. }
            | FetchErrorKind::BotWall { retry_after, .. }
            | FetchErrorKind::RobotsUnreadable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Did a bot wall stop us? Then the source is blocked for hours.
    #[must_use]
    pub fn is_bot_wall(&self) -> bool {
        matches!(self.kind, FetchErrorKind::BotWall { .. })
    }

    /// Does the shop say that there is nothing at this address?
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self.kind, FetchErrorKind::Status { code: 404 | 410, .. })
    }

    /// Would asking for the same thing at another address of the shop make sense?
    #[must_use]
    pub(crate) fn may_be_elsewhere(&self) -> bool {
        self.is_gone()
            || matches!(
                self.kind,
                FetchErrorKind::WrongContent { .. }
                    | FetchErrorKind::RedirectedAway { .. }
                    | FetchErrorKind::Robots { .. }
                    | FetchErrorKind::Status { code: 400 | 405 | 406, .. }
            )
    }
}

/// An address without its query, which may hold a secret.
struct Place<'a>(&'a Url);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.0.port().map(|port| format!(":{port}")).unwrap_or_default();
        write!(f, "{}{port}{}", self.0.host_str().unwrap_or_default(), self.0.path())
    }
}

/// What would help where a GraphQL endpoint was asked for nothing.
struct Hint<'a>(&'a Url, &'a FetchErrorKind);

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_endpoint =
            ["/graphql", "/shop-api"].iter().any(|end| self.0.path().trim_end_matches('/').ends_with(end));
        match self.1 {
            FetchErrorKind::Status { code: 400, .. } if is_endpoint && self.0.query().is_none() => {
                write!(f, "; name the product: '…{}?product=NAME'", self.0.path())
            }
            _ => Ok(()),
        }
    }
}

struct ShopsWords<'a>(Option<&'a str>);

impl fmt::Display for ShopsWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |said| write!(f, "; it says {said:?}"))
    }
}

struct StatusWords(u16, Option<Duration>);

impl fmt::Display for StatusWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.0;
        match code {
            404 | 410 => write!(f, "the shop says there is nothing here ({code}); check the address")?,
            401 | 403 => write!(f, "the shop does not let us in ({code}); it may need a header, see --header")?,
            429 | 430 => write!(f, "the shop asks us to slow down ({code})")?,
            405 => write!(
                f,
                "the shop answers no GET here (405); GraphQL needs its platform and product named: \
                 --reader magento 'https://…/graphql?product=NAME'"
            )?,
            500.. => write!(f, "the shop is in trouble ({code})")?,
            _ => write!(f, "the shop answered with status {code}")?,
        }
        self.1.map_or(Ok(()), |wait| write!(f, "; it wants to be left alone for {} s", wait.as_secs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, said: &str) -> FetchErrorKind {
        FetchErrorKind::Status { code, retry_after: None, said: Some(said.to_owned()) }
    }

    #[test]
    fn a_secret_that_the_shop_repeats_is_not_passed_on() {
        let sent = [("Authorization".to_owned(), "Bearer sk_123".to_owned())];
        let shown = |said: &str| status(401, said).without_secrets(&sent).to_string();
        assert!(!shown("key sk_123 is not valid").contains("sk_123"));
        assert!(shown("the key is not valid").contains("the key is not valid"));
    }

    #[test]
    fn an_endpoint_that_was_asked_for_nothing_says_what_to_name() {
        let shown = |url: &str| FetchError::new(&url.parse().expect("a url"), status(400, "no query")).to_string();
        assert!(shown("https://s.example/shop-api").ends_with("name the product: '…/shop-api?product=NAME'"));
        assert!(!shown("https://s.example/shop-api?product=x").contains("NAME"));
        assert!(!shown("https://s.example/api").contains("NAME"));
    }
}
