//! What the server in its own process says: shops that stay the same or change, a catalogue in pages, and webhooks that
//! take everything.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::server::{Answers, Asked, answer};
use crate::support::goods;

const JSON: &str = "content-type: application/json\r\n";

/// Products of the catalogue, and how many of them a page has.
pub(crate) const CATALOGUE: u64 = 1_200;
pub(crate) const PAGE: u64 = 250;

/// Answers by the path: `/products/same.js`, `validated.js` (with an ETag) and `changing.js`; `/list/…` and `/packed/…`
/// are a catalogue in pages, the second one compressed, and `/asked` says how often it was asked for any of it. Anything
/// that is posted is taken.
pub(super) struct Counting {
    pages: Vec<Vec<u8>>,
    packed: Vec<Vec<u8>>,
    asked: AtomicU64,
    same: Vec<u8>,
    validated: Vec<u8>,
    /// With the number of a product in it, to be replaced.
    numbered: Vec<u8>,
    numbers_at: Vec<usize>,
    readings: AtomicU64,
}

/// The number that stands for each product's.
const NUMBER: &str = "9876543";

impl Default for Counting {
    fn default() -> Self {
        let body = |handle| goods::shopify_js(handle, 7, false, 12_900).to_string();
        let numbered =
            answer("200 OK", JSON, &goods::shopify_js(&format!("same-{NUMBER}"), 9_876_543, false, 12_900).to_string());
        let length = NUMBER.len();
        let numbers_at = (0..numbered.len() - length).filter(|at| &numbered[*at..at + length] == NUMBER.as_bytes());
        let pages: Vec<String> = (0..CATALOGUE.div_ceil(PAGE))
            .map(|page| {
                goods::shopify_page(page * PAGE + 1..=CATALOGUE.min((page + 1) * PAGE), |_, _| false).to_string()
            })
            .chain([r#"{"products":[]}"#.to_owned()])
            .collect();
        Self {
            packed: pages.iter().map(|page| packed(page)).collect(),
            pages: pages.iter().map(|page| answer("200 OK", JSON, page)).collect(),
            asked: AtomicU64::new(0),
            numbers_at: numbers_at.collect(),
            numbered,
            same: answer("200 OK", JSON, &body("same")),
            validated: answer("200 OK", &format!("{JSON}etag: \"1\"\r\n"), &body("validated")),
            readings: AtomicU64::new(0),
        }
    }
}

impl Counting {
    /// A product of its own under each number.
    fn numbered(&self, number: &str) -> Vec<u8> {
        let mut answer = self.numbered.clone();
        for at in &self.numbers_at {
            answer[*at..at + NUMBER.len()].copy_from_slice(number.as_bytes());
        }
        answer
    }

    /// A page of the catalogue, or one product of it.
    fn catalogue(&self, pages: &[Vec<u8>], path: &str) -> Vec<u8> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if let Some(id) = path.strip_prefix("products/rain-jacket-").and_then(|rest| rest.strip_suffix(".js")) {
            let id = id.parse().unwrap_or_default();
            return answer(
                "200 OK",
                JSON,
                &goods::shopify_js(&format!("rain-jacket-{id}"), id, false, 12_900).to_string(),
            );
        }
        let number = path.rsplit_once("page=").and_then(|(_, number)| number.parse::<usize>().ok()).unwrap_or(1);
        pages.get(number - 1).unwrap_or(&pages[pages.len() - 1]).clone()
    }

    /// A price that was never asked before, so that each reading is a change and none a restock.
    fn changing(&self) -> Vec<u8> {
        let price = 10_000 + self.readings.fetch_add(1, Ordering::Relaxed);
        answer("200 OK", JSON, &goods::shopify_js("changing", 7, false, price).to_string())
    }
}

impl Answers for Counting {
    fn answer(&self, asked: &Asked<'_>) -> Vec<u8> {
        match (asked.method, asked.path) {
            ("POST", _) => answer("200 OK", "", ""),
            (_, "/products/same.js") => self.same.clone(),
            (_, "/products/validated.js") if asked.conditional => answer("304 Not Modified", "etag: \"1\"\r\n", ""),
            (_, "/products/validated.js") => self.validated.clone(),
            (_, "/products/changing.js") => self.changing(),
            (_, "/asked") => answer("200 OK", "", &self.asked.load(Ordering::Relaxed).to_string()),
            (_, path) => {
                if let Some(rest) = path.strip_prefix("/list/") {
                    self.catalogue(&self.pages, rest)
                } else if let Some(rest) = path.strip_prefix("/packed/") {
                    self.catalogue(&self.packed, rest)
                } else if let Some(number) = number_of(path) {
                    self.numbered(number)
                } else {
                    answer("404 Not Found", "", "")
                }
            }
        }
    }
}

/// A compressed answer.
fn packed(text: &str) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(text.as_bytes()).expect("memory takes it");
    let body = packer.finish().expect("memory takes it");
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\ncontent-encoding: gzip\r\n{JSON}\r\n", body.len());
    [head.as_bytes(), &body].concat()
}

/// Of `/products/same-1000123.js`.
fn number_of(path: &str) -> Option<&str> {
    let number = path.strip_prefix("/products/same-")?.strip_suffix(".js")?;
    (number.len() == NUMBER.len() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}
