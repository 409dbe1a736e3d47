//! Documents of the shapes that we read, broken in every way: an error or a faithful reading, never a made-up one.

use coatcheck_domain::Availability;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value, json};

use super::*;

/// The smallest documents that have everything in them.
fn documents() -> Vec<Value> {
    let variant = |id: u64, size: &str, available: bool| {
        json!({"id": id, "title": size, "sku": format!("K-{id}"), "option1": size, "option2": "Black",
               "available": available, "price": 12900, "inventory_quantity": 3, "inventory_management": "shopify",
               "inventory_policy": "deny", "featured_image": {"src": "//cdn.example/a.png"}})
    };
    let product = json!({"id": 9_007_199_254_740_993_u64, "title": "Parka", "handle": "parka",
        "options": [{"name": "Size", "position": 1}, {"name": "Color", "position": 2}],
        "images": ["//cdn.example/b.png"], "tags": "a, b",
        "variants": [variant(1, "M", true), variant(2, "L", false)]});
    vec![
        json!({"product": product}),
        json!({"products": [product, json!({"id": 3, "title": "Tee", "variants": [{"id": 4, "available": false}]})]}),
        product,
        json!({"Black": [{"size": "S", "purchasable": true, "sku": "a", "price": "12.50"},
                         {"size": "3XL", "purchasable": false, "quantity": 0}],
               "Olive": [{"size": "S", "purchasable": "sold out", "id": 7}]}),
    ]
}

/// One way to break a document at one place.
#[derive(Debug, Clone)]
enum Break {
    Drop,
    Twice,
    Into(Value),
    Nest(usize),
    Rename(String),
}

fn breaks() -> impl Strategy<Value = Break> {
    let values = prop_oneof![
        Just(json!(null)),
        Just(json!(true)),
        Just(json!(false)),
        Just(json!("")),
        Just(json!([])),
        Just(json!({})),
        Just(json!(-1)),
        Just(json!(1e308)),
        Just(json!(u64::MAX)),
        Just(json!(i64::MIN)),
        Just(json!(0.1)),
        Just(json!("99999999999999999999999999.99")),
        Just(json!("\u{0}\u{7}\u{1b}[31m\u{202e}")),
        Just(json!("x".repeat(10_000))),
        Just(json!(["M", null, {"name": 7}])),
        any::<String>().prop_map(Value::String),
        any::<i64>().prop_map(|n| json!(n)),
    ];
    prop_oneof![
        Just(Break::Drop),
        Just(Break::Twice),
        values.prop_map(Break::Into),
        (1usize..200).prop_map(Break::Nest),
        "[a-z_]{0,12}".prop_map(Break::Rename),
    ]
}

/// Breaks the value at the end of a walk that goes down as long as the steps lead anywhere.
fn broken(value: &mut Value, steps: &[Index], how: &Break) {
    let (count, last) = match value {
        Value::Array(items) => (items.len(), steps.len() <= 1),
        Value::Object(fields) => (fields.len(), steps.len() <= 1),
        _ => (0, true),
    };
    let Some((step, rest)) = steps.split_first().filter(|_| count > 0) else { return whole(value, how) };
    let at = step.index(count);
    if !last {
        return match value {
            Value::Array(items) => broken(&mut items[at], rest, how),
            Value::Object(fields) => fields.values_mut().nth(at).into_iter().for_each(|inner| broken(inner, rest, how)),
            _ => {}
        };
    }
    match value {
        Value::Array(items) => match how {
            Break::Drop => drop(items.remove(at)),
            Break::Twice => items.push(items[at].clone()),
            _ => whole(&mut items[at], how),
        },
        Value::Object(fields) => in_object(fields, at, how),
        _ => {}
    }
}

fn in_object(fields: &mut Map<String, Value>, at: usize, how: &Break) {
    let Some((key, inner)) = fields.iter().nth(at).map(|(key, inner)| (key.clone(), inner.clone())) else { return };
    match how {
        Break::Drop => drop(fields.shift_remove(&key)),
        Break::Twice => drop(fields.insert(format!("{key}2"), inner)),
        Break::Rename(name) => {
            fields.shift_remove(&key);
            fields.insert(name.clone(), inner);
        }
        _ => fields.values_mut().nth(at).into_iter().for_each(|inner| whole(inner, how)),
    }
}

fn whole(value: &mut Value, how: &Break) {
    match how {
        Break::Into(other) => *value = other.clone(),
        Break::Nest(depth) => {
            for _ in 0..*depth {
                *value = json!([value.take()]);
            }
        }
        Break::Drop | Break::Twice | Break::Rename(_) => {}
    }
}

/// Every scalar of a document, as text, for looking up where something was taken from.
fn words(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| words(item, found)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            found.push(key.trim().to_owned());
            words(value, found);
        }),
        Value::String(text) => found.push(text.trim().to_owned()),
        other => found.push(other.to_string()),
    }
}

/// What a reading says must stand in the document: ids, names, options, and, for what can be bought, the word for it.
fn faithful(reading: &Reading, document: &Value) -> Result<(), TestCaseError> {
    let mut known = Vec::new();
    words(document, &mut known);
    let told = |text: &str| known.iter().any(|word| word == text.trim());
    prop_assert!(!reading.products.is_empty());
    for product in &reading.products {
        prop_assert!(!product.variants.is_empty(), "a product without variants is no reading");
        prop_assert!(product.external_id.as_deref().is_none_or(told), "{:?}", product.external_id);
        let mut keys: Vec<String> = product.variants.iter().map(|variant| variant.key()).collect();
        let count = keys.len();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), count, "one variant notified twice");
        for variant in &product.variants {
            prop_assert!(variant.external_id.as_deref().is_none_or(told), "{:?}", variant.external_id);
            prop_assert!(variant.sku.as_deref().is_none_or(told), "{:?}", variant.sku);
            prop_assert!(variant.options.iter().all(|(_, value)| told(value)), "{:?}", variant.options);
            let evidence = variant.evidence.as_ref().expect("both readers say where they read it");
            if variant.availability != Availability::Unknown {
                prop_assert!(evidence.raw != "not told", "{:?} out of nothing: {evidence:?}", variant.availability);
            }
            for link in [&variant.url, &variant.image, &variant.cart_url].into_iter().flatten() {
                prop_assert!(matches!(link.scheme(), "http" | "https"), "{link}");
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_broken_document_is_an_error_or_read_faithfully(
        which in any::<Index>(),
        changes in prop::collection::vec((prop::collection::vec(any::<Index>(), 1..6), breaks()), 1..4),
        reader in prop_oneof![Just(None), Just(Some(kind("shopify"))), Just(Some(kind("json")))],
    ) {
        let mut document = which.get(&documents()).clone();
        for (steps, how) in &changes {
            broken(&mut document, steps, how);
        }
        let text = document.to_string();
        let url = Url::parse("https://shop.example/products/parka").expect("url");
        // Nested deeper than the parser goes it is an error, too.
        let Ok(parsed) = documents::json(text.as_bytes(), Some("application/json")) else { return Ok(()) };
        if let Ok((_, reading)) = detect::read(&parsed, reader, &url) {
            faithful(&reading, &parsed)?;
        }
    }

    /// Cut anywhere, it is no document at all.
    #[test]
    fn a_cut_document_is_never_a_reading(which in any::<Index>(), at in any::<Index>()) {
        let text = which.get(&documents()).to_string();
        let cut = &text.as_bytes()[..at.index(text.len())];
        prop_assert!(documents::json(cut, None).is_err());
    }

    /// Bytes flipped at random do not bring a reader down.
    #[test]
    fn flipped_bytes_bring_nobody_down(
        which in any::<Index>(),
        flips in prop::collection::vec((any::<Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = which.get(&documents()).to_string().into_bytes();
        for (at, byte) in &flips {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        let url = Url::parse("https://shop.example/products/parka").expect("url");
        if let Ok(parsed) = documents::json(&bytes, None)
            && let Ok((_, reading)) = detect::read(&parsed, None, &url)
        {
            faithful(&reading, &parsed)?;
        }
    }
}

#[test]
fn whole_documents_are_read() {
    let url = Url::parse("https://shop.example/products/parka").expect("url");
    for document in documents() {
        let read = detect::read(&document, None, &url);
        assert!(read.is_ok(), "else the properties would hold of nothing: {read:?}");
    }
}

/// A small document of each platform whose documents a program reads.
fn of_platforms() -> Vec<(&'static str, Value)> {
    macro_rules! examples {
        ($($name:literal)*) => { vec![$(($name, include_str!(concat!("presets/", $name, ".json")))),*] };
    }
    let mut all = examples!["sap-occ" "squarespace" "magento" "shopify-graphql" "vendure" "bigcommerce" "saleor" "shopware" "prestashop"
        "medusa" "sfcc" "ecwid" "wix" "zara" "oscar"];
    all.push(("woocommerce", include_str!("readers/woocommerce/example.json")));
    let parsed = |text| serde_json::from_str(text).expect("JSON");
    all.into_iter()
        .map(|(name, text)| match (name, parsed(text)) {
            ("oscar" | "woocommerce", Value::Array(mut documents)) => (name, documents.swap_remove(0)),
            (name, document) => (name, document),
        })
        .collect()
}

proptest! {
    // Each case compiles a program.
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Broken in every way, they are an error or a reading in which nothing is in stock that is not said so.
    #[test]
    fn a_broken_document_of_a_platform_puts_nothing_in_stock(
        which in any::<Index>(),
        changes in prop::collection::vec((prop::collection::vec(any::<Index>(), 1..6), breaks()), 1..4),
    ) {
        let (name, mut document) = which.get(&of_platforms()).clone();
        for (steps, how) in &changes {
            broken(&mut document, steps, how);
        }
        let url = Url::parse("https://shop.example/api/products/1").expect("url");
        let Ok(parsed) = documents::json(document.to_string().as_bytes(), None) else { return Ok(()) };
        let reader = kind(name).reader();
        let _ = (detect::by_shape(&parsed), reader.more(&parsed, &url), reader.refusal(&parsed));
        let Ok(reading) = reader.read(&parsed, &url) else { return Ok(()) };
        for product in &reading.products {
            prop_assert!(!product.variants.is_empty() || !product.complete);
            for variant in product.variants.iter().filter(|variant| variant.availability.is_buyable()) {
                let evidence = variant.evidence.as_ref().expect("rows say where they were read");
                prop_assert!(evidence.at.starts_with(name), "{evidence:?}");
                prop_assert!(evidence.raw != "null" && evidence.raw != "availability is not told", "{evidence:?}");
            }
        }
    }
}
