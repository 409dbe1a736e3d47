//! Was a form sent by a page of ours? Browsers say where it comes from; what says nothing is no browser's form.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName};
use url::Url;

/// Did a page of this very site send it?
pub(super) fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    // Older browsers, and addresses without TLS that are not this machine's.
    let origin = text(ORIGIN).and_then(|origin| Url::parse(origin).ok());
    let Some((origin, host)) = origin.zip(text(HOST)) else { return false };
    origin.host_str().is_some_and(|name| match origin.port() {
        Some(port) => host.eq_ignore_ascii_case(&format!("{name}:{port}")),
        None => host.eq_ignore_ascii_case(name),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_ours_with(headers: &[(&'static str, &str)]) -> bool {
        let pair = |(name, value): &(&'static str, &str)| (HeaderName::from_static(name), value.parse().expect("text"));
        is_ours(&headers.iter().map(pair).collect())
    }

    #[test]
    fn only_our_own_pages_send_forms() {
        assert!(is_ours_with(&[("sec-fetch-site", "same-origin"), ("host", "coat.example")]));
        assert!(is_ours_with(&[("origin", "https://coat.example"), ("host", "coat.example")]));
        assert!(is_ours_with(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]));
        for foreign in [
            &[("sec-fetch-site", "cross-site"), ("origin", "https://coat.example"), ("host", "coat.example")][..],
            &[("sec-fetch-site", "same-site"), ("host", "coat.example")],
            &[("origin", "https://evil.example"), ("host", "coat.example")],
            &[("origin", "https://coat.example.evil.example"), ("host", "coat.example")],
            &[("origin", "http://coat.example:81"), ("host", "coat.example")],
            &[("origin", "null"), ("host", "coat.example")],
            &[("host", "coat.example")],
            &[],
        ] {
            assert!(!is_ours_with(foreign), "{foreign:?}");
        }
    }
}
