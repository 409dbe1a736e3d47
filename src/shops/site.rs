//! Which shop an address belongs to. Pure.

use url::Url;

/// The shop of an address: its host without `www.`, and its port where that is not the usual one. Requests to one shop are
/// counted together. Other names below a domain stay shops of their own: ids of products are good within one installation only, and
/// `de.shop.example` may have another product 1593 than `fr.shop.example`.
#[must_use]
pub fn site(url: &Url) -> String {
    let host = bare(url.host_str().unwrap_or_default());
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// A host as shops are called by it.
#[must_use]
pub fn bare(host: &str) -> &str {
    // `www.com` is a shop's whole name.
    host.strip_prefix("www.").filter(|rest| rest.contains('.')).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shop_is_a_host_with_or_without_www_and_shops_of_one_platform_are_several() {
        let sites = |url: &str| site(&Url::parse(url).expect("an address"));
        assert_eq!(sites("https://www.shop.example/a"), sites("http://shop.example/b"));
        assert_eq!(sites("https://www.shop.example:8443/a"), "shop.example:8443");
        assert_ne!(sites("https://a.myshopify.com/"), sites("https://b.myshopify.com/"));
        assert_ne!(sites("https://de.shop.example/"), sites("https://fr.shop.example/"));
        assert_eq!(sites("https://www.com/"), "www.com");
    }
}
