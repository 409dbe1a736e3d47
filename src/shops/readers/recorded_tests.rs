//! Answers of real shop software, as `tests/shops` starts it: each is known by its own reader and read right.

use super::*;
use crate::shops::detect;
use crate::shops::readers::html;

/// The documents of one product in S (there), M and L (sold out).
macro_rules! recorded {
    ($name:literal) => {
        include_str!(concat!("recorded/", $name))
    };
}

/// The reader that knows the first document, and what it makes of all of them.
fn said(documents: &str) -> String {
    let url = Url::parse("https://shop.example/api").expect("url");
    let all: Vec<Value> = serde_json::from_str(documents).expect("a list");
    let reader = detect::by_shape(&all[0]).reader();
    let reading = match reader.program() {
        Some(program) => reader.rows(&evaluate(program, documents, JqBounds::default()).expect("rows"), &url),
        None => reader.read(&all[0], &url),
    };
    let reading = reading.expect("a reading");
    let variants = reading.products.iter().flat_map(|product| &product.variants);
    let price = |price: &Option<_>| price.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let said: Vec<String> =
        variants.map(|v| format!("{} {} {}", v.size().unwrap_or("-"), v.availability, price(&v.price))).collect();
    format!("{}: {}", reader.name(), said.join(", "))
}

#[test]
fn vendures_answer_is_read() {
    let expected = "vendure: S in_stock 154.80 USD, M out_of_stock 154.80 USD, L out_of_stock 154.80 USD";
    assert_eq!(said(recorded!("vendure.json")), expected);
}

/// Medusa's products have a handle and variants, as Shopify's have.
#[test]
fn medusas_answer_is_read_as_medusas() {
    let sizes = "medusa: S in_stock -, M out_of_stock -, L out_of_stock -";
    assert_eq!(said(recorded!("medusa-fields.json")), sizes);
    assert_eq!(said(recorded!("medusa-list.json")), sizes);
    assert_eq!(
        said(recorded!("medusa-full.json")),
        "medusa: S in_stock 129.00 EUR, M out_of_stock 129.00 EUR, L out_of_stock 129.00 EUR"
    );
    // Stock that was not asked for is not told.
    assert_eq!(said(recorded!("medusa-plain.json")), "medusa: S unknown -, M unknown -, L unknown -");
}

#[test]
fn oscars_answer_is_read() {
    assert_eq!(said(recorded!("oscar.json")), "oscar: L out_of_stock -, M out_of_stock -, S in_stock -");
    assert_eq!(said(recorded!("oscar-child.json")), "oscar: S in_stock -");
}

/// The page of a product with variants says "Available" while one of them is; its API knows which.
#[test]
fn oscars_pages_are_read_or_name_their_api() {
    let read = |page: &str, url: &str| html::read(page, &Url::parse(url).expect("url"));
    let page = read(recorded!("oscar-page.html"), "https://shop.example/catalogue/corps-jacket_1/");
    assert!(page.leaves_open());
    let better = page.better.expect("an API");
    assert_eq!((better.reader.as_str(), better.url.as_str()), ("oscar", "https://shop.example/api/products/1/"));
    let word = |page, url| {
        let reading = html::reading(read(page, url)).expect("a reading");
        reading.products[0].variants[0].availability.to_string()
    };
    assert_eq!(word(recorded!("oscar-child-in.html"), "https://shop.example/catalogue/corps-jacket-s_2/"), "in_stock");
    assert_eq!(
        word(recorded!("oscar-child-out.html"), "https://shop.example/catalogue/corps-jacket-m_3/"),
        "out_of_stock"
    );
}
