//! One spelling of the address of a page, however it was shared. Pure.

use url::Url;

/// An address as sources are known by: without fragment and campaign parameters.
#[must_use]
pub fn canonical(mut url: Url) -> Url {
    url.set_fragment(None);
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
    }
}
