//! What an admin sees and does, through the whole router; and what nobody else can.

use std::sync::LazyLock;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use coatcheck_domain::Availability::{InStock, OutOfStock};
use coatcheck_domain::Destination;
use coatcheck_world::Shop;

use crate::testing::{self, follow, product, read};
use crate::web::password::PasswordHash;
use crate::web::peer::Peer;
use crate::web::tests::{Got, Visit};

const PASSWORD: &str = "correct horse battery";
static HASH: LazyLock<PasswordHash> = LazyLock::new(|| PasswordHash::of(PASSWORD, &[7; 32]).expect("a hash"));
const HOSTILE: &str = "<script>alert(1)</script>\"' onload=x";

/// A browser that keeps its cookie.
struct Admin {
    visit: Visit,
    cookie: String,
    peer: &'static str,
}

impl Admin {
    async fn new() -> Self {
        Self::reading("").await
    }

    async fn reading(hosts: &str) -> Self {
        let visit = Visit::allowing(hosts, 8, Some(HASH.clone())).await;
        Self { visit, cookie: String::new(), peer: "192.0.2.7" }
    }

    async fn logged_in() -> Self {
        let mut admin = Self::new().await;
        admin.log_in(PASSWORD).await;
        admin
    }

    async fn ask(&mut self, request: axum::http::request::Builder, body: String) -> Got {
        let peer = Peer(self.peer.parse().expect("an address"));
        let request = request.header("cookie", &self.cookie).header("host", "coat.example").extension(peer);
        let got = self.visit.ask(request.body(Body::from(body)).expect("a request")).await;
        if let Some(set) = got.head.lines().find_map(|line| line.strip_prefix("set-cookie: ")) {
            self.cookie = set.split(';').next().unwrap_or_default().to_owned();
        }
        got
    }

    async fn get(&mut self, path: &str) -> Got {
        self.ask(Request::get(path), String::new()).await
    }

    /// Sends a form with the token of the page it stands on.
    async fn send(&mut self, page: &str, to: &str, fields: &[(&str, &str)]) -> Got {
        let page = self.get(page).await;
        let token = page.body.split("name=\"form\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        let token = token.unwrap_or_else(|| panic!("no form: {}", page.body)).to_owned();
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("form", &token).extend_pairs(fields);
        self.ask(Request::post(to), body.finish()).await
    }

    async fn log_in(&mut self, password: &str) -> Got {
        self.send("/admin/login", "/admin/login", &[("password", password)]).await
    }

    async fn audit(&self) -> Vec<String> {
        let lines = self.visit.db.audit_lines(i64::MAX, 50).await.expect("the lines");
        lines.iter().rev().map(|line| format!("{} {} {}", line.who, line.what, line.subject)).collect()
    }
}

const PAGES: [&str; 10] = [
    "/admin",
    "/admin/shops",
    "/admin/shops/new",
    "/admin/deliveries",
    "/admin/people",
    "/admin/rooms",
    "/admin/lanes",
    "/admin/instances",
    "/admin/incidents",
    "/admin/audit",
];

#[tokio::test]
async fn without_a_password_there_are_no_admin_pages() {
    let visit = Visit::new().await;
    for page in PAGES.into_iter().chain(["/admin/login"]) {
        assert_eq!(visit.get(page).await.status, StatusCode::NOT_FOUND, "{page}");
    }
}

#[tokio::test]
async fn who_is_not_logged_in_sees_and_does_nothing() {
    let mut admin = Admin::new().await;
    for page in PAGES {
        let got = admin.get(page).await;
        assert!(
            got.status == StatusCode::SEE_OTHER && got.head.contains("location: /admin/login\n"),
            "{page}: {}",
            got.head
        );
    }
    let source = follow(&admin.visit.db, "https://shop.example/products/jacket").await;
    let got = admin.send("/admin/login", &format!("/admin/shops/{source}"), &[("do", "remove"), ("sure", "1")]).await;
    assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.body);
    assert!(admin.visit.db.source(source).await.expect("asked").is_some());
    admin.cookie = format!("__Host-coatcheck={}", "0".repeat(64));
    assert_eq!(admin.get("/admin/shops").await.status, StatusCode::SEE_OTHER, "a cookie that was made up");
}

#[tokio::test]
async fn the_right_password_opens_and_gives_a_new_cookie_that_scripts_and_plain_http_do_not_get() {
    let mut admin = Admin::new().await;
    let first = admin.get("/admin/login").await;
    assert!(first.head.contains("cache-control: no-store"), "{}", first.head);
    let before = admin.cookie.clone();
    let wrong = admin.log_in("wrong horse battery").await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    assert!(wrong.body.contains("That is not the password."), "{}", wrong.body);
    let right = admin.log_in(PASSWORD).await;
    assert!(right.head.contains("location: /admin\n"), "{}", right.head);
    for part in ["__Host-coatcheck=", "; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure", "; Max-Age=43200"] {
        assert!(right.head.contains(part), "{part}: {}", right.head);
    }
    let after = std::mem::replace(&mut admin.cookie, before.clone());
    assert_ne!(before, after);
    assert_eq!(admin.get("/admin/shops").await.status, StatusCode::SEE_OTHER, "the cookie before is worth nothing");
    admin.cookie = after;
    assert_eq!(admin.get("/admin/shops").await.status, StatusCode::OK);
    assert_eq!(admin.audit().await, ["web log in admin"]);
}

#[tokio::test]
async fn a_log_in_ends_by_itself_by_logging_out_and_with_another_password() {
    let mut admin = Admin::logged_in().await;
    let cookie = admin.cookie.clone();
    admin.send("/admin/shops", "/admin/logout", &[]).await;
    admin.cookie.clone_from(&cookie);
    assert_eq!(admin.get("/admin/shops").await.status, StatusCode::SEE_OTHER, "logged out, the cookie kept");
    admin.log_in(PASSWORD).await;
    assert_eq!(admin.get("/admin/shops").await.status, StatusCode::OK);
    admin.visit.clock.advance(Duration::from_secs(12 * 3600));
    assert_eq!(admin.get("/admin/shops").await.status, StatusCode::SEE_OTHER, "after twelve hours");
    let clock = admin.visit.db.clock();
    let other = PasswordHash::of("another horse battery", &[8; 32]).expect("a hash");
    let doors = [HASH.clone(), other].map(|hash| super::door::Door::new(hash, clock.clone()));
    assert_ne!(doors[0].hash_of(&cookie), doors[1].hash_of(&cookie), "another password");
}

#[tokio::test]
async fn of_a_log_in_the_database_holds_only_a_hash() {
    let admin = Admin::logged_in().await;
    let token = admin.cookie.split('=').nth(1).expect("a token").to_owned();
    let file = admin.visit.contents().await;
    assert!(!file.windows(token.len()).any(|bytes| bytes == token.as_bytes()));
}

#[tokio::test]
async fn a_form_from_another_page_is_refused() {
    let mut admin = Admin::logged_in().await;
    let source = follow(&admin.visit.db, "https://shop.example/products/jacket").await;
    let path = format!("/admin/shops/{source}");
    for body in ["do=pause".to_owned(), format!("form={}&do=pause", "0".repeat(64))] {
        let got = admin.ask(Request::post(&path), body).await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{}", got.body);
    }
    let page = admin.get(&path).await;
    let token = page.body.split("name=\"form\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("one");
    let request = Request::post(&path).header("sec-fetch-site", "cross-site");
    let got = admin.ask(request, format!("form={token}&do=pause")).await;
    assert_eq!(got.status, StatusCode::FORBIDDEN, "{}", got.body);
    let huge = admin.ask(Request::post(&path), format!("form={token}&jq={}", "x".repeat(300_000))).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(admin.audit().await, ["web log in admin"]);
}

#[tokio::test]
async fn who_tries_passwords_has_to_wait_and_the_right_one_does_not_help_then() {
    let mut admin = Admin::new().await;
    for _ in 0..10 {
        admin.log_in("wrong horse battery").await;
    }
    let got = admin.log_in(PASSWORD).await;
    assert!(got.body.contains("Too many tries. Please wait for 15 min."), "{}", got.body);
    admin.peer = "192.0.2.8";
    assert_eq!(admin.log_in(PASSWORD).await.status, StatusCode::SEE_OTHER, "another address");
    admin.visit.clock.advance(Duration::from_secs(15 * 60));
    admin.peer = "192.0.2.7";
    assert_eq!(admin.log_in(PASSWORD).await.status, StatusCode::SEE_OTHER, "after a while");
}

#[tokio::test]
async fn a_look_shows_what_is_read_and_from_where_and_stores_nothing() {
    let shop = Shop::open().expect("a shop");
    shop.stock("jacket", "M", "Black", true);
    shop.title("jacket", HOSTILE);
    let mut admin = Admin::reading(&shop.host()).await;
    admin.log_in(PASSWORD).await;
    let url = format!("http://{}/products/jacket", shop.host());
    let fields = [("url", url.as_str()), ("look", "1"), ("interval", "60s")];
    let got = admin.send("/admin/shops/new", "/admin/shops/new", &fields).await;
    assert!(got.body.contains("1 product, 1 variant, read as <b>shopify</b>"), "{}", got.body);
    assert!(got.body.contains("<td>M</td><td>Black</td><td>in stock</td>"), "{}", got.body);
    assert!(!got.body.contains("<script>alert"), "{}", got.body);
    assert!(admin.visit.db.sources().await.expect("asked").is_empty());
    let fields = [("url", url.as_str()), ("add", "1"), ("interval", "60s")];
    let got = admin.send("/admin/shops/new", "/admin/shops/new", &fields).await;
    assert!(got.head.contains("location: /admin/shops/1?done=added"), "{} {}", got.head, got.body);
    assert_eq!(admin.audit().await[1..], [format!("web shop add {url}")]);
}

#[tokio::test]
async fn what_cannot_be_tracked_says_why_and_nothing_is_asked() {
    let mut admin = Admin::logged_in().await;
    for (url, why) in [
        ("http://169.254.169.254/latest", "cannot be tracked"),
        ("javascript:alert(1)", "is no address"),
        ("<b>x</b>", "is no address"),
    ] {
        for button in ["look", "add"] {
            let fields = [("url", url), (button, "1")];
            let got = admin.send("/admin/shops/new", "/admin/shops/new", &fields).await;
            assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(got.body.contains(why) && !got.body.contains("<b>x</b>"), "{url}: {}", got.body);
        }
    }
    assert!(admin.visit.db.sources().await.expect("asked").is_empty());
}

#[tokio::test]
async fn a_shop_is_paused_named_unlisted_changed_and_removed_and_each_is_audited() {
    let mut admin = Admin::logged_in().await;
    let url = "https://shop.example/products/jacket";
    let source = follow(&admin.visit.db, url).await;
    read(&admin.visit.db, source, vec![product(HOSTILE, &[("M", HOSTILE, InStock)])]).await;
    let path = format!("/admin/shops/{source}");
    let page = admin.get(&path).await;
    assert!(page.status == StatusCode::OK && !page.body.contains("<script>alert"), "{}", page.body);
    for fields in [
        &[("do", "pause")][..],
        &[("do", "resume")],
        &[("do", "unlist")],
        &[("do", "name"), ("product", "1"), ("alias", "jacket")],
        &[("do", "unname"), ("product", "1"), ("alias", "jacket")],
        &[("do", "change"), ("interval", "5m"), ("headers", "X-Key: geheim")],
    ] {
        let got = admin.send(&path, &path, fields).await;
        assert_eq!(got.status, StatusCode::SEE_OTHER, "{fields:?}: {}", got.body);
    }
    let changed = admin.visit.db.source(source).await.expect("asked").expect("there");
    assert_eq!((changed.listed, changed.interval), (false, Duration::from_secs(300)));
    assert_eq!(changed.headers, [("X-Key".to_owned(), "geheim".to_owned())]);
    let page = admin.get(&path).await;
    assert!(page.body.contains("X-Key") && !page.body.contains("geheim"), "{}", page.body);
    assert_eq!(admin.send(&path, &path, &[("do", "remove")]).await.status, StatusCode::CONFLICT, "not sure");
    admin.send(&path, &path, &[("do", "remove"), ("sure", "1")]).await;
    assert!(admin.visit.db.source(source).await.expect("asked").is_none());
    let audit = admin.audit().await.join("\n");
    insta::assert_snapshot!(audit, @"
    web log in admin
    web shop pause https://shop.example/products/jacket
    web shop resume https://shop.example/products/jacket
    web shop unlist https://shop.example/products/jacket
    web name https://shop.example/products/jacket: jacket
    web unname https://shop.example/products/jacket: jacket
    web shop change https://shop.example/products/jacket
    web shop remove https://shop.example/products/jacket
    ");
}

#[tokio::test]
async fn a_dead_letter_is_sent_again_from_the_page() {
    let mut admin = Admin::logged_in().await;
    let id = testing::dead_letter(&admin.visit.db, "the bot was blocked").await;
    let page = admin.get("/admin/deliveries?state=dead").await;
    assert!(page.body.contains("the bot was blocked") && page.body.contains("Send again"), "{}", page.body);
    let got = admin.send("/admin/deliveries", &format!("/admin/deliveries/{id}"), &[]).await;
    assert!(got.head.contains("location: /admin/deliveries?done=replayed"), "{} {}", got.head, got.body);
    let page = admin.get("/admin/deliveries?done=replayed").await;
    assert!(page.body.contains("It will be sent again by the running service."), "{}", page.body);
    let again = admin.send("/admin/deliveries", &format!("/admin/deliveries/{id}"), &[]).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "it waits already");
    assert_eq!(admin.audit().await[1..], [format!("web replay delivery {id}")]);
}

#[tokio::test]
async fn each_page_is_shown_whatever_its_address_asks() {
    let mut admin = Admin::logged_in().await;
    let source = follow(&admin.visit.db, "https://shop.example/products/x").await;
    testing::fail(&admin.visit.db, source, HOSTILE).await;
    admin.visit.db.open_incident("shop_failing", HOSTILE, HOSTILE).await.expect("noted");
    admin.visit.db.audit(HOSTILE, "x", HOSTILE).await.expect("noted");
    for page in &PAGES[1..] {
        for query in
            ["", "?before=-1", "?before=x&q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E&state=%27&done=%3Cb%3E", "?q=%25!_"]
        {
            let got = admin.get(&format!("{page}{query}")).await;
            assert_eq!(got.status, StatusCode::OK, "{page}{query}: {}", got.body);
            assert!(
                !got.body.contains("<script>alert") && got.head.contains("cache-control: no-store"),
                "{}",
                got.body
            );
        }
    }
    for page in ["/admin/shops/99", "/admin/shops/x", "/admin/nothing"] {
        assert!(admin.get(page).await.status.is_client_error(), "{page}");
    }
}

#[tokio::test]
async fn a_person_is_found_by_a_phone_and_only_two_digits_of_it_are_shown() {
    let mut admin = Admin::logged_in().await;
    let phone: Destination = "sms:+14155550123".parse().expect("a phone");
    let known = admin.visit.db.destination_for(&phone, || None).await.expect("stored");
    testing::dead_letter(&admin.visit.db, "x").await;
    let found = admin.get("/admin/people?q=sms%3A%2B14155550123").await;
    assert!(found.body.contains("sms:+…23") && !found.body.contains("discord:1"), "{}", found.body);
    let one = admin.get(&format!("/admin/people/{}", known.subscriber_id)).await;
    assert!(one.body.contains("sms:+…23") && !one.body.contains("5550123"), "{}", one.body);
    let all = admin.get("/admin/people").await;
    assert!(all.body.contains("discord:1") && all.body.contains("sms:+…23"), "{}", all.body);
    assert!(admin.get("/admin/people?q=discord").await.body.contains("discord:1"));
    assert!(admin.get("/admin/people?q=nobody").await.body.contains("Nobody is known there."));
}

#[tokio::test]
async fn a_person_is_banned_limited_and_let_in_again_and_each_is_audited_without_their_address() {
    let mut admin = Admin::logged_in().await;
    let source = follow(&admin.visit.db, "https://shop.example/products/jacket").await;
    read(&admin.visit.db, source, vec![product("Jacket", &[("M", "Black", OutOfStock)])]).await;
    let phone: Destination = "sms:+14155550123".parse().expect("a phone");
    let id = admin.visit.db.destination_for(&phone, || None).await.expect("stored").subscriber_id;
    let hash = admin.visit.db.addresses(id).await.expect("read")[0].split(':').nth(2).expect("a hash").to_owned();
    let found = admin.get(&format!("/admin/people?q={hash}")).await;
    assert!(found.body.contains("sms:+…23"), "by the hash of its number: {}", found.body);
    let path = format!("/admin/people/{id}");
    let page = admin.get(&path).await;
    assert!(page.body.contains("sms:+…23") && !page.body.contains("5550123"), "{}", page.body);
    assert_eq!(admin.send(&path, &path, &[("do", "ban")]).await.status, StatusCode::CONFLICT, "not sure");
    for wrong in ["-1", "many", "1000001"] {
        let got = admin.send(&path, &path, &[("do", "limit"), ("watches", wrong), ("addresses", "")]).await;
        assert_eq!(got.status, StatusCode::CONFLICT, "{wrong}");
    }
    for fields in [
        &[("do", "limit"), ("watches", "3"), ("addresses", "")][..],
        &[("do", "ban"), ("sure", "1")],
        &[("do", "ban"), ("sure", "1")],
    ] {
        let got = admin.send(&path, &path, fields).await;
        assert_eq!(got.status, StatusCode::SEE_OTHER, "{fields:?}: {}", got.body);
    }
    let page = admin.get(&path).await;
    assert!(
        page.body.contains("Banned since") && page.body.contains("name=\"watches\" inputmode=\"numeric\" value=\"3\""),
        "{}",
        page.body
    );
    assert!(admin.get("/admin/people?state=banned").await.body.contains("▲ banned"));
    admin.send(&path, &path, &[("do", "unban")]).await;
    assert!(admin.get("/admin/people?state=banned").await.body.contains("Nobody is known there."));
    assert_eq!(admin.send(&path, &path, &[("do", "nonsense")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        admin.send(&path, "/admin/people/99", &[("do", "ban"), ("sure", "1")]).await.status,
        StatusCode::NOT_FOUND
    );
    let audit = admin.audit().await;
    let number = format!("number {id}");
    let expected = ["limit", "ban", "unban"].map(|what| format!("web person {what} {number}"));
    assert_eq!(audit[1..], expected, "what changes nothing is not written down");
}

#[tokio::test]
async fn what_is_emptied_in_the_form_of_a_shop_is_taken_away_and_headers_only_if_that_is_ticked() {
    let mut admin = Admin::logged_in().await;
    let source = follow(&admin.visit.db, "https://shop.example/stock").await;
    let path = format!("/admin/shops/{source}");
    let filled = [
        ("do", "change"),
        ("interval", "5m"),
        ("reader", "json"),
        ("jq", ".[]"),
        ("more", "https://shop.example/more"),
        ("headers", "X-Key: geheim"),
    ];
    assert_eq!(admin.send(&path, &path, &filled).await.status, StatusCode::SEE_OTHER);
    let read = async |admin: &Admin| admin.visit.db.source(source).await.expect("asked").expect("there");
    let now = read(&admin).await;
    assert_eq!(
        (now.reader.as_deref(), now.jq.as_deref(), now.more_urls.len(), now.headers.len()),
        (Some("json"), Some(".[]"), 1, 1)
    );
    let emptied = [("do", "change"), ("interval", "5m"), ("reader", ""), ("jq", ""), ("more", ""), ("headers", "")];
    assert_eq!(admin.send(&path, &path, &emptied).await.status, StatusCode::SEE_OTHER);
    let now = read(&admin).await;
    assert_eq!((now.reader, now.jq, now.more_urls.len(), now.headers.len()), (None, None, 0, 1), "headers stay");
    let with_tick = [("do", "change"), ("interval", "5m"), ("no-headers", "1")];
    assert_eq!(admin.send(&path, &path, &with_tick).await.status, StatusCode::SEE_OTHER);
    assert!(read(&admin).await.headers.is_empty());
}
