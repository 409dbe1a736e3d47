//! The job, by the real binary against a real shop and real receivers: tell once, in time, when a size is back.

mod support;

use std::time::Duration;

use coatcheck_world::{Fault, Heard, Order, Shop, Sink};
use support::{House, PATIENCE, page, seen};

fn sizes_told(alert: &Heard) -> Vec<String> {
    let body = alert.json().expect("an alert is JSON");
    let variants = body["variants"].as_array().expect("it lists variants");
    variants.iter().map(|variant| variant["size"].as_str().expect("a size").to_owned()).collect()
}

/// A shop with a black jacket, sold out in S, M and L; a receiver; and a house that follows the jacket.
fn jacket() -> (Shop, Sink, House) {
    let (shop, sink) = (Shop::open().expect("a shop"), Sink::open().expect("a sink"));
    for size in ["S", "M", "L"] {
        shop.stock("jacket", size, "Black", false);
    }
    let house = House::open(&[shop.host(), sink.host()]);
    house.follow(&shop, "jacket");
    (shop, sink, house)
}

#[tokio::test]
async fn a_size_that_comes_back_is_notified_once() {
    let (shop, sink, house) = jacket();
    house.watch(&["jacket", "--size", "medium"], &sink.url("/hook"));
    let _service = house.serve();
    seen(&shop, "jacket");
    shop.stock("jacket", "M", "Black", true);

    let told = sink.wait_for(1, PATIENCE).await.unwrap();
    assert_eq!(sizes_told(&told[0]), ["M"]);
    let body = told[0].json().unwrap();
    assert_eq!((&body["type"], &body["availability"]), (&"restock".into(), &"in_stock".into()));
    assert!(told[0].header("webhook-signature").is_some(), "{told:?}");

    seen(&shop, "jacket");
    seen(&shop, "jacket");
    assert_eq!(sink.heard().len(), 1, "the same restock, told again");
    let deliveries = house.until(&["deliveries"], |all| all[0]["state"] == "sent");
    assert_eq!(deliveries.as_array().unwrap().len(), 1, "{deliveries:#}");
    assert_eq!(house.json(&["watch", "list"])[0]["armed"], false);
}

#[tokio::test]
async fn first_sight_of_a_product_tells_nobody() {
    let (shop, sink) = (Shop::open().unwrap(), Sink::open().unwrap());
    shop.stock("jacket", "M", "Black", true);
    let house = House::open(&[shop.host(), sink.host()]);
    house.follow(&shop, "jacket");
    house.watch(&["jacket"], &sink.url("/hook"));
    let service = house.serve();
    seen(&shop, "jacket");
    drop(service);
    let _again = house.serve();
    seen(&shop, "jacket");
    assert_eq!(sink.heard().len(), 0);
    assert_eq!(house.shelf("jacket"), ["M Black: in_stock"]);
    assert_eq!(house.json(&["deliveries"]), serde_json::json!([]));
}

#[tokio::test]
async fn a_general_restock_of_18_variants_is_one_message() {
    let (shop, sink) = (Shop::open().unwrap(), Sink::open().unwrap());
    let all: Vec<(&str, &str)> = ["XS", "S", "M", "L", "XL", "2XL"]
        .into_iter()
        .flat_map(|size| ["Black", "Navy", "Olive"].map(|style| (size, style)))
        .collect();
    shop.change(|goods| all.iter().for_each(|(size, style)| goods.stock("jacket", size, style, false)));
    let house = House::open(&[shop.host(), sink.host()]);
    house.follow(&shop, "jacket");
    house.watch(&["jacket"], &sink.url("/any"));
    house.watch(&["jacket", "--size", "M,L"], &sink.url("/sizes"));
    house.watch(&["jacket", "--size", "M", "--style", "navy"], &sink.url("/one"));
    let _service = house.serve();
    seen(&shop, "jacket");
    shop.change(|goods| all.iter().for_each(|(size, style)| goods.stock("jacket", size, style, true)));

    sink.wait_for(3, PATIENCE).await.unwrap();
    seen(&shop, "jacket");
    let lists = |path| sink.heard_on(path).iter().map(|alert| sizes_told(alert).len()).collect::<Vec<_>>();
    assert_eq!((lists("/any"), lists("/sizes"), lists("/one")), (vec![18], vec![6], vec![1]));
}

#[tokio::test]
async fn a_size_nobody_asked_for_tells_nobody() {
    let (shop, sink, house) = jacket();
    house.watch(&["jacket", "--size", "M"], &sink.url("/hook"));
    let _service = house.serve();
    seen(&shop, "jacket");
    shop.stock("jacket", "L", "Black", true);
    seen(&shop, "jacket");
    assert_eq!(house.restocks("jacket"), 1);
    // The restock is fanned out when the next one, which does tell, has been told.
    shop.stock("jacket", "M", "Black", true);
    let told = sink.wait_for(1, PATIENCE).await.unwrap();
    assert_eq!(told.iter().map(sizes_told).collect::<Vec<_>>(), [["M"]]);
    assert_eq!(house.json(&["deliveries"]).as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn ten_sources_of_one_host_never_exceed_its_slots() {
    for slots in [1, 3] {
        let shop = Shop::open().unwrap();
        let products: Vec<String> = (0..10).map(|number| format!("jacket-{number}")).collect();
        products.iter().for_each(|product| shop.stock(product, "M", "Black", false));
        let house = House::open(&[shop.host()]).with("COATCHECK_HOST_CONCURRENCY", &slots.to_string());
        products.iter().for_each(|product| house.follow(&shop, product));
        // Without its list, this shop is asked for each product alone.
        shop.order(Order::on("/products.json", Fault::status(404)));
        shop.order(Order::goods(Fault::Late(Duration::from_millis(30))));
        shop.forget();
        let _service = house.serve();
        // Every source has its turn, and more than once.
        for product in &products {
            support::until("each source's turn", || shop.heard_on(&format!("/products/{product}.js")).len() >= 2);
        }
        assert_eq!(shop.most_at_once(), slots);
    }
}

#[tokio::test]
async fn of_six_flips_a_once_watcher_hears_the_first_and_after_again_the_next() {
    let (shop, sink, house) = jacket();
    house.done(&["watch", "add", "jacket", "--size", "M", "--to", "console:"]);
    house.watch(&["jacket", "--size", "M", "--every"], &sink.url("/every"));
    let mut service = house.serve();
    for _ in 0..6 {
        for there in [true, false] {
            shop.stock("jacket", "M", "Black", there);
            seen(&shop, "jacket");
        }
    }
    service.wait_for("after the shop reported it");
    assert_eq!(house.restocks("jacket"), 6);
    assert_eq!(service.said("after the shop reported it"), 1, "{:#?}", service.out());
    assert_eq!(sink.heard().len(), 1, "one within the quiet time");

    service.type_line("/again");
    house.until(&["watch", "list"], |watches| watches[0]["armed"] == true);
    shop.stock("jacket", "M", "Black", true);
    service.wait_for_times("after the shop reported it", 2);
    seen(&shop, "jacket");
    assert_eq!(service.said("after the shop reported it"), 2);
    assert_eq!(sink.heard().len(), 1, "an `every` watch keeps quiet for 15 minutes");
}

#[tokio::test]
async fn an_every_watcher_hears_again_after_the_quiet_time_and_not_before() {
    let (shop, sink, house) = jacket();
    let house = house.with("COATCHECK_QUIET_FOR", "2s");
    house.watch(&["jacket", "--size", "M", "--every"], &sink.url("/every"));
    let _service = house.serve();
    while sink.heard().len() < 3 {
        for there in [true, false] {
            shop.stock("jacket", "M", "Black", there);
            seen(&shop, "jacket");
        }
    }
    assert!(house.restocks("jacket") > 3, "it did not flicker within the quiet time");
    let read: Vec<String> =
        sink.heard().iter().map(|alert| alert.json().unwrap()["at"].as_str().unwrap().to_owned()).collect();
    let read: Vec<_> = read.iter().map(|at| chrono::DateTime::parse_from_rfc3339(at).unwrap()).collect();
    for pair in read.windows(2) {
        // Quiet is counted from when the restock was stored, a little after it was read.
        assert!((pair[1] - pair[0]).num_milliseconds() > 1800, "{read:?}");
    }
}

#[tokio::test]
async fn commands_work_beside_a_running_service() {
    let (shop, sink) = (Shop::open().unwrap(), Sink::open().unwrap());
    shop.stock("jacket", "M", "Black", false);
    shop.stock("boots", "42", "", false);
    let house = House::open(&[shop.host(), sink.host()]);
    let service = house.serve();
    house.follow(&shop, "jacket");
    house.follow(&shop, "boots");
    house.watch(&["jacket"], &sink.url("/jacket"));
    house.watch(&["boots", "--size", "42"], &sink.url("/boots"));
    seen(&shop, "jacket");
    seen(&shop, "boots");
    shop.stock("boots", "42", "", true);
    sink.wait_for(1, PATIENCE).await.unwrap();
    let sent = house.until(&["deliveries", "--state", "sent"], |all| all.as_array().is_some_and(|all| all.len() == 1));
    assert_eq!((&sent[0]["product"], &sent[0]["variants"][0]["size"]), (&"boots".into(), &"42".into()));
    house.done(&["send-test", "--to", &format!("webhook:{}", sink.url("/test"))]);
    assert_eq!(sink.heard_on("/test")[0].json().unwrap()["test"], true);

    // What is paused is asked no more; what is removed is known no more.
    house.done(&["shop", "pause", &page(&shop, "jacket")]);
    seen(&shop, "boots");
    let asked = shop.heard_on("/products/jacket.js").len();
    house.done(&["shop", "remove", &page(&shop, "boots")]);
    assert_eq!(shop.heard_on("/products/jacket.js").len(), asked);
    assert_eq!(house.json(&["shop", "list"])[0]["state"], "paused");
    assert_eq!(house.run(&["watch", "add", "boots", "--to", "console:"]).status, 2);
    assert!(service.stop().success());
}

#[tokio::test]
async fn a_service_says_that_it_is_alive_and_ready() {
    let house = House::open(&[]);
    let service = house.serve();
    assert_eq!(service.get("/healthz"), ("HTTP/1.1 200 OK".to_owned(), r#"{"ok":true,"stuck":[]}"#.to_owned()));
    assert_eq!(service.get("/readyz"), ("HTTP/1.1 200 OK".to_owned(), r#"{"ok":true,"error":null}"#.to_owned()));
    assert!(service.stop().success());
}

#[tokio::test]
async fn a_receiver_that_fails_is_told_as_soon_as_it_is_back() {
    let (shop, sink, house) = jacket();
    house.watch(&["jacket", "--size", "M"], &sink.url("/hook"));
    let _service = house.serve();
    seen(&shop, "jacket");
    sink.plan([Some(Fault::status(500)), Some(Fault::too_many(1)), None]);
    shop.stock("jacket", "M", "Black", true);
    let heard = sink.wait_for(3, PATIENCE).await.unwrap();
    assert!(heard[2].at - heard[1].at >= Duration::from_secs(1), "it asked to be left alone for a second");
    let sent = house.until(&["deliveries"], |all| all[0]["state"] == "sent");
    assert_eq!(sent[0]["attempts"], 3);
    assert_eq!(sink.taken().len(), 1);
}
