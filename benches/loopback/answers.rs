//! What the server in its own process says: shops that stay the same or change, and webhooks that take everything.

use std::sync::atomic::{AtomicU64, Ordering};

use super::server::{Answers, Asked, answer};
use crate::support::goods;

const JSON: &str = "content-type: application/json\r\n";

/// Answers by the path: `/products/same.js`, `validated.js` (with an ETag) and `changing.js`; anything that is posted is taken.
pub(super) struct Counting {
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
        Self {
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
            (_, path) => match number_of(path) {
                Some(number) => self.numbered(number),
                None => answer("404 Not Found", "", ""),
            },
        }
    }
}

/// Of `/products/same-1000123.js`.
fn number_of(path: &str) -> Option<&str> {
    let number = path.strip_prefix("/products/same-")?.strip_suffix(".js")?;
    (number.len() == NUMBER.len() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}
