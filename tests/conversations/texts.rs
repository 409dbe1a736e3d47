//! What people text, and what they are texted: the real binary between a shop and Twilio.

use std::io;
use std::net::TcpListener;
use std::time::Duration;

use coatcheck_world::{Answered, Fault, Order, Twilio};
use tokio::runtime::Runtime;

use crate::support::{House, Out, PATIENCE, seen, until};
use crate::town::{Chat, Step, Town, steady};

const ANN: &str = "+14155550123";
const BOB: &str = "+14155550177";

/// A town with a number, and somebody in it who texts.
struct Exchange {
    town: Town,
    twilio: Twilio,
    runtime: Runtime,
}

impl Exchange {
    fn open() -> Self {
        Self::open_with(|house| house)
    }

    fn open_with(set: impl FnOnce(House) -> House) -> Self {
        let twilio = Twilio::open().expect("a Twilio");
        let address = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port").to_string();
        twilio.set_hook(&format!("http://{address}/hooks/twilio/sms"));
        let town = Town::open_with(|house| {
            set(house
                .with("LISTEN_ADDR", &address)
                .with("PUBLIC_URL", &format!("http://{address}"))
                .with("TWILIO_API_BASE", &twilio.base())
                .with("TWILIO_ACCOUNT_SID", twilio.account_sid())
                .with("TWILIO_AUTH_TOKEN", twilio.auth_token())
                .with("TWILIO_FROM", twilio.number())
                // At whatever hour the suite runs.
                .with("SMS_HOURS", "0-24"))
        });
        let runtime = Runtime::new().expect("a runtime");
        Self { town, twilio, runtime }
    }

    fn texts(&self, from: &str, body: &str) -> Answered {
        let answered: io::Result<Answered> = self.runtime.block_on(self.twilio.texts(from, body));
        answered.unwrap_or_else(|why| panic!("{body:?} was not answered: {why}"))
    }

    /// The shop has M in black again, or no more.
    fn shelf(&self, there: bool) {
        self.town.shop.stock("corps", "M", "Black", there);
        seen(&self.town.shop, "corps");
    }

    fn waits_for(&self, number: &str, texts: usize) {
        let shown = self.runtime.block_on(self.twilio.wait_seen(number, texts, PATIENCE));
        assert!(self.twilio.received(number).len() >= texts, "{shown}");
    }

    /// What a phone shows, without what is another in each run.
    fn reads(&self, number: &str) -> String {
        let text = self.twilio.seen(number).replace(&self.town.shop.host(), "shop.example");
        let text = text.replace(self.town.service.address(), "coat.example");
        let code = |word: &str| match word.strip_prefix('#') {
            Some(code) if code.len() == 5 => "#code".to_owned(),
            _ => match word.split_once("/r/") {
                Some((before, _)) => format!("{before}/r/LINK"),
                None => {
                    word.split_once("/m/").map_or_else(|| word.to_owned(), |(before, _)| format!("{before}/m/LINK"))
                }
            },
        };
        let lines = steady(&text);
        let lines = lines.lines().map(|line| line.split(' ').map(code).collect::<Vec<_>>().join(" "));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn watches(&self) -> usize {
        self.town.house.json(&["watch", "list"]).as_array().expect("a list").len()
    }
}

#[test]
fn text_the_number_and_you_are_in() {
    let exchange = Exchange::open();
    exchange.texts(ANN, "CORPS JACKET M BLACK");
    exchange.shelf(true);
    exchange.waits_for(ANN, 2);
    exchange.shelf(false);
    for body in ["LIST", "RESET", "stock corps black", "STATUS", "unwatch corps", "LIST"] {
        exchange.texts(ANN, body);
    }
    insta::assert_snapshot!(exchange.reads(ANN), @"
    I: CORPS JACKET M BLACK
    CoatCheck: Watching Corps Jacket - M / BLACK.
      Sold out now. I'll notify you when it is back (not seen in stock yet).
      STOP ends all texts, HELP helps. Msg & data rates may apply.
    CoatCheck: Back in stock: Corps Jacket - M / Black, 129.00
      http://coat.example/r/LINK #code
    I: LIST
    CoatCheck: You have 1 watch:
      1. Corps Jacket - M / BLACK: sold out, last in stock just now; you were notified just now
      Reply 1 to stop one.
      RESET watches again what you were already notified of.
      Manage: http://coat.example/m/LINK
    I: RESET
    CoatCheck: Watching 1 again. Your watches:
      1. Corps Jacket - M / BLACK: sold out, last in stock just now
      Reply 1 to stop one.
    I: stock corps black
    CoatCheck: Corps Jacket, 129.00
      Black - sold out: S, M, L
      Checked just now.
      http://shop.example/products/corps
    I: STATUS
    CoatCheck: Tracking 2 products, last check just now. 1 watch active.
      Everything works. LIST shows your watches.
    I: unwatch corps
    CoatCheck: Stopped: Corps Jacket - M / BLACK.
    I: LIST
    CoatCheck: You have no watches yet. Try: WATCH jacket M
    ");
}

#[test]
fn a_question_is_answered_by_its_number() {
    let exchange = Exchange::open();
    exchange.texts(ANN, "jacket m");
    exchange.texts(ANN, "3");
    exchange.texts(ANN, "2");
    insta::assert_snapshot!(exchange.reads(ANN), @"
    I: jacket m
    CoatCheck: Which one?
      1. Corps Jacket
      2. Rain Jacket
      Reply 1 or 2.
    I: 3
    CoatCheck: Please answer with a number from 1 to 2.
    I: 2
    CoatCheck: Watching Rain Jacket - M.
      Sold out now. I'll notify you when it is back (not seen in stock yet).
      STOP ends all texts, HELP helps. Msg & data rates may apply.
    ");
}

#[test]
fn help_says_what_it_is_and_how_it_ends() {
    let exchange = Exchange::open_with(|house| house.with("TWILIO_OPTOUT", "self"));
    exchange.twilio.speaks(false);
    for body in ["HELP", "HELP STOCK", "frobnicate", ""] {
        exchange.texts(ANN, body);
    }
    insta::assert_snapshot!(exchange.reads(ANN), @"
    I: HELP
    CoatCheck: CoatCheck texts you when your size is back in stock. Text a product and a size: JACKET M. Also: WATCH UNWATCH LIST STOCK HISTORY RESET PAUSE RESUME TEST FORGET STATUS HELP START STOP ANYTIME. HELP STOCK explains one. STOP ends all texts. Msg & data rates may apply.
    I: HELP STOCK
    CoatCheck: STOCK <product> [style]
      What is in stock now: sizes, styles, prices
      product: The product's name
      style: Colour or other option: black. Without it, any
      Example: STOCK JACKET
      Example: STOCK JACKET BLACK
    I: frobnicate
    CoatCheck: I don't know a product by that name. To track a new one, send WATCH and the address of its page.
    I: 
    CoatCheck: Say HELP to see what I understand.
    ");
}

#[test]
fn stop_silences_a_number_until_start_and_twilio_speaks() {
    let exchange = Exchange::open();
    exchange.texts(ANN, "CORPS M BLACK");
    assert_eq!(exchange.texts(ANN, "STOP").said, Vec::<String>::new(), "Twilio has answered it");
    exchange.shelf(true);
    exchange.town.house.until(&["deliveries"], |all| all[0]["reason"] == "stopped");
    exchange.shelf(false);
    exchange.texts(ANN, "START");
    exchange.texts(ANN, "LIST");
    exchange.shelf(true);
    exchange.waits_for(ANN, 3);
    insta::assert_snapshot!(exchange.reads(ANN), @"
    I: CORPS M BLACK
    CoatCheck: Watching Corps Jacket - M / BLACK.
      Sold out now. I'll notify you when it is back (not seen in stock yet).
      STOP ends all texts, HELP helps. Msg & data rates may apply.
    I: STOP
    Twilio: You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.
    I: START
    Twilio: You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe.
    I: LIST
    CoatCheck: You have 1 watch:
      1. Corps Jacket - M / BLACK: sold out, last in stock just now
      Reply 1 to stop one.
      Manage: http://coat.example/m/LINK
    CoatCheck: Back in stock: Corps Jacket - M / Black, 129.00
      http://coat.example/r/LINK #code
    ");
}

#[test]
fn where_twilio_is_silent_stop_is_confirmed_once_in_any_wording() {
    let exchange = Exchange::open_with(|house| house.with("TWILIO_OPTOUT", "self"));
    exchange.twilio.speaks(false);
    for body in ["CORPS M BLACK", "don't stop", "please stop texting me", "CORPS L", "start"] {
        exchange.texts(ANN, body);
    }
    insta::assert_snapshot!(exchange.reads(ANN), @"
    I: CORPS M BLACK
    CoatCheck: Watching Corps Jacket - M / BLACK.
      Sold out now. I'll notify you when it is back (not seen in stock yet).
      STOP ends all texts, HELP helps. Msg & data rates may apply.
    I: don't stop
    CoatCheck: I don't know a product by that name. To track a new one, send WATCH and the address of its page.
    I: please stop texting me
    CoatCheck: You're unsubscribed and won't get more texts. Reply START to resubscribe.
    I: CORPS L
    CoatCheck: You're unsubscribed, so you get no texts. Reply START to resubscribe.
    I: start
    CoatCheck: You're subscribed again. You were already watching everything:
      1. Corps Jacket - M / BLACK: sold out
      Reply 1 to stop one.
    ");
}

#[test]
fn strangers_say_the_invite_word_first() {
    let exchange = Exchange::open_with(|house| house.with("COATCHECK_INVITE_CODE", "raincoat"));
    for body in ["CORPS M", "raincoat", "CORPS M BLACK"] {
        exchange.texts(ANN, body);
    }
    exchange.texts(BOB, "Raincoat corps m black");
    insta::assert_snapshot!(exchange.reads(ANN) + "\n\n" + &exchange.reads(BOB), @"
    I: CORPS M
    CoatCheck: CoatCheck is by invitation here. Text the invite word first, like WORD JACKET M.
    I: raincoat
    CoatCheck: You're subscribed. Text a product and a size, like JACKET M, to hear when it is back in stock. STOP ends all texts, HELP helps. Msg & data rates may apply.
    I: CORPS M BLACK
    CoatCheck: Watching Corps Jacket - M / BLACK.
      Sold out now. I'll notify you when it is back (not seen in stock yet).

    I: Raincoat corps m black
    CoatCheck: Watching Corps Jacket - M / black.
      Sold out now. I'll notify you when it is back (not seen in stock yet).
      STOP ends all texts, HELP helps. Msg & data rates may apply.
    ");
    assert_eq!(exchange.watches(), 2);
}

#[test]
fn who_cannot_sign_changes_nothing_and_the_same_text_twice_is_one() {
    let exchange = Exchange::open();
    for signature in ["", "bm90IHR3aWxpbydzIHNpZ25hdHVyZQ==", "\u{ff}"] {
        let status = exchange.runtime.block_on(exchange.twilio.forge(ANN, "CORPS M", signature));
        assert_eq!(status.expect("answered"), 403, "{signature:?}");
    }
    let (line, _) = exchange.town.service.post("/hooks/twilio/status", &[], "MessageSid=SM1&MessageStatus=failed");
    assert!(line.contains("403"), "{line}");
    assert_eq!(exchange.watches(), 0);
    let answered = exchange.texts(ANN, "CORPS M BLACK");
    assert_eq!((answered.status, answered.said.len()), (200, 1));
    let again = exchange.runtime.block_on(exchange.twilio.bring(&answered.sid)).expect("answered");
    assert_eq!((again.status, again.said.len()), (200, 0));
    assert_eq!(exchange.watches(), 1);
}

#[test]
fn a_chat_that_cannot_be_told_falls_back_to_the_phone() {
    let exchange = Exchange::open_with(|house| house.with("COATCHECK_FALLBACK_AFTER", "1s"));
    let town = &exchange.town;
    let town_reads = |chat| town.reads(chat).replace(&code_in(&exchange), "314159");
    town.plays(Chat::Telegram, &[Step::Says("/watch corps m black"), Step::Says("/phone +1 (415) 555-0123")]);
    exchange.waits_for(ANN, 1);
    let typed: &'static str = Box::leak(format!("/verify {}", code_in(&exchange)).into_boxed_str());
    town.plays(Chat::Telegram, &[Step::Says("/verify 000000"), Step::Says(typed)]);
    insta::assert_snapshot!(town_reads(Chat::Telegram), @"
    Ann: /watch corps m black
    CoatCheck: Watching Corps Jacket — M / black.
      Sold out now. I'll notify you when it is back (not seen in stock yet).
      [Stop M / black]
    Ann: /phone +1 (415) 555-0123
    CoatCheck: I'm texting a code to +…23. Say /verify and the code here within ten minutes.
      After that it gets a text when no chat of yours can be reached.
    Ann: /verify 000000
    CoatCheck: That code is wrong. You have 4 tries left.
    Ann: /verify 314159
    CoatCheck: +…23 is added. It gets a text when no chat of yours can be reached. Texting STOP ends that.
    ");
    let sends = town.telegram.path("SendMessage");
    town.telegram.order(Order::on(sends, Fault::status(502)));
    exchange.shelf(true);
    exchange.waits_for(ANN, 2);
    town.telegram.lift();
    let states = town.house.until(&["deliveries"], |all| all.as_array().is_some_and(|all| all.iter().all(is_over)));
    insta::assert_snapshot!(states.as_array().expect("a list").iter().map(|row| format!("{} {} {}", row["kind"], row["to"], row["state"]).replace(&town.ann_there.to_string(), "ann")).collect::<Vec<_>>().join("\n"), @r#"
    "alert" "sms:+…23" "sent"
    "alert" "telegram:ann" "cancelled"
    "code" "sms:+…23" "sent"
    "#);
    assert_eq!(town.reads(Chat::Telegram).matches("Back in stock").count(), 0);
    let status: serde_json::Value = serde_json::from_str(&town.service.get("/status.json").1).expect("JSON");
    assert_eq!(status["texts"], serde_json::json!({"in_24_hours": 2, "in_30_days": 2}));
    let page = town.service.get("/status").1;
    assert!(page.contains("Text messages sent: 2 in 24 hours, 2 in 30 days.") && !page.contains("limit"), "{page}");
}

fn is_over(row: &serde_json::Value) -> bool {
    !matches!(row["state"].as_str(), Some("pending" | "claimed" | "sending"))
}

/// The six digits that Ann was texted.
fn code_in(exchange: &Exchange) -> String {
    let texts = exchange.twilio.received(ANN);
    let first = texts.first().expect("a code");
    first
        .split_whitespace()
        .find(|word| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit()))
        .expect("digits")
        .to_owned()
}

#[test]
fn a_text_whose_answer_is_lost_is_one_text() {
    let exchange = Exchange::open();
    exchange.texts(ANN, "CORPS M BLACK");
    exchange.twilio.order(Order::on(exchange.twilio.path(), Fault::Drop).times(1));
    exchange.shelf(true);
    exchange.town.house.until(&["deliveries"], |all| all[0]["state"] == "sent");
    let told = exchange.twilio.received(ANN).iter().filter(|text| text.contains("http")).count();
    assert_eq!(told, 1, "{}", exchange.reads(ANN));
}

#[test]
fn what_became_of_a_text_counts_although_it_is_told_before_the_text_has_a_name() {
    let exchange = Exchange::open();
    exchange.texts(ANN, "CORPS M BLACK");
    exchange.twilio.loses(ANN, 30003);
    exchange.twilio.order(Order::on(exchange.twilio.path(), Fault::Late(Duration::from_secs(1))).times(1));
    exchange.shelf(true);
    exchange.town.house.until(&["deliveries"], |all| all[0]["state"] == "dead" && all[0]["reason"] == "30003");
}

#[test]
fn a_link_leads_to_the_shop_and_does_nothing_else() {
    let exchange = Exchange::open();
    exchange.texts(ANN, "CORPS M BLACK");
    exchange.shelf(true);
    exchange.waits_for(ANN, 2);
    let text = exchange.twilio.received(ANN).pop().expect("an alert");
    let path = text.split_whitespace().find_map(|word| word.split_once("/r/")).expect("a link").1.to_owned();
    let (line, _) = exchange.town.service.get(&format!("/r/{path}"));
    assert!(line.contains("302"), "{line}");
    for nowhere in ["/r/zzzzzz", "/r/-1", "/r/..%2f", "/r/"] {
        assert!(exchange.town.service.get(nowhere).0.contains("404"), "{nowhere}");
    }
}

#[test]
fn an_operator_cannot_agree_for_somebody_else() {
    let exchange = Exchange::open();
    let to = format!("sms:{BOB}");
    let added = exchange.town.house.done(&["watch", "add", "corps", "--size", "M", "--to", &to]);
    assert!(added.contains("sms:+…77 has not agreed to texts"), "{added}");
    let Out { status, stderr, .. } = exchange.town.house.run(&["send-test", "--to", &to]);
    assert_eq!(status, 4, "{stderr}");
    exchange.shelf(true);
    exchange.town.house.until(&["deliveries"], |all| all[0]["reason"] == "no_consent");
    assert_eq!(exchange.twilio.received(BOB), Vec::<String>::new());
}

#[test]
fn a_text_that_comes_to_nothing_allows_nothing() {
    let exchange = Exchange::open();
    exchange.town.house.done(&["watch", "add", "corps", "--size", "M", "--to", &format!("sms:{BOB}")]);
    for body in ["who is this?", "STATUS", "LIST", "trousers m", "jacket"] {
        exchange.texts(BOB, body);
    }
    exchange.shelf(true);
    exchange.town.house.until(&["deliveries"], |all| all[0]["reason"] == "no_consent");
    exchange.shelf(false);
    exchange.texts(BOB, "CORPS M");
    exchange.shelf(true);
    exchange.town.house.until(&["deliveries"], |all| all[0]["state"] == "sent");
}

#[test]
fn no_number_is_ever_written_down() {
    let exchange = Exchange::open_with(|house| house.with("COATCHECK_LOG", "trace"));
    exchange.texts(ANN, "CORPS M BLACK");
    exchange.texts(BOB, "nonsense");
    exchange.shelf(true);
    exchange.waits_for(ANN, 2);
    exchange.twilio.order(Order::all(Fault::status(500)).times(2));
    exchange.shelf(false);
    for body in ["RESET", "STOP"] {
        exchange.texts(ANN, body);
    }
    exchange.town.plays(Chat::Telegram, &[Step::Says("/phone +14155550177"), Step::Says("/export")]);
    exchange.waits_for(BOB, 1);
    let mut written = exchange.town.service.err().join("\n") + &exchange.town.service.out().join("\n");
    for command in [&["doctor"][..], &["deliveries"], &["deliveries", "--json"], &["watch", "list"]] {
        written += &exchange.town.house.run(command).stdout;
    }
    for file in std::fs::read_dir(exchange.town.house.folder()).expect("its folder") {
        written += &String::from_utf8_lossy(&std::fs::read(file.expect("a file").path()).unwrap_or_default());
    }
    assert!(written.len() > 10_000 && written.contains("sms:+…23"), "there is something to search");
    for secret in ["4155550123", "4155550177", exchange.twilio.auth_token()] {
        let line = written.lines().find(|line| line.contains(secret));
        assert_eq!(line.map(|line| line.chars().take(300).collect::<String>()), None, "{secret} was written down");
    }
}

#[test]
fn after_rekey_a_stopped_number_stays_stopped() {
    let exchange = Exchange::open();
    exchange.texts(ANN, "CORPS M BLACK");
    exchange.texts(ANN, "STOP");
    let Exchange { town, twilio, runtime: _runtime } = exchange;
    assert_eq!(town.house.run(&["rekey"]).status, 4, "not while the service runs");
    let before = std::fs::read_to_string(town.house.path("coatcheck.db.key")).expect("a key");
    town.service.stop();
    let said = town.house.done(&["rekey"]);
    assert!(said.contains("1 phone number"), "{said}");
    assert_ne!(std::fs::read_to_string(town.house.path("coatcheck.db.key")).expect("a key"), before);
    let service = town.house.serve();
    town.shop.stock("corps", "M", "Black", true);
    town.house.until(&["deliveries"], |all| all[0]["reason"] == "stopped");
    assert_eq!(twilio.received(ANN).len(), 1);
    until("it is ready", || service.get("/readyz").0.contains("200"));
    service.stop();
    // Without its key nothing is read as if there were none.
    std::fs::remove_file(town.house.path("coatcheck.db.key")).expect("removed");
    let out = town.house.run(&["doctor"]);
    assert!(out.status != 0 && out.stdout.contains("coatcheck.db.key is missing"), "{out:?}");
}

#[test]
fn a_number_that_is_never_texted_hears_so_and_nothing_is_stored() {
    let exchange = Exchange::open_with(|house| house.with("SMS_COUNTRIES", "GB"));
    for body in ["CORPS M BLACK", "HELP", "CORPS L"] {
        exchange.texts(ANN, body);
    }
    let shown = exchange.reads(ANN);
    let refusal = "I can only send alerts to numbers in GB, so this number would get none. Nothing was stored.";
    assert_eq!(shown.matches(refusal).count(), 1, "each answer costs money: one in 30 days\n{shown}");
    assert_eq!(exchange.watches(), 0);
}

#[test]
fn at_night_the_answer_says_when_alerts_come_and_anytime_ends_that() {
    let hour = crate::moved::another_hour();
    let exchange = Exchange::open_with(|house| house.with("SMS_HOURS", &format!("{hour}-{}", hour + 1)));
    exchange.texts(ANN, "CORPS M BLACK");
    let night = format!("It's night there: alerts come from {hour}:00 on. Reply ANYTIME to get them now.");
    let shown = exchange.twilio.seen(ANN);
    assert!(shown.contains(&night), "{shown}");
    exchange.texts(ANN, "ANYTIME");
    exchange.texts(ANN, "CORPS L BLACK");
    let shown = exchange.twilio.seen(ANN);
    assert_eq!(shown.matches(&night).count(), 1, "{shown}");
}

/// What opens a door on the web: the admin's password and session, a program's token, the words of a sign-up, one's own page.
#[test]
fn what_opens_a_door_on_the_web_is_never_written_down() {
    const PASSWORD: &str = "correct horse battery staple";
    let hash = coatcheck::web::password::PasswordHash::of(PASSWORD, &[7; 32]).expect("a hash");
    let exchange = Exchange::open_with(|house| {
        house.with("COATCHECK_LOG", "trace").with("COATCHECK_ADMIN_PASSWORD_HASH", hash.as_str())
    });
    let house = &exchange.town.house;
    let token = house.done(&["token", "add", "script", "--write"]).trim().to_owned();
    let site = format!("http://{}", exchange.town.service.address());
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let ask = |request: reqwest::RequestBuilder| {
        exchange.runtime.block_on(async {
            let answer = request.header("sec-fetch-site", "same-origin").send().await.expect("answered");
            let cookie = answer.headers().get("set-cookie").and_then(|cookie| cookie.to_str().ok());
            let cookie = cookie.and_then(|cookie| cookie.split(';').next()).unwrap_or_default().to_owned();
            (cookie, answer.text().await.expect("a body"))
        })
    };
    let post = |path: &str, cookie: &str, fields: &[(&str, &str)]| {
        let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let form = "application/x-www-form-urlencoded";
        let request = http.post(format!("{site}{path}")).header("content-type", form).header("cookie", cookie);
        ask(request.body(body))
    };
    let get = |path: &str, cookie: &str| ask(http.get(format!("{site}{path}")).header("cookie", cookie));
    let hidden = |page: &str, name: &str| {
        let rest =
            page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("no {name}: {page}"));
        rest.split('"').next().unwrap_or_default().to_owned()
    };

    let (first, login) = get("/admin/login", "");
    let form = hidden(&login, "form");
    post("/admin/login", &first, &[("form", &form), ("password", "wrong horse battery staple")]);
    let (session, _) = post("/admin/login", &first, &[("form", &form), ("password", PASSWORD)]);
    let shops = get("/admin/shops", &session).1;
    assert!(shops.contains(&exchange.town.shop.host()), "logged in: {shops}");
    for bearer in [token.as_str(), "coat_an-invented-token-of-somebody"] {
        ask(http.get(format!("{site}/api/v1/watches")).bearer_auth(bearer));
    }
    let phone = [("size", "M"), ("style", "Black"), ("phone", "(415) 555-0123"), ("way", "phone")];
    let sign_up = hidden(&post("/p/1-corps-jacket/watch", "", &phone).1, "token");
    exchange.waits_for(ANN, 1);
    post("/sign-up/code", "", &[("token", &sign_up), ("code", &code_in(&exchange))]);
    assert_eq!(exchange.watches(), 1);
    let listed = exchange.texts(ANN, "LIST").said.concat();
    let own = listed.split("/m/").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a link").to_owned();
    assert!(get(&format!("/m/{own}"), "").1.contains("Corps Jacket"));

    let mut written = exchange.town.service.err().join("\n") + &exchange.town.service.out().join("\n");
    written += &house.run(&["token", "list"]).stdout;
    for file in std::fs::read_dir(house.folder()).expect("its folder") {
        written += &String::from_utf8_lossy(&std::fs::read(file.expect("a file").path()).unwrap_or_default());
    }
    assert!(written.len() > 10_000 && session.contains('='), "there is something to search: {session}");
    let session = session.split_once('=').map_or("", |(_, value)| value);
    let invented = "coat_an-invented-token-of-somebody";
    for secret in [PASSWORD, "wrong horse battery", session, &token, invented, &sign_up, &own, "4155550123"] {
        let line = written.lines().find(|line| line.contains(secret));
        assert_eq!(line.map(|line| line.chars().take(300).collect::<String>()), None, "{secret} was written down");
    }
}
