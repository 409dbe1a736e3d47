//! Whatever is an address: what the guard lets through is a public literal or a name, on the web's ports.
#![no_main]

use coatcheck::shops::{Guard, address, redirect};
use libfuzzer_sys::fuzz_target;
use url::{Host, Url};

fuzz_target!(|text: &str| {
    let from = Url::parse("https://shop.example/a").expect("an address");
    if let Ok(to) = redirect::target(&from, Some(text)) {
        assert!(to.scheme() == "https" && redirect::same_site(&from, &to));
    }
    let Ok(url) = Url::parse(text) else { return };
    if Guard::default().check_url(&url).is_err() {
        return;
    }
    assert!(matches!(url.scheme(), "http" | "https") && matches!(url.port_or_known_default(), Some(80 | 443)));
    assert!(url.username().is_empty() && url.password().is_none());
    match url.host().expect("it passed") {
        Host::Ipv4(literal) => assert!(address::public(literal.into()).is_ok()),
        Host::Ipv6(literal) => assert!(address::public(literal.into()).is_ok()),
        Host::Domain(name) => assert!(name.parse::<std::net::IpAddr>().is_err()),
    }
});
