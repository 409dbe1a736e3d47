//! The one place of this package that makes HTTP clients: for addresses that people gave (shops, webhooks).
//!
//! The guard sits inside the resolver, so that the checked address is the dialled one. Literal addresses never reach a
//! resolver: whoever sends a request calls [`Guard::check_url`] first, and again for each redirect (none is followed here).

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;

use super::guard::Guard;
use super::resolver::Resolver;

/// A connection that was used is kept so long for the next request.
pub const KEPT: Duration = Duration::from_secs(90);

/// What a client is made of.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// How it introduces itself, like `CoatCheck/0.1 (+https://example.org/contact)`.
    pub user_agent: String,
    /// How long a connection may take to open.
    pub connect_timeout: Duration,
    /// How long a request may take, from its first byte out to the last byte in.
    pub timeout: Duration,
}

impl ClientOptions {
    /// The house's patience: 5 s to connect, 10 s a request.
    #[must_use]
    pub fn new(user_agent: impl Into<String>) -> Self {
        Self {
            user_agent: user_agent.into(),
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
        }
    }
}

/// How we introduce ourselves: name, version, and where to complain.
#[must_use]
pub fn user_agent(contact: Option<&str>) -> String {
    let version = env!("CARGO_PKG_VERSION");
    contact.map_or_else(|| format!("CoatCheck/{version}"), |contact| format!("CoatCheck/{version} (+{contact})"))
}

/// A client that dials only what the guard lets through, follows no redirect and knows no proxy.
///
/// # Errors
/// When TLS cannot be set up or the user agent is no header value.
pub fn client(
    guard: Arc<Guard>,
    resolver: Arc<dyn Resolver>,
    options: &ClientOptions,
) -> reqwest::Result<reqwest::Client> {
    builder(guard, resolver, options).build()
}

/// The same, but it keeps no connection once it has its answer: for shops that are not asked again before a kept one
/// would be closed anyway. Ten thousand kept ones are ten thousand files and some 27 KB each.
///
/// # Errors
/// As [`client`].
pub fn parting(
    guard: Arc<Guard>,
    resolver: Arc<dyn Resolver>,
    options: &ClientOptions,
) -> reqwest::Result<reqwest::Client> {
    builder(guard, resolver, options).pool_max_idle_per_host(0).build()
}

fn builder(guard: Arc<Guard>, resolver: Arc<dyn Resolver>, options: &ClientOptions) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .pool_idle_timeout(KEPT)
        .user_agent(&options.user_agent)
        .connect_timeout(options.connect_timeout)
        .timeout(options.timeout)
        .redirect(Policy::none())
        .referer(false)
        .no_proxy()
        .use_rustls_tls()
        .dns_resolver(Arc::new(GuardedResolver::new(guard, resolver)))
}

/// No address was found for a host.
#[derive(Debug, thiserror::Error)]
#[error("{host} has no address: {why}")]
pub struct NoAddress {
    /// The host.
    pub host: String,
    /// What the resolver said.
    pub why: String,
}

pub(super) struct GuardedResolver {
    guard: Arc<Guard>,
    resolver: Arc<dyn Resolver>,
}

impl GuardedResolver {
    pub(super) fn new(guard: Arc<Guard>, resolver: Arc<dyn Resolver>) -> Self {
        Self { guard, resolver }
    }
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, resolver) = (Arc::clone(&self.guard), Arc::clone(&self.resolver));
        Box::pin(async move {
            let host = name.as_str();
            let found = resolver.resolve(host).await;
            let found = found.map_err(|error| NoAddress { host: host.to_owned(), why: error.to_string() })?;
            dialable(&guard, host, found)
        })
    }
}

/// The addresses that may be dialled. One good address is enough: resolvers on IPv6-only networks add translated ones.
pub(super) fn dialable(
    guard: &Guard,
    host: &str,
    found: Vec<IpAddr>,
) -> Result<Addrs, Box<dyn std::error::Error + Send + Sync>> {
    let (good, bad): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|address| guard.check_address(host, *address).is_ok());
    if !good.is_empty() {
        return Ok(Box::new(good.into_iter().map(|address| SocketAddr::new(address, 0))));
    }
    match bad.first() {
        Some(address) => Err(guard.check_address(host, *address).err().map_or_else(|| "refused".into(), Into::into)),
        None => Err(NoAddress { host: host.to_owned(), why: "the name is empty".to_owned() }.into()),
    }
}
