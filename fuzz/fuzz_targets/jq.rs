//! Any program over a small document: rows, or an error. Programs that do not end are ended by the worker's clock, which is
//! no part of this; so a program here is short, and its rows are few.
#![no_main]

use coatcheck::shops::readers::jq::{JqBounds, evaluate};
use libfuzzer_sys::fuzz_target;

const DOCUMENT: &str = r#"{"Black":[{"size":"S","purchasable":true},{"size":"3XL","purchasable":false}],"n":3}"#;
/// What could go on for ever.
const ENDLESS: [&str; 8] = ["def", "recurse", "range", "repeat", "until", "while", "limit", ".."];

fuzz_target!(|bytes: &[u8]| {
    let Ok(program) = std::str::from_utf8(bytes) else { return };
    if program.len() > 200 || ENDLESS.iter().any(|word| program.contains(word)) {
        return;
    }
    let bounds = JqBounds { rows: 100, bytes: 64 * 1024 };
    if let Ok(rows) = evaluate(program, DOCUMENT, bounds) {
        assert!(rows.len() <= bounds.rows);
    }
});
