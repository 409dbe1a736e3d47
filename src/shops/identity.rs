//! Is the answer about what was asked for? A redirect to another product or to the home page is not. Pure.

use coatcheck_domain::Reading;
use url::Url;

use super::address_parts::{ShopifyAddress, ShopifyKind};
use super::error::ReadError;

/// Does what was read fit what was asked for?
///
/// `known` is the shop's id of the product that this source has told of before: the same id under a new name is a
/// renamed product, another id is another product, even without a redirect.
///
/// # Errors
/// When it is about something else.
pub fn check(asked: &Url, answered: &Url, reading: &Reading, known: Option<&str>) -> Result<(), ReadError> {
    let only = match reading.products.as_slice() {
        [product] => product.external_id.as_deref(),
        _ => None,
    };
    match (known, only) {
        (Some(known), Some(got)) if known == got => return Ok(()),
        (Some(known), Some(got)) => return Err(other(format!("product {known}"), format!("product {got}"))),
        _ => {}
    }
    redirect(asked, answered)
}

/// Does a redirected address still name the same thing?
///
/// # Errors
/// When it does not.
pub fn redirect(asked: &Url, answered: &Url) -> Result<(), ReadError> {
    if same_place(asked, answered) { Ok(()) } else { Err(other(asked.path().to_owned(), answered.path().to_owned())) }
}

fn other(asked: String, got: String) -> ReadError {
    ReadError::Identity { asked, got }
}

fn same_place(asked: &Url, answered: &Url) -> bool {
    if asked.path() == answered.path() || asked.path() == "/" {
        return true;
    }
    if let Some(ShopifyAddress { kind, prefix }) = ShopifyAddress::of(asked) {
        return match (kind, ShopifyAddress::of(answered)) {
            (ShopifyKind::Product { .. }, Some(_)) => {
                ShopifyAddress::handle_of(asked) == ShopifyAddress::handle_of(answered)
            }
            // The same list, maybe in another language.
            (
                ShopifyKind::List { path },
                Some(ShopifyAddress { kind: ShopifyKind::List { path: to }, prefix: other }),
            ) => path[prefix.len()..] == to[other.len()..],
            _ => false,
        };
    }
    // Elsewhere the last part of the path names the thing; shops add words to it, and languages before it.
    let last = |url: &Url| url.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_lowercase();
    !last(asked).is_empty() && last(answered).contains(&last(asked))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(asked: &str, answered: &str) -> bool {
        let url = |path: &str| Url::parse("https://s.example").and_then(|base| base.join(path)).expect("url");
        redirect(&url(asked), &url(answered)).is_ok()
    }

    #[test]
    fn languages_and_longer_names_are_the_same_thing() {
        assert!(same("/products/tee.js", "/en/products/TEE.js"));
        assert!(same("/collections/a/products.json", "/fr/collections/a/products.json?page=1"));
        assert!(same("/p/123", "/p/123-warm-coat"));
        assert!(same("/", "/en"));
    }

    #[test]
    fn other_products_lists_and_the_home_page_are_not() {
        assert!(!same("/products/tee.js", "/products/tee-2.js"));
        assert!(!same("/products/tee.js", "/"));
        assert!(!same("/products/tee.js", "/collections/all"));
        assert!(!same("/collections/a/products.json", "/collections/b/products.json"));
        assert!(!same("/p/123", "/p/456"));
        assert!(!same("/p/123", "/"));
    }
}
