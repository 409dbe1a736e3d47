//! Stories of Shopify's documents and their traps.

use coatcheck_domain::{Availability, Reading};
use insta::assert_snapshot;
use url::Url;

use super::variant::cart_link;
use super::*;

fn at(url: &str, body: &str) -> Result<Reading, ReadError> {
    parse(body.as_bytes(), &Url::parse(url).expect("url"))
}

fn js(body: &str) -> Result<Reading, ReadError> {
    at("https://shop.example/products/parka.js", body)
}

fn told(reading: &Reading) -> String {
    let lines = reading.products.iter().flat_map(|product| {
        product.variants.iter().map(|v| {
            let price = v.price.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            let quantity = v.quantity.map_or_else(|| "-".to_owned(), |q| q.to_string());
            format!(
                "{} | {} | {:?} | {} | {price} | {quantity} | {}",
                product.title,
                v.key(),
                v.options,
                v.availability,
                v.evidence.as_ref().map_or("", |e| &e.at)
            )
        })
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn availability_of(fields: &str) -> Availability {
    let body = format!(r#"{{"title":"Tee","handle":"tee","variants":[{{"id":1,"title":"Default Title"{fields}}}]}}"#);
    js(&body).expect("a product").products[0].variants[0].availability
}

#[test]
fn a_product_document_is_read_by_option_name() {
    let reading = js(
        r#"{"id":9007199254740993,"title":"Parka\n","handle":"parka","tags":"a, b","options":[{"name":"Size","position":2},{"name":"Colour","position":1}],
        "featured_image":"//cdn.example/p.jpg","variants":[
        {"id":9007199254740995,"title":"BLUE / WHITE / M","option1":"BLUE / WHITE","option2":"M","option3":null,"sku":"","available":true,"price":12900},
        {"id":9007199254740996,"option1":"Olive","option2":"L","available":false,"price":12900,"inventory_management":"shopify","inventory_quantity":-2}]}"#,
    )
    .expect("a product");
    assert_snapshot!(told(&reading), @r#"
        Parka | id:9007199254740995 | [("Colour", "BLUE / WHITE"), ("Size", "M")] | in_stock | 129.00 | - | $.variants[0].available
        Parka | id:9007199254740996 | [("Colour", "Olive"), ("Size", "L")] | out_of_stock | 129.00 | 0 | $.variants[1].available
        "#);
    let product = &reading.products[0];
    assert_eq!(product.external_id.as_deref(), Some("9007199254740993"));
    assert_eq!(product.image.as_ref().map(Url::as_str), Some("https://cdn.example/p.jpg"));
    assert!(product.variants[0].sku.is_none());
    let page = product.variants[0].url.as_ref().expect("a page");
    assert_eq!(page.as_str(), "https://shop.example/products/parka?variant=9007199254740995");
    assert_eq!(cart_link(page).expect("a link").as_str(), "https://shop.example/cart/9007199254740995:1");
}

#[test]
fn a_list_has_decimal_prices_and_keeps_the_locale() {
    let reading = at(
        "https://shop.example/en/products.json?page=1",
        r#"{"products":[{"id":1,"title":"Cap","handle":"cap","options":["Size"],"variants":[{"id":2,"option1":"One","price":"1299.50","available":true}]}]}"#,
    )
    .expect("a list");
    assert_snapshot!(told(&reading), @r#"Cap | id:2 | [("Size", "One")] | in_stock | 1299.50 | - | $.products[0].variants[0].available"#);
    assert_eq!(reading.products[0].url.as_ref().map(Url::as_str), Some("https://shop.example/en/products/cap"));
}

#[test]
fn a_single_default_is_no_option() {
    for (name, value) in [("Title", "Default Title"), ("Title", "Default"), ("Titel", "Default Title")] {
        let body = format!(
            r#"{{"title":"Mug","options":["{name}"],"variants":[{{"id":1,"option1":"{value}","available":true}}]}}"#
        );
        assert!(js(&body).expect("a product").products[0].variants[0].options.is_empty(), "{name} {value}");
    }
    let named = js(r#"{"title":"Pod","options":["Title"],"variants":[{"id":1,"option1":"Pink","available":true}]}"#)
        .expect("a product");
    assert_eq!(named.products[0].variants[0].options, [("Title".to_owned(), "Pink".to_owned())]);
}

#[test]
fn without_a_word_on_availability_the_numbers_speak_or_nobody() {
    for (fields, expected) in [
        ("", Availability::Unknown),
        (r#","available":null"#, Availability::Unknown),
        (r#","inventory_quantity":3"#, Availability::InStock),
        (r#","inventory_quantity":0"#, Availability::Unknown),
        (r#","inventory_quantity":0,"inventory_management":"shopify""#, Availability::OutOfStock),
        (
            r#","inventory_quantity":0,"inventory_management":"shopify","inventory_policy":"continue""#,
            Availability::InStock,
        ),
        (r#","inventory_quantity":0,"inventory_management":null,"inventory_policy":"deny""#, Availability::InStock),
        (r#","inventory_quantity":0,"inventory_management":"","inventory_policy":"deny""#, Availability::InStock),
        (r#","available":"sold out""#, Availability::OutOfStock),
        (r#","inventory_management":"shopify","inventory_policy":"deny""#, Availability::Unknown),
        (r#","available":false,"inventory_quantity":9"#, Availability::OutOfStock),
    ] {
        assert_eq!(availability_of(fields), expected, "{fields}");
    }
}

#[test]
fn a_changed_shape_is_an_error_that_names_its_place() {
    let said: Vec<String> = [
        "{}",
        "[]",
        r#"{"products":[]}"#,
        r#"{"products":{}}"#,
        r#"{"product":{"title":"x"}}"#,
        r#"{"products":[{"title":"x","variants":[]}]}"#,
        r#"{"products":[{"variants":[{"id":1}]}]}"#,
        r#"{"title":"x","variants":[{"id":1,"option1":"M"},{"id":2,"option1":"L"}]}"#,
        r#"{"title":"x","variants":[7]}"#,
        r#"{"title":"x","vari"#,
        "<html>",
    ]
    .into_iter()
    .map(|body| js(body).expect_err(body).to_string())
    .collect();
    assert_snapshot!(said.join("\n"), @r#"
        $: expected a product or a list of products, got an empty object
        $: expected a product or a list of products, got an empty list
        $.products: the list is empty; nothing is concluded from that
        $.products: expected a list, got an object
        $.product.variants: the list is missing; the shop's answer has changed its shape
        $.products[0].variants: the list is empty; nothing is concluded from that
        $.products[0].title: the product has no title
        $.variants[0].option1: "M" has no name: the product's options list is missing or too short
        $.variants[0]: expected a variant, got a number
        line 1 column 18: the JSON ends too early; the answer was cut
        line 1 column 1: this is not JSON
        "#);
}

/// What was left out of a reading, or not believed.
fn doubts(body: &str) -> String {
    let reading = js(body).expect(body);
    let doubts: Vec<String> = reading.doubts.iter().map(ToString::to_string).collect();
    let variants: usize = reading.products.iter().map(|product| product.variants.len()).sum();
    format!("{variants} variants, complete {}; {}", reading.complete, doubts.join("; "))
}

#[test]
fn one_bad_item_costs_itself_and_is_named() {
    let good = r#"{"id":1,"title":"Cap","handle":"cap","variants":[{"id":11,"available":true}]}"#;
    assert_snapshot!(doubts(&format!(r#"{{"products":[{good},{{"id":2,"title":"Broken","options":[],"variants":[]}}]}}"#)), @"1 variants, complete false; $.products[1].variants: the list is empty; nothing is concluded from that; left out");
    assert_snapshot!(doubts(&format!(r#"{{"products":[{{"id":2,"title":" ","variants":[{{"id":3}}]}},{good},null]}}"#)), @"1 variants, complete false; $.products[0].title: the product has no title; left out; $.products[2]: expected a product, got null; left out");
    assert_snapshot!(doubts(r#"{"title":"x","handle":"x","options":["Size"],"variants":[{"id":1,"option1":"M","available":true},7,{"id":2,"option1":"L","option2":"Red","available":true}]}"#), @r#"1 variants, complete false; $.variants[1]: expected a variant, got a number; left out; $.variants[2].option2: "Red" has no name: the product's options list is missing or too short; left out"#);
    assert_snapshot!(doubts(r#"{"title":"x","handle":"x","variants":[{"id":1,"available":true,"price":"ask us"}]}"#), @r#"1 variants, complete true; $.variants[0].price: "ask us" is not a price; it is left out"#);
    assert_snapshot!(doubts(r#"{"title":"x","handle":"x","variants":[{"id":1,"available":true,"price":[1,2]},{"id":2,"available":7}]}"#), @"2 variants, complete true; $.variants[0].price: expected a price, got a list; it is left out; $.variants[1].available: expected true or false, got 7; nothing is concluded");
}

#[test]
fn one_variant_that_is_said_twice_is_known_only_if_both_say_the_same() {
    let twice = |second: bool| {
        let body = format!(
            r#"{{"title":"x","handle":"x","variants":[{{"id":1,"available":true}},{{"id":1,"available":{second}}}]}}"#
        );
        js(&body).expect("a product").products[0].variants.iter().map(|v| v.availability).collect::<Vec<_>>()
    };
    assert_eq!(twice(true), [Availability::InStock]);
    assert_eq!(twice(false), [Availability::Unknown]);
}

#[test]
fn what_nobody_can_buy_is_not_in_stock() {
    for fields in [r#""status":"draft""#, r#""status":"archived""#, r#""published_at":null"#] {
        let body = format!(
            r#"{{"title":"x","handle":"x",{fields},"variants":[{{"id":1,"inventory_management":null,"inventory_quantity":5}},{{"id":2,"available":true}}]}}"#
        );
        let product = &js(&body).expect("a product").products[0];
        assert!(product.variants.iter().all(|v| v.availability == Availability::Unknown), "{fields}");
    }
}

#[test]
fn what_only_looks_like_a_product_of_shopifys_is_read_by_its_words_alone() {
    let lamp: Value = serde_json::from_str(r#"{"title":"Lamp","variants":[{"id":"a","title":"Red","price":129,"inventory_management":null},{"id":"b","available":true,"price":129}]}"#).expect("JSON");
    assert!(!Shopify.recognises(&lamp));
    let reading = read(&lamp, &Url::parse("https://shop.example/products/lamp.js").expect("url")).expect("a reading");
    assert_snapshot!(told(&reading), @r"
        Lamp | id:a | [] | unknown | 129.00 | - | $.variants[0].available
        Lamp | id:b | [] | in_stock | 129.00 | - | $.variants[1].available
        ");
}

#[test]
fn decimals_of_a_platform_are_no_thousands() {
    let of = |url: &str, price: &str| {
        let body = format!(r#"{{"products":[{{"title":"x","handle":"x","variants":[{{"id":1,"price":{price}}}]}}]}}"#);
        at(url, &body).expect("a list").products[0].variants[0].price.clone().expect("a price").to_string()
    };
    let list = "https://shop.example/products.json";
    assert_eq!(of(list, r#""9.500""#), "9.50");
    assert_eq!(of(list, "135000.0000"), "135000.00");
    assert_eq!(of(list, r#""1.299,00""#), "1299.00");
    assert_eq!(of(list, "129"), "129.00");
}

#[test]
fn a_list_of_variants_that_may_be_cut_is_not_complete() {
    let variants: Vec<String> = (0..250).map(|id| format!(r#"{{"id":{id},"available":true}}"#)).collect();
    let reading = js(&format!(r#"{{"title":"x","variants":[{}]}}"#, variants.join(","))).expect("a product");
    assert!(!reading.complete && !reading.products[0].complete);
}
