//! What pages carry for their own scripts, in the shapes of platforms' APIs.

use serde_json::{Value, json};

use super::tests::shown;

const HEAD: &str = "<!doctype html><title>Parka | Shop</title><h1>Parka</h1>";

/// The reading of a page with this in a script.
fn script(attributes: &str, code: &str) -> String {
    shown(&format!("{HEAD}<script {attributes}>{code}</script>"))
}

fn of_storefront(title: &str, handle: &str) -> Value {
    let variant = |size: &str, sale: bool| json!({"id": format!("gid://{size}"), "sku": size, "availableForSale": sale, "price": {"amount": "49.0", "currencyCode": "EUR"}, "selectedOptions": [{"name": "Size", "value": size}]});
    json!({"id": "gid://1", "title": title, "handle": handle, "variants": {"edges": [{"node": variant("M", true)}, {"node": variant("L", false)}]}})
}

const DUE: &str = "Parka\nM Size=M in_stock 49.00 EUR by Variant\nL Size=L out_of_stock 49.00 EUR by Variant";

#[test]
fn a_product_is_found_however_the_page_carries_it() {
    let product = of_storefront("Parka", "parka");
    let state = json!({"props": {"pageProps": {"data": {"product": product}}}});
    assert_eq!(script("id=__NEXT_DATA__ type=application/json", &state.to_string()), DUE, "Next.js");
    let line = format!("7:[\"$\",\"$L9\",null,{}]\n", json!({"product": product}));
    let (one, two) = line.split_at(40);
    let pushes = format!(
        "<script>self.__next_f.push({})</script><script>self.__next_f.push({})</script>",
        json!([1, one]),
        json!([1, two])
    );
    assert_eq!(shown(&format!("{HEAD}{pushes}")), DUE, "Next.js as a stream");
    assert_eq!(script("", &format!("window.__INITIAL_STATE__ = {state};")), DUE, "assigned");
    let javascript = "var app = {product: {id: 'gid://1', title: 'Parka', handle: \"parka\", variants: [
        {id: 'gid://M', sku: 'M', availableForSale: !0, price: {amount: '49.0', currencyCode: 'EUR'}, selectedOptions: [{name: 'Size', value: 'M'}]},
        {id: 'gid://L', sku: 'L', availableForSale: !1, price: {amount: '49.0', currencyCode: 'EUR'}, selectedOptions: [{name: 'Size', value: 'L'}]},
    ]}};";
    assert_eq!(script("", javascript), DUE, "as JavaScript writes it");
    let called = "window.__NUXT__=(function(a,b,c,d){return {data:[{product:{id:\"gid://1\",title:\"Parka\",handle:\"parka\",variants:[
        {id:\"gid://M\",sku:\"M\",availableForSale:a,price:{amount:c,currencyCode:d},selectedOptions:[{name:\"Size\",value:\"M\"}]},
        {id:\"gid://L\",sku:\"L\",availableForSale:b,price:{amount:c,currencyCode:d},selectedOptions:[{name:\"Size\",value:\"L\"}]}]}}]}}(true,false,\"49.0\",\"EUR\"));";
    assert_eq!(script("", called), DUE, "Nuxt 2");
    let flat = folded(&state).to_string();
    assert_eq!(script("id=__NUXT_DATA__ type=application/json", &flat), DUE, "Nuxt 3");
    let enqueue = format!("window.__reactRouterContext.streamController.enqueue({});", json!(flat));
    assert_eq!(script("", &enqueue), DUE, "React Router");
    let attribute = product.to_string().replace('"', "&quot;");
    assert_eq!(shown(&format!("{HEAD}<div data-product=\"{attribute}\"></div>")), DUE, "an attribute");
}

/// A value as Nuxt 3 writes it: a flat list in which numbers are places.
fn folded(value: &Value) -> Value {
    fn put(value: &Value, list: &mut Vec<Value>) -> usize {
        let at = list.len();
        list.push(Value::Null);
        let mut place = |inner: &Value| json!(put(inner, list));
        let folded = match value {
            Value::Array(items) => Value::Array(items.iter().map(place).collect()),
            Value::Object(fields) => fields.iter().map(|(name, inner)| (name.clone(), place(inner))).collect(),
            scalar => scalar.clone(),
        };
        list[at] = folded;
        at
    }
    let mut list = Vec::new();
    put(value, &mut list);
    Value::Array(list)
}

#[test]
fn products_of_every_platform_are_known_in_pages() {
    let due = " Size=M in_stock";
    for (platform, product) in [
        (
            "magento",
            json!({"uid": "1", "sku": "P", "name": "Parka", "stock_status": "IN_STOCK", "variants": [{"attributes": [{"code": "Size", "label": "M"}], "product": {"sku": "M", "stock_status": "IN_STOCK"}}]}),
        ),
        (
            "vendure",
            json!({"id": "1", "name": "Parka", "slug": "parka", "variants": [{"id": "2", "sku": "M", "stockLevel": "IN_STOCK", "options": [{"name": "M", "group": {"name": "Size"}}]}]}),
        ),
        (
            "saleor",
            json!({"id": "1", "name": "Parka", "variants": [{"id": "2", "sku": "M", "quantityAvailable": 3, "attributes": [{"attribute": {"name": "Size"}, "values": [{"name": "M"}]}]}]}),
        ),
        (
            "bigcommerce",
            json!({"entityId": 1, "name": "Parka", "variants": {"edges": [{"node": {"entityId": 2, "sku": "M", "inventory": {"isInStock": true}, "options": {"edges": [{"node": {"displayName": "Size", "values": {"edges": [{"node": {"label": "M"}}]}}}]}}}]}}),
        ),
        (
            "medusa",
            json!({"id": "1", "title": "Parka", "options": [{"id": "o", "title": "Size"}], "variants": [{"id": "2", "sku": "M", "manage_inventory": true, "inventory_quantity": 3, "options": [{"option_id": "o", "value": "M"}]}]}),
        ),
        (
            "sap-occ",
            json!({"code": "1", "name": "Parka", "variantOptions": [{"code": "M", "stock": {"stockLevelStatus": "inStock"}, "variantOptionQualifiers": [{"name": "Size", "value": "M"}]}]}),
        ),
        (
            "sfcc",
            json!({"id": "1", "name": "Parka", "variationAttributes": [{"id": "size", "name": "Size", "values": [{"value": "m", "name": "M"}]}], "variants": [{"productId": "M", "orderable": true, "variationValues": {"size": "m"}}]}),
        ),
        (
            "squarespace",
            json!({"id": "1", "title": "Parka", "variants": [{"id": "2", "sku": "M", "attributes": {"Size": "M"}, "qtyInStock": 2, "unlimited": false}]}),
        ),
        (
            "wix",
            json!({"id": "1", "name": "Parka", "manageVariants": true, "stock": {"inStock": true}, "variants": [{"id": "2", "choices": {"Size": "M"}, "variant": {"sku": "M"}, "stock": {"inStock": true}}]}),
        ),
        (
            "ecwid",
            json!({"id": 1, "name": "Parka", "unlimited": false, "combinations": [{"id": 2, "sku": "M", "options": [{"name": "Size", "value": "M"}], "inStock": true}]}),
        ),
        (
            "shopware",
            json!({"id": "1", "productNumber": "M", "translated": {"name": "Parka"}, "available": true, "isCloseout": true, "calculatedPrice": {}, "options": [{"name": "M", "group": {"name": "Size"}}]}),
        ),
        (
            "prestashop",
            json!({"id_product": 1, "id_product_attribute": 5, "name": "Parka", "reference": "M", "quantity": 2, "allow_oosp": 0, "availability": "available", "attributes": {"1": {"group": "Size", "name": "M"}}}),
        ),
    ] {
        let read = script("type=application/json", &json!({"state": [{"deep": {"product": product}}]}).to_string());
        assert!(read.contains(due) && read.starts_with("Parka"), "{platform}: {read}");
    }
}

#[test]
fn other_products_that_a_page_carries_do_not_count() {
    let other =
        |title: &str| script("type=application/json", &json!({"related": [of_storefront(title, "else")]}).to_string());
    for title in ["Parka Liner", "Par", "Coat", "arka", "Shop"] {
        let read = other(title);
        assert!(read.starts_with("nothing"), "{title}: {read}");
    }
    assert_eq!(other("Parka"), DUE, "the page's own, at another address");
    let both = json!({"related": [of_storefront("Parka", "else")], "product": {"title": "Parka", "handle": "parka", "variants": [{"id": "1", "sku": "X", "availableForSale": false}]}});
    assert_eq!(
        script("type=application/json", &both.to_string()),
        "Parka\nX  out_of_stock  by Variant",
        "the address tells more"
    );
}

/// What the carried product leaves open is read from the rest of the page.
#[test]
fn carried_data_without_stock_leaves_the_rest_of_the_page_its_say() {
    let product = json!({"uid": "1", "sku": "P", "name": "Parka", "stock_status": "IN_STOCK", "variants": []});
    let ld = r#"<script type="application/ld+json">{"@type":"Product","name":"Parka","offers":{"availability":"OutOfStock"}}</script>"#;
    let read = shown(&format!("{HEAD}{ld}<script type=application/json>{product}</script>"));
    assert_eq!(read, "Parka, incomplete\n-  out_of_stock  by JsonLd");
}
