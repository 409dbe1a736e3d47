//! What the shop shows is what the test put on its shelves.

#![allow(clippy::unwrap_used, reason = "in a test's own helpers a panic is the outcome")]

use coatcheck_world::{Etag, Shop};
use reqwest::Client;
use serde_json::Value;

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

async fn text(shop: &Shop, path: &str) -> String {
    client().get(shop.url(path)).send().await.unwrap().error_for_status().unwrap().text().await.unwrap()
}

async fn json(shop: &Shop, path: &str) -> Value {
    serde_json::from_str(&text(shop, path).await).unwrap()
}

fn jackets() -> Shop {
    let shop = Shop::open().unwrap();
    shop.change(|goods| {
        goods.stock("jacket", "S", "Black", true);
        goods.stock("jacket", "M", "Black", false);
        goods.price("jacket", "M", "Black", 9_905);
        goods.title("jacket", "Corps <Jacket>");
    });
    shop
}

#[tokio::test]
async fn the_product_script_tells_availability_and_cents() {
    let shop = jackets();
    let js = json(&shop, "/products/jacket.js").await;
    insta::assert_snapshot!(js["variants"][1], @r#"{"id":45612961333531,"title":"M / Black","option1":"M","option2":"Black","option3":null,"sku":"jacket-M-Black","requires_shipping":true,"taxable":true,"featured_image":null,"available":false,"name":"Corps <Jacket> - M / Black","public_title":"M / Black","options":["M","Black"],"price":9905,"weight":0,"compare_at_price":null,"inventory_management":"shopify","barcode":null}"#);
    insta::assert_snapshot!(js["options"], @r#"[{"name":"Size","position":1,"values":["S","M"]},{"name":"Color","position":2,"values":["Black"]}]"#);
    shop.stock("jacket", "M", "Black", true);
    assert_eq!(json(&shop, "/products/jacket.js").await["variants"][1]["available"], true);
}

#[tokio::test]
async fn the_single_product_document_keeps_silent_on_availability() {
    let shop = jackets();
    let variant = &json(&shop, "/products/jacket.json").await["product"]["variants"][1];
    assert_eq!((variant["price"].as_str(), variant.get("available")), (Some("99.05"), None));
}

#[tokio::test]
async fn the_list_is_paged() {
    let shop = Shop::open().unwrap();
    for n in 0..5 {
        shop.stock(&format!("p{n}"), "", "", n % 2 == 0);
    }
    let handles = async |query: &str| {
        let list = json(&shop, &format!("/products.json{query}")).await;
        list["products"].as_array().unwrap().iter().map(|p| p["handle"].to_string()).collect::<Vec<_>>().join(" ")
    };
    insta::assert_snapshot!(handles("?limit=2&page=1").await, @r#""p0" "p1""#);
    insta::assert_snapshot!(handles("?limit=2&page=3").await, @r#""p4""#);
    insta::assert_snapshot!(handles("?limit=2&page=4").await, @"");
    insta::assert_snapshot!(handles("").await, @r#""p0" "p1" "p2" "p3" "p4""#);
    let plain = &json(&shop, "/collections/all/products.json").await["products"][1];
    assert_eq!(
        (&plain["variants"][0]["title"], &plain["variants"][0]["available"]),
        (&"Default Title".into(), &false.into())
    );
    assert_eq!(plain["options"][0]["name"], "Title");
}

#[tokio::test]
async fn the_house_made_document_has_styles_as_keys() {
    let shop = jackets();
    shop.stock("hat", "L", "Red", true);
    insta::assert_snapshot!(text(&shop, "/stock.json").await, @r#"{"Black":[{"size":"S","purchasable":true},{"size":"M","purchasable":false}]}"#);
    insta::assert_snapshot!(text(&shop, "/stock/hat.json").await, @r#"{"Red":[{"size":"L","purchasable":true}]}"#);
}

#[tokio::test]
async fn the_page_is_escaped_and_carries_sound_json_ld() {
    let shop = jackets();
    let page = text(&shop, "/products/jacket").await;
    assert!(page.contains("<h1>Corps &lt;Jacket&gt;</h1>"), "{page}");
    assert!(page.contains(&format!("href=\"{}\"", shop.url("/products/jacket"))), "{page}");
    let ld = page.split_once("ld+json\">").unwrap().1.split_once("</script>").unwrap().0;
    let ld: Value = serde_json::from_str(ld).unwrap();
    insta::assert_snapshot!(ld["offers"][1]["availability"], @r#""https://schema.org/OutOfStock""#);
    assert_eq!(ld["name"], "Corps <Jacket>");
}

#[tokio::test]
async fn variants_and_products_come_and_go() {
    let shop = jackets();
    let ids = async || {
        let js = json(&shop, "/products/jacket.js").await;
        js["variants"].as_array().unwrap().iter().map(|v| v["id"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let before = ids().await;
    shop.change(|goods| {
        goods.recreate("jacket", "S", "Black");
        goods.withdraw("jacket", "M", "Black");
    });
    let after = ids().await;
    assert_eq!((after.len(), before.contains(&after[0])), (1, false));
    shop.change(|goods| goods.remove("jacket"));
    assert_eq!(client().get(shop.url("/products/jacket.js")).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn an_honest_etag_follows_the_stock_and_a_stuck_one_does_not() {
    let shop = jackets();
    let ask = async |tag: &str| {
        let answer = client().get(shop.url("/stock.json")).header("if-none-match", tag).send().await.unwrap();
        let tag = answer.headers().get("etag").map(|tag| tag.to_str().unwrap().to_owned());
        (answer.status().as_u16(), tag)
    };
    assert_eq!(ask("\"x\"").await, (200, None));
    for (etag, after_a_change) in [(Etag::Honest, 200), (Etag::Stuck, 304)] {
        shop.etag(etag);
        shop.stock("jacket", "M", "Black", false);
        let tag = ask("\"x\"").await.1.unwrap();
        assert_eq!(ask(&tag).await.0, 304);
        shop.stock("jacket", "M", "Black", true);
        assert_eq!(ask(&tag).await.0, after_a_change, "{etag:?}");
    }
}

#[tokio::test]
async fn the_shop_remembers_who_asked_for_what() {
    let shop = jackets();
    client().get(shop.url("/products.json?page=2")).header("user-agent", "Story/1").send().await.unwrap();
    let heard = &shop.heard()[0];
    assert_eq!((heard.target().as_str(), heard.header("user-agent")), ("/products.json?page=2", Some("Story/1")));
}
