//! Stories of connections: kept for a shop that is asked again soon, and for no other.

use std::collections::HashSet;

use axum::extract::ConnectInfo;

use super::*;

/// A source that is read three times, and how many connections that took.
async fn connections(interval: Duration) -> usize {
    let from = Arc::new(Mutex::new(HashSet::new()));
    let seen = Arc::clone(&from);
    let answer = move |ConnectInfo(peer): ConnectInfo<SocketAddr>, request: Request| {
        seen.lock().expect("no panic").insert(peer);
        let response = if request.uri().path() == "/robots.txt" { status(404) } else { json(PARKA) };
        std::future::ready(response)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    let service = Router::new().fallback(answer).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    let clock = Arc::new(ManualClock::at(Utc.with_ymd_and_hms(2026, 10, 21, 7, 28, 0).single().expect("a time")));
    let shops = reader(&at.to_string(), Leads(vec![]), &clock);
    let url = Url::parse(&format!("http://{at}/products/parka.js")).expect("url");
    let spec = SourceSpec { interval: Some(interval), ..SourceSpec::new(url) };
    for _ in 0..3 {
        shops.read(&spec, &Unwatched).await.expect("a reading");
    }
    from.lock().expect("no panic").len()
}

#[tokio::test]
async fn a_shop_that_is_asked_each_minute_keeps_its_connection() {
    assert_eq!(connections(Duration::from_secs(60)).await, 1);
}

#[tokio::test]
async fn a_shop_that_is_asked_each_hour_keeps_none() {
    assert_eq!(connections(Duration::from_secs(3600)).await, 4, "one for robots.txt, one for each reading");
}
