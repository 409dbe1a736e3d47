//! Finds the addresses of names. A name server that is slow for some names holds up no other name: no look-up takes a
//! thread, and all of them have a time limit.

use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, ResolverOpts};
use hickory_resolver::net::NetError;

/// Look-ups that wait for one name server at the same time: more than there are requests in flight.
const MOST: usize = 2048;
/// A name server that says nothing for so long is asked once more, or the next one is.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(2);

/// Finds the addresses of a host.
#[async_trait]
pub trait Resolver: Send + Sync {
    /// Every address of `host`, in the order they should be tried.
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>>;
}

/// Asks the name servers of the operating system, after its file of hosts; both are read once, at the start.
#[derive(Clone)]
pub struct SystemResolver(Option<TokioResolver>);

impl SystemResolver {
    /// With the operating system's settings. Where it has none that can be read, it is asked itself for each name.
    #[must_use]
    pub fn new() -> Self {
        Self(TokioResolver::builder_tokio().ok().and_then(|mut builder| {
            set(builder.options_mut());
            builder.build().ok()
        }))
    }
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self::new()
    }
}

fn set(options: &mut ResolverOpts) {
    options.ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    options.max_active_requests = MOST;
    options.timeout = ATTEMPT_TIMEOUT;
    options.attempts = 2;
}

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        match &self.0 {
            Some(resolver) => Ok(resolver.lookup_ip(host).await.map_err(plain)?.iter().collect()),
            None => Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()),
        }
    }
}

/// The library's own words are about records and queries.
fn plain(error: NetError) -> std::io::Error {
    if error.is_nx_domain() || error.is_no_records_found() {
        return std::io::Error::new(std::io::ErrorKind::NotFound, "the name server does not know it");
    }
    std::io::Error::other(error)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddr};
    use std::time::Instant;

    use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
    use hickory_resolver::net::runtime::TokioRuntimeProvider;
    use tokio::net::UdpSocket;

    use super::*;

    const ADDRESS: [u8; 4] = [93, 184, 216, 34];

    /// A name server that knows every name but those that begin with "slow": of these it says nothing.
    async fn name_server() -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let address = socket.local_addr().expect("an address");
        tokio::spawn(async move {
            let mut asked = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut asked).await {
                if !asked[..length].windows(4).any(|word| word == b"slow") {
                    // Whoever asked may be gone.
                    let _ = socket.send_to(&answer(&asked[..length]), from).await;
                }
            }
        });
        address
    }

    /// The question again, with one address for it (RFC 1035, 4.1); none for a question about IPv6.
    fn answer(asked: &[u8]) -> Vec<u8> {
        let name = asked[12..].iter().position(|byte| *byte == 0).expect("a name ends") + 13;
        let is_v4 = asked[name..name + 2] == [0, 1];
        let mut answer = asked[..name + 4].to_vec();
        answer[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, u8::from(is_v4), 0, 0, 0, 0]);
        if is_v4 {
            answer.extend([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
            answer.extend(ADDRESS);
        }
        answer
    }

    async fn asking(server: SocketAddr) -> SystemResolver {
        let mut udp = ConnectionConfig::udp();
        udp.port = server.port();
        let server = NameServerConfig::new(server.ip(), true, vec![udp]);
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        set(builder.options_mut());
        SystemResolver(Some(builder.build().expect("a resolver")))
    }

    #[tokio::test]
    async fn names_that_nobody_answers_hold_up_no_other() {
        let resolver = asking(name_server().await).await;
        let began = Instant::now();
        let slow = (0..600).map(|number| {
            let resolver = resolver.clone();
            tokio::spawn(async move { resolver.resolve(&format!("slow-{number}.example.")).await })
        });
        let slow: Vec<_> = slow.collect();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let found = resolver.resolve("shop.example.").await.expect("an address");
        assert_eq!(found, [IpAddr::from(Ipv4Addr::from(ADDRESS))]);
        assert!(slow.iter().all(|one| !one.is_finished()), "they still wait, {:?} after the start", began.elapsed());
        for one in slow {
            assert!(one.await.expect("it ends").is_err(), "a name that nobody answers has no address");
        }
    }
}
