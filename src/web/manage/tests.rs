use axum::body::Body;
use axum::http::{Request, StatusCode};
use coatcheck_bots::commands::parse;
use coatcheck_bots::{Inbox, Platform, Who};
use coatcheck_domain::Availability::OutOfStock;
use coatcheck_domain::Destination;

use crate::testing::{follow, product, read};
use crate::web::tests::Visit;

/// Ann, who watches M and L by text, and the page that is hers.
async fn anns_page() -> (Visit, String) {
    let visit = Visit::new().await;
    let source = follow(&visit.db, "https://shop.example/products/jacket").await;
    let sizes = [("M", "", OutOfStock), ("L", "", OutOfStock)];
    read(&visit.db, source, vec![product("Corps <b>Jacket", &sizes)]).await;
    let destination: Destination = "sms:+19255550123".parse().expect("one");
    let who = Who { destination: destination.clone(), may_manage: true, room: None };
    for text in ["CORPS M", "CORPS L"] {
        visit.commands.said(&who, parse(text, Platform::Sms).expect("it parses")).await;
    }
    let name = visit.commands.page_of(&destination).await.expect("read").expect("she is known");
    (visit, format!("/m/{name}"))
}

async fn watches(visit: &Visit) -> i64 {
    visit.db.watch_counts().await.expect("counted").watches
}

#[tokio::test]
async fn looking_at_ones_page_does_nothing_and_a_form_does() {
    let (visit, page) = anns_page().await;
    for look in ["", "?act=stop-all", "?done=stop-all", "?act=forget&sure=yes"] {
        let got = visit.get(&format!("{page}{look}")).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.body);
        assert!(got.body.contains("Corps &#60;b&#62;Jacket") && !got.body.contains("5550123"), "{}", got.body);
        assert!(got.head.contains("cache-control: no-store"), "{}", got.head);
    }
    assert_eq!(watches(&visit).await, 2);
    let stopped = visit.post(&page, "act=stop&watch=1").await;
    assert_eq!(stopped.status, StatusCode::SEE_OTHER);
    assert!(stopped.head.contains(&format!("location: {page}?done=stop")), "{}", stopped.head);
    assert_eq!(watches(&visit).await, 1);
    visit.post(&page, "act=pause&for=week").await;
    assert!(visit.get(&page).await.body.contains("No alerts until Fri 22 Jan 2027"), "paused");
    visit.post(&page, "act=resume").await;
    assert!(!visit.get(&page).await.body.contains("No alerts until"), "resumed");
    visit.post(&page, "act=stop-all").await;
    assert_eq!(watches(&visit).await, 0);
    assert_eq!(visit.post(&page, "act=forget").await.status, StatusCode::NOT_FOUND, "it asks whether that is meant");
    visit.post(&page, "act=forget&sure=yes").await;
    let gone = visit.get(&format!("{page}?done=forget")).await;
    assert!(gone.status == StatusCode::GONE && gone.body.contains("Nothing is stored about you"), "{}", gone.body);
}

#[tokio::test]
async fn nobody_else_stops_anything() {
    let (visit, page) = anns_page().await;
    let (other, _) = page.rsplit_once('-').expect("a tag");
    for made_up in
        ["/m/1".to_owned(), format!("{other}-abc"), page.replacen("/m/1", "/m/2", 1), "/m/%0d%0ax".to_owned()]
    {
        assert_eq!(visit.get(&made_up).await.status, StatusCode::GONE, "{made_up}");
        let got = visit.post(&made_up, "act=stop-all").await;
        assert_eq!(got.status, StatusCode::GONE, "{made_up}");
        assert!(!got.head.contains("\nlocation:"), "{}", got.head);
    }
    let foreign = Request::post(&page).header("sec-fetch-site", "cross-site").body(Body::from("act=stop-all"));
    assert_eq!(visit.ask(foreign.expect("a request")).await.status, StatusCode::FORBIDDEN);
    // Another person's watch.
    let bob = Who { destination: Destination::DiscordUser(7), may_manage: false, room: None };
    visit.commands.said(&bob, parse("/watch corps m", Platform::Discord).expect("it parses")).await;
    visit.post(&page, "act=stop&watch=3").await;
    assert_eq!(watches(&visit).await, 3);
    visit.clock.advance(std::time::Duration::from_secs(91 * 24 * 3600));
    assert_eq!(visit.post(&page, "act=stop-all").await.status, StatusCode::GONE);
    assert_eq!(watches(&visit).await, 3);
}
