//! Is the answer about what was asked for? A redirect to another product or to the home page is not. Pure.
//!
//! Ids and parts of paths are compared whole: 215930 contains 1593, and is another product.

use std::borrow::Cow;

use coatcheck_domain::Reading;
use url::Url;

use super::error::ReadError;
use super::readers::READERS;

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
    known.unwrap_or_else(|| same_query(asked, answered) && same_path(asked, answered))
}

/// Every part of the path that was asked for is there, whole and in its order. A language may come or go, and words may
/// join: behind an id (`/p/123` is `/p/123-warm-coat`), or before what was asked for.
fn same_path(url: &Url, answered: &Url) -> bool {
    let (asked, answered) = (parts(url), parts(answered));
    let mut rest = answered.as_slice();
    for part in &asked {
        let Some(at) = rest.iter().position(|other| is_same_part(part, other)) else { return false };
        rest = &rest[at + 1..];
    }
    // More numbers behind it would be another thing's, unless they are the id that stood in the query.
    let is_of_query = |part: &String| ids(url).any(|id| is_same_part(&id.to_lowercase(), part));
    !asked.is_empty() && !rest.iter().any(|part| part.contains(|c: char| c.is_ascii_digit()) && !is_of_query(part))
}

fn parts(url: &Url) -> Vec<String> {
    let decoded = |part: &str| {
        // The form decoder reads "+" as a blank, which paths do not.
        let part = part.replace('+', "%2B");
        url::form_urlencoded::parse(part.as_bytes()).next().map_or_else(String::new, |(text, _)| text.to_lowercase())
    };
    let parts = url.path_segments().into_iter().flatten().filter(|part| !part.is_empty()).map(decoded);
    parts.enumerate().filter(|(at, part)| *at > 0 || !is_language(part)).map(|(_, part)| part).collect()
}

fn is_language(part: &str) -> bool {
    let letters = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
    part.split_once(['-', '_']).map_or_else(|| letters(part), |(a, b)| letters(a) && letters(b))
}

/// The same part, or one that names the same number with words around it.
fn is_same_part(part: &str, other: &str) -> bool {
    let is_id = part.bytes().all(|b| b.is_ascii_digit());
    let words = || other.split(['-', '_', '.']);
    let alone = || words().filter(|word| word.bytes().all(|b| b.is_ascii_digit())).count() == 1;
    part == other || (is_id && alone() && words().any(|word| word == part))
}

/// Names under which addresses hold the id of a product.
const IDS: [&str; 14] = [
    "id",
    "sku",
    "pid",
    "product",
    "product_id",
    "productid",
    "item",
    "item_id",
    "itemid",
    "variant",
    "handle",
    "slug",
    "article",
    "code",
];

fn ids(url: &Url) -> impl Iterator<Item = Cow<'_, str>> {
    let is_id = |name: &str| IDS.contains(&name.to_lowercase().as_str());
    url.query_pairs().filter(move |(name, _)| is_id(name)).map(|(_, value)| value)
}

/// What a query says of the product holds on. It may move into the path, but not become another or be lost.
fn same_query(asked: &Url, answered: &Url) -> bool {
    let path = parts(answered);
    ids(asked).all(|id| {
        let mut there = ids(answered).peekable();
        match there.peek() {
            Some(_) => there.any(|other| other == id),
            None => path.iter().any(|part| is_same_part(&id.to_lowercase(), part)),
        }
    })
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
