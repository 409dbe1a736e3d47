use axum::body::Body;
use axum::http::{Request, StatusCode};
use coatcheck_domain::Availability::OutOfStock;
use serde_json::Value;

use crate::store::db::sql::Sql;
use crate::testing::{follow, product, read};
use crate::web::tests::Visit;

const PUSH: &str = "/p/1-corps-jacket/push";
const KEYS: &str = "p256dh=BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4\
                    &auth=BTBZMqHH6r4Tts7J_aSIgg";

async fn with_a_jacket(visit: Visit) -> Visit {
    let source = follow(&visit.db, "https://shop.example/products/jacket").await;
    read(&visit.db, source, vec![product("Corps Jacket", &[("M", "", OutOfStock), ("L", "", OutOfStock)])]).await;
    visit
}

fn form(endpoint: &str, rest: &str) -> String {
    let endpoint: String = url::form_urlencoded::byte_serialize(endpoint.as_bytes()).collect();
    format!("endpoint={endpoint}&{KEYS}&{rest}")
}

async fn watches(visit: &Visit) -> i64 {
    visit.db.watch_counts().await.expect("counted").watches
}

#[tokio::test]
async fn a_browser_signs_itself_up_and_gets_a_page_to_manage_its_watches() {
    let visit = with_a_jacket(Visit::new().await).await;
    let key = visit.get("/push/key").await;
    assert_eq!((key.status, key.body.len()), (StatusCode::OK, 87), "{}", key.body);
    let endpoint = "https://fcm.googleapis.com/fcm/send/s3cret";
    let got = visit.post(PUSH, &form(endpoint, "size=M&often=every")).await;
    assert_eq!(got.status, StatusCode::OK, "{}", got.body);
    assert!(got.head.contains("cache-control: no-store"), "{}", got.head);
    let answer: Value = serde_json::from_str(&got.body).expect("JSON");
    assert_eq!(answer["lines"][0], "Watching Corps Jacket — M, every time.");
    let own = answer["own"].as_str().expect("a page").to_owned();
    assert!(visit.get(&own).await.body.contains("Corps Jacket — M"));
    // The same browser is the same person.
    visit.post(PUSH, &form(endpoint, "size=L")).await;
    assert_eq!(watches(&visit).await, 2);
    assert_eq!(visit.db.read().id("SELECT count(*) FROM subscriber", vec![]).await.expect("asked"), Some(1));
    let stored = visit.contents().await;
    assert!(!stored.windows(6).any(|bytes| bytes == b"s3cret"), "its address is sealed");
    // And deletes itself.
    visit.post(&own, "act=forget&sure=yes").await;
    assert_eq!(watches(&visit).await, 0);
    assert_eq!(visit.db.read().id("SELECT count(*) FROM destination", vec![]).await.expect("asked"), Some(0));
}

#[tokio::test]
async fn what_is_no_push_service_is_refused() {
    let visit = with_a_jacket(Visit::new().await).await;
    for endpoint in [
        "https://10.0.0.7/x",
        "https://[::1]/x",
        "https://127.0.0.1:9000/x",
        "https://push.example:6379/x",
        "http://push.example/x",
        "https://user:word@push.example/x",
        "file:///etc/passwd",
        "",
    ] {
        let got = visit.post(PUSH, &form(endpoint, "size=M")).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{endpoint}: {}", got.body);
        assert!(got.body.contains("push service cannot be reached"), "{endpoint}: {}", got.body);
    }
    let no_keys = visit.post(PUSH, "endpoint=https%3A%2F%2Fpush.example%2Fx&size=M").await;
    assert_eq!(no_keys.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(watches(&visit).await, 0);
    let own = with_a_jacket(Visit::allowing("127.0.0.1:9000", 8, None).await).await;
    assert_eq!(own.post(PUSH, &form("http://127.0.0.1:9000/x", "size=M")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn another_site_signs_no_browser_up_and_an_invite_word_is_asked_for() {
    let visit = with_a_jacket(Visit::by_invitation("raincoat").await).await;
    let body = form("https://push.example/x", "invite=raincoat");
    let foreign = Request::post(PUSH).header("sec-fetch-site", "cross-site").body(Body::from(body.clone()));
    assert_eq!(visit.ask(foreign.expect("a request")).await.status, StatusCode::FORBIDDEN);
    let stranger = visit.post(PUSH, &form("https://push.example/x", "size=M")).await;
    assert!(stranger.body.contains("Please type the invite word"), "{}", stranger.body);
    assert_eq!(watches(&visit).await, 0);
    assert_eq!(visit.post(PUSH, &body).await.status, StatusCode::OK);
    assert_eq!(watches(&visit).await, 1);
    let huge = visit.post(PUSH, &"size=M&".repeat(5000)).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_server_that_is_no_browsers_push_service_is_not_named_over_and_over() {
    let visit = with_a_jacket(Visit::new().await).await;
    let mut taken = 0;
    for n in 0..60 {
        // Forms of one visitor are counted, too.
        if n % 25 == 0 {
            visit.clock.advance(std::time::Duration::from_secs(601));
        }
        let got = visit.post(PUSH, &form(&format!("https://victim.example/{n}"), "size=M")).await;
        taken += i32::from(got.status == StatusCode::OK);
    }
    assert_eq!(taken, 50);
    let known = visit.post(PUSH, &form("https://updates.push.services.mozilla.com/x", "size=M")).await;
    assert_eq!(known.status, StatusCode::OK, "{}", known.body);
}
