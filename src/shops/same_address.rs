//! Do two addresses of a shop name the same thing, as far as addresses tell? Pure.
//!
//! Ids and parts of paths are compared whole: 215930 contains 1593, and is another product.

use std::borrow::Cow;

use url::Url;

/// Does the second still name what the first does?
pub(super) fn same_address(asked: &Url, answered: &Url) -> bool {
    same_query(asked, answered) && same_path(asked, answered)
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
