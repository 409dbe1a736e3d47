//! What an address says about a Shopify shop: locale, product handle, collection. Pure.

use url::Url;

/// The parts of an address as Shopify builds them: `/<locale>/collections/<h>/products/<handle>.js`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShopifyAddress {
    /// The path before `/products` or `/collections`: empty, or like `/en`.
    pub prefix: String,
    /// What it leads to.
    pub kind: ShopifyKind,
}

/// What an address of a Shopify shop leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShopifyKind {
    /// One product.
    Product {
        /// Its name in addresses, still percent-encoded.
        handle: String,
        /// Was a document asked for (`js`, `json`) instead of the page?
        document: Option<&'static str>,
    },
    /// All products, or those of one collection.
    List {
        /// The path of the list's document, like `/en/collections/coats/products.json`.
        path: String,
    },
}

impl ShopifyAddress {
    /// Reads an address; `None` when it is not built like Shopify's.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        let segments: Vec<&str> = url.path_segments()?.filter(|segment| !segment.is_empty()).collect();
        // WordPress's API has products, too.
        if segments.contains(&"wp-json") {
            return None;
        }
        let start = segments.iter().position(|s| matches!(*s, "products" | "collections" | "products.json"))?;
        let prefix: String = segments[..start].iter().map(|segment| format!("/{segment}")).collect();
        let kind = match &segments[start..] {
            ["products", file] | ["collections", _, "products", file] => product(file),
            ["products.json" | "products"] => ShopifyKind::List { path: format!("{prefix}/products.json") },
            ["collections", handle] | ["collections", handle, "products.json" | "products"] => {
                ShopifyKind::List { path: format!("{prefix}/collections/{handle}/products.json") }
            }
            _ => return None,
        };
        Some(Self { prefix, kind })
    }

    /// The page of a product, in the locale of the address that told of it.
    #[must_use]
    pub fn product_page(url: &Url, handle: &str) -> Option<Url> {
        let mut page = url.clone();
        page.set_query(None);
        page.set_fragment(None);
        let prefix = Self::of(url).map(|address| address.prefix).unwrap_or_default();
        page.set_path(&prefix);
        page.path_segments_mut().ok()?.pop_if_empty().extend(["products", handle]);
        Some(page)
    }

    /// The handle that an address names, for comparing: decoded, lower case.
    #[must_use]
    pub fn handle_of(url: &Url) -> Option<String> {
        match Self::of(url)?.kind {
            ShopifyKind::Product { handle, .. } => Some(same_handle(&handle)),
            ShopifyKind::List { .. } => None,
        }
    }
}

fn product(file: &str) -> ShopifyKind {
    let (handle, document) = match file.rsplit_once('.') {
        Some((handle, "js")) => (handle, Some("js")),
        Some((handle, "json")) => (handle, Some("json")),
        _ => (file, None),
    };
    ShopifyKind::Product { handle: handle.to_owned(), document }
}

/// One spelling of a handle.
#[must_use]
pub fn same_handle(handle: &str) -> String {
    // The form decoder reads "+" as a blank, which no handle holds.
    let encoded = handle.replace('+', "%2B");
    url::form_urlencoded::parse(encoded.as_bytes()).next().map_or_else(String::new, |(name, _)| name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Option<ShopifyAddress> {
        ShopifyAddress::of(&Url::parse(url).expect("url"))
    }

    #[test]
    fn addresses_of_products_name_their_handle_and_locale() {
        for (url, prefix, handle, document) in [
            ("https://s.example/products/jacket", "", "jacket", None),
            ("https://s.example/products/jacket.js?x=1", "", "jacket", Some("js")),
            ("https://s.example/en-gb/products/jacket.json", "/en-gb", "jacket", Some("json")),
            ("https://s.example/collections/coats/products/jacket/", "", "jacket", None),
            ("https://s.example/products/v1.5", "", "v1.5", None),
        ] {
            let expected = ShopifyKind::Product { handle: handle.to_owned(), document };
            assert_eq!(of(url), Some(ShopifyAddress { prefix: prefix.to_owned(), kind: expected }), "{url}");
        }
    }

    #[test]
    fn addresses_of_lists_name_their_document() {
        for (url, path) in [
            ("https://s.example/products.json", "/products.json"),
            ("https://s.example/en/products.json?limit=5", "/en/products.json"),
            ("https://s.example/collections/coats", "/collections/coats/products.json"),
            ("https://s.example/fr/collections/coats/products.json", "/fr/collections/coats/products.json"),
        ] {
            assert!(matches!(of(url).map(|a| a.kind), Some(ShopifyKind::List { path: p }) if p == path), "{url}");
        }
        assert_eq!(of("https://s.example/p/jacket"), None);
        assert_eq!(of("https://s.example/wp-json/wc/store/v1/products"), None);
        assert_eq!(of("https://s.example/"), None);
    }

    #[test]
    fn pages_keep_the_locale_and_handles_any_script() {
        let url = Url::parse("https://s.example/en/collections/x/products.json?page=2").expect("url");
        let page = ShopifyAddress::product_page(&url, "jäckchen").expect("page");
        assert_eq!(page.as_str(), "https://s.example/en/products/j%C3%A4ckchen");
        assert_eq!(ShopifyAddress::handle_of(&page).as_deref(), Some("jäckchen"));
    }
}
