//! Finds out how a source is read: a short list of attempts by its address, and a reader by a document's shape. Pure.

use coatcheck_domain::Reading;
use serde_json::Value;
use url::Url;

use super::address_parts::{ShopifyAddress, ShopifyKind};
use super::error::ReadError;
use super::readers::{json, shopify};
use super::source::{ReaderKind, SourceSpec};

/// One way to read a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// One document, by the given reader or by its shape.
    Document {
        /// Where it is.
        url: Url,
        /// Who reads it.
        reader: Option<ReaderKind>,
    },
    /// Shopify's `products.json`, page by page.
    List {
        /// Where it is, without page and limit.
        url: Url,
    },
    /// A jq program over one or several documents.
    Program {
        /// The program.
        program: String,
        /// The documents, in the order in which the program sees them.
        urls: Vec<Url>,
    },
}

/// How to read a source: the best evidence first, at most three requests.
#[must_use]
pub fn plan(spec: &SourceSpec) -> Vec<Attempt> {
    if let Some(program) = &spec.jq {
        let urls = std::iter::once(&spec.url).chain(&spec.more_urls).cloned().collect();
        return vec![Attempt::Program { program: program.clone(), urls }];
    }
    let itself = Attempt::Document { url: spec.url.clone(), reader: spec.reader };
    match spec.reader {
        Some(ReaderKind::Json) => vec![itself],
        Some(ReaderKind::Shopify) => {
            let attempts = shopify_attempts(&spec.url);
            if attempts.is_empty() { vec![itself] } else { attempts }
        }
        None => {
            let mut attempts = shopify_attempts(&spec.url);
            if !attempts.contains(&itself) {
                attempts.push(itself);
            }
            attempts
        }
    }
}

/// What a Shopify shop would answer at this address; nothing when it is not built like one of Shopify's.
fn shopify_attempts(url: &Url) -> Vec<Attempt> {
    let at = |path: &str, reader| Attempt::Document { url: with_path(url, path), reader };
    match ShopifyAddress::of(url) {
        Some(ShopifyAddress { kind: ShopifyKind::Product { document: Some(_), .. }, .. }) => {
            vec![Attempt::Document { url: url.clone(), reader: None }]
        }
        Some(ShopifyAddress { prefix, kind: ShopifyKind::Product { handle, document: None } }) => ["js", "json"]
            .map(|kind| at(&format!("{prefix}/products/{handle}.{kind}"), Some(ReaderKind::Shopify)))
            .to_vec(),
        // A page that was asked for by number is one document, and what is missing in it says nothing.
        Some(ShopifyAddress { kind: ShopifyKind::List { path }, .. }) => vec![Attempt::List { url: list(url, &path) }],
        None if is_front(url) => {
            let path = format!("{}/products.json", url.path().trim_end_matches('/'));
            vec![Attempt::List { url: list(url, &path) }]
        }
        None => Vec::new(),
    }
}

/// The list's own address: filters stay, `limit` is ours.
fn list(url: &Url, path: &str) -> Url {
    let mut list = url.clone();
    list.set_fragment(None);
    list.set_path(path);
    let kept: Vec<(String, String)> =
        url.query_pairs().filter(|(name, _)| name != "limit").map(|(n, v)| (n.into_owned(), v.into_owned())).collect();
    list.set_query(None);
    if !kept.is_empty() {
        list.query_pairs_mut().extend_pairs(kept);
    }
    list
}

fn with_path(url: &Url, path: &str) -> Url {
    let mut to = url.clone();
    to.set_query(None);
    to.set_fragment(None);
    to.set_path(path);
    to
}

/// The shop's front sink, maybe in a language: `/`, `/en`, `/en-gb/`.
fn is_front(url: &Url) -> bool {
    let path = url.path().trim_matches('/');
    let letters = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
    path.is_empty() || path.split_once('-').map_or_else(|| letters(path), |(a, b)| letters(a) && letters(b))
}

/// Reads a document by the reader that knows its shape.
///
/// # Errors
/// When none does, or the one that does finds something missing.
pub fn read(document: &Value, reader: Option<ReaderKind>, url: &Url) -> Result<(ReaderKind, Reading), ReadError> {
    let reader = match reader {
        Some(reader) => reader,
        None if shopify::recognises(document) => ReaderKind::Shopify,
        None => ReaderKind::Json,
    };
    let reading = match reader {
        ReaderKind::Shopify => shopify::read(document, url)?,
        ReaderKind::Json => json::read(document, url)?,
    };
    Ok((reader, reading))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(url: &str) -> Vec<String> {
        let shown = |attempt: Attempt| match attempt {
            Attempt::Document { url, reader } => {
                format!("{} {}", &url[url::Position::BeforePath..], reader.map_or("by shape", ReaderKind::as_str))
            }
            Attempt::List { url } => format!("{} paged", &url[url::Position::BeforePath..]),
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
        ] {
            assert_eq!(planned(url), expected, "{url}");
        }
    }

    #[test]
    fn a_reader_or_a_program_overrides() {
        let url = Url::parse("https://s.example/products/tee").expect("url");
        let json = SourceSpec { reader: Some(ReaderKind::Json), ..SourceSpec::new(url.clone()) };
        assert_eq!(plan(&json), [Attempt::Document { url: url.clone(), reader: Some(ReaderKind::Json) }]);
        let jq =
            SourceSpec { jq: Some(".".to_owned()), reader: Some(ReaderKind::Shopify), ..SourceSpec::new(url.clone()) };
        assert_eq!(plan(&jq), [Attempt::Program { program: ".".to_owned(), urls: vec![url] }]);
        let shopify = SourceSpec {
            reader: Some(ReaderKind::Shopify),
            ..SourceSpec::new("https://s.example/x".parse().expect("url"))
        };
        assert_eq!(plan(&shopify).len(), 1);
    }
}
