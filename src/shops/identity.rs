//! Is the answer about what was asked for? A redirect to another product or to the home page is not. Pure.

use coatcheck_domain::Reading;
use url::Url;

use super::error::ReadError;
use super::readers::READERS;
use super::same_address::same_address;

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
    if asked.path() == "/" {
        return true;
    }
    let known = READERS.into_iter().find_map(|reader| reader.identity(asked, answered));
    known.unwrap_or_else(|| same_address(asked, answered))
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
        assert!(same("/p/123", "/en-gb/p/warm-coat/123"));
        assert!(same("/de/p/123", "/p/123"));
        assert!(same("/p/J%C3%A4ckchen", "/de/p/j%c3%a4ckchen/"));
        assert!(same("/p?id=1593&lang=de", "/p/?lang=en&id=1593"));
        assert!(same("/p?id=1593", "/p/1593-warm-coat"));
        assert!(same("/p?utm_source=x", "/p"));
        assert!(same("/", "/en"));
    }

    #[test]
    fn other_products_lists_and_the_home_page_are_not() {
        assert!(!same("/products/tee.js", "/products/tee-2.js"));
        assert!(!same("/products/tee.js", "/"));
        assert!(!same("/products/tee.js", "/collections/all"));
        assert!(!same("/collections/a/products.json", "/collections/b/products.json"));
        assert!(!same("/p/123", "/p/456"));
        assert!(!same("/api/item/1593", "/api/item/215930"));
        assert!(!same("/api/item/1593", "/api/item/1593-2"), "a number behind it may be another thing's");
        assert!(!same("/item/1593/stock", "/item/215930/stock"));
        assert!(!same("/item/1593/stock", "/stock"));
        assert!(!same("/p/tee", "/p/tee-2"));
        assert!(!same("/p/123", "/p/similar/123/456"));
        assert!(!same("/p?id=1593", "/p?id=215930"));
        assert!(!same("/p?id=1593", "/p"));
        assert!(!same("/p?id=1593", "/p/215930"));
        assert!(!same("/p/123", "/"));
    }
}
