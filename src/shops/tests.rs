//! Stories of reading a shop over real HTTP: what is read, what is refused, and what is notified of it.

use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use chrono::{TimeZone, Utc};
use coatcheck_domain::Availability;
use coatcheck_domain::clock::ManualClock;

use super::*;

#[path = "lies_tests.rs"]
mod lies;
#[path = "mutation_tests.rs"]
mod mutation;
#[path = "parting_tests.rs"]
mod parting;
#[path = "query_tests.rs"]
mod query;
#[path = "ssrf_tests.rs"]
mod ssrf;
#[path = "woocommerce_tests.rs"]
mod woocommerce;

const PARKA: &str = r#"{"id":11,"title":"Parka","handle":"parka","options":["Size"],"variants":[{"id":1,"option1":"M","available":true,"price":12900}]}"#;

/// Where a name leads, in these stories.
struct Leads(Vec<IpAddr>);

#[async_trait]
impl Resolver for Leads {
    async fn resolve(&self, _host: &str) -> std::io::Result<Vec<IpAddr>> {
        Ok(self.0.clone())
    }
}

fn kind(name: &str) -> ReaderKind {
    name.parse().expect("a reader")
}

/// A shop on loopback, its visitors' requests, and a reader that may visit it.
struct Shop {
    at: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    clock: Arc<ManualClock>,
    shops: Shops,
}

impl Shop {
    async fn open(answer: impl Fn(&Request) -> Response + Clone + Send + Sync + 'static) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let router = Router::new().fallback(move |request: Request| {
            let path = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
            seen.lock().expect("no panic").push(path.clone());
            let response = if path == "/robots.txt" { status(404) } else { answer(&request) };
            async move { response }
        });
        Self::serve(router, asked).await
    }

    async fn serve(router: Router, asked: Arc<Mutex<Vec<String>>>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let at = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        let clock = Arc::new(ManualClock::at(Utc.with_ymd_and_hms(2026, 10, 21, 7, 28, 0).single().expect("a time")));
        let shops = reader(&format!("127.0.0.1:{}", at.port()), Leads(vec![]), &clock);
        Self { at, asked, clock, shops }
    }

    fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.at)).expect("url")
    }

    async fn read(&self, path: &str) -> Result<Read, ReadError> {
        self.read_as(&SourceSpec::new(self.url(path))).await
    }

    async fn read_as(&self, spec: &SourceSpec) -> Result<Read, ReadError> {
        match self.shops.read(spec, &Unwatched).await? {
            ReadOutcome::Read(read) => Ok(*read),
            ReadOutcome::NotModified { .. } => panic!("nobody sent validators"),
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").iter().filter(|path| *path != "/robots.txt").cloned().collect()
    }
}

fn reader(allow: &str, leads: Leads, clock: &Arc<ManualClock>) -> Shops {
    let guard = Arc::new(Guard::new(allow.parse().expect("hosts")));
    let options =
        ClientOptions { timeout: Duration::from_secs(2), ..ClientOptions::new(user_agent(Some("https://me.example"))) };
    let leads: Arc<dyn Resolver> = Arc::new(leads);
    let client = client(Arc::clone(&guard), Arc::clone(&leads), &options).expect("a client");
    let parting = parting(Arc::clone(&guard), leads, &options).expect("a client");
    let limits = FetchLimits { body: 1024 * 1024, patience: Duration::from_secs(3), ..FetchLimits::default() };
    let fetcher = Fetcher::new(client, guard, Arc::<ManualClock>::clone(clock), limits).parting_by(parting);
    Shops::new(fetcher, Workers::in_this_process())
}

fn status(code: u16) -> Response {
    Response::builder().status(code).body(Body::empty()).expect("a response")
}

fn json(body: impl Into<Body>) -> Response {
    Response::builder().header("content-type", "application/json").body(body.into()).expect("a response")
}

fn with(code: u16, name: &str, value: &str) -> Response {
    Response::builder().status(code).header(name, value).body(Body::empty()).expect("a response")
}

#[tokio::test]
async fn a_product_page_is_read_from_its_document() {
    let shop =
        Shop::open(|request| if request.uri().path() == "/en/products/parka.js" { json(PARKA) } else { status(404) })
            .await;
    let read = shop.read("/en/products/parka?variant=1").await.expect("a reading");
    assert_eq!(read.reader, kind("shopify"));
    assert_eq!(read.resolved_url, shop.url("/en/products/parka.js"));
    assert_eq!(read.reading.products[0].variants[0].availability, Availability::InStock);
    assert_eq!(read.body_digest, <[u8; 32]>::from(Sha256::digest(PARKA)));
    assert_eq!(shop.asked(), ["/en/products/parka.js"]);
}

#[tokio::test]
async fn a_house_made_shop_is_recognised_by_its_shape() {
    let shop =
        Shop::open(|_| json(r#"{"Black":[{"size":"S","purchasable":true},{"size":"3XL","purchasable":false}]}"#)).await;
    let read = shop.read("/corps-jacket/stock").await.expect("a reading");
    assert_eq!(read.reader, kind("json"));
    assert_eq!(read.reading.products[0].variants[1].availability, Availability::OutOfStock);
    assert!(shop.read("/products/corps-jacket").await.is_ok(), "also where Shopify would have its products");
}

#[tokio::test]
async fn trouble_is_never_a_reading() {
    let shop = Shop::open(|request| match request.uri().path() {
        "/500" => status(500),
        "/429" => with(429, "retry-after", "120"),
        "/430" => with(430, "retry-after", "Wed, 21 Oct 2026 07:29:00 GMT"),
        "/404" => status(404),
        "/wall" => with(403, "cf-mitigated", "challenge"),
        "/page" => Response::new(Body::from("<html><title>Opening soon</title></html>")),
        "/empty" => json("{}"),
        "/list" => json("[]"),
        "/cut" => json(r#"{"Black":[{"size":"S","purch"#),
        _ => json(""),
    })
    .await;
    let mut said = Vec::new();
    for path in ["/500", "/429", "/430", "/404", "/wall", "/page", "/empty", "/list", "/cut", "/nothing"] {
        let error = shop.read(path).await.expect_err(path);
        let text = error.to_string().replace(&shop.at.to_string(), "SHOP");
        said.push(format!(
            "{path} wait={:?} wall={} gone={} {text}",
            error.retry_after(),
            error.is_bot_wall(),
            error.is_gone()
        ));
    }
    insta::assert_snapshot!(said.join("\n"), @r##"
    /500 wait=None wall=false gone=false SHOP/500: the shop is in trouble (500)
    /429 wait=Some(120s) wall=false gone=false SHOP/429: the shop asks us to slow down (429); it wants to be left alone for 120 s
    /430 wait=Some(60s) wall=false gone=false SHOP/430: the shop asks us to slow down (430); it wants to be left alone for 60 s
    /404 wait=None wall=false gone=true SHOP/404: the shop says there is nothing here (404); check the address
    /wall wait=None wall=true gone=false SHOP/wall: the shop's bot wall stopped us (cf-mitigated: challenge); it is left alone for hours; ask the shop for access if it is yours
    /page wait=None wall=false gone=false no reader knows this document (a web page titled "Opening soon": no WooCommerce form; no product data of a known platform in its scripts; no JSON-LD; no microdata; no RDFa; no OpenGraph tags about stock or price; no button or line that speaks of stock); give it a jq program, like --jq '.scripts[].json | .variants[] | {size: .title, in_stock: .available}'
    /empty wait=None wall=false gone=false no reader knows this document (an empty object); give it a jq program, like --jq 'to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}'
    /list wait=None wall=false gone=false no reader knows this document (an empty list); give it a jq program, like --jq 'to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .available}'
    /cut wait=None wall=false gone=false line 1 column 28: the JSON ends too early; the answer was cut
    /nothing wait=None wall=false gone=false SHOP/nothing: expected a document but got an empty answer
    "##);
}

#[tokio::test]
async fn a_page_where_json_is_due_is_an_error() {
    let shop = Shop::open(|_| Response::new(Body::from("<form action=\"/password\">"))).await;
    let spec = SourceSpec { reader: Some(kind("shopify")), ..SourceSpec::new(shop.url("/products/parka")) };
    let error = shop.read_as(&spec).await.expect_err("a page");
    assert!(error.to_string().contains("password page"), "{error}");
}

#[tokio::test]
async fn no_answer_is_too_large_to_be_stopped() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let shop = Shop::open(move |request| {
        if request.uri().path() == "/bomb" {
            let zeros = std::io::Read::take(std::io::repeat(b' '), 64 * 1024 * 1024);
            let mut packed = Vec::new();
            let mut encoder = flate2::read::GzEncoder::new(zeros, flate2::Compression::fast());
            std::io::Read::read_to_end(&mut encoder, &mut packed).expect("memory");
            return Response::builder()
                .header("content-encoding", "gzip")
                .body(Body::from(packed))
                .expect("a response");
        }
        let counted = Arc::clone(&counted);
        let endless = futures_util::stream::repeat_with(move || {
            counted.fetch_add(64 * 1024, Ordering::Relaxed);
            Ok::<_, std::io::Error>(bytes::Bytes::from_static(&[b' '; 64 * 1024]))
        });
        json(Body::from_stream(endless))
    })
    .await;
    for path in ["/bomb", "/endless"] {
        let error = shop.read(path).await.expect_err(path);
        let error = error.to_string();
        assert!(error.contains("larger than 1 MiB") || error.contains("in time"), "{path}: {error}");
    }
    assert!(sent.load(Ordering::Relaxed) < 64 * 1024 * 1024, "it was not read to its end");
}

#[tokio::test]
async fn a_slow_drip_ends_in_time() {
    let shop = Shop::open(|_| {
        let drip = futures_util::stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Some((Ok::<_, std::io::Error>(bytes::Bytes::from_static(b" ")), ()))
        });
        json(Body::from_stream(drip))
    })
    .await;
    let error = shop.read("/stock").await.expect_err("no end");
    assert!(matches!(&error, ReadError::Fetch(FetchError { kind: FetchErrorKind::Timeout, .. })), "{error}");
}

#[tokio::test]
async fn redirects_away_are_not_followed() {
    let shop = Shop::open(|request| match request.uri().path() {
        "/other" => with(302, "location", "https://elsewhere.example/x"),
        "/inside" => with(302, "location", "http://169.254.169.254/latest/meta-data"),
        "/neighbour" => with(302, "location", "http://127.0.0.1:1/"),
        "/loop" => with(302, "location", "/loop"),
        "/nowhere" => status(302),
        _ => json(PARKA),
    })
    .await;
    for (path, said) in [
        ("/other", "another site"),
        ("/inside", "another site"),
        ("/neighbour", "another site"),
        ("/loop", "more than 5 times"),
        ("/nowhere", "does not say where to"),
    ] {
        let error = shop.read(path).await.expect_err(path).to_string();
        assert!(error.contains(said), "{path}: {error}");
    }
}

#[tokio::test]
async fn a_redirect_to_another_product_or_home_is_an_error_and_a_renamed_product_is_none() {
    let shop = Shop::open(|request| match request.uri().path() {
        "/products/old.js" => with(301, "location", "/products/parka.js"),
        "/products/lost.js" => with(302, "location", "/"),
        "/products/parka.js" => json(PARKA),
        _ => Response::new(Body::from("<h1>Welcome</h1>")),
    })
    .await;
    let old = SourceSpec { reader: Some(kind("shopify")), ..SourceSpec::new(shop.url("/products/old")) };
    assert!(matches!(shop.read_as(&old).await, Err(ReadError::Identity { .. })));
    let renamed = SourceSpec { product_id: Some("11".to_owned()), ..old };
    assert!(shop.read_as(&renamed).await.is_ok());
    let swapped = SourceSpec { product_id: Some("12".to_owned()), ..SourceSpec::new(shop.url("/products/parka")) };
    assert!(matches!(shop.read_as(&swapped).await, Err(ReadError::Identity { .. })));
    let lost = SourceSpec { reader: Some(kind("shopify")), ..SourceSpec::new(shop.url("/products/lost")) };
    assert!(shop.read_as(&lost).await.is_err());
}

#[tokio::test]
async fn a_public_name_that_leads_home_is_refused_when_it_is_dialled() {
    let clock = Arc::new(ManualClock::at(Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).single().expect("a time")));
    for (address, why) in [("127.0.0.1", "loopback"), ("10.1.2.3", "private"), ("::ffff:127.0.0.1", "hidden")] {
        let shops = reader("127.0.0.1", Leads(vec![address.parse().expect("address")]), &clock);
        let spec = SourceSpec::new("http://shop.example/stock".parse().expect("url"));
        let error = shops.read(&spec, &Unwatched).await.expect_err(address).to_string();
        assert!(error.contains("is refused") && error.contains(why), "{address}: {error}");
    }
    let nobody = reader("", Leads(vec![]), &clock);
    let spec = SourceSpec::new("http://shop.example/stock".parse().expect("url"));
    let error = nobody.read(&spec, &Unwatched).await.expect_err("no address").to_string();
    assert!(error.contains("has no address"), "{error}");
}

#[tokio::test]
async fn robots_txt_is_minded_and_believed_for_a_day() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let router = Router::new().fallback(move |request: Request| {
        let path = request.uri().path().to_owned();
        seen.lock().expect("no panic").push(path.clone());
        async move {
            if path == "/robots.txt" {
                Response::new(Body::from("User-agent: *\nDisallow: /private"))
            } else {
                json(PARKA)
            }
        }
    });
    let shop = Shop::serve(router, asked).await;
    let error = shop.read("/private/stock").await.expect_err("disallowed").to_string();
    assert!(error.contains("asks us not to read this address (rule \"/private\")"), "{error}");
    assert_eq!(shop.asked(), Vec::<String>::new());
    let robots = || shop.asked.lock().expect("no panic").iter().filter(|path| *path == "/robots.txt").count();
    shop.read("/stock").await.expect("allowed");
    assert_eq!(robots(), 1);
    shop.clock.advance(Duration::from_secs(24 * 60 * 60));
    shop.read("/stock").await.expect("allowed");
    assert_eq!(robots(), 2);
}

#[tokio::test]
async fn validators_are_sent_back_as_they_came() {
    let shop = Shop::open(|request| {
        let header =
            |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        assert!(
            header("user-agent").starts_with("CoatCheck/") && header("user-agent").ends_with("(+https://me.example)")
        );
        if header("if-none-match") == "W/\"x y\""
            && header("if-modified-since") == "1795451534"
            && header("x-key") == "k"
        {
            return status(304);
        }
        let answer = Response::builder().header("etag", "W/\"x y\"").header("last-modified", "1795451534");
        answer.body(Body::from(PARKA)).expect("a response")
    })
    .await;
    let headers = vec![parse_header("X-Key: k").expect("a header")];
    let first = SourceSpec { headers, ..SourceSpec::new(shop.url("/products/parka.js")) };
    let read = shop.read_as(&first).await.expect("a reading");
    let again = SourceSpec { etag: read.etag, last_modified: read.last_modified, ..first };
    let outcome = shop.shops.read(&again, &Unwatched).await.expect("an answer");
    assert!(matches!(outcome, ReadOutcome::NotModified { .. }));
    assert!(
        parse_header("Host: evil").is_err() && parse_header("no colon").is_err() && parse_header("A B: c").is_err()
    );
}

#[tokio::test]
async fn the_very_bytes_that_are_known_are_not_parsed_again() {
    let shop = Shop::open(|_| json(PARKA)).await;
    let first = SourceSpec::new(shop.url("/products/parka.js"));
    let read = shop.read_as(&first).await.expect("a reading");
    let known = SourceSpec { body_digest: Some(read.body_digest), ..first.clone() };
    let outcome = shop.shops.read(&known, &Unwatched).await.expect("an answer");
    assert!(matches!(outcome, ReadOutcome::NotModified { .. }));
    let other = SourceSpec { body_digest: Some([0; 32]), ..first };
    let outcome = shop.shops.read(&other, &Unwatched).await.expect("an answer");
    assert!(matches!(outcome, ReadOutcome::Read(_)));
}

#[tokio::test]
async fn known_bytes_at_another_address_are_looked_at_all_the_same() {
    let shop = Shop::open(|request| match request.uri().path() {
        "/products/old.js" => with(301, "location", "/"),
        _ => json(PARKA),
    })
    .await;
    let digest: [u8; 32] = Sha256::digest(PARKA).into();
    let spec = SourceSpec {
        reader: Some(kind("shopify")),
        body_digest: Some(digest),
        ..SourceSpec::new(shop.url("/products/old"))
    };
    let outcome = shop.shops.read(&spec, &Unwatched).await;
    assert!(!matches!(outcome, Ok(ReadOutcome::NotModified { .. })), "{outcome:?}");
}

/// `count` products from `first` on, as a page of a list.
fn products(first: usize, count: usize) -> String {
    let list: Vec<String> = (first..first + count)
        .map(|id| {
            format!(r#"{{"id":{id},"title":"P{id}","handle":"p{id}","variants":[{{"id":{id},"available":true}}]}}"#)
        })
        .collect();
    format!(r#"{{"products":[{}]}}"#, list.join(","))
}

/// Counts pages and stops at one.
struct StopAt(usize, AtomicUsize);

#[async_trait]
impl Progress for StopAt {
    async fn page(&self, page: Page) -> ControlFlow<()> {
        self.1.store(page.number, Ordering::SeqCst);
        if page.number == self.0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

#[tokio::test]
async fn a_list_is_read_to_its_empty_page_or_not_at_all() {
    let shop = Shop::open(|request| {
        let query = request.uri().query().unwrap_or_default();
        json(if query.ends_with("page=1") {
            products(0, 250)
        } else if query.ends_with("page=2") {
            products(250, 3)
        } else {
            products(0, 0)
        })
    })
    .await;
    let read = shop.read("/").await.expect("a reading");
    assert_eq!((read.reading.products.len(), read.reading.complete), (253, true));
    let pages = ["1", "2", "3"].map(|page| format!("/products.json?limit=250&page={page}"));
    assert_eq!(shop.asked(), pages);
    let stop = StopAt(1, AtomicUsize::new(0));
    let stopped = shop.shops.read(&SourceSpec::new(shop.url("/")), &stop).await;
    assert_eq!(stopped, Err(ReadError::Stopped));
}

#[tokio::test]
async fn a_list_with_an_item_that_cannot_be_read_is_read_to_its_end_all_the_same() {
    let bad = r#"{"products":[{"id":7,"title":" ","variants":[{"id":7}]},"#;
    let shop = Shop::open(move |request| {
        let is_first = request.uri().query().unwrap_or_default().ends_with("page=1");
        json(if is_first { products(0, 20).replacen(r#"{"products":["#, bad, 1) } else { products(0, 0) })
    })
    .await;
    let read = shop.read("/").await.expect("a reading");
    assert_eq!((read.reading.products.len(), read.reading.complete, read.to_its_end), (20, false, true));
}

#[tokio::test]
async fn a_shop_that_repeats_its_page_is_left_incomplete() {
    let shop = Shop::open(|_| json(products(0, 250))).await;
    let read = shop.read("/collections/all").await.expect("a reading");
    assert_eq!((read.reading.products.len(), read.reading.complete, read.to_its_end), (250, false, false));
    assert_eq!(shop.asked().len(), 2);
}

#[tokio::test]
async fn a_shop_may_give_fewer_a_page_than_it_is_asked_for() {
    let shop = Shop::open(|request| {
        let query = request.uri().query().unwrap_or_default();
        let page: usize = query.rsplit('=').next().and_then(|page| page.parse().ok()).unwrap_or(1);
        json(if page <= 3 { products((page - 1) * 50, if page < 3 { 50 } else { 20 }) } else { products(0, 0) })
    })
    .await;
    let read = shop.read("/products.json").await.expect("a reading");
    assert_eq!((read.reading.products.len(), read.reading.complete), (120, true));
}

/// A page that did not change is not parsed, and of one that did only the products that are new.
#[tokio::test]
async fn of_a_list_only_what_changed_is_parsed() {
    let changed = Arc::new(AtomicUsize::new(0));
    let behind = Arc::clone(&changed);
    let shop = Shop::open(move |request| {
        let body = match request.uri().query().unwrap_or_default().chars().last() {
            Some('1') => products(0, 250),
            Some('2') => products(250, 250),
            _ => products(0, 0),
        };
        let body = if behind.load(Ordering::SeqCst) == 1 { body.replacen("\"P260\"", "\"Another\"", 1) } else { body };
        json(body)
    })
    .await;
    let first = shop.read("/products.json").await.expect("a reading");
    let known = first.reading.products.iter().find(|product| product.title == "P260").expect("it is there").key();
    let again = SourceSpec {
        pages: first.pages.clone(),
        body_digest: Some(first.body_digest),
        ..SourceSpec::new(shop.url("/products.json"))
    };
    let same = shop.shops.read(&again, &Unwatched).await.expect("an answer");
    assert!(matches!(same, ReadOutcome::NotModified { .. }), "nothing is parsed");
    changed.store(1, Ordering::SeqCst);
    let read = shop.read_as(&again).await.expect("a reading");
    let titles: Vec<&str> = read.reading.products.iter().map(|product| product.title.as_str()).collect();
    assert_eq!((titles, read.same.len(), read.reading.complete), (vec!["Another"], 499, true));
    assert!(!read.same.contains(&known));
    let again = SourceSpec { pages: read.pages, body_digest: Some(read.body_digest), ..again };
    assert!(matches!(shop.shops.read(&again, &Unwatched).await, Ok(ReadOutcome::NotModified { .. })));
}

#[tokio::test]
async fn a_page_that_fails_costs_only_what_it_would_have_shown() {
    let shop = Shop::open(|request| match request.uri().query().unwrap_or_default() {
        query if query.ends_with("page=1") => json(products(0, 250)),
        _ => with(429, "retry-after", "77"),
    })
    .await;
    let read = shop.read("/products.json").await.expect("a reading");
    assert_eq!((read.reading.products.len(), read.reading.complete), (250, false));
    let wait = read.cut_by.as_ref().and_then(FetchError::retry_after);
    assert_eq!(wait, Some(Duration::from_secs(77)), "the shop's wish still holds");
    assert!(read.reading.doubts[0].to_string().starts_with("page 2: not read, so the list is cut here"));
}

#[tokio::test]
async fn json_is_read_whatever_it_is_wrapped_in_and_declared_as() {
    let wrapped = [")]}',\n", "while(1);", "for (;;);", "/**/cb(", ""];
    for wrapping in wrapped {
        let shop = Shop::open(move |_| {
            let close = if wrapping.ends_with("cb(") { ");" } else { "" };
            let body = format!("{wrapping}{PARKA}{close}");
            Response::builder()
                .header("content-type", "text/html; charset=UTF-8")
                .body(Body::from(body))
                .expect("a response")
        })
        .await;
        assert!(shop.read("/products/parka").await.is_ok(), "{wrapping}");
    }
}

#[tokio::test]
async fn pages_that_shift_are_read_once_and_left_incomplete() {
    let shop = Shop::open(|request| {
        json(if request.uri().query().unwrap_or_default().ends_with("page=1") {
            products(0, 250)
        } else {
            products(249, 5)
        })
    })
    .await;
    let read = shop.read("/products.json").await.expect("a reading");
    assert_eq!((read.reading.products.len(), read.reading.complete), (254, false));
}
