//! Any bytes are a document or an error; and what a recipe makes of one is a reading, or an error.
#![no_main]

use coatcheck::shops::readers::jq::{JqBounds, evaluate};
use coatcheck::shops::readers::json;
use coatcheck::shops::{documents, program_reading};
use libfuzzer_sys::fuzz_target;
use url::Url;

/// Recipes that end in time whatever the document: keys as values, a flat list, what a page assigns.
const RECIPES: [&str; 3] = [
    "to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}",
    ".[]",
    ".assigned[]? | .[]? | {size: .s, in_stock: .a, price: .p}",
];

fuzz_target!(|bytes: &[u8]| {
    let url = Url::parse("https://shop.example/stock").expect("an address");
    let Ok(text) = documents::json_text(bytes, None) else { return };
    let _ = json::parse(text.as_bytes(), &url);
    let bounds = JqBounds { rows: 100, bytes: 64 * 1024 };
    for recipe in RECIPES {
        if let Ok(rows) = evaluate(recipe, &text, bounds) {
            assert!(rows.len() <= bounds.rows);
            if let Ok(reading) = program_reading(&rows, &url) {
                assert!(reading.products.iter().all(|product| !product.variants.is_empty()));
            }
        }
    }
});
