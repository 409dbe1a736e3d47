//! A shop of WooCommerce's over HTTP: variations that lists hide, products that are hidden while they are sold out, and
//! many products by one request.

use std::collections::HashMap;

use serde_json::json as value;

use super::*;

const API: &str = "/wp-json/wc/store/v1/products";

/// A coat whose parent names two sizes, of which only one is in lists: the shop hides what is sold out. And a mug.
fn woo(request: &Request) -> Response {
    let pairs: HashMap<String, String> =
        url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect();
    let get = |name: &str| pairs.get(name).map(String::as_str);
    let any = get("stock_status").is_some();
    let variation = |id: u32, is: bool| {
        value!({"id": id, "type": "variation", "parent": 8, "name": "Coat", "permalink": format!("/product/coat/?v={id}"),
            "prices": {"price": "9900", "currency_code": "EUR", "currency_minor_unit": 2}, "is_in_stock": is, "is_on_backorder": false})
    };
    let size = |slug: &str| value!([{"name": "Size", "value": slug}]);
    let coat = value!({"id": 8, "type": "variable", "parent": 0, "name": "Coat", "permalink": "/product/coat/", "prices": {"price": "9900"},
        "attributes": [{"name": "Size", "terms": [{"slug": "m", "name": "Medium"}]}], "is_in_stock": true, "is_on_backorder": false,
        "variations": [{"id": 9, "attributes": size("m")}, {"id": 11, "attributes": size("l")}]});
    let mug = value!({"id": 7, "type": "simple", "parent": 0, "name": "Mug", "permalink": "/product/mug/",
        "prices": {"price": "900", "currency_code": "EUR", "currency_minor_unit": 2}, "variations": [], "is_in_stock": false, "is_on_backorder": false});
    let said = match (request.uri().path(), get("slug"), get("type"), get("include")) {
        (API, Some("coat"), ..) => value!([coat]),
        (API, Some("mug"), ..) if any => value!([mug]),
        (API, Some(_), ..) => value!([]),
        (API, _, Some("variation"), Some("11")) if any => value!([variation(11, false)]),
        (API, _, Some("variation"), None) if get("parent") == Some("8") => value!([variation(9, true)]),
        (API, _, None, Some("7,8")) if any => value!([coat, mug]),
        (API, None, None, None) if get("page") == Some("1") => value!([coat]),
        (API, ..) => value!([]),
        _ => return status(404),
    };
    json(said.to_string())
}

fn sizes(reading: &Reading) -> String {
    let variants = reading.products.iter().flat_map(|product| &product.variants);
    variants.map(|v| format!("{} {}", v.size().unwrap_or("-"), v.availability)).collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn a_variation_that_lists_hide_is_asked_for_by_its_id() {
    let shop = Shop::open(woo).await;
    let read = shop.read(&format!("{API}?slug=coat")).await.expect("a reading");
    assert_eq!((read.reader, sizes(&read.reading).as_str()), (kind("woocommerce"), "Medium in_stock, l out_of_stock"));
    assert!(read.reading.complete);
    let asked = shop.asked();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked[1].contains("parent=8") && asked[2].contains("include=11&"), "{asked:?}");
    let known =
        SourceSpec { body_digest: Some(read.body_digest), ..SourceSpec::new(shop.url(&format!("{API}?slug=coat"))) };
    let again = shop.read_as(&known).await.expect("its variations may be others although it is the same");
    assert_eq!(again.body_digest, read.body_digest);
}

#[tokio::test]
async fn a_product_that_is_hidden_while_it_is_sold_out_is_sold_out() {
    let shop = Shop::open(woo).await;
    let page = SourceSpec { reader: Some(kind("woocommerce")), ..SourceSpec::new(shop.url("/product/mug/")) };
    let read = shop.read_as(&page).await.expect("a reading");
    assert_eq!(sizes(&read.reading), "- out_of_stock");
    assert_eq!(shop.asked().len(), 2);
    let gone = SourceSpec { reader: Some(kind("woocommerce")), ..SourceSpec::new(shop.url("/product/hat/")) };
    let error = shop.read_as(&gone).await.expect_err("no reading").to_string();
    assert!(error.contains("nothing is concluded from that"), "{error}");
}

#[tokio::test]
async fn a_list_is_paged_and_has_the_stock_of_its_variations() {
    let shop = Shop::open(woo).await;
    let read = shop.read(API).await.expect("a reading");
    assert_eq!(sizes(&read.reading), "Medium in_stock, l out_of_stock");
    assert!(read.reading.complete && read.to_its_end, "{read:?}");
    let asked = shop.asked();
    assert!(asked[0].ends_with("?per_page=100&page=1") && asked[1].ends_with("?per_page=100&page=2"), "{asked:?}");
}

#[tokio::test]
async fn several_products_are_read_by_one_request() {
    let shop = Shop::open(woo).await;
    let wanted: HashMap<String, Option<ItemDigest>> = ["id:7", "id:8"].map(|key| (key.to_owned(), None)).into();
    let ask = PageAsk {
        list: shop.url(API),
        number: 0,
        ids: vec!["7".to_owned(), "8".to_owned()],
        reader: kind("woocommerce"),
        last: None,
        wanted,
    };
    let answer = shop.shops.page(ask.clone(), &Unwatched).await.expect("an answer");
    let of = |key: &str| answer.products[key].variants.iter().map(|v| v.availability).collect::<Vec<_>>();
    assert_eq!(
        (of("id:7"), of("id:8")),
        (vec![Availability::OutOfStock], vec![Availability::InStock, Availability::OutOfStock])
    );
    assert!(shop.asked()[0].contains("include=7%2C8&"), "{:?}", shop.asked());
    let known = answer.page.items.iter().filter_map(|(digest, key)| Some((key.as_deref()?.to_owned(), Some(*digest))));
    let again = PageAsk { wanted: known.collect(), ..ask };
    let answer = shop.shops.page(again, &Unwatched).await.expect("an answer");
    assert!(answer.products.is_empty() && answer.page.items.len() == 2, "they are as they were");
}
