//! Every preset knows and reads its example.

use super::*;
use crate::shops::readers::READERS;

/// Name, and what the program gets: a list of the documents.
fn examples() -> Vec<(&'static str, String)> {
    macro_rules! examples {
        ($($name:literal)*) => { vec![$(($name, include_str!(concat!("../presets/", $name, ".json")).to_owned())),*] };
    }
    let all = examples!["sap-occ" "squarespace" "magento" "shopify-graphql" "vendure" "bigcommerce" "saleor" "shopware" "prestashop"
        "medusa" "sfcc" "ecwid" "wix" "zara" "oscar"];
    let as_list = |(name, text)| match name {
        "oscar" => (name, text),
        _ => (name, format!("[{text}]")),
    };
    all.into_iter().map(as_list).collect()
}

fn first(documents: &str) -> Value {
    let documents: Vec<Value> = serde_json::from_str(documents).expect("a list");
    documents.into_iter().next().expect("one")
}

#[test]
fn each_example_is_known_by_its_own_reader_and_by_no_other() {
    for (name, documents) in examples() {
        let document = first(&documents);
        let known: Vec<&str> =
            READERS.into_iter().filter(|reader| reader.recognises(&document)).map(|reader| reader.name()).collect();
        assert_eq!(known, [name]);
    }
}

/// What is read of the examples.
const READ: &str = "\
# sap-occ (incomplete)
Rain boots | id:7001 |  | low_stock | 59.50 EUR
Umbrella | id:7002 |  | out_of_stock | -
Poncho | id:7003-M | Size=M | out_of_stock | 35.00 EUR
Cape | id:7005-M | Size=M | in_stock | -
Cape | id:7005-L | Size=L | out_of_stock | -
Anorak | id:7006-M | Size=M | in_stock | -
# squarespace
Apron | id:v1 | Size=One | in_stock | 25.00 EUR
Apron | id:v2 | Size=Two | out_of_stock | 30.00 EUR
# magento (incomplete)
Scarf | id:QQ== |  | out_of_stock | 19.90 EUR
Hat | id:Qz== | size=58 | in_stock | 25.00 EUR
Hat | options:size=60 | size=60 | unknown | -
# shopify-graphql (incomplete)
Smock | id:gid://shopify/ProductVariant/2 | Size=S | backorder | 88.00 CAD
Smock | id:gid://shopify/ProductVariant/3 | Size=M | out_of_stock | 88.00 CAD
# vendure
Vest | id:51 | Size=M,Colour=Grey | in_stock | 49.00 EUR
Vest | id:52 | Colour=Grey,Size=L | out_of_stock | 49.00 EUR
# bigcommerce
Gilet | id:311 | Size=M | in_stock | 79.50 USD
Gilet | id:312 | Size=L | out_of_stock | 79.50 USD
# saleor
Tunic | id:VjE= | Size=S | in_stock | 45.00 USD
Tunic | id:VjI= | Size=M | out_of_stock | 45.00 USD
# shopware
Cape | id:a1 | Size=M | in_stock | 119.90
Cape | id:a2 | Size=L | backorder | 119.90
Cape | id:a3 | Size=S | out_of_stock | 119.90
# prestashop
Product 4 | id:11 |  | in_stock | -
Product 4 | id:12 |  | out_of_stock | -
Product 4 | id:13 |  | backorder | -
Product 4 | id:14 |  | unknown | -
# medusa
Jumper | id:variant_1 | Size=S | in_stock | 39.50 EUR
Jumper | id:variant_2 | Size=M | backorder | -
Jumper | id:variant_3 | Size=L | out_of_stock | -
Jumper | id:variant_4 | Size=XL | in_stock | -
# sfcc
Blazer | id:V1 | Size=M | in_stock | 199.00 USD
Blazer | id:V2 | Size=L | out_of_stock | 199.00 USD
# ecwid
Mug | id:661 | Colour=Red | out_of_stock | 12.50
Mug | id:662 | Colour=Blue | in_stock | 12.50
# wix
Candle | id:w11 | Size=Small | in_stock | 9.90 EUR
Candle | id:w12 | Size=Large | out_of_stock | 14.90 EUR
# zara
shop.example/api | id:101 |  | out_of_stock | -
shop.example/api | id:102 |  | in_stock | -
# oscar
Jersey | id:2 | Size=S | in_stock | -
Jersey | id:3 | Size=M | out_of_stock | -";

#[test]
fn every_preset_reads_its_example() {
    let url = Url::parse("https://shop.example/api").expect("url");
    let mut said = Vec::new();
    for (name, documents) in examples() {
        let reader = READERS.into_iter().find(|reader| reader.name() == name).expect("a reader");
        let rows = evaluate(reader.program().expect("a program"), &documents, JqBounds::default())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let reading = reader.rows(&rows, &url).unwrap_or_else(|error| panic!("{name}: {error}"));
        said.push(format!("# {name}{}", if reading.complete { "" } else { " (incomplete)" }));
        for (product, v) in reading.products.iter().flat_map(|p| p.variants.iter().map(move |v| (p, v))) {
            let price = v.price.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
            let options: Vec<String> = v.options.iter().map(|(name, value)| format!("{name}={value}")).collect();
            said.push(format!(
                "{} | {} | {} | {} | {price}",
                product.title,
                v.key(),
                options.join(","),
                v.availability
            ));
        }
    }
    assert_eq!(said.join("\n"), READ);
}

#[test]
fn stock_that_was_not_asked_for_is_unknown() {
    let url = Url::parse("https://shop.example/api").expect("url");
    let (_, documents) = examples().into_iter().find(|(known, _)| *known == "oscar").expect("it");
    let reader = READERS.into_iter().find(|reader| reader.name() == "oscar").expect("a reader");
    let reading = reader.read(&first(&documents), &url).expect("a reading");
    let mut with_options =
        reading.products.iter().flat_map(|product| &product.variants).filter(|variant| !variant.options.is_empty());
    assert!(with_options.clone().count() > 1 && with_options.all(|variant| !variant.availability.is_definite()));
}

/// Every document that lacks one field of this one.
fn lacking(value: &Value) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                let mut without = fields.clone();
                without.shift_remove(key);
                all.push((key.clone(), Value::Object(without)));
                for (name, changed) in lacking(inner) {
                    let mut with = fields.clone();
                    with.insert(key.clone(), changed);
                    all.push((format!("{key}.{name}"), Value::Object(with)));
                }
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                for (name, changed) in lacking(inner) {
                    let mut with = items.clone();
                    with[index] = changed;
                    all.push((format!("{index}.{name}"), Value::Array(with)));
                }
            }
        }
        _ => {}
    }
    all
}

/// A field that is gone may make something unknown, never something that can be bought: the breakage of August 2019.
#[test]
fn a_field_that_is_gone_puts_nothing_in_stock() {
    let url = Url::parse("https://shop.example/api").expect("url");
    // Fields that shops and queries may well not have, and whose absence says nothing.
    let optional = [
        "currentlyNotInStock",
        "variants",
        "isPurchasable",
        "isCloseout",
        "availableStock",
        "children",
        "combinations",
        "backorderable",
        "preorderable",
    ];
    let mut wrong = Vec::new();
    for (name, documents) in examples() {
        let reader = READERS.into_iter().find(|reader| reader.name() == name).expect("a reader");
        let stocked = |documents: &str| -> Vec<String> {
            let rows = evaluate(reader.program().expect("a program"), documents, JqBounds::default());
            let reading = rows.ok().and_then(|rows| reader.rows(&rows, &url).ok());
            let variants =
                reading.into_iter().flat_map(|reading| reading.products).flat_map(|product| product.variants);
            variants.filter(|variant| variant.availability.is_buyable()).map(|variant| variant.key()).collect()
        };
        let whole = stocked(&documents);
        for (field, changed) in lacking(&serde_json::from_str(&documents).expect("JSON")) {
            let last = field.rsplit('.').next().unwrap_or_default();
            // Who loses its id is known by another name.
            if optional.contains(&last) || stocked(&changed.to_string()).len() <= whole.len() {
                continue;
            }
            wrong.push(format!("{name} without {field}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// Reads one document by the reader that knows it: `size word` of each variant.
fn said(document: &Value) -> String {
    let url = Url::parse("https://shop.example/api").expect("url");
    let Some(reader) = READERS.into_iter().find(|reader| reader.program().is_some() && reader.recognises(document))
    else {
        return "no reader".to_owned();
    };
    match reader.read(document, &url) {
        Ok(reading) => {
            let variants = reading.products.iter().flat_map(|product| &product.variants);
            let said: Vec<String> =
                variants.map(|v| format!("{} {}", v.size().unwrap_or("-"), v.availability)).collect();
            let cut = if reading.complete { "" } else { " (incomplete)" };
            format!("{}: {}{cut}", reader.name(), said.join(", "))
        }
        Err(error) => format!("{}: error: {error}", reader.name()),
    }
}

/// Documents of platforms in the shapes that other queries give, and what must not be concluded from them: what is read,
/// then the document.
const SHAPES: &str = r#"
shopify-graphql: S in_stock, M out_of_stock
    {"data": {"products": {"nodes": [{"id": "1", "title": "Smock", "variants": {"nodes": [{"id": "2", "availableForSale": true, "price": {"amount": "8.0", "currencyCode": "CAD"}, "selectedOptions": [{"name": "Size", "value": "S"}]}, {"id": "3", "availableForSale": false, "price": {"amount": "8.0", "currencyCode": "CAD"}, "selectedOptions": [{"name": "Size", "value": "M"}]}]}}]}}}
shopify-graphql: S in_stock, M out_of_stock
    {"data": {"collection": {"products": {"edges": [{"node": {"id": "1", "title": "Smock", "variants": {"nodes": [{"id": "2", "availableForSale": true, "price": {"amount": "8.0", "currencyCode": "CAD"}, "selectedOptions": [{"name": "Size", "value": "S"}]}, {"id": "3", "availableForSale": false, "price": {"amount": "8.0", "currencyCode": "CAD"}, "selectedOptions": [{"name": "Size", "value": "M"}]}]}}}]}}}}
shopify-graphql: S in_stock, M out_of_stock
    {"data": {"nodes": [{"id": "1", "title": "Smock", "variants": {"nodes": [{"id": "2", "availableForSale": true, "price": {"amount": "8.0", "currencyCode": "CAD"}, "selectedOptions": [{"name": "Size", "value": "S"}]}, {"id": "3", "availableForSale": false, "price": {"amount": "8.0", "currencyCode": "CAD"}, "selectedOptions": [{"name": "Size", "value": "M"}]}]}}, null]}}
shopify-graphql: S in_stock, M out_of_stock
    {"data": {"product": {"id": "1", "title": "Smock", "variants": {"nodes": [{"id": "2", "availableForSale": true, "price": {"amount": "8.0", "currencyCode": "CAD"}, "selectedOptions": [{"name": "Size", "value": "S"}]}, {"id": "3", "availableForSale": false, "price": {"amount": "8.0", "currencyCode": "CAD"}, "selectedOptions": [{"name": "Size", "value": "M"}]}]}}, "productRecommendations": [{"id": "9", "title": "Other", "variants": {"nodes": [{"id": "99", "availableForSale": true, "price": {"amount": "8.0", "currencyCode": "CAD"}, "selectedOptions": [{"name": "Size", "value": "X"}]}]}}]}}
magento:  (incomplete)
    {"data": {"products": {"items": [{"uid": "1", "sku": "H", "name": "Hat", "stock_status": "IN_STOCK", "__typename": "ConfigurableProduct"}]}}}
magento:  (incomplete)
    {"data": {"products": {"items": [{"uid": "1", "sku": "H", "name": "Hat", "stock_status": "IN_STOCK", "configurable_options": [{"label": "Size"}]}]}}}
magento:  (incomplete)
    {"data": {"products": {"items": [{"uid": "1", "sku": "H", "name": "Hat", "stock_status": "IN_STOCK", "__typename": "BundleProduct", "items": []}]}}}
magento: - low_stock
    {"data": {"products": {"items": [{"uid": "1", "sku": "H", "name": "Hat", "stock_status": "IN_STOCK", "only_x_left_in_stock": 2}]}}}
magento: - in_stock
    {"data": {"products": {"items": [{"uid": "1", "sku": "H", "name": "Hat", "stock_status": "IN_STOCK", "only_x_left_in_stock": null}]}}}
vendure: - in_stock (incomplete)
    {"data": {"search": {"items": [{"productId": "1", "productVariantId": "2", "productName": "Vest", "inStock": true, "priceWithTax": {"value": 900}}]}}}
vendure: - unknown (incomplete)
    {"data": {"search": {"items": [{"productId": "1", "productVariantId": "2", "productName": "Vest", "inStock": true, "priceWithTax": {"min": 900, "max": 900}}]}}}
vendure: M in_stock
    {"data": {"product": {"id": "1", "name": "Vest", "optionGroups": [{"id": "7", "name": "Size"}], "variants": [{"id": "2", "stockLevel": "3", "options": [{"name": "M", "groupId": "7"}]}]}}}
squarespace: S out_of_stock, - in_stock
    {"items": [{"id": "a", "title": "Ghost", "variants": [{"id": "v", "attributes": {"Size": "S"}, "unlimited": false, "qtyInStock": 0}]}, {"id": "b", "title": "Hat", "variants": [], "structuredContent": {"variants": [{"id": "w", "unlimited": true, "qtyInStock": 0}]}}]}
squarespace: M in_stock
    {"item": {"id": "a", "title": "X", "structuredContent": {"variants": [{"id": "v", "optionValues": [{"optionName": "Size", "value": "M"}], "unlimited": false, "qtyInStock": 3}]}}}
squarespace: M in_stock
    {"item": {"id": "a", "title": "X", "variants": [{"id": "v", "attributes": {"Size": "M"}, "stock": {"unlimited": false, "qtyInStock": 3}}]}}
saleor: - out_of_stock (incomplete)
    {"data": {"product": {"id": "1", "name": "Tunic", "productVariants": {"pageInfo": {"hasNextPage": true}, "edges": [{"node": {"id": "2", "quantityAvailable": 0}}]}}}}
saleor: - out_of_stock
    {"data": {"product": {"id": "1", "name": "Tunic", "productVariants": {"pageInfo": {"hasNextPage": false}, "edges": [{"node": {"id": "2", "quantityAvailable": 0}}]}}}}
vendure: - in_stock (incomplete)
    {"data": {"product": {"id": "1", "name": "Vest", "variants": null, "variantList": {"totalItems": 120, "items": [{"id": "2", "stockLevel": "IN_STOCK"}]}}}}
sfcc:  (incomplete)
    {"id": "M1", "name": "Blazer", "type": {"master": true}, "inventory": {"ats": 9, "orderable": true}}
sfcc: - in_stock
    {"id": "V1", "name": "Blazer", "type": {"variant": true}, "inventory": {"ats": 9, "orderable": true}}
shopware: - in_stock (incomplete)
    {"product": {"id": "a", "productNumber": "C", "translated": {"name": "Cape"}, "available": true, "isCloseout": false, "parentId": "p", "availableStock": 2}}
shopware:  (incomplete)
    {"product": {"id": "a", "productNumber": "C", "translated": {"name": "Cape"}, "available": true, "isCloseout": false, "childCount": 3, "availableStock": 2}}
shopware: - unknown
    {"product": {"id": "a", "productNumber": "C", "translated": {"name": "Cape"}, "available": true, "isCloseout": null, "availableStock": 0}}
medusa: M in_stock
    {"product": {"id": "1", "title": "Cup", "variants": [{"id": "2", "manage_inventory": true, "inventory_quantity": 1, "calculated_price": 4500, "options": [{"value": "M", "option_id": "o"}]}], "options": [{"id": "o", "title": "Size"}]}}
medusa: - unknown
    {"product": {"id": "1", "title": "Cup", "variants": [{"id": "2", "manage_inventory": true}]}}
ecwid: - out_of_stock, - preorder
    {"id": 1, "name": "Mug", "unlimited": false, "combinations": [{"id": 2, "inStock": false, "quantity": 4}, {"id": 3, "quantity": 0, "outOfStockVisibilityBehaviour": "ALLOW_PREORDER"}]}
saleor: - out_of_stock
    {"data": {"product": {"id": "1", "name": "Tunic", "isAvailableForPurchase": false, "variants": [{"id": "2", "quantityAvailable": 5}]}}}
saleor: - preorder
    {"data": {"product": {"id": "1", "name": "Tunic", "variants": [{"id": "2", "quantityAvailable": 5, "preorder": {"endDate": null}}]}}}
wix: S out_of_stock
    {"product": {"id": "1", "name": "Candle", "variantsInfo": {"variants": [{"id": "2", "visible": true, "choices": [{"optionChoiceNames": {"optionName": "Size", "choiceName": "S"}}], "inventoryStatus": {"inStock": false}}]}}}
"#;

#[test]
fn other_queries_of_a_platform_are_read_as_well() {
    let lines: Vec<&str> = SHAPES.trim_matches('\n').lines().collect();
    for pair in lines.chunks(2) {
        let document = serde_json::from_str(pair[1]).unwrap_or_else(|error| panic!("{error}: {}", pair[1]));
        assert_eq!(said(&document), pair[0], "{document}");
    }
}

/// Lists of variants come in pages of such sizes: without a word on whether that is all, it may not be.
#[test]
fn a_page_of_variants_that_does_not_say_whether_it_is_the_last_is_not_complete() {
    let url = Url::parse("https://shop.example/api").expect("url");
    for (count, info, complete) in
        [(49, json!(null), true), (50, json!(null), false), (50, json!({"hasNextPage": false}), true)]
    {
        let nodes: Vec<Value> = (0..count).map(|id| json!({"id": id.to_string(), "availableForSale": true})).collect();
        let mut document = json!({"data": {"product": {"id": "p", "title": "Smock", "variants": {"nodes": nodes}}}});
        if !info.is_null() {
            document["data"]["product"]["variants"]["pageInfo"] = info;
        }
        let reader = READERS.into_iter().find(|reader| reader.name() == "shopify-graphql").expect("a reader");
        assert_eq!(reader.read(&document, &url).expect("a reading").complete, complete, "{count}");
    }
}

/// A copy of a preset is a program of one's own, with `[.] |` in front: it gets its documents as a list.
#[test]
fn a_copy_of_a_preset_is_a_program() {
    for (name, documents) in examples().into_iter().filter(|(name, _)| *name != "oscar") {
        let reader = READERS.into_iter().find(|reader| reader.name() == name).expect("a reader");
        let program = reader.program().expect("a program");
        let rows = |program: &str, document: &str| evaluate(program, document, JqBounds::default());
        let of_copy = rows(&format!("[.] | {program}"), &first(&documents).to_string());
        assert_eq!(of_copy, rows(program, &documents), "{name}");
    }
}
