//! Stories of generic JSON: the shape that needs no program, and the shapes that programs must be able to say.

use coatcheck_domain::{Availability, Reading};
use insta::assert_snapshot;
use url::Url;

use super::*;
use crate::shops::documents;
use crate::shops::readers::jq::{JqBounds, evaluate};

fn page() -> Url {
    Url::parse("https://shop.example/api/stock.json").expect("url")
}

fn told(reading: &Result<Reading, ReadError>) -> String {
    let reading = match reading {
        Ok(reading) => reading,
        Err(error) => return format!("error: {error}"),
    };
    let lines = reading.products.iter().flat_map(|product| {
        product.variants.iter().map(|v| {
            let price = v.price.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            let evidence = v.evidence.as_ref().map_or_else(String::new, |e| format!("{} = {}", e.at, e.raw));
            format!(
                "{} | {} | {} | {} | {price} | {evidence}",
                product.title,
                v.size().unwrap_or("-"),
                v.style().unwrap_or_default(),
                v.availability
            )
        })
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn plain(body: &str) -> String {
    told(&parse(body.as_bytes(), &page()))
}

/// What a program makes of documents: of one as it is, of several as a list.
fn with(program: &str, bodies: &[&str]) -> String {
    let texts: Vec<String> =
        bodies.iter().map(|body| documents::json_text(body.as_bytes(), None).expect("a document")).collect();
    let document = if texts.len() == 1 { texts[0].clone() } else { format!("[{}]", texts.join(",")) };
    match evaluate(program, &document, JqBounds::default()) {
        Ok(rows) => told(&row::reading(&rows, &|index| format!("jq[{index}]"), &page())),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn styles_as_keys_need_no_program() {
    assert_snapshot!(plain(
        r#"{"Red":[{"size":"S","purchasable":true},{"size":"XXL","purchasable":false}],"Black":[{"size":41,"purchasable":true}]}"#
    ), @r"
        shop.example/api/stock.json | S | Red | in_stock | - | $.Red[0].purchasable = true
        shop.example/api/stock.json | XXL | Red | out_of_stock | - | $.Red[1].purchasable = false
        shop.example/api/stock.json | 41 | Black | in_stock | - | $.Black[0].purchasable = true
        ");
    assert_snapshot!(plain(r#"{"One":[{"size":"M","quantity":3,"price":"12.50","currency":"EUR"}],"Two":[]}"#), @"shop.example/api/stock.json | M | One | in_stock | 12.50 EUR | $.One[0].quantity = 3");
}

#[test]
fn nothing_and_new_shapes_are_errors() {
    let said: Vec<String> = [
        "{}",
        "[]",
        "null",
        r#"{"Red":[]}"#,
        r#"{"error":"try later"}"#,
        r#"{"Red":[{"size":"S","purchasable":true},{"size":"M"}]}"#,
        r#"{"Red":[{"size":"S","purchasable":true},{"name":"M","purchasable":true}]}"#,
        r#"{"Red":[{"size":"S","purchasable":true},{"size":"S","purchasable":false}]}"#,
        r#"{"Red":[{"size":"S","purchasable":{}}]}"#,
        r#"{"Red":[{"size":"S","purch"#,
    ]
    .into_iter()
    .map(plain)
    .collect();
    assert_snapshot!(said.join("\n"), @r"
        error: no reader knows this document (an empty object); give it a jq program, like --jq 'to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}'
        error: no reader knows this document (an empty list); give it a jq program, like --jq 'to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}'
        error: no reader knows this document (null); give it a jq program, like --jq 'to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}'
        error: no reader knows this document (an object with Red); give it a jq program, like --jq 'to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}'
        error: no reader knows this document (an object with error); give it a jq program, like --jq 'to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}'
        shop.example/api/stock.json | S | Red | in_stock | - | $.Red[0].purchasable = true
        shop.example/api/stock.json | S | Red | in_stock | - | $.Red[0].purchasable = true
        error: $.Red[1]: is the same variant as $.Red[0] (options:size=s&style=red); give each its own id or options
        error: $.Red[0].purchasable: expected true or false, got an object
        error: line 1 column 26: the JSON ends too early; the answer was cut
        ");
}

#[test]
fn keys_are_values() {
    let program = "to_entries[] | {size: .key, in_stock: .value}";
    assert_snapshot!(with(program, &[r#"{"M":1,"L":0,"S":"in stock"}"#]), @r#"
        shop.example/api/stock.json | M |  | in_stock | - | jq[0].in_stock = 1
        shop.example/api/stock.json | L |  | out_of_stock | - | jq[1].in_stock = 0
        shop.example/api/stock.json | S |  | in_stock | - | jq[2].in_stock = "in stock"
        "#);
}

#[test]
fn sizes_are_nested_in_styles() {
    let program = ".colours[] | .name as $colour | .sizes[] | {options: {Colour: $colour, Fit: .fit}, size: .label, availability: .state, price: .cents, price_minor: .cents}";
    assert_snapshot!(with(program, &[r#"{"colours":[{"name":"Moss","sizes":[{"label":"M","fit":"Slim","state":"SOLD_OUT","cents":8900},{"label":"L","fit":null,"state":"lowStock","cents":8900}]}]}"#]), @r#"
        shop.example/api/stock.json | M | Moss / Slim | out_of_stock | 89.00 | jq[0].availability = "SOLD_OUT"
        shop.example/api/stock.json | L | Moss | low_stock | 89.00 | jq[1].availability = "lowStock"
        "#);
}

#[test]
fn two_documents_are_joined_on_sku() {
    let program = r".[1].levels as $levels | .[0].items[] | {product: .name, size, sku, quantity: $levels[.sku]}";
    let items = r#"{"items":[{"name":"Cap","size":"One","sku":"A1"},{"name":"Scarf","size":"One","sku":"B2"},{"name":"Scarf","size":"Two","sku":"B3"}]}"#;
    assert_snapshot!(with(program, &[items, r#"{"levels":{"A1":4,"B2":0}}"#]), @r"
        Cap | One |  | in_stock | - | jq[0].quantity = 4
        Scarf | One |  | out_of_stock | - | jq[1].quantity = 0
        Scarf | Two |  | unknown | - | jq[2] = availability is not told
        ");
}

#[test]
fn titles_are_split_where_the_shop_has_nothing_better() {
    let program = r#".[] | (.title | split(" - ")) as [$product, $style, $size] | {product: $product, style: $style, size: $size, in_stock: .ok}"#;
    assert_snapshot!(with(program, &[r#"[{"title":"Tee - White - M","ok":true},{"title":"Tee - White - L","ok":false}]"#]), @r"
        Tee | M | White | in_stock | - | jq[0].in_stock = true
        Tee | L | White | out_of_stock | - | jq[1].in_stock = false
        ");
}

#[test]
fn a_matrix_is_walked() {
    let program = ". as $m | range($m.rows|length) as $r | range($m.cols|length) as $c | {style: $m.rows[$r], size: $m.cols[$c], quantity: $m.cells[$r][$c]}";
    assert_snapshot!(with(program, &[r#"{"rows":["Red","Blue"],"cols":["S","M"],"cells":[[0,2],[1,null]]}"#]), @r"
        shop.example/api/stock.json | S | Red | out_of_stock | - | jq[0].quantity = 0
        shop.example/api/stock.json | M | Red | in_stock | - | jq[1].quantity = 2
        shop.example/api/stock.json | S | Blue | in_stock | - | jq[2].quantity = 1
        shop.example/api/stock.json | M | Blue | unknown | - | jq[3] = availability is not told
        ");
}

#[test]
fn pages_carry_json_in_scripts_assignments_and_attributes() {
    let page = r#"<html><script id="p" type="application/json">{"v":[{"s":"M","ok":true}]}</script>
        <script>window.STOCK = {"M": false};</script><div data-sizes='[{"s":"M","ok":1}]'></div></html>"#;
    for (program, availability) in [
        (r#".scripts[] | select(.id == "p") | .json.v[] | {size: .s, in_stock: .ok}"#, Availability::InStock),
        (r#".assigned.STOCK | to_entries[] | {size: .key, in_stock: .value}"#, Availability::OutOfStock),
        (r#".data[] | select(.name == "data-sizes") | .json[] | {size: .s, in_stock: .ok}"#, Availability::InStock),
    ] {
        assert!(with(program, &[page]).contains(availability.as_str()), "{}", with(program, &[page]));
    }
}

#[test]
fn callbacks_and_lines_are_documents_too() {
    let program = ".[] | {size: .s, in_stock: .ok}";
    let expected = with(program, &[r#"[{"s":"M","ok":true},{"s":"L","ok":false}]"#]);
    assert_eq!(with(program, &[r#"cb([{"s":"M","ok":true},{"s":"L","ok":false}]);"#]), expected);
    assert_eq!(with(program, &["{\"s\":\"M\",\"ok\":true}\n{\"s\":\"L\",\"ok\":false}"]), expected);
}

#[test]
fn rows_are_checked() {
    let said: Vec<String> = [
        "empty",
        "1",
        "{size: {}}",
        "{size: \"M\", avail: true}",
        "{size: \"M\", in_stock: []}",
        "{size: \"M\", price: \"ask\"}",
        "{size: \"M\", price_minor: 1.5}",
        "{options: []}",
        "{url: \"javascript:1\"}",
        "{size: \"M\"}, {size: \" m \"}",
        "{size: \"M\", in_stock: null, quantity: 0}",
    ]
    .into_iter()
    .map(|program| with(program, &["{}"]))
    .collect();
    assert_snapshot!(said.join("\n"), @r#"
        error: rows: there is none; nothing is concluded from that
        error: jq[0]: expected a row, got a number
        error: jq[0].size: expected text, got an object
        error: jq[0].avail: rows have no such field, and this one has none of availability, in_stock, quantity; fields are product, product_id, product_url, style, size, options, sku, id, title, availability, in_stock, quantity, price, price_minor, currency, url, image, complete, updated_at
        error: jq[0].in_stock: expected true, false, a number or a word, got a list
        shop.example/api/stock.json | M |  | unknown | - | jq[0] = availability is not told
        shop.example/api/stock.json | M |  | unknown | - | jq[0] = availability is not told
        error: jq[0].options: expected an object, got a list
        error: jq[0].url: "javascript:1" is no web address
        error: jq[1]: is the same variant as jq[0] (options:size=m); give each its own id or options
        shop.example/api/stock.json | M |  | out_of_stock | - | jq[0].quantity = 0
        "#);
}

/// What was left out of a reading, or not understood.
fn doubts(program: &str) -> String {
    let rows = evaluate(program, "null", JqBounds::default()).expect("rows");
    let reading = row::reading(&rows, &|index| format!("jq[{index}]"), &page()).expect("a reading");
    let doubts: Vec<String> = reading.doubts.iter().map(ToString::to_string).collect();
    let variants: usize = reading.products.iter().map(|product| product.variants.len()).sum();
    format!("{variants} variants, complete {}; {}", reading.complete, doubts.join("; "))
}

#[test]
fn one_bad_row_costs_itself_and_an_unknown_word_is_named() {
    assert_snapshot!(doubts(r#"{size: "M", in_stock: true}, {size: {}}, 7"#), @"1 variants, complete false; jq[1].size: expected text, got an object; left out; jq[2]: expected a row, got a number; left out");
    assert_snapshot!(doubts(r#"{size: "M", availability: "PRODUCT_INVENTORY_OUT_OF_STOCK"}"#), @r#"1 variants, complete true; jq[0].availability: the word "PRODUCT_INVENTORY_OUT_OF_STOCK" is not known, so nothing is concluded"#);
    assert_snapshot!(doubts(r#"{size: "M", in_stock: true, price: "ask us"}"#), @r#"1 variants, complete true; jq[0].price: "ask us" is not a price; left out"#);
}

#[test]
fn a_parent_whose_variants_are_hidden_is_no_variant() {
    assert_snapshot!(doubts(r#"{product_id: 1, product: "Chuck", complete: false}"#), @"0 variants, complete false; Chuck: its variants are hidden; nothing is known of them");
    assert_snapshot!(doubts(r#"{product_id: 1, size: "S", in_stock: true}, {product_id: 1, complete: false}"#), @"1 variants, complete false; ");
}

#[test]
fn one_variant_that_is_said_twice_is_known_only_if_both_say_the_same() {
    let of = |second: &str| {
        let program = format!(
            r#"{{id: 1, size: "M", in_stock: true}}, {{id: 1, size: "M", in_stock: {second}}}, {{id: 2, size: "L", in_stock: true}}"#
        );
        with(&program, &["{}"])
    };
    assert_snapshot!(of("true"), @r"
        shop.example/api/stock.json | M |  | in_stock | - | jq[0].in_stock = true
        shop.example/api/stock.json | L |  | in_stock | - | jq[2].in_stock = true
        ");
    assert_snapshot!(of("false"), @r"
        shop.example/api/stock.json | M |  | unknown | - | jq[0].in_stock = true
        shop.example/api/stock.json | L |  | in_stock | - | jq[2].in_stock = true
        ");
}

#[test]
fn a_number_is_no_text_that_people_wrote() {
    assert_snapshot!(with(r#"{size: "M", in_stock: true, price: 3.355, currency: "GBP"}, {size: "L", in_stock: true, price: "3.355", currency: "GBP"}"#, &["{}"]), @r"
        shop.example/api/stock.json | M |  | in_stock | 3.36 GBP | jq[0].in_stock = true
        shop.example/api/stock.json | L |  | in_stock | 3355.00 GBP | jq[1].in_stock = true
        ");
}

#[test]
fn rows_group_by_product() {
    let program = r#"{product_id: 7, product: "Cap", product_url: "/p/cap", size: "One", in_stock: true, url: "/p/cap?v=1"}, {product: "Scarf", size: "One", in_stock: true}, {product_id: 7, size: "Two", in_stock: false}"#;
    let rows = evaluate(program, "null", JqBounds::default()).expect("rows");
    let reading = row::reading(&rows, &|index| format!("jq[{index}]"), &page()).expect("a reading");
    let shown: Vec<String> = reading
        .products
        .iter()
        .map(|p| format!("{} {} {:?} {}", p.key(), p.title, p.url.as_ref().map(Url::as_str), p.variants.len()))
        .collect();
    assert_snapshot!(shown.join("\n"), @r#"
        id:7 Cap Some("https://shop.example/p/cap") 2
        title:scarf Scarf None 1
        "#);
}

#[test]
fn a_product_whose_first_row_is_broken_begins_with_the_next() {
    let program = r#"{product_id: 7, product_url: "https://[", size: "One", in_stock: true}, {product_id: 7, product_url: "/p/cap", size: "Two", in_stock: true}"#;
    let rows = evaluate(program, "null", JqBounds::default()).expect("rows");
    let reading = row::reading(&rows, &|index| format!("jq[{index}]"), &page()).expect("a reading");
    let sizes: Vec<_> = reading.products.iter().flat_map(|product| &product.variants).map(|v| v.size()).collect();
    assert_eq!(sizes, [Some("Two")]);
    assert!(!reading.complete);
}

/// In August 2019 the shop changed the shape of its answer, and the program before this one took that for "all sold out".
#[test]
fn the_breakage_of_august_2019_is_an_error_and_no_sold_out() {
    let url = Url::parse("https://shop.example/jacket").expect("an address");
    assert!(parse(br#"{"Black":[{"size":"S","purchasable":true}]}"#, &url).is_ok(), "as it was");
    for changed in [
        "{}",
        "[]",
        "null",
        r#"{"Black":[]}"#,
        r#"{"Black":[{"size":"S"}]}"#,
        r#"{"Black":[{"purchasable":true}]}"#,
        r#"{"Black":{"S":true}}"#,
        r#"{"Black":[["S",true]]}"#,
        r#"{"products":{"Black":[{"size":"S","purchasable":true}]}}"#,
        r#"{"Black":[{"size":"S","purchasable":{"online":true}}]}"#,
        r#"{"error":"moved"}"#,
        "<html>We are moving</html>",
    ] {
        assert!(parse(changed.as_bytes(), &url).is_err(), "{changed}");
    }
}
