//! Signing up as visitors do it, and as those do who mean harm.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use coatcheck_bots::commands::parse;
use coatcheck_bots::{Inbox, Platform, Who};
use coatcheck_domain::Availability::OutOfStock;
use coatcheck_domain::Destination;

use crate::store::db::sql::Sql;
use crate::store::people::consent::{ConsentSource, ConsentWord};
use crate::store::people::watch::{Watch, Which};
use crate::testing::{follow, product, read};
use crate::web::tests::{HOSTILE, Visit};

const WATCH: &str = "/p/1-corps-jacket/watch";
const ANN: &str = "+19255550123";

async fn with_a_jacket(visit: Visit) -> Visit {
    let source = follow(&visit.db, "https://shop.example/products/jacket").await;
    let sizes = [("M", "Black", OutOfStock), ("L", "Black", OutOfStock), ("M", "Olive", OutOfStock)];
    read(&visit.db, source, vec![product("Corps Jacket", &sizes)]).await;
    visit
}

async fn visit() -> Visit {
    with_a_jacket(Visit::new().await).await
}

/// What a hidden field says.
fn hidden(page: &str, name: &str) -> String {
    let field = format!("name=\"{name}\" value=\"");
    let rest = page.split_once(&field).unwrap_or_else(|| panic!("no {name}: {page}")).1;
    rest.split('"').next().unwrap_or_default().to_owned()
}

async fn watches(visit: &Visit, destination: &str) -> Vec<String> {
    let destination: Destination = destination.parse().expect("a destination");
    let Some(there) = visit.db.known_destination(&destination).await.expect("read") else { return Vec::new() };
    let watches = visit.db.watches(there.subscriber_id, Which::All).await.expect("read");
    let shown = |watch: &Watch| {
        format!("{} {} {:?}", watch.size.as_deref().unwrap_or("*"), watch.style.as_deref().unwrap_or("*"), watch.mode)
    };
    watches.iter().map(shown).collect()
}

async fn codes_waiting(visit: &Visit) -> i64 {
    let sql = "SELECT count(*) FROM delivery WHERE kind = 'code'";
    visit.db.read().id(sql, vec![]).await.expect("counted").unwrap_or_default()
}

#[tokio::test]
async fn a_watch_exists_once_the_texted_code_is_typed_and_not_before() {
    let visit = visit().await;
    let asked = visit.post(WATCH, "size=M&size=L&style=Black&often=every&phone=(925)+555-0123&way=phone").await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
    assert!(asked.head.contains("cache-control: no-store"), "{}", asked.head);
    assert!(asked.body.contains("+…23") && !asked.body.contains("5550123"), "{}", asked.body);
    assert_eq!(visit.db.watch_counts().await.expect("counted").watches, 0);
    let token = hidden(&asked.body, "token");
    let done = visit.post("/sign-up/code", &format!("token={token}&code=123+456&product=1")).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert!(done.body.contains("Watching Corps Jacket — M, L / Black, every time."), "{}", done.body);
    assert_eq!(watches(&visit, &format!("sms:{ANN}")).await, ["M Black Every", "L Black Every"]);
    let phone = ANN.parse().expect("a phone");
    let standing = visit.db.phone_standing(&phone).await.expect("read");
    assert_eq!(standing, crate::store::people::consent::Standing::Consented);
    // It was good once.
    let again = visit.post("/sign-up/code", &format!("token={token}&code=123456")).await;
    assert_eq!(again.status, StatusCode::GONE, "{}", again.body);
}

#[tokio::test]
async fn nobody_learns_whether_a_number_is_signed_up_or_stopped() {
    let visit = visit().await;
    let page = async |number: &str| {
        let asked = visit.post(WATCH, &format!("size=M&phone={number}&way=phone")).await;
        let token = hidden(&asked.body, "token");
        let wrong = visit.post("/sign-up/code", &format!("token={token}&code=000000&shown=x")).await;
        (asked.body.replace(&token, "TOKEN"), wrong.body.replace(&token, "TOKEN"))
    };
    let (stopped, known) = ("+19255550223", "+19255550323");
    visit.db.consent(&stopped.parse().expect("a phone"), ConsentWord::Stop, ConsentSource::Text).await.expect("noted");
    let there = visit.db.destination_for(&format!("sms:{known}").parse().expect("one"), || None).await;
    there.expect("entered");
    visit.db.consent(&known.parse().expect("a phone"), ConsentWord::Start, ConsentSource::Text).await.expect("noted");
    let of_unknown = page("%2B19255550123").await;
    assert_eq!(page("%2B19255550223").await, of_unknown);
    assert_eq!(page("%2B19255550323").await, of_unknown);
    assert_eq!(codes_waiting(&visit).await, 2, "the one that stopped gets no text");
}

#[tokio::test]
async fn a_code_is_not_guessed_and_a_number_gets_three_a_day() {
    let visit = visit().await;
    let asked = visit.post(WATCH, "size=M&phone=925+555+0123&way=phone").await;
    let token = hidden(&asked.body, "token");
    for left in ["4 tries", "3 tries", "2 tries", "1 try"] {
        let wrong = visit.post("/sign-up/code", &format!("token={token}&code=000000")).await;
        assert!(wrong.body.contains(&format!("You have {left} left")), "{left}: {}", wrong.body);
    }
    for code in ["000000", "123456"] {
        let over = visit.post("/sign-up/code", &format!("token={token}&code={code}")).await;
        assert_eq!(over.status, StatusCode::GONE, "{}", over.body);
    }
    // A code belongs to its page.
    let other = hidden(&visit.post(WATCH, "phone=925+555+0177&way=phone").await.body, "token");
    visit.clock.advance(std::time::Duration::from_secs(601));
    let late = visit.post("/sign-up/code", &format!("token={other}&code=123456")).await;
    assert_eq!(late.status, StatusCode::GONE, "{}", late.body);
    for _ in 0..4 {
        assert_eq!(visit.post(WATCH, "phone=925+555+0123&way=phone").await.status, StatusCode::OK);
    }
    assert_eq!(codes_waiting(&visit).await, 3 + 1);
    assert_eq!(visit.db.watch_counts().await.expect("counted").watches, 0);
}

#[tokio::test]
async fn pages_never_spend_more_than_a_quarter_of_a_days_texts() {
    let visit = visit().await;
    for n in 0..14 {
        let asked = visit.post(WATCH, &format!("phone=925+555+01{n:02}&way=phone")).await;
        assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
    }
    assert_eq!(codes_waiting(&visit).await, 10);
}

#[tokio::test]
async fn who_says_the_word_first_gets_the_watch() {
    let visit = visit().await;
    let prepared = visit.post(WATCH, "size=L&style=Black&way=chat").await;
    assert_eq!(prepared.status, StatusCode::OK, "{}", prepared.body);
    for words in [
        "W-WORD0000",
        "sms:+14155550100?body=W-WORD0000",
        "<svg class=\"qr\"",
        "https://chat.example/w-word0000",
        "/watch W-WORD0000",
    ] {
        assert!(prepared.body.contains(words), "{words}: {}", prepared.body);
    }
    assert_eq!(visit.db.watch_counts().await.expect("counted").watches, 0);
    let says = async |destination: &str, text: &str, platform: Platform| {
        let who = Who { destination: destination.parse().expect("one"), may_manage: false, room: None };
        visit.commands.said(&who, parse(text, platform).expect(text)).await.text
    };
    let taken = says("discord:7", "/watch w-word0000", Platform::Discord).await;
    assert!(taken.starts_with("Watching Corps Jacket — L / Black."), "{taken}");
    let late = says("discord:8", "/watch W-WORD0000", Platform::Discord).await;
    assert!(late.starts_with("That code was used or has expired."), "{late}");
    visit.post(WATCH, "size=M&way=chat").await;
    let linked = says("telegram:42", "/start w-word0001", Platform::Telegram).await;
    assert!(linked.starts_with("Watching Corps Jacket — M."), "{linked}");
    visit.post(WATCH, "way=chat").await;
    let texted = says(&format!("sms:{ANN}"), "W-WORD0002", Platform::Sms).await;
    assert!(texted.starts_with("Watching Corps Jacket — any size."), "{texted}");
    assert_eq!(watches(&visit, &format!("sms:{ANN}")).await, ["* * Once"]);
}

#[tokio::test]
async fn a_stranger_types_the_invite_word_and_is_let_in_by_the_code() {
    let visit = with_a_jacket(Visit::by_invitation("raincoat").await).await;
    for form in ["phone=925+555+0123&way=phone", "way=chat&invite=snowcoat"] {
        let refused = visit.post(WATCH, form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
        assert!(refused.body.contains("Please type the invite word"), "{}", refused.body);
    }
    assert_eq!(codes_waiting(&visit).await, 0);
    let asked = visit.post(WATCH, "phone=925+555+0123&way=phone&invite=Raincoat").await;
    let token = hidden(&asked.body, "token");
    visit.post("/sign-up/code", &format!("token={token}&code=123456")).await;
    let ann: Destination = format!("sms:{ANN}").parse().expect("one");
    assert!(visit.db.is_admitted(&ann).await.expect("read"));
    visit.post(WATCH, "way=chat&invite=raincoat&size=M").await;
    let who = Who { destination: Destination::DiscordUser(7), may_manage: false, room: None };
    let said = visit.commands.said(&who, parse("/watch W-WORD0004", Platform::Discord).expect("it parses")).await;
    assert!(said.text.starts_with("Watching Corps Jacket — M."), "{}", said.text);
}

#[tokio::test]
async fn what_is_wrong_with_a_form_is_said_and_what_was_chosen_is_kept() {
    let visit = visit().await;
    for (form, words) in [
        ("size=M&phone=jacket&way=phone", "Please check the phone number"),
        ("size=M&phone=%2B442079460123&way=phone", "Only numbers from CA,US can be texted."),
        ("size=M&size=XXL&way=chat", "The shop changed its sizes just now"),
    ] {
        let page = visit.post(WATCH, form).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(page.body.contains(words), "{form}: {}", page.body);
        assert!(page.body.contains("value=\"M\" checked"), "{form}: {}", page.body);
    }
    assert_eq!(visit.post("/p/7-nothing/watch", "way=chat").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_site_cannot_sign_anybody_up() {
    let visit = visit().await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("x-nothing", "")] {
        for path in [WATCH, "/sign-up/code"] {
            let request = Request::post(path).header(name, value).header("host", "coat.example");
            let got = visit.ask(request.body(Body::from("phone=9255550123&way=phone")).expect("a request")).await;
            assert_eq!(got.status, StatusCode::FORBIDDEN, "{name} {path}: {}", got.body);
        }
    }
    // Looking does nothing: link previews look.
    assert_eq!(visit.get("/sign-up/code?token=x&code=1").await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(codes_waiting(&visit).await, 0);
}

#[tokio::test]
async fn hostile_forms_are_harmless() {
    let visit = Visit::new().await;
    let source = follow(&visit.db, "https://shop.example/products/x").await;
    read(&visit.db, source, vec![product(HOSTILE, &[(HOSTILE, "a", OutOfStock), ("M", "b", OutOfStock)])]).await;
    let encoded: String = url::form_urlencoded::byte_serialize(HOSTILE.as_bytes()).collect();
    let forms = [
        format!("size={encoded}&way=chat"),
        format!("size={encoded}&style={encoded}&phone={encoded}&invite={encoded}&way={encoded}"),
        "way=phone&phone=%0d%0aset-cookie:x=y".to_owned(),
        "%00=%ff&&&===&size".to_owned(),
    ];
    for form in forms {
        for path in ["/p/1/watch", "/sign-up/code"] {
            let got = visit.post(path, &form).await;
            assert!(!got.body.contains("<script>alert") && !got.body.contains("\"' onload"), "{form}: {}", got.body);
            assert!(
                !got.head.contains("set-cookie") && got.status.as_u16() < 500,
                "{form}: {} {}",
                got.status,
                got.head
            );
        }
    }
    let token = format!("token={encoded}&shown={encoded}&product=//evil.example&code=1");
    let got = visit.post("/sign-up/code", &token).await;
    assert!(!got.body.contains("evil.example") && !got.body.contains("<script>alert"), "{}", got.body);
    let huge = visit.post("/p/1/watch", &"size=M&".repeat(5000)).await;
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    let many = visit.post("/p/1/watch", &format!("way=chat{}", "&size=M".repeat(390))).await;
    assert_eq!(many.status, StatusCode::OK, "the same size is one: {}", many.body);
}

#[tokio::test]
async fn forms_of_one_visitor_are_counted() {
    let visit = visit().await;
    for _ in 0..30 {
        visit.post(WATCH, "way=chat").await;
    }
    let refused = visit.post(WATCH, "way=chat").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.head.contains("retry-after: 600"), "{}", refused.head);
}
