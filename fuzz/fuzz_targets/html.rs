//! Any page is a reading or an error, and what it says of one product has each variant once.
#![no_main]

use coatcheck::shops::readers::html;
use coatcheck::shops::{detect, documents};
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    let url = Url::parse("https://shop.example/p/parka").expect("an address");
    let Ok(page) = std::str::from_utf8(bytes) else { return };
    // Also as the only script, form or attribute of a page: random bytes seldom become one.
    let tagged = [
        page.to_owned(),
        format!("<h1>Parka</h1><script type='application/ld+json'>{page}</script>"),
        format!("<h1>Parka</h1><script>window.__STATE__ = {page};</script>"),
        format!("<h1>Parka</h1><form class=variations_form data-product_variations='{page}'></form>"),
    ];
    for page in tagged {
        let on_page = html::read(&page, &url);
        if let Ok(reading) = html::reading(on_page) {
            assert_eq!(reading.products.len(), 1);
            assert!(!reading.products[0].variants.is_empty());
        }
    }
    if let Ok(document) = documents::json(bytes, Some("text/html")) {
        let _ = detect::read(&document, None, &url);
    }
});
