//! Who asks: the address of the other end, or the one that our own proxy names.

use std::net::{IpAddr, Ipv6Addr};

use axum::extract::Request;

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

impl Peer {
    /// For counting: of IPv6 the network, because one household has as many addresses as it likes. A proxy on this machine is
    /// believed; anybody else may write what they like into a header.
    pub(super) fn of(request: &Request) -> Option<IpAddr> {
        let Self(peer) = *request.extensions().get::<Self>()?;
        let named = || {
            let header = request.headers().get("x-forwarded-for")?.to_str().ok()?;
            header.rsplit(',').next()?.trim().parse().ok()
        };
        let peer = if peer.is_loopback() { named().unwrap_or(peer) } else { peer };
        Some(match peer {
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) >> 64 << 64)),
            IpAddr::V4(_) => peer,
        })
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn of(peer: &str, header: &str) -> Option<String> {
        let mut request = Request::get("/").header("x-forwarded-for", header).body(Body::empty()).expect("a request");
        request.extensions_mut().insert(Peer(peer.parse().expect("an address")));
        Peer::of(&request).map(|address| address.to_string())
    }

    #[test]
    fn only_a_proxy_on_this_machine_says_who_asks() {
        assert_eq!(of("127.0.0.1", "6.6.6.6, 192.0.2.7").as_deref(), Some("192.0.2.7"));
        assert_eq!(of("198.51.100.9", "192.0.2.7").as_deref(), Some("198.51.100.9"));
        assert_eq!(of("127.0.0.1", "nonsense").as_deref(), Some("127.0.0.1"));
        assert_eq!(of("2001:db8::1:2:3:4", "x").as_deref(), Some("2001:db8::"));
    }
}
