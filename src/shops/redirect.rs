//! Which redirects are followed: on the same site, never to a weaker scheme. Pure.

use url::Url;

use super::fetch_error::FetchErrorKind;

/// Where a redirect leads, if it may be followed.
///
/// # Errors
/// When it leads to another site, to plain http from https, or nowhere.
pub fn target(from: &Url, location: Option<&str>) -> Result<Url, FetchErrorKind> {
    let away = |to: String, why| FetchErrorKind::RedirectedAway { to, why };
    let location = location.ok_or_else(|| away(String::new(), "the shop does not say where to"))?;
    let to = from.join(location).map_err(|_| away(location.chars().take(200).collect(), "that is no address"))?;
    if !same_site(from, &to) {
        return Err(away(to.to_string(), "that is another site; use its address if the shop moved there"));
    }
    if from.scheme() == "https" && to.scheme() != "https" {
        return Err(away(to.to_string(), "that is not encrypted any more"));
    }
    Ok(to)
}

/// A `Location` as the shop sent it, which may be raw UTF-8 or anything: bytes beyond ASCII are percent-encoded as
/// browsers do it.
#[must_use]
pub fn encoded(location: &[u8]) -> String {
    location.iter().fold(String::with_capacity(location.len()), |mut text, byte| {
        if byte.is_ascii() {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    })
}

/// Are two addresses one site? Equal hosts or a `www.` of difference, and equal ports or the web's usual two.
#[must_use]
pub fn same_site(a: &Url, b: &Url) -> bool {
    let host = |url: &Url| url.host_str().map(|host| host.strip_prefix("www.").unwrap_or(host).to_owned());
    let port = |url: &Url| match url.port_or_known_default() {
        Some(80 | 443) => None,
        other => other,
    };
    a.host_str().is_some() && host(a) == host(b) && port(a) == port(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(from: &str, location: &str) -> Option<String> {
        target(&Url::parse(from).expect("url"), Some(location)).ok().map(|url| url.to_string())
    }

    #[test]
    fn a_shop_may_move_within_itself() {
        assert_eq!(
            to("http://shop.example/a", "https://www.shop.example/b").as_deref(),
            Some("https://www.shop.example/b")
        );
        assert_eq!(to("https://shop.example/a/b", "../c?d").as_deref(), Some("https://shop.example/c?d"));
    }

    #[test]
    fn an_address_in_raw_utf8_is_followed() {
        let raw = encoded("/ja/products/ジャケット.js".as_bytes());
        let encoded = "https://shop.example/ja/products/%E3%82%B8%E3%83%A3%E3%82%B1%E3%83%83%E3%83%88.js";
        assert_eq!(to("https://shop.example/a", &raw).as_deref(), Some(encoded));
        assert_eq!(super::encoded(b"/caf\xE9?x=1%20"), "/caf%E9?x=1%20");
    }

    #[test]
    fn and_not_away() {
        for (from, location) in [
            ("https://shop.example/", "https://evil.example/"),
            ("https://shop.example/", "http://shop.example/"),
            ("https://shop.example/", "https://checkout.shop.example/"),
            ("https://shop.example/", "//10.0.0.1/"),
            ("http://127.0.0.1:8081/", "http://127.0.0.1:9090/"),
            ("https://shop.example/", "javascript:alert(1)"),
            ("https://shop.example/", "http://["),
        ] {
            assert_eq!(to(from, location), None, "{location}");
        }
    }
}
