//! The world lies as ordered, and only so.

#![allow(clippy::unwrap_used, reason = "in a test's own helpers a panic is the outcome")]

use std::time::{Duration, Instant};

use coatcheck_world::{Fault, Order, Shop};
use reqwest::{Client, ClientBuilder, Response, StatusCode, redirect};

const JS: &str = "/products/jacket.js";

/// A client that hides nothing: no redirects, no unpacking, no connection used twice.
fn plain() -> ClientBuilder {
    Client::builder().no_proxy().no_gzip().no_brotli().redirect(redirect::Policy::none()).pool_max_idle_per_host(0)
}

fn shop() -> Shop {
    let shop = Shop::open().unwrap();
    shop.stock("jacket", "M", "Black", true);
    shop
}

async fn get(shop: &Shop, path: &str) -> reqwest::Result<Response> {
    plain().build().unwrap().get(shop.url(path)).send().await
}

async fn status(shop: &Shop, path: &str) -> u16 {
    get(shop, path).await.unwrap().status().as_u16()
}

async fn text(shop: &Shop, path: &str) -> String {
    get(shop, path).await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_fault_on_one_path_lasts_as_often_as_ordered() {
    let shop = shop();
    shop.order(Order::on(JS, Fault::too_many(7)).times(2));
    assert_eq!(status(&shop, "/products/jacket.json").await, 200);
    let refused = get(&shop, JS).await.unwrap();
    assert_eq!(
        (refused.status(), &refused.headers()["retry-after"]),
        (StatusCode::TOO_MANY_REQUESTS, &"7".parse().unwrap())
    );
    assert_eq!(status(&shop, JS).await, 429);
    assert_eq!(status(&shop, JS).await, 200);
    let refused: Vec<bool> = shop.heard_on(JS).iter().map(|heard| heard.refused).collect();
    assert_eq!(refused, [true, true, false]);
}

#[tokio::test]
async fn a_fault_lasts_until_it_is_lifted_and_the_oldest_comes_first() {
    let shop = shop();
    shop.order(Order::on(JS, Fault::status(410)));
    shop.order(Order::goods(Fault::status(500)));
    assert_eq!((status(&shop, JS).await, status(&shop, "/stock.json").await), (410, 500));
    shop.lift_on(JS);
    assert_eq!(status(&shop, JS).await, 500);
    shop.robots("User-agent: *\nDisallow:\n");
    assert_eq!(status(&shop, "/robots.txt").await, 200);
    shop.order(Order::all(Fault::status(503)));
    assert_eq!(status(&shop, "/robots.txt").await, 503);
    shop.lift();
    assert_eq!((status(&shop, JS).await, status(&shop, "/robots.txt").await), (200, 200));
}

#[tokio::test]
async fn a_fault_can_be_ordered_for_one_page_of_a_list() {
    let shop = shop();
    shop.order(Order::on("/products.json?limit=1&page=2", Fault::status(500)));
    assert_eq!(status(&shop, "/products.json?limit=1&page=1").await, 200);
    assert_eq!(status(&shop, "/products.json?limit=1&page=2").await, 500);
}

#[tokio::test]
async fn an_answer_can_be_another_altogether() {
    let shop = shop();
    shop.order(Order::all(Fault::html()).times(1));
    let html = get(&shop, JS).await.unwrap();
    assert_eq!(html.headers()["content-type"], "text/html; charset=utf-8");
    assert!(html.status().is_success() && html.text().await.unwrap().starts_with("<!doctype html>"));

    let elsewhere = Fault::redirect("/collections/all");
    for fault in [Fault::json("{}"), Fault::json("[]"), Fault::no_products(), Fault::another_shape()] {
        shop.order(Order::all(fault).times(1));
    }
    insta::assert_snapshot!(text(&shop, JS).await, @"{}");
    insta::assert_snapshot!(text(&shop, JS).await, @"[]");
    insta::assert_snapshot!(text(&shop, JS).await, @r#"{"products":[]}"#);
    assert!(get(&shop, JS).await.unwrap().json::<serde_json::Value>().await.unwrap().get("variants").is_none());

    shop.order(Order::all(elsewhere));
    let sent_away = get(&shop, JS).await.unwrap();
    assert_eq!(
        (sent_away.status(), &sent_away.headers()["location"]),
        (StatusCode::FOUND, &"/collections/all".parse().unwrap())
    );
    shop.lift();
    shop.order(Order::all(Fault::bot_wall()));
    let wall = get(&shop, JS).await.unwrap();
    assert_eq!(
        (wall.status(), &wall.headers()["cf-mitigated"]),
        (StatusCode::FORBIDDEN, &"challenge".parse().unwrap())
    );
}

#[tokio::test]
async fn a_truncated_answer_is_whole_http_and_half_json() {
    let shop = shop();
    let whole = text(&shop, JS).await;
    shop.order(Order::all(Fault::Truncated));
    let half = text(&shop, JS).await;
    assert_eq!(half, whole[..whole.len() / 2]);
    assert!(serde_json::from_str::<serde_json::Value>(&half).is_err());
}

#[tokio::test]
async fn a_connection_breaks_after_half_of_the_body() {
    let shop = shop();
    shop.order(Order::all(Fault::CutShort));
    let mut response = get(&shop, JS).await.expect("the head comes through");
    assert!(response.chunk().await.unwrap().is_some_and(|half| !half.is_empty()));
    assert!(response.chunk().await.is_err());
}

#[tokio::test]
async fn a_dropped_request_was_heard_and_gets_no_answer() {
    let shop = shop();
    shop.order(Order::all(Fault::Drop).times(1));
    let error = get(&shop, JS).await.unwrap_err();
    assert!(error.is_request() && !error.is_timeout() && !error.is_connect(), "{error:?}");
    assert_eq!(shop.heard().len(), 1);
    assert_eq!(status(&shop, JS).await, 200);
}

#[tokio::test]
async fn a_hanging_request_is_in_hand_until_the_asker_leaves() {
    let shop = shop();
    shop.order(Order::all(Fault::Hang).times(2));
    let hasty = plain().timeout(Duration::from_millis(300)).build().unwrap();
    let ask = || hasty.get(shop.url(JS)).send();
    let (one, two) = tokio::join!(ask(), ask());
    assert!(one.unwrap_err().is_timeout() && two.unwrap_err().is_timeout());
    assert_eq!(shop.most_at_once(), 2);
    shop.wait_until(Duration::from_secs(5), |heard| heard.len() == 2).await.unwrap();
    let learned = async {
        while shop.most_at_once() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            shop.forget();
        }
    };
    tokio::time::timeout(Duration::from_secs(5), learned).await.expect("the shop learns that both have left");
    assert_eq!(status(&shop, JS).await, 200);
    assert_eq!((shop.most_at_once(), shop.heard().len()), (1, 1));
}

#[tokio::test]
async fn requests_one_after_the_other_are_never_two_at_once() {
    let shop = shop();
    for _ in 0..20 {
        assert!(text(&shop, JS).await.ends_with('}'));
    }
    assert_eq!(shop.most_at_once(), 1);
}

#[tokio::test]
async fn a_drip_is_right_and_slow_and_a_late_answer_late() {
    let shop = shop();
    let whole = text(&shop, "/stock.json").await;
    let began = Instant::now();
    shop.order(Order::all(Fault::Drip(Duration::from_millis(2))).times(1));
    assert_eq!(text(&shop, "/stock.json").await, whole);
    assert!(began.elapsed() >= Duration::from_millis(2) * u32::try_from(whole.len()).unwrap());
    shop.order(Order::all(Fault::Late(Duration::from_millis(150))).times(1));
    let began = Instant::now();
    assert_eq!(text(&shop, "/stock.json").await, whole);
    assert!(began.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn a_huge_answer_flows_until_the_asker_has_enough() {
    const ASKED: u64 = 300 << 20;
    let shop = shop();
    shop.order(Order::all(Fault::Huge(ASKED)));
    let mut response = get(&shop, JS).await.unwrap();
    assert_eq!(response.content_length(), None);
    let mut read = 0;
    while read < 8 << 20 {
        read += response.chunk().await.unwrap().expect("there is more").len();
    }
    drop(response);
    shop.lift();
    shop.order(Order::all(Fault::Huge(100_000)));
    assert_eq!(text(&shop, JS).await.len(), 100_000);
}

#[tokio::test]
async fn a_gzip_bomb_is_small_on_the_wire_and_unpacks_to_all_that_was_ordered() {
    let shop = shop();
    shop.order(Order::all(Fault::GzipBomb(300 << 20)).times(1));
    let packed = get(&shop, JS).await.unwrap().bytes().await.unwrap();
    assert!(packed.len() < 1 << 20, "{} bytes", packed.len());

    // Sound to the checksum, so that only a limit stops a reader.
    const SMALLER: usize = 3 << 20;
    shop.order(Order::all(Fault::GzipBomb(SMALLER as u64)).times(1));
    let unpacking = Client::builder().no_proxy().build().unwrap();
    let body = unpacking.get(shop.url(JS)).send().await.unwrap().text().await.unwrap();
    assert_eq!((body.len(), body.trim().len()), (SMALLER, 0));
}

#[tokio::test]
async fn a_dropped_shop_is_gone_and_another_can_open_in_its_place() {
    let shop = shop();
    let (addr, url) = (shop.addr(), shop.url(JS));
    let kept = Client::builder().no_proxy().build().unwrap();
    assert!(kept.get(&url).send().await.unwrap().status().is_success());
    drop(shop);
    assert!(kept.get(&url).send().await.is_err(), "a connection from before is cut");
    assert!(plain().build().unwrap().get(&url).send().await.unwrap_err().is_connect());
    let back = Shop::open_at(addr).unwrap();
    assert_eq!(status(&back, JS).await, 404);
}

#[test]
fn a_shop_answers_tests_that_have_no_runtime() {
    use std::io::{Read, Write};
    let shop = shop();
    let mut line = std::net::TcpStream::connect(shop.addr()).unwrap();
    line.write_all(b"GET /stock.json HTTP/1.0\r\n\r\n").unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with(r#"{"Black":[{"size":"M","purchasable":true}]}"#), "{answer}");
}
