//! One spelling of the address of a page, however it was shared. Pure.

use url::Url;

/// An address as sources are known by: without fragment, campaign parameters and the dot of a full name.
#[must_use]
pub fn canonical(mut url: Url) -> Url {
    url.set_fragment(None);
    if let Some(host) = url.host_str().and_then(|host| host.strip_suffix('.')).map(str::to_owned) {
        // What was a host with the dot is one without.
        let _ = url.set_host(Some(&host));
    }
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !name.starts_with("utm_") && !matches!(name.as_ref(), "fbclid" | "gclid"))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    if kept.len() == url.query_pairs().count() {
        return url;
    }
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_page_behind_a_campaign_is_the_same_source() {
        let url = |text: &str| canonical(Url::parse(text).expect("an address")).to_string();
        assert_eq!(url("https://x.example/p/a?utm_source=mail&v=1#reviews"), "https://x.example/p/a?v=1");
        assert_eq!(url("https://x.example/p/a?utm_source=mail"), "https://x.example/p/a");
        assert_eq!(url("https://x.example/p/a?b=%20c"), "https://x.example/p/a?b=%20c");
        assert_eq!(url("https://X.example.:443/p/a"), "https://x.example/p/a");
    }
}
