//! Any bytes are a reading of Shopify's, or an error: a reading has products, those have variants, each once.
#![no_main]

use coatcheck::shops::{charset, readers::shopify};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    let url = Url::parse("https://shop.example/products/parka").expect("an address");
    let Ok(text) = charset::text(bytes, None) else { return };
    let _ = shopify::parse_page(text.as_bytes(), &url);
    if let Ok(reading) = shopify::parse(text.as_bytes(), &url) {
        assert!(!reading.products.is_empty());
        for product in &reading.products {
            assert!(!product.variants.is_empty());
            let mut keys: Vec<String> = product.variants.iter().map(|variant| variant.key()).collect();
            let count = keys.len();
            keys.sort();
            keys.dedup();
            assert_eq!(keys.len(), count);
        }
    }
});
