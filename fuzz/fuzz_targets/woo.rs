//! WooCommerce's Store API: a product and the pages of its variations, in any shape; and the addresses that are asked next.
#![no_main]

use coatcheck::shops::readers::READERS;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    let reader = READERS.into_iter().find(|reader| reader.name() == "woocommerce").expect("the reader");
    let half = bytes.len() / 2;
    let value = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).ok();
    // What is no JSON stands for the fields of one product and one variation.
    let text = String::from_utf8_lossy(&bytes[..half]).into_owned();
    let product = value(&bytes[..half]).unwrap_or_else(|| {
        json!([{"id": 8, "name": text, "type": "variable", "variations": [{"id": 9, "attributes": [{"name": "Size", "value": text}]}],
                "attributes": [{"name": "Size", "terms": [{"name": text, "slug": text}]}], "prices": {"price": text, "currency_minor_unit": 2},
                "permalink": text, "is_in_stock": true, "is_on_backorder": false}])
    });
    let variation = value(&bytes[half..]).unwrap_or_else(|| {
        json!([{"id": 9, "parent": 8, "type": "variation", "variation": String::from_utf8_lossy(&bytes[half..]), "is_in_stock": true, "is_on_backorder": false}])
    });
    for address in ["https://shop.example/wp-json/wc/store/v1/products?slug=coat", "https://shop.example/?rest_route=/wc/store/v1/products/8"] {
        let url = Url::parse(address).expect("an address");
        let Ok(mut reading) = reader.read(&product, &url) else { continue };
        for round in 0..4 {
            let next = reader.open(&reading, round, &url);
            assert!(next.len() <= 100 && next.iter().all(|next| next.origin() == url.origin()), "{next:?}");
            reader.fill(&mut reading, &variation, &url);
        }
        assert!(reading.products.iter().all(|product| !product.variants.is_empty() || !product.complete));
    }
});
