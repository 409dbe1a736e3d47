//! Stories of WooCommerce's documents and their traps.

use insta::assert_snapshot;
use serde_json::json;

use super::*;

const EXAMPLE: &str = include_str!("example.json");

fn url(text: &str) -> Url {
    text.parse().expect("an address")
}

fn api() -> Url {
    url("https://shop.example/wp-json/wc/store/v1/products?slug=coat")
}

fn example() -> (Value, Value) {
    let documents: Vec<Value> = serde_json::from_str(EXAMPLE).expect("JSON");
    let [products, variations] = <[Value; 2]>::try_from(documents).expect("two");
    (products, variations)
}

fn said(reading: &Reading) -> String {
    let mut lines = Vec::new();
    for product in &reading.products {
        for v in &product.variants {
            let price = v.price.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            let options: Vec<String> = v.options.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let left = v.quantity.map_or_else(|| "-".to_owned(), |left| left.to_string());
            lines.push(format!(
                "{} | {} | {} | {} | {price} | {left}",
                product.title,
                v.key(),
                options.join(","),
                v.availability
            ));
        }
        if !product.complete {
            lines.push(format!("{} (incomplete)", product.title));
        }
    }
    lines.extend(reading.doubts.iter().map(ToString::to_string));
    lines.join("\n")
}

fn read(document: &Value) -> String {
    match WooCommerce.read(document, &api()) {
        Ok(reading) => said(&reading),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn a_product_is_read_with_the_stock_of_its_variations() {
    let (products, variations) = example();
    assert!(WooCommerce.recognises(&products) && WooCommerce.recognises(&variations));
    let mut reading = WooCommerce.read(&products, &api()).expect("a reading");
    assert_snapshot!(said(&reading), @"
    Belt | id:7 |  | low_stock | 1500 JPY | 2
    Coat | id:9 | Size=Medium | unknown | - | -
    Coat | id:10 | Size=28, Long | unknown | - | -
    Coat | id:11 | Size=xl | unknown | - | -
    ");
    WooCommerce.fill(&mut reading, &variations, &api());
    assert_snapshot!(said(&reading), @"
    Belt | id:7 |  | low_stock | 1500 JPY | 2
    Coat | id:9 | Size=Medium | backorder | 99.00 EUR | 0
    Coat | id:10 | Size=28, Long | out_of_stock | 99.00 EUR | -
    Coat | id:11 | Size=xl | unknown | - | -
    ");
    assert_snapshot!(read(&variations), @"
    Coat | id:9 | Size=Medium | backorder | 99.00 EUR | 0
    Coat | id:10 | Size=28, Long | out_of_stock | 99.00 EUR | -
    Scarf | id:21 | Fit=28, Long,Colour=Navy | in_stock | 12.50 EUR | -
    ");
}

#[test]
fn what_one_answer_hides_is_asked_by_id_and_then_one_by_one() {
    let (products, variations) = example();
    let mut reading = WooCommerce.read(&products, &api()).expect("a reading");
    let asked = |reading: &Reading, round| -> Vec<String> {
        let urls = WooCommerce.open(reading, round, &api()).into_iter();
        urls.map(|url| url.query().unwrap_or(url.path()).to_owned()).collect()
    };
    assert_eq!(asked(&reading, 0), ["type=variation&parent=8&per_page=100&page=1"]);
    WooCommerce.fill(&mut reading, &variations, &api());
    assert_eq!(asked(&reading, 0), ["type=variation&parent=8&per_page=100&page=1"], "11 is still open");
    assert_eq!(
        asked(&reading, 1),
        ["type=variation&include=11&per_page=100&stock_status=instock%2Coutofstock%2Conbackorder"]
    );
    assert_eq!(asked(&reading, 2), ["/wp-json/wc/store/v1/products/11"]);
    let hidden = json!({"id": 11, "type": "variation", "parent": 8, "is_in_stock": false, "is_on_backorder": false});
    WooCommerce.fill(&mut reading, &hidden, &api());
    assert!(said(&reading).contains("id:11 | Size=xl | out_of_stock"), "{}", said(&reading));
    assert!((0..3).all(|round| WooCommerce.open(&reading, round, &api()).is_empty()));
}

#[test]
fn documents_of_others_and_errors_fill_nothing() {
    let (products, _) = example();
    let mut reading = WooCommerce.read(&products, &api()).expect("a reading");
    let before = reading.clone();
    for document in [
        json!(null),
        json!([]),
        json!({"code": "rest_no_route", "message": "No route", "data": {"status": 404}}),
        json!([{"id": 9, "type": "variation", "parent": 80, "is_in_stock": true, "is_on_backorder": false}]),
        json!([{"id": 9, "type": "simple", "parent": 0, "is_in_stock": true, "is_on_backorder": false}]),
        json!([{"type": "variation", "parent": 8, "is_in_stock": true, "is_on_backorder": false}, 7, null]),
    ] {
        WooCommerce.fill(&mut reading, &document, &api());
        assert_eq!(reading, before, "{document}");
    }
}

#[test]
fn two_words_about_one_variation_are_not_believed() {
    let (products, _) = example();
    let mut reading = WooCommerce.read(&products, &api()).expect("a reading");
    for is in [true, false] {
        let one = json!([{"id": 9, "type": "variation", "parent": 8, "is_in_stock": is, "is_on_backorder": false}]);
        WooCommerce.fill(&mut reading, &one, &api());
    }
    assert!(said(&reading).contains("id:9 | Size=Medium | unknown"), "{}", said(&reading));
    assert!(said(&reading).contains("variation 9 is said twice"), "{}", said(&reading));
    let twice = |is: bool| json!({"id": 1, "name": "Mug", "type": "simple", "permalink": "/p", "is_in_stock": is, "is_on_backorder": false});
    assert_snapshot!(read(&json!([twice(true), twice(false)])), @"
    Mug | id:1 |  | unknown | - | -
    woocommerce[1]: id:1 is said twice, in stock and sold out; neither is believed
    ");
}

#[test]
fn what_has_parts_speaks_for_none_of_them() {
    let of = |fields: Value| {
        let mut item = json!({"id": 1, "name": "Set", "permalink": "/p", "prices": {"price": "100"}, "is_in_stock": true, "is_on_backorder": false});
        item.as_object_mut().expect("it").extend(fields.as_object().expect("fields").clone());
        read(&json!([item]))
    };
    for kind in ["grouped", "variable", "variable-subscription"] {
        assert_eq!(
            of(json!({"type": kind})),
            "Set (incomplete)\nSet: its variants are hidden; nothing is known of them"
        );
    }
    assert_eq!(of(json!({"type": "simple"})), "Set | id:1 |  | in_stock | 1.00 | -");
    assert!(of(json!({"type": "simple", "stock_availability": {"class": "out-of-stock"}})).contains("| unknown |"));
    assert!(of(json!({"stock_availability": {"class": "available-on-backorder"}})).contains("| backorder |"));
}

#[test]
fn variations_of_a_product_that_names_none_are_taken_as_they_come() {
    let parent = json!([{"id": 8, "name": "Coat", "type": "variable", "variations": [], "permalink": "/p"}]);
    let mut reading = WooCommerce.read(&parent, &api()).expect("a reading");
    let asked: Vec<Url> = WooCommerce.open(&reading, 0, &api());
    assert_eq!(asked.len(), 1);
    let (_, variations) = example();
    WooCommerce.fill(&mut reading, &variations, &api());
    assert_snapshot!(said(&reading), @"
    Coat | id:9 | Size=Medium | backorder | 99.00 EUR | 0
    Coat | id:10 | Size=28, Long | out_of_stock | 99.00 EUR | -
    Coat (incomplete)
    Coat: its variants are hidden; nothing is known of them
    ");
}

#[test]
fn one_bad_item_costs_itself_and_an_empty_list_says_nothing() {
    let good = json!({"id": 1, "name": "Tom &amp; Jerry&#8217;s", "permalink": "/p", "is_in_stock": true, "is_on_backorder": false});
    assert_snapshot!(read(&json!([good, null, {}, 7])), @"
    Tom & Jerry’s | id:1 |  | in_stock | - | -
    woocommerce[1]: expected a product, got null; left out
    woocommerce[2]: the product has neither id nor name; the shop's answer has changed its shape; left out
    woocommerce[3]: expected a product, got a number; left out
    ");
    assert_snapshot!(read(&json!([])), @"error: $: the list is empty; the product may be hidden, nothing is concluded from that");
    assert_snapshot!(read(&json!({"code": "rest_no_route", "message": "No route was found", "data": {"status": 404}})), @"error: $: the shop refuses: No route was found");
}

#[test]
fn a_page_that_is_full_may_be_followed_by_another() {
    let many = |count: u32| {
        let item =
            |id| json!({"id": id, "name": "Mug", "permalink": "/p", "is_in_stock": true, "is_on_backorder": false});
        Value::from((0..count).map(item).collect::<Vec<_>>())
    };
    let complete = |count, address: &str| WooCommerce.read(&many(count), &url(address)).expect("a reading").complete;
    let list = "https://shop.example/wp-json/wc/store/v1/products";
    assert!(complete(9, list) && !complete(10, list));
    assert!(complete(24, &format!("{list}?per_page=25")) && !complete(25, &format!("{list}?per_page=25")));
    assert!(complete(1, &format!("{list}?per_page=1&slug=mug")));
    assert!(WooCommerce.read_page(&many(100), &url(list)).expect("a page").complete, "who pages looks for more");
}

#[test]
fn prices_are_in_the_unit_that_the_shop_says() {
    let of = |prices: Value| {
        let item = json!([{"id": 1, "name": "Mug", "permalink": "/p", "prices": prices, "is_in_stock": true, "is_on_backorder": false}]);
        let reading = WooCommerce.read(&item, &api()).expect("a reading");
        reading.products[0].variants[0].price.as_ref().map(ToString::to_string)
    };
    let price = |price: &str, code: &str, unit: Value| {
        of(json!({"price": price, "currency_code": code, "currency_minor_unit": unit}))
    };
    assert_eq!(price("1500", "JPY", json!(0)).as_deref(), Some("1500 JPY"));
    assert_eq!(price("12900", "EUR", json!(2)).as_deref(), Some("129.00 EUR"));
    assert_eq!(price("12500", "KWD", json!(3)).as_deref(), Some("12.500 KWD"));
    assert_eq!(price("129", "EUR", json!(0)).as_deref(), Some("129.00 EUR"));
    assert_eq!(price("12900", "EUR", Value::Null).as_deref(), Some("129.00 EUR"));
    for none in
        [price("", "EUR", json!(2)), price("ask us", "EUR", json!(2)), price("1", "EUR", json!(99)), of(json!([]))]
    {
        assert_eq!(none, None);
    }
}

/// A field that is gone may make something unknown, never something that can be bought: the breakage of August 2019.
#[test]
fn a_field_that_is_gone_puts_nothing_in_stock() {
    let (products, variations) = example();
    let stocked = |products: &Value, variations: &Value| -> usize {
        let Ok(mut reading) = WooCommerce.read(products, &api()) else { return 0 };
        WooCommerce.fill(&mut reading, variations, &api());
        reading.products.iter().flat_map(|p| &p.variants).filter(|v| v.availability.is_buyable()).count()
    };
    let whole = stocked(&products, &variations);
    for index in 0..products.as_array().expect("a list").len() {
        for field in products[index].as_object().expect("an object").keys() {
            let mut without = products.clone();
            without[index].as_object_mut().expect("an object").shift_remove(field);
            assert!(stocked(&without, &variations) <= whole, "without {field}");
        }
    }
    for index in 0..variations.as_array().expect("a list").len() {
        for field in variations[index].as_object().expect("an object").keys() {
            let mut without = variations.clone();
            without[index].as_object_mut().expect("an object").shift_remove(field);
            assert!(stocked(&products, &without) <= whole, "without {field}");
        }
    }
}
