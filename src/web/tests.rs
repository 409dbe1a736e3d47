//! Pages as visitors get them: from a store, through the whole router.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono_tz::Tz;
use coatcheck_domain::Availability::{InStock, OutOfStock};
use coatcheck_domain::clock::ManualClock;
use futures_util::StreamExt;
use serde_json::Value;
use tower::ServiceExt;

use super::Web;
use crate::engine::{Heartbeats, Stopper};
use crate::shops::{ClientOptions, Guard, SystemResolver, client};
use crate::store::Db;
use crate::testing::{self, Engine, Place, follow, product, read};

/// A store, its pages, and what happens in it.
pub(super) struct Visit {
    pub(super) db: Db,
    pub(super) clock: Arc<ManualClock>,
    router: Router,
    _stopper: Stopper,
    _place: Place,
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
        let (db, place, clock) = testing::db_with_clock(Engine::Sqlite).await;
        let guard = Arc::new(Guard::new("".parse().expect("no hosts")));
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = ClientOptions::new("test");
        let (stopper, stop) = Stopper::pair();
        let web = Web {
            db: db.clone(),
            heartbeats: Heartbeats::new(clock.clone()),
            zone: Tz::UTC,
            http: client(guard.clone(), Arc::new(SystemResolver), &options).expect("a client"),
            guard,
            open_pages,
        };
        let (router, live) = web.start(Vec::new(), stop);
        tokio::spawn(live);
        Self { db, clock, router, _stopper: stopper, _place: place }
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

const HOSTILE: &str = "<script>alert(1)</script>\"' onload=x &amp; \u{202e}evil";

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
async fn what_is_not_listed_is_nowhere() {
    let visit = Visit::new().await;
    let new = crate::store::polls::source::NewSource { listed: false, ..testing::source("https://shop.example/all") };
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
