//! The SSRF guard: which addresses that people gave may be asked at all. Decides only; `client` holds the sockets.

use std::net::IpAddr;
use std::str::FromStr;

use url::{Host, Url};

use super::address::{self, Forbidden};

/// Lets public shops through, and private ones only by name.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allow: AllowHosts,
}

/// The hosts of `COATCHECK_ALLOW_HOSTS`: let through although private, each on its listed ports only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowHosts(Vec<AllowHost>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct AllowHost {
    host: String,
    port: Option<u16>,
}

/// An entry of `COATCHECK_ALLOW_HOSTS` that is not `host` or `host:port`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} in COATCHECK_ALLOW_HOSTS is not host or host:port, like shop.internal or 127.0.0.1:8081")]
pub struct NotAHost(String);

/// Why an address is not asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not a web address.
    #[error("{0}: only http and https addresses are read")]
    Scheme(String),
    /// A name or password before the host.
    #[error("the address holds a user name or password; put what the shop needs into a header instead")]
    Credentials,
    /// No host at all.
    #[error("the address has no host")]
    NoHost,
    /// A port that is not the web's.
    #[error(
        "{host}:{port} is refused: only ports 80 and 443 are asked; list {host}:{port} in COATCHECK_ALLOW_HOSTS if it is yours"
    )]
    Port {
        /// The host.
        host: String,
        /// The port that was asked for.
        port: u16,
    },
    /// An address that does not lead to the public internet.
    #[error("{host} is refused: {address} is {why}; list {host} in COATCHECK_ALLOW_HOSTS if it is yours")]
    Address {
        /// The host as it was given.
        host: String,
        /// What it leads to.
        address: IpAddr,
        /// What kind of address that is.
        why: Forbidden,
    },
}

impl FromStr for AllowHosts {
    type Err = NotAHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(AllowHost::from_str).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for AllowHost {
    type Err = NotAHost;

    /// Read by the same parser as the addresses it is compared with, so that one host has one spelling.
    fn from_str(entry: &str) -> Result<Self, Self::Err> {
        let bad = || NotAHost(entry.to_owned());
        if entry.contains(['/', '@', '?', '#', '\\']) {
            return Err(bad());
        }
        let url = Url::parse(&format!("http://{entry}/")).map_err(|_| bad())?;
        let host = url.host_str().map(bare).ok_or_else(bad)?;
        let says_port = entry.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok_and(|p| p > 0))
            && !entry.ends_with(']');
        Ok(Self { host, port: if says_port { url.port_or_known_default() } else { None } })
    }
}

impl AllowHosts {
    /// Is this host (as [`bare`] spells it) listed, on whatever port?
    fn names(&self, host: &str) -> bool {
        self.0.iter().any(|entry| entry.host == host)
    }

    fn lists(&self, host: &str, port: u16) -> bool {
        self.0.iter().any(|entry| entry.host == host && entry.port.is_none_or(|p| p == port))
    }
}

impl Guard {
    /// A guard that lets through what is public, and what is listed.
    #[must_use]
    pub fn new(allow: AllowHosts) -> Self {
        Self { allow }
    }

    /// Is this the operator's own shop? Then no floor of politeness holds for it.
    #[must_use]
    pub fn is_allowed_host(&self, url: &Url) -> bool {
        url.host_str().is_some_and(|host| self.allow.lists(&bare(host), port_of(url)))
    }

    /// May this address be asked, as far as can be said before its name is resolved?
    ///
    /// # Errors
    /// When it is not a web address, names a port or a literal address that is not public, or holds credentials.
    pub fn check_url(&self, url: &Url) -> Result<(), Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        let host = url.host().ok_or(Refused::NoHost)?;
        let port = port_of(url);
        let name = bare(&host.to_string());
        if self.allow.lists(&name, port) {
            return Ok(());
        }
        // A host listed for one port is not listed for its neighbours.
        if !matches!(port, 80 | 443) || self.allow.names(&name) {
            return Err(Refused::Port { host: name, port });
        }
        match host {
            Host::Ipv4(address) => self.check_address(&name, address.into()),
            Host::Ipv6(address) => self.check_address(&name, address.into()),
            Host::Domain(_) => Ok(()),
        }
    }

    /// May `host` be dialled at `address`? Asked by the resolver, so that what is checked is what is dialled.
    ///
    /// # Errors
    /// When the address is not public and the host is not listed.
    pub fn check_address(&self, host: &str, address: IpAddr) -> Result<(), Refused> {
        let host = bare(host);
        if self.allow.names(&host) {
            return Ok(());
        }
        address::public(address).map_err(|why| Refused::Address { host, address, why })
    }
}

fn port_of(url: &Url) -> u16 {
    url.port_or_known_default().unwrap_or(0)
}

/// One spelling of a host: lower case, without the brackets of IPv6 and the dot of a full name.
fn bare(host: &str) -> String {
    host.trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn guard(allow: &str) -> Guard {
        Guard::new(allow.parse().expect("hosts"))
    }

    fn check(guard: &Guard, url: &str) -> String {
        match Url::parse(url).map(|url| guard.check_url(&url)) {
            Ok(Ok(())) => "ok".to_owned(),
            Ok(Err(refused)) => refused.to_string(),
            Err(bad) => bad.to_string(),
        }
    }

    #[test]
    fn the_public_web_is_let_through_and_nothing_else() {
        let guard = guard("");
        assert_eq!(check(&guard, "https://shop.example/products/jacket"), "ok");
        assert_eq!(check(&guard, "http://93.184.216.34/"), "ok");
        assert_snapshot!(check(&guard, "ftp://shop.example/"), @"ftp: only http and https addresses are read");
        assert_snapshot!(check(&guard, "https://a:b@shop.example/"), @"the address holds a user name or password; put what the shop needs into a header instead");
        assert_snapshot!(check(&guard, "http://shop.example:22/"), @"shop.example:22 is refused: only ports 80 and 443 are asked; list shop.example:22 in COATCHECK_ALLOW_HOSTS if it is yours");
        assert_snapshot!(check(&guard, "http://10.0.0.7/"), @"10.0.0.7 is refused: 10.0.0.7 is a private address; list 10.0.0.7 in COATCHECK_ALLOW_HOSTS if it is yours");
    }

    #[test]
    fn loopback_is_refused_in_every_spelling() {
        let guard = guard("");
        for url in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://0x7f.1/",
            "http://2130706433/",
            "http://0177.0.0.1/",
            "http://0/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::127.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://①②⑦.0.0.1/",
        ] {
            assert!(check(&guard, url).contains("is refused"), "{url}: {}", check(&guard, url));
        }
    }

    #[test]
    fn a_listed_host_is_let_through_on_its_ports_only() {
        let guard = guard("127.0.0.1:8081, Shop.Internal, [::1]:9000");
        assert_eq!(check(&guard, "http://127.0.0.1:8081/x"), "ok");
        assert_eq!(check(&guard, "http://0x7f.1:8081/x"), "ok");
        assert_eq!(check(&guard, "http://shop.internal.:1234/"), "ok");
        assert_eq!(check(&guard, "http://[::1]:9000/"), "ok");
        for url in ["http://127.0.0.1/", "http://127.0.0.1:8082/", "http://[::1]/", "http://x.shop.internal:1234/"] {
            assert!(check(&guard, url).contains("is refused"), "{url}: {}", check(&guard, url));
        }
    }

    #[test]
    fn a_public_name_that_leads_home_is_refused() {
        let guard = guard("127.0.0.1:8081");
        let home = "127.0.0.1".parse().expect("address");
        assert!(guard.check_address("shop.example", home).is_err());
        assert!(guard.check_address("127.0.0.1", home).is_ok());
    }

    #[test]
    fn entries_that_are_no_hosts_are_named() {
        for entry in ["http://shop", "shop/path", "a b", "user@shop", "shop:99999"] {
            assert!(entry.parse::<AllowHosts>().is_err(), "{entry}");
        }
    }
}
