//! Finds out how a source is read: a short list of attempts by its address, and a reader by a document's shape. Pure.

use coatcheck_domain::Reading;
use serde_json::Value;
use url::Url;

use super::error::ReadError;
use super::readers::{Attempt, READERS, ReaderKind};
use super::source::SourceSpec;

/// How to read a source: the best evidence first, at most a handful of requests.
#[must_use]
pub fn plan(spec: &SourceSpec) -> Vec<Attempt> {
    if let Some(program) = &spec.jq {
        let urls = std::iter::once(&spec.url).chain(&spec.more_urls).cloned().collect();
        return vec![Attempt::Program { program: program.clone(), urls }];
    }
    let itself = Attempt::Document { url: spec.url.clone(), reader: spec.reader };
    let mut attempts = match spec.reader {
        Some(kind) => told(kind, &spec.url),
        None => READERS.into_iter().flat_map(|reader| reader.attempts(&spec.url)).collect(),
    };
    // An endpoint that was asked by POST has nothing more to say.
    let is_asked = attempts.iter().any(|attempt| matches!(attempt, Attempt::Query { .. }));
    let is_told = is_asked || (spec.reader.is_some() && !attempts.is_empty());
    if !is_told && !attempts.contains(&itself) {
        attempts.push(itself);
    }
    if let Some(reader) = spec.reader
        && let Some((url, body)) = reader.reader().query(&spec.url)
    {
        // An endpoint that names the product answers to nothing else.
        if url.path() == spec.url.path() {
            attempts.clear();
        }
        attempts.insert(0, Attempt::Query { url, body, reader });
    }
    attempts
}

/// How a platform that is known answers at an address.
fn told(kind: ReaderKind, url: &Url) -> Vec<Attempt> {
    let at = kind.reader().told(url).into_iter().map(|url| Attempt::Document { url, reader: Some(kind) });
    at.chain(kind.reader().attempts(url)).collect()
}

/// The reader that knows a document; the last of all where none does.
#[must_use]
pub fn by_shape(document: &Value) -> ReaderKind {
    let [.., last] = READERS;
    ReaderKind::of(READERS.into_iter().find(|reader| reader.recognises(document)).unwrap_or(last))
}

/// Reads a document by the reader that knows its shape.
///
/// # Errors
/// When none does, or the one that does finds something missing.
pub fn read(document: &Value, reader: Option<ReaderKind>, url: &Url) -> Result<(ReaderKind, Reading), ReadError> {
    let kind = reader.unwrap_or_else(|| by_shape(document));
    kind.reader().read(document, url).map(|reading| (kind, reading))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(name: &str) -> ReaderKind {
        name.parse().expect("a reader")
    }

    fn planned(url: &str) -> Vec<String> {
        let shown = |attempt: Attempt| match attempt {
            Attempt::Document { url, reader } => {
                format!("{} {}", &url[url::Position::BeforePath..], reader.map_or("by shape", |kind| kind.as_str()))
            }
            Attempt::Query { url, .. } => format!("{} by POST", &url[url::Position::BeforePath..]),
            Attempt::List { url, .. } => format!("{} paged", &url[url::Position::BeforePath..]),
            Attempt::Program { .. } => "jq".to_owned(),
        };
        plan(&SourceSpec::new(Url::parse(url).expect("url"))).into_iter().map(shown).collect()
    }

    #[test]
    fn the_address_says_what_to_try() {
        for (url, expected) in [
            (
                "https://s.example/en/products/tee?variant=3#x",
                vec![
                    "/en/products/tee.js shopify",
                    "/en/products/tee.json shopify",
                    "/en/products/tee?variant=3#x by shape",
                ],
            ),
            (
                "https://s.example/collections/a/products/tee",
                vec!["/products/tee.js shopify", "/products/tee.json shopify", "/collections/a/products/tee by shape"],
            ),
            ("https://s.example/products/tee.js", vec!["/products/tee.js by shape"]),
            (
                "https://s.example/products.json?limit=5&vendor=x",
                vec!["/products.json?vendor=x paged", "/products.json?limit=5&vendor=x by shape"],
            ),
            (
                "https://s.example/collections/all",
                vec!["/collections/all/products.json paged", "/collections/all by shape"],
            ),
            ("https://s.example", vec!["/products.json paged", "/ by shape"]),
            ("https://s.example/en-gb/", vec!["/en-gb/products.json paged", "/en-gb/ by shape"]),
            ("https://s.example/api/stock?sku=1", vec!["/api/stock?sku=1 by shape"]),
            ("https://s.example/shop-api?product=tee", vec!["/shop-api by POST"]),
            ("https://s.example/api/2025-07/graphql.json?product=tee", vec!["/api/2025-07/graphql.json by POST"]),
            ("https://s.example/graphql?product=tee", vec!["/graphql by POST", "/graphql by POST"]),
            ("https://s.example/graphql?product=/tee/", vec!["/graphql by POST"]),
            ("https://s.example/graphql?query={a}", vec!["/graphql?query={a} by shape"]),
        ] {
            assert_eq!(planned(url), expected, "{url}");
        }
    }

    #[test]
    fn a_reader_or_a_program_overrides() {
        let url = Url::parse("https://s.example/products/tee").expect("url");
        let json = SourceSpec { reader: Some(kind("json")), ..SourceSpec::new(url.clone()) };
        assert_eq!(plan(&json), [Attempt::Document { url: url.clone(), reader: Some(kind("json")) }]);
        let jq = SourceSpec { jq: Some(".".to_owned()), reader: Some(kind("shopify")), ..SourceSpec::new(url.clone()) };
        assert_eq!(plan(&jq), [Attempt::Program { program: ".".to_owned(), urls: vec![url] }]);
        let shopify = SourceSpec {
            reader: Some(kind("shopify")),
            ..SourceSpec::new("https://s.example/x".parse().expect("url"))
        };
        assert_eq!(plan(&shopify).len(), 1);
        let page = "https://s.example/coat.html".parse().expect("url");
        let magento = plan(&SourceSpec { reader: Some(kind("magento")), ..SourceSpec::new(page) });
        assert!(matches!(magento.as_slice(), [Attempt::Query { .. }, Attempt::Document { .. }]), "{magento:?}");
    }
}
