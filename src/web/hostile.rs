//! What strangers try, over all pages at once: each address that acts, and each place where a stranger's words stand.

use std::path::Path;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use coatcheck_domain::Availability::{InStock, OutOfStock};

use super::tests::{HOSTILE, Visit};
use crate::testing::{follow, product, read};

/// Who may use an address that acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guarded {
    /// A form on a page of ours, of whoever is there.
    Origin,
    /// A form whose token belongs to the browser's cookie.
    FormToken,
    /// A program with a token: no browser sends one by itself.
    Bearer,
    /// A shop or platform that signs what it posts.
    Signature,
}

/// Every address that acts. A new one gets its line here, and with it the tests below.
const ACTS: [(&str, Guarded); 17] = [
    ("/admin/login", Guarded::FormToken),
    ("/admin/logout", Guarded::FormToken),
    ("/admin/shops/new", Guarded::FormToken),
    ("/admin/shops/{id}", Guarded::FormToken),
    ("/admin/deliveries/{id}", Guarded::FormToken),
    ("/admin/people/{id}", Guarded::FormToken),
    ("/p/{product}/watch", Guarded::Origin),
    ("/p/{product}/push", Guarded::Origin),
    ("/sign-up/code", Guarded::Origin),
    ("/m/{name}", Guarded::Origin),
    ("/hooks/shops/{id}", Guarded::Signature),
    ("/api/v1/watches", Guarded::Bearer),
    ("/api/v1/shops", Guarded::Bearer),
    ("/api/v1/shops/{id}/pause", Guarded::Bearer),
    ("/api/v1/shops/{id}/resume", Guarded::Bearer),
    ("/api/v1/deliveries/{id}/replay", Guarded::Bearer),
    // Those of the platforms, whose paths they name themselves; their own tests post to them.
    ("", Guarded::Signature),
];

/// The addresses in the sources that take a POST.
fn posted() -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&entry).expect("a file");
                let routes = text.split(".route(").skip(1).filter(|rest| {
                    let end = rest.find(".route(").unwrap_or(rest.len());
                    let own = rest[..end].lines().next().unwrap_or_default();
                    own.contains("post(")
                });
                found.extend(routes.map(|rest| {
                    let named = rest.strip_prefix('"').and_then(|rest| rest.split('"').next());
                    named.unwrap_or_default().to_owned()
                }));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_address_that_acts_is_known_and_guarded() {
    let mut known: Vec<String> = ACTS.iter().map(|(path, _)| (*path).to_owned()).collect();
    known.sort();
    assert_eq!(posted(), known, "add the new address to ACTS with what guards it");
}

#[tokio::test]
async fn no_page_elsewhere_makes_a_browser_act_here() {
    let password = super::password::PasswordHash::of("correct horse battery", &[7; 32]).expect("a hash");
    let visit = Visit::allowing("", 8, Some(password)).await;
    let source = follow(&visit.db, "https://shop.example/products/jacket").await;
    read(&visit.db, source, vec![product("Corps Jacket", &[("M", "Black", OutOfStock)])]).await;
    for (path, guarded) in ACTS.iter().filter(|(path, _)| !path.is_empty()) {
        let path = path.replace("{id}", "1").replace("{product}", "1").replace("{name}", "x");
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("x-none", "x"),
        ] {
            let request = Request::post(&path)
                .header("host", "coat.example")
                .header("content-type", "application/x-www-form-urlencoded")
                .header(name, value)
                .body(Body::from("way=phone&phone=9255550123&act=stop-all&do=remove&sure=1&token=x&code=123456"));
            let got = visit.ask(request.expect("a request")).await;
            let expected = match guarded {
                Guarded::Origin | Guarded::FormToken => StatusCode::FORBIDDEN,
                Guarded::Bearer => StatusCode::UNAUTHORIZED,
                Guarded::Signature => StatusCode::NOT_FOUND,
            };
            assert_eq!(got.status, expected, "{path} with {name}: {value}: {}", got.body);
        }
        // Link previews look: looking acts nowhere.
        assert!(!visit.get(&path).await.head.contains("set-cookie: coatcheck=1"), "{path}");
    }
    assert!(visit.db.source(source).await.expect("asked").is_some());
    assert_eq!(visit.db.watch_counts().await.expect("counted").watches, 0);
}

#[tokio::test]
async fn an_address_that_would_run_a_script_is_a_link_nowhere() {
    let password = super::password::PasswordHash::of("correct horse battery", &[7; 32]).expect("a hash");
    let visit = Visit::allowing("", 8, Some(password)).await;
    let source = follow(&visit.db, "https://shop.example/products/jacket").await;
    for (availability, script) in
        [(OutOfStock, "javascript:alert(1)"), (InStock, "data:text/html,<script>alert(1)</script>")]
    {
        let mut hostile = product(HOSTILE, &[(HOSTILE, HOSTILE, availability)]);
        hostile.url = Some(url::Url::parse(script).expect("an address"));
        hostile.image = Some(url::Url::parse("javascript:alert(2)").expect("an address"));
        for variant in &mut hostile.variants {
            variant.url.clone_from(&hostile.url);
        }
        read(&visit.db, source, vec![hostile]).await;
        visit.clock.advance(Duration::from_secs(60));
    }
    tokio::time::sleep(Duration::from_millis(1100)).await;
    for path in ["/", "/p/1", "/p/1/watch", "/p/1/feed.atom", "/status", "/?q=script"] {
        let got = visit.get(path).await;
        let got = match got.head.lines().find_map(|line| line.strip_prefix("location: ")) {
            Some(place) => visit.get(place).await,
            None => got,
        };
        assert_eq!(got.status, StatusCode::OK, "{path}: {}", got.body);
        for bad in ["=\"javascript:", "=\"data:", "<script>alert", "onload=x\"", "\u{202e}"] {
            assert!(!got.body.contains(bad), "{path} has {bad}: {}", got.body);
        }
    }
    assert_ne!(visit.get("/picture/1").await.status, StatusCode::OK, "no picture is fetched from there");
}

#[tokio::test]
async fn what_a_browser_says_of_our_name_stands_on_no_page() {
    let visit = Visit::new().await;
    let source = follow(&visit.db, "https://shop.example/products/jacket").await;
    read(&visit.db, source, vec![product("Corps Jacket", &[("M", "Black", OutOfStock)])]).await;
    for path in ["/", "/p/1-corps-jacket", "/p/1/feed.atom", "/p/1/watch", "/api", "/api/v1/openapi.json", "/nothing"] {
        for header in ["host", "x-forwarded-host", "referer"] {
            let request = Request::get(path).header(header, "evil.example").body(Body::empty());
            let got = visit.ask(request.expect("a request")).await;
            assert!(!got.body.contains("evil.example") && !got.head.contains("evil.example"), "{path}: {}", got.body);
        }
    }
}

#[tokio::test]
async fn no_address_of_ours_leads_to_another_site() {
    let visit = Visit::new().await;
    let source = follow(&visit.db, "https://shop.example/products/jacket").await;
    let mut hostile = product("Corps Jacket", &[("M", "Black", InStock)]);
    hostile.url = Some(url::Url::parse("javascript:alert(1)").expect("an address"));
    read(&visit.db, source, vec![hostile]).await;
    for path in [
        "//evil.example",
        "/\\evil.example",
        "/p/1?next=//evil.example",
        "/p/1-x?url=https://evil.example",
        "/p/1-%2f%2fevil.example",
        "/m/%2f%2fevil.example?done=//evil.example",
        "/r/%2f%2fevil.example",
        "/r/x%0d%0alocation:%20https://evil.example",
        "/?q=%0d%0alocation:%20https://evil.example",
        "/sign-up/code?product=//evil.example",
        "/admin/login?next=https://evil.example",
        "/live?since=%0d%0aset-cookie:%20x=y",
    ] {
        let Ok(request) = Request::get(path).body(Body::empty()) else { continue };
        if path.starts_with("/live") {
            continue;
        }
        let got = visit.ask(request).await;
        let place = got.head.lines().find_map(|line| line.strip_prefix("location: "));
        assert!(place.is_none_or(|place| place.starts_with("/p/1-corps-jacket")), "{path}: {}", got.head);
        assert!(!got.head.contains("set-cookie") && !got.status.is_server_error(), "{path}: {}", got.head);
    }
}

#[tokio::test]
async fn a_form_for_a_known_phone_takes_as_long_as_for_any_other() {
    let visit = Visit::new().await;
    let source = follow(&visit.db, "https://shop.example/products/jacket").await;
    read(&visit.db, source, vec![product("Corps Jacket", &[("M", "Black", OutOfStock)])]).await;
    let known = "sms:+19255550323".parse().expect("a phone");
    visit.db.destination_for(&known, || None).await.expect("stored");
    for number in ["9255550323", "9255550123", "9255550223"] {
        let began = Instant::now();
        let got = visit.post("/p/1/watch", &format!("phone={number}&way=phone")).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.body);
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(399), "{number}: {took:?}");
    }
    let began = Instant::now();
    visit.post("/sign-up/code", "token=made-up&code=123456").await;
    assert!(began.elapsed() >= Duration::from_millis(399), "a page that never was");
}
