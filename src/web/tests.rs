//! Pages as visitors get them: from a store, through the whole router.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono_tz::Tz;
use coatcheck_bots::push::{OwnKey, Vapid};
use coatcheck_bots::{DeepLink, EventSink, Inbox, Platform, Receiver, Trouble};
use coatcheck_domain::Availability::{InStock, OutOfStock};
use coatcheck_domain::clock::ManualClock;
use futures_util::StreamExt;
use serde_json::Value;
use tower::ServiceExt;
use url::Url;

use super::password::PasswordHash;
use super::{Desk, Ways, Web};
use crate::commands::{Catalogue, Commands, Follow, Rules, Texting, Tracking};
use crate::engine::{Heartbeats, Rng, Stopper};
use crate::shops::{ClientOptions, FetchLimits, Fetcher, Guard, Shops, SystemResolver, WorkerLimits, Workers, client};
use crate::store::Db;
use crate::store::polls::source::NewSource;
use crate::testing::{self, Engine, Place, follow, product, read};

/// A store, its pages, and what happens in it.
pub(super) struct Visit {
    pub(super) db: Db,
    pub(super) clock: Arc<ManualClock>,
    pub(super) commands: Arc<Commands>,
    pub(super) router: Router,
    _stopper: Stopper,
    place: Place,
}

/// What a visitor gets.
pub(super) struct Got {
    pub(super) status: StatusCode,
    pub(super) head: String,
    pub(super) body: String,
}

impl Visit {
    pub(super) async fn new() -> Self {
        Self::with_open_pages(8).await
    }

    async fn with_open_pages(open_pages: usize) -> Self {
        Self::with("", open_pages, Rules::default(), None).await
    }

    /// Where strangers say this word first.
    pub(super) async fn by_invitation(word: &str) -> Self {
        Self::with("", 8, Rules { invite: Some(word.to_owned()), ..Rules::default() }, None).await
    }

    /// Where these hosts may be read, and this is the password of the admin pages.
    pub(super) async fn allowing(hosts: &str, open_pages: usize, password: Option<PasswordHash>) -> Self {
        Self::with(hosts, open_pages, Rules::default(), password).await
    }

    async fn with(hosts: &str, open_pages: usize, rules: Rules, password: Option<PasswordHash>) -> Self {
        let (db, place, clock) = testing::db_with_clock(Engine::Sqlite).await;
        let db = db.with_keys(testing::keys(&[1]));
        let (words, by_invitation) = (Arc::new(AtomicUsize::new(0)), rules.invite.is_some());
        let new_link_code = Arc::new(move || format!("WORD{:04}", words.fetch_add(1, Ordering::Relaxed)));
        let catalogue = Arc::new(Catalogue::new(db.clone(), clock.clone()));
        let rules = Rules { new_link_code, ..rules };
        let texting = Texting {
            countries: "US,CA".parse().expect("countries"),
            hours: "0-24".parse().expect("hours"),
            per_day: 40,
            new_code: Arc::new(|| "123456".to_owned()),
        };
        let commands = Commands::new(db.clone(), clock.clone(), catalogue, Arc::new(Nothing), rules).texting(texting);
        let commands = Arc::new(commands.heard_by(vec![Arc::new(Nothing)]));
        let guard = Arc::new(Guard::new(hosts.parse().expect("hosts")));
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = ClientOptions::new("test");
        let (stopper, stop) = Stopper::pair();
        let http = client(guard.clone(), Arc::new(SystemResolver::new()), &options).expect("a client");
        let fetcher = Fetcher::new(http.clone(), guard.clone(), clock.clone(), FetchLimits::default());
        let workers = Workers::new(std::env::current_exe().expect("it runs"), WorkerLimits::default());
        let desk = Desk {
            tracking: Tracking { guard: guard.clone(), interval: Duration::from_secs(60) },
            shops: Arc::new(Shops::new(fetcher, workers)),
            rng: Arc::new(Rng::seeded(7)),
            expire_after: Duration::from_secs(7200),
        };
        let web = Web {
            db: db.clone(),
            heartbeats: Heartbeats::new(clock.clone()),
            zone: Tz::UTC,
            public_url: "https://coat.example/".parse().ok(),
            http,
            guard,
            contact: None,
            ways: Ways { text_to: Some("+14155550100".to_owned()), by_invitation },
            commands: Arc::clone(&commands),
            push_key: Arc::new(Nothing),
            open_pages,
            desk,
            password,
        };
        let (router, live) = web.start(Vec::new(), stop);
        tokio::spawn(live);
        Self { db, clock, commands, router, _stopper: stopper, place }
    }

    /// All that is stored, as bytes.
    pub(super) async fn contents(&self) -> Vec<u8> {
        self.place.contents().await
    }

    pub(super) async fn ask(&self, request: Request<Body>) -> Got {
        let answer = self.router.clone().oneshot(request).await.expect("it answers");
        let (parts, body) = answer.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        let head = parts.headers.iter().map(|(name, value)| format!("{name}: {}\n", value.to_str().expect("text")));
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Got { status: parts.status, head: head.collect(), body }
    }

    pub(super) async fn get(&self, path: &str) -> Got {
        self.ask(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    /// Sends a form as a page of ours does.
    pub(super) async fn post(&self, path: &str, form: &str) -> Got {
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(form.to_owned()));
        self.ask(request.expect("a request")).await
    }

    /// Reads `/live` until these words have come, and gives all that came.
    async fn hears(&self, path: &str, words: &str) -> String {
        let answer = self.router.clone().oneshot(Request::get(path).body(Body::empty()).expect("a request")).await;
        let mut stream = answer.expect("it answers").into_body().into_data_stream();
        let mut heard = String::new();
        let hearing = async {
            while !heard.contains(words) {
                let piece = stream.next().await.expect("it goes on").expect("no error");
                heard.push_str(&String::from_utf8_lossy(&piece));
            }
        };
        let in_time = tokio::time::timeout(Duration::from_secs(5), hearing).await;
        in_time.unwrap_or_else(|_| panic!("never heard {words:?}"));
        heard
    }
}

/// Follows nothing new, and is a chat in which nothing is said.
struct Nothing;

#[async_trait]
impl OwnKey for Nothing {
    async fn key(&self) -> Result<Vapid, String> {
        Ok(Vapid::generate(&mut || [7; 32]))
    }
}

#[async_trait]
impl Receiver for Nothing {
    fn platform(&self) -> Platform {
        Platform::Discord
    }

    async fn register(&self) -> Result<(), Trouble> {
        Ok(())
    }

    async fn listen(&self, _sink: &dyn EventSink) -> Result<(), Trouble> {
        std::future::pending().await
    }

    async fn handle(&self, _payload: &str, _inbox: &dyn Inbox) -> Result<(), Trouble> {
        Ok(())
    }

    fn trouble(&self) -> Option<String> {
        None
    }

    async fn deep_link(&self, word: &str) -> Option<DeepLink> {
        Some(DeepLink { url: format!("https://chat.example/{word}"), says_it: false })
    }
}

impl Follow for Nothing {
    fn source(&self, _url: &Url, _by_admin: bool) -> Result<NewSource, String> {
        Err("not here".to_owned())
    }
}

pub(super) const HOSTILE: &str = "<script>alert(1)</script>\"' onload=x &amp; \u{202e}evil";

#[tokio::test]
async fn the_board_says_which_size_is_there_and_when_the_others_were() {
    let visit = Visit::new().await;
    let source = follow(&visit.db, "https://shop.example/products/jacket").await;
    let reads = |m, l| vec![product("Corps Jacket", &[("M", "Black", m), ("L", "Black", l)])];
    read(&visit.db, source, reads(InStock, OutOfStock)).await;
    visit.clock.advance(Duration::from_secs(60));
    read(&visit.db, source, reads(OutOfStock, OutOfStock)).await;
    let page = visit.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("Sold out, last seen 1 min ago"), "{}", page.body);
    assert!(page.body.contains("not seen in stock since tracking began, 15 Jan"), "{}", page.body);
    read(&visit.db, source, reads(OutOfStock, InStock)).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let page = visit.get("/?show=in-stock").await;
    assert!(page.body.contains("In stock now: L Black"), "{}", page.body);
    assert!(page.body.contains("href=\"https://shop.example/products/corps-jacket\""), "{}", page.body);
}

#[tokio::test]
async fn titles_sizes_and_styles_of_strangers_are_harmless_on_the_board_and_in_the_stream() {
    let visit = Visit::new().await;
    let source = follow(&visit.db, "https://shop.example/products/x").await;
    let reads = |availability| vec![product(HOSTILE, &[(HOSTILE, HOSTILE, availability)])];
    read(&visit.db, source, reads(OutOfStock)).await;
    let page = visit.get("/").await;
    assert!(!page.body.contains("<script>alert") && !page.body.contains('\u{202e}'), "{}", page.body);
    let found = visit.get("/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").await;
    assert!(!found.body.contains("<script>alert"), "{}", found.body);
    tokio::time::sleep(Duration::from_millis(700)).await;
    let hearing = visit.hears("/live", "event: stock");
    let changing = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        read(&visit.db, source, reads(InStock)).await;
    };
    let (heard, ()) = tokio::join!(hearing, changing);
    // What a screen reader says is put in as text, never as HTML.
    let card = heard.lines().filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok());
    let html: Vec<String> = card.filter_map(|said| said["html"].as_str().map(str::to_owned)).collect();
    assert!(html.len() == 1 && !html[0].contains("<script>alert"), "{heard}");
}

#[tokio::test]
async fn programs_hear_of_a_restock_with_its_size_price_and_link() {
    let visit = Visit::new().await;
    let source = follow(&visit.db, "https://shop.example/products/corps-jacket").await;
    let reads = |availability| vec![product("Corps Jacket", &[("M", "Black", availability)])];
    read(&visit.db, source, reads(OutOfStock)).await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    let hearing = visit.hears("/api/v1/stream", "event: restock");
    let changing = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        read(&visit.db, source, reads(InStock)).await;
    };
    let (heard, ()) = tokio::join!(hearing, changing);
    let restock = heard.split_once("event: restock\ndata: ").expect("a restock").1;
    let restock: Value = serde_json::from_str(restock.lines().next().expect("a line")).expect("JSON");
    let listed: Value = serde_json::from_str(&visit.get("/api/v1/restocks").await.body).expect("JSON");
    assert_eq!(restock, listed["restocks"][0], "one is as the list has it");
    assert_eq!((&restock["title"], &restock["size"]), (&"Corps Jacket".into(), &"M".into()));
    assert!(restock["url"].as_str().is_some_and(|url| url.starts_with("https://shop.example/")), "{restock}");
}

#[tokio::test]
async fn a_link_to_a_product_has_a_picture_on_other_sites() {
    let visit = Visit::new().await;
    let source = follow(&visit.db, "https://shop.example/products/x").await;
    read(&visit.db, source, vec![product(HOSTILE, &[(HOSTILE, "a", InStock), ("M", "b", OutOfStock)])]).await;
    let page = visit.get("/p/1-script-alert-1-script").await;
    let page = if page.status == StatusCode::OK {
        page
    } else {
        visit.get(page.head.lines().find_map(|line| line.strip_prefix("location: ")).expect("a place")).await
    };
    assert!(
        page.body.contains("<meta property=\"og:image\" content=\"https://coat.example/p/1/preview.png\">"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("<script>alert"), "{}", page.body);
    let picture = visit.get("/p/1/preview.png").await;
    assert_eq!(picture.status, StatusCode::OK);
    assert!(picture.head.contains("content-type: image/png"), "{}", picture.head);
    assert_eq!(visit.get("/p/2/preview.png").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_not_listed_is_nowhere() {
    let visit = Visit::new().await;
    let new = NewSource { listed: false, ..testing::source("https://shop.example/all") };
    let (source, _) = visit.db.add_source(&new).await.expect("added");
    read(&visit.db, source, vec![product("Secret Jacket", &[("M", "", InStock)])]).await;
    for path in ["/", "/?q=secret", "/?show=in-stock", "/picture/1", "/p/1-secret-jacket"] {
        let page = visit.get(path).await;
        assert!(!page.body.contains("Secret Jacket"), "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn every_answer_forbids_what_is_not_ours() {
    let visit = Visit::new().await;
    for path in ["/", "/nothing", "/static/live.js", "/healthz", "/p/7-none"] {
        let answer = visit.get(path).await;
        for header in
            ["content-security-policy: default-src 'none'", "x-content-type-options: nosniff", "x-frame-options: DENY"]
        {
            assert!(answer.head.contains(header), "{path}: {}", answer.head);
        }
        assert!(!answer.body.contains(" style=") && !answer.body.contains("onclick"), "{path} runs something inline");
    }
    let missing = visit.get("/nothing").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.body.contains("There is nothing here"), "{}", missing.body);
}

#[tokio::test]
async fn of_open_pages_there_is_a_bound() {
    let visit = Visit::with_open_pages(1).await;
    let open = visit.router.clone().oneshot(Request::get("/live").body(Body::empty()).expect("a request")).await;
    let refused = visit.get("/live").await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.head.contains("retry-after: 120"), "{}", refused.head);
    drop(open);
    visit.hears("/live", "event: beat").await;
}

#[tokio::test]
async fn a_reader_that_falls_behind_is_let_go() {
    let live = super::live::Live::new(2);
    let (_stopper, stop) = Stopper::pair();
    let router = super::live::router(live.clone(), stop);
    let answer =
        router.oneshot(Request::get("/live").body(Body::empty()).expect("a request")).await.expect("it answers");
    for change in 1..=1000 {
        live.send(change, "stock", &serde_json::json!({}));
    }
    let mut stream = answer.into_body().into_data_stream();
    let mut pieces = 0;
    while let Some(piece) = stream.next().await {
        piece.expect("no error");
        pieces += 1;
    }
    assert!(pieces < 5, "{pieces} pieces");
}

#[tokio::test]
async fn a_products_page_tells_how_long_each_restock_lasted_and_gives_it_as_files() {
    let visit = Visit::new().await;
    let source = follow(&visit.db, "https://shop.example/products/jacket").await;
    let reads = |m| vec![product("Corps Jacket", &[("M", "=cmd|'x'", m), ("L", "Black", OutOfStock)])];
    for (m, minutes) in [(OutOfStock, 1), (InStock, 4), (OutOfStock, 1)] {
        read(&visit.db, source, reads(m)).await;
        for _ in 0..minutes {
            visit.clock.advance(Duration::from_secs(60));
            read(&visit.db, source, reads(m)).await;
        }
    }
    let page = visit.get("/p/1-corps-jacket").await;
    assert_eq!(page.status, StatusCode::OK);
    for words in ["<td>4 min</td>", "Back in stock once since tracking began.", "<svg xmlns", "It stayed for 4 min."] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let csv = visit.get("/p/1/history.csv").await;
    assert!(
        csv.body.contains("1,M,'=cmd|'x',in_stock,129.00,EUR,2027-01-15T08:01:00Z,2027-01-15T08:05:00Z,false"),
        "{}",
        csv.body
    );
    let json: Value = serde_json::from_str(&visit.get("/p/1/history.json").await.body).expect("JSON");
    assert_eq!(json["variants"][0]["restocks"][0], "2027-01-15T08:01:00Z");
    let feed = visit.get("/p/1/feed.atom").await;
    assert!(feed.body.contains("Corps Jacket is back in stock: M / =cmd|&#39;x&#39;"), "{}", feed.body);
}

#[tokio::test]
async fn an_address_of_a_product_leads_to_that_product_and_nowhere_else() {
    let visit = Visit::new().await;
    let source = follow(&visit.db, "https://shop.example/products/jacket").await;
    read(&visit.db, source, vec![product("//evil.example", &[("M", "", InStock)])]).await;
    for path in ["/p/1", "/p/1-//evil.example", "/p/1-%0d%0aset-cookie:x=y", "/p/1-x?range=%0d%0a"] {
        let answer = visit.get(path).await;
        let leads = answer.head.lines().find_map(|line| line.strip_prefix("location: "));
        assert!(leads.is_none_or(|place| place == "/p/1-evil-example"), "{path}: {}", answer.head);
        assert!(!answer.head.contains("set-cookie"), "{path}: {}", answer.head);
    }
    for path in ["/p/", "/p/x", "/p/-1", "/p/99999999999999999999-x", "/p/2-corps-jacket"] {
        assert_eq!(visit.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_status_names_shops_that_fail_and_says_no_cause_to_strangers() {
    let visit = Visit::new().await;
    let source = follow(&visit.db, "https://shop.example/products/jacket").await;
    read(&visit.db, source, vec![product("Corps Jacket", &[("M", "", InStock)])]).await;
    assert!(visit.get("/status").await.body.contains("Everything works"));
    testing::fail(&visit.db, source, "403 from <b>10.0.0.7</b>").await;
    let page = visit.get("/status").await;
    assert!(page.body.contains("1 shop cannot be checked"), "{}", page.body);
    assert!(!page.body.contains("10.0.0.7"), "{}", page.body);
    let json: Value = serde_json::from_str(&visit.get("/status.json").await.body).expect("JSON");
    assert_eq!((&json["ok"], &json["shops"][0]["state"]), (&Value::Bool(false), &Value::from("failing")));
    let metrics = visit.get("/metrics").await;
    for line in [
        "coatcheck_shops{state=\"failing\"} 1",
        "coatcheck_deliveries_waiting{channel=\"sms\"} 0",
        "coatcheck_build_info",
    ] {
        assert!(metrics.body.contains(line), "{line}: {}", metrics.body);
    }
    assert!(!metrics.body.contains("shop.example"), "{}", metrics.body);
    // Labels have few values: a new one is thought about, and written down here.
    let known = ["outcome", "fault", "channel", "state", "version", "of", "le", "quantile"];
    let labels = metrics.body.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('{'));
    for label in labels.flat_map(|(_, rest)| rest.split("=\"").filter_map(|part| part.rsplit(['{', ',', '"']).next())) {
        let is_value = label.contains('}');
        assert!(is_value || known.contains(&label), "label {label}: {}", metrics.body);
    }
}

#[tokio::test]
async fn the_api_says_what_its_description_promises_and_any_page_may_ask_it() {
    let visit = Visit::new().await;
    let source = follow(&visit.db, "https://shop.example/products/jacket").await;
    for m in [OutOfStock, InStock] {
        read(&visit.db, source, vec![product("Corps Jacket", &[("M", "Black", m)])]).await;
        visit.clock.advance(Duration::from_secs(60));
    }
    let described: Value = serde_json::from_str(&visit.get("/api/v1/openapi.json").await.body).expect("JSON");
    assert_eq!(described["openapi"], "3.1.0");
    let paths: Vec<&String> = described["paths"].as_object().expect("paths").keys().collect();
    let is_public = |path: &&&String| {
        let mut actions = described["paths"][path.as_str()].as_object().expect("actions").values();
        !path.ends_with("/stream") && actions.all(|action| action["security"].is_null())
    };
    let public: Vec<&&String> = paths.iter().filter(is_public).collect();
    assert!(public.len() >= 4, "{public:?}");
    for path in public {
        let answer = visit.get(&path.replace("{id}", "1")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        assert!(answer.head.contains("access-control-allow-origin: *"), "{path}: {}", answer.head);
        assert!(answer.head.contains("ratelimit-limit: 120"), "{path}: {}", answer.head);
    }
    let restocks: Value = serde_json::from_str(&visit.get("/api/v1/restocks").await.body).expect("JSON");
    assert_eq!(restocks["restocks"][0]["title"], "Corps Jacket");
    for path in ["/api/v1/products/2", "/api/v1/products/x", "/api/v1/nothing", "/api/v1/products/1%0d%0a/history"] {
        let answer = visit.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.body);
        assert!(answer.head.contains("content-type: application/problem+json"), "{path}: {}", answer.head);
    }
    for path in
        ["/api/v1/products?page=x", "/api/v1/restocks?limit=-%27", "/api/v1/restocks?after=9999999999999999999999"]
    {
        let answer = visit.get(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}: {}", answer.body);
    }
    for _ in 0..120 {
        visit.get("/api/v1/restocks").await;
    }
    let refused = visit.get("/api/v1/restocks").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.head.contains("retry-after: "), "{}", refused.head);
}

#[tokio::test]
async fn a_page_tells_what_to_text_for_a_size_and_does_nothing_itself() {
    let visit = Visit::new().await;
    let source = follow(&visit.db, "https://shop.example/products/jacket").await;
    read(&visit.db, source, vec![product("Corps Jacket", &[("M", "Black", OutOfStock), ("L", HOSTILE, OutOfStock)])])
        .await;
    let page = visit.get("/p/1-corps-jacket/watch?v=1").await;
    assert!(page.body.contains("sms:+14155550100?body=Corps%20Jacket%20M%20Black"), "{}", page.body);
    assert!(page.body.contains("<code>/watch Corps Jacket M Black</code>"), "{}", page.body);
    let hostile = visit.get("/p/1/watch?v=2").await;
    assert!(!hostile.body.contains("<script>alert"), "{}", hostile.body);
    assert_eq!(visit.get("/p/1/watch?v=%27%22%3E").await.status, StatusCode::OK);
    assert_eq!(visit.get("/p/2/watch").await.status, StatusCode::NOT_FOUND);
    assert_eq!(visit.db.watch_counts().await.expect("counted").armed, 0);
}

#[tokio::test]
async fn a_board_of_fifty_products_with_many_sizes_is_a_page_of_bounded_size() {
    let visit = Visit::new().await;
    let source = follow(&visit.db, "https://shop.example/products.json").await;
    let sizes: Vec<String> = (1..=60).map(|n| format!("W{} L{}", 26 + n % 12, 28 + n / 12)).collect();
    let variants = |n: usize| -> Vec<(&str, &str, coatcheck_domain::Availability)> {
        let state = |at: usize| if (at + n).is_multiple_of(3) { InStock } else { OutOfStock };
        sizes.iter().enumerate().map(|(at, size)| (size.as_str(), "", state(at))).collect()
    };
    let jeans = (0..60).map(|n| product(&format!("Raw Denim Jeans {n:02}"), &variants(n))).collect();
    read(&visit.db, source, jeans).await;
    let page = visit.get("/").await;
    assert_eq!(page.body.matches("<article").count(), 50);
    assert_eq!(page.body.matches("<li class=\"cell").count(), 50 * 36, "a card has room for so many");
    assert!(page.body.contains("24 more on its page") && page.body.contains("Page 1 of 2"), "{}", page.head);
    assert!(page.body.len() < 600_000, "{} bytes", page.body.len());
    let request = Request::get("/").header("accept-encoding", "gzip").body(Body::empty()).expect("a request");
    let packed = visit.router.clone().oneshot(request).await.expect("it answers");
    let packed = axum::body::to_bytes(packed.into_body(), usize::MAX).await.expect("a body");
    assert!(packed.len() < 60_000, "{} bytes packed", packed.len());
    let second = visit.get("/?page=2").await;
    assert_eq!(second.body.matches("<article").count(), 10);
    let found = visit.get("/?q=DENIM+jeans+07").await;
    assert_eq!(found.body.matches("<article").count(), 1, "{}", found.body);
}
