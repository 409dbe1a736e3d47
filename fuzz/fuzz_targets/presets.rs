//! Any JSON by every reader that has a program: the first byte chooses it. A product that is read has variants, or says that
//! it is not complete.
#![no_main]

use coatcheck::shops::documents;
use coatcheck::shops::readers::READERS;
use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let url = Url::parse("https://shop.example/api/products/1").expect("an address");
    let Ok(document) = documents::json(bytes, None) else { return };
    let with_program: Vec<_> = READERS.into_iter().filter(|reader| reader.program().is_some()).collect();
    let reader = with_program[usize::from(*which) % with_program.len()];
    let _ = (reader.recognises(&document), reader.refusal(&document));
    assert!(reader.more(&document, &url).len() <= 40, "the requests that one document asks for have a bound");
    if let Ok(reading) = reader.read(&document, &url) {
        assert!(!reading.products.is_empty());
        assert!(reading.products.iter().all(|product| !product.variants.is_empty() || !product.complete));
    }
});
