//! Alerts: what people see, and what each way of failing means.

use coatcheck_domain::delivery::SendOutcome;
use coatcheck_world::{Fault, Limits, Order};

use super::*;
use crate::examples::{alert, variant};
use crate::{Alert, Button, Channel, Envelope, Message};

fn envelope(chat: i64, told: Alert) -> Envelope {
    Envelope {
        key: "a:1:2:0".to_owned(),
        destination: Destination::Telegram { chat, topic: None },
        secret: None,
        message: Message::Alert(Box::new(told)),
        manage: None,
        buttons: Button::after_alert(1),
    }
}

fn jacket() -> Alert {
    alert(vec![variant("M", "Black")])
}

fn sent(outcome: &SendOutcome) -> String {
    match outcome {
        SendOutcome::Sent { provider_ref: Some(provider_ref) } => provider_ref.clone(),
        other => panic!("not sent: {other:?}"),
    }
}

/// The outcome in words, without the port that differs each time.
fn said(outcome: &SendOutcome) -> String {
    let after = match outcome {
        SendOutcome::Retry { after: Some(after), .. } | SendOutcome::Hold { after: Some(after), .. } => {
            format!(" {after:?}")
        }
        _ => String::new(),
    };
    let why = outcome.why().unwrap_or_default();
    format!("{}{after}: {}", outcome.as_str(), why.split(": error").next().unwrap_or_default())
}

#[tokio::test]
async fn an_answer_that_unpacks_without_end_is_not_unpacked() {
    let world = world();
    let (ann, bot) = (world.person("Ann"), bot(&world));
    world.order(Order::all(Fault::GzipBomb(1 << 30)).times(1));
    let outcome = bot.send(&envelope(ann, jacket())).await;
    assert_eq!(said(&outcome), "unknown: no answer: it is larger than 8 MiB");
}

#[tokio::test]
async fn an_alert_is_told_and_later_says_that_it_is_gone() {
    let world = world();
    let (ann, bot) = (world.person("Ann"), bot(&world));
    let named = sent(&bot.send(&envelope(ann, jacket())).await);
    insta::assert_snapshot!(world.seen(ann), @"
    CoatCheck: *Back in stock: Corps Jacket — M / Black, 129.00 EUR*
      [Open in shop → https://shop.example/products/jacket?size=M]
      [Watch again] [Got it]
    ");
    let gone = envelope(ann, Alert { gone_after: Some(250), ..jacket() });
    assert_eq!(sent(&bot.edit(&gone, &named).await), named);
    assert_eq!(sent(&bot.edit(&gone, &named).await), named, "what says it already is done");
    insta::assert_snapshot!(world.seen(ann), @"
    CoatCheck: ~Back in stock: Corps Jacket — M / Black, 129.00 EUR~
      *Sold out again after 4 min*
      [Open in shop → https://shop.example/products/jacket?size=M]
      [Watch again] [Got it]
      (edited)
    ");
    let deleted = bot.edit(&gone, &place::provider_ref(ann, 99)).await;
    assert_eq!(deleted.as_str(), "give_up", "a deleted message is not sent again: {deleted:?}");
}

#[tokio::test]
async fn who_cannot_be_reached_any_more_is_gone() {
    let world = world();
    let bot = bot(&world);
    let (blocked, left, kicked) = (world.person("Ann"), world.person("Bob"), world.group("Team", &[]));
    world.block(blocked);
    world.deactivate(left);
    world.kick(kicked);
    for chat in [blocked, left, kicked, 4711] {
        let outcome = bot.send(&envelope(chat, jacket())).await;
        assert_eq!(outcome.as_str(), "address_gone", "{outcome:?}");
    }
    let forum = world.forum("Forum", &[], &[3]);
    let mut lost = envelope(forum, jacket());
    lost.destination = Destination::Telegram { chat: forum, topic: Some(9) };
    assert_eq!(bot.send(&lost).await.as_str(), "address_gone", "a topic can go alone");
    lost.destination = Destination::Telegram { chat: forum, topic: Some(3) };
    sent(&bot.send(&lost).await);
    assert!(world.seen(forum).starts_with("CoatCheck in 3:"), "{}", world.seen(forum));
}

#[tokio::test]
async fn each_trouble_of_the_way_has_its_verdict() {
    let world = world();
    let (ann, bot) = (world.person("Ann"), bot(&world));
    let mut lines = Vec::new();
    let faults = [
        World::refusal(500, "Internal Server Error", None),
        World::bad_gateway(),
        Fault::html(),
        World::refusal(413, "Request Entity Too Large", None),
        World::refusal(400, "Bad Request: something new", None),
        Fault::Drop,
    ];
    for fault in faults {
        world.order(Order::on(world.path("SendMessage"), fault).times(1));
        lines.push(said(&bot.send(&envelope(ann, jacket())).await));
    }
    let told = world.seen(ann).matches("Back in stock").count();
    assert_eq!(told, 1, "only the dropped one was taken: it may have arrived, so it is unknown");
    world.revoke_token();
    lines.push(said(&bot.send(&envelope(ann, jacket())).await));
    // Without a connection from before: on such a one the request may have left.
    let late = super::bot(&world);
    drop(world);
    lines.push(said(&late.send(&envelope(ann, jacket())).await));
    insta::assert_snapshot!(lines.join("\n"), @"
    retry: Telegram answered 500: Internal Server Error
    retry: Telegram answered 502 with something that is not its API
    unknown: Telegram answered 200 with something that is not its API
    give_up: Telegram answered 413: Request Entity Too Large
    give_up: Telegram answered 400: Bad Request: something new
    unknown: no answer
    hold: Telegram answered 401: Unauthorized; is TELEGRAM_TOKEN right, or was it revoked?
    retry: no connection
    ");
}

#[tokio::test]
async fn silence_is_unknown_and_no_verdict_tells_the_token() {
    let world = world();
    let (ann, bot) = (world.person("Ann"), bot_with(&world, Duration::from_millis(300), None));
    world.order(Order::on(world.path("SendMessage"), Fault::Hang).times(1));
    let silent = bot.send(&envelope(ann, jacket())).await;
    assert_eq!(silent.as_str(), "unknown");
    world.order(Order::all(Fault::Drop).times(1));
    let dropped = bot.send(&envelope(ann, jacket())).await;
    let (token, port) = (world.token(), world.addr().port().to_string());
    drop(world);
    let refused = bot.send(&envelope(ann, jacket())).await;
    for outcome in [silent, dropped, refused] {
        let shown = format!("{outcome:?}");
        assert!(!shown.contains(token) && !shown.contains("AAHdq") && !shown.contains(&port), "{shown}");
    }
}

#[tokio::test]
async fn a_flood_in_one_chat_is_its_own_and_in_two_it_is_everybodys() {
    let world = world();
    let (ann, bob, bot) = (world.person("Ann"), world.person("Bob"), bot(&world));
    world.flood(ann, 30, 1);
    world.flood(bob, 30, 1);
    let alone = bot.send(&envelope(ann, jacket())).await;
    insta::assert_snapshot!(said(&alone), @"retry 30s: Telegram answered 429: Too Many Requests: retry after 30");
    let limiter = bot.rate_limiter().expect("Telegram has a limiter");
    assert!(limiter.until_alert(bot.clock.monotonic()) < Duration::from_secs(5), "others are told meanwhile");
    let both = bot.send(&envelope(bob, jacket())).await;
    insta::assert_snapshot!(said(&both), @"hold 30s: Telegram answered 429: Too Many Requests: retry after 30");
    assert!(limiter.until_alert(bot.clock.monotonic()) > Duration::from_secs(5), "nobody is notified meanwhile");
}

#[tokio::test]
async fn a_group_that_became_a_supergroup_says_where_it_is_now() {
    let world = world();
    let (team, bot) = (world.group("Team", &["*Ann"]), bot(&world));
    let new = world.migrate(team);
    let to = Destination::Telegram { chat: new, topic: None };
    assert_eq!(bot.send(&envelope(team, jacket())).await, SendOutcome::Moved { to });
    let named = sent(&bot.send(&envelope(new, jacket())).await);
    assert!(named.starts_with(&format!("{new}:")), "{named}");
}

#[tokio::test]
async fn a_link_that_is_refused_on_a_button_is_written_out() {
    let world = world();
    let (ann, bot) = (world.person("Ann"), bot(&world));
    let refusal = World::refusal(400, "Bad Request: BUTTON_URL_INVALID", None);
    world.order(Order::on(world.path("SendMessage"), refusal).times(1));
    sent(&bot.send(&envelope(ann, jacket())).await);
    insta::assert_snapshot!(world.seen(ann), @"
    CoatCheck: *Back in stock: Corps Jacket — M / Black, 129.00 EUR*
      Open in shop: https://shop.example/products/jacket?size=M
      [Watch again] [Got it]
    ");
}

#[tokio::test]
async fn at_our_pace_telegram_never_refuses() {
    let world = world();
    let bot = bot(&world);
    world.limit(Limits { per_second: 30, per_chat: 1 });
    let limiter = bot.rate_limiter().expect("Telegram has a limiter");
    for number in 0..45 {
        let chat = world.person(&format!("Person {number}"));
        while limiter.alerts(bot.clock.monotonic(), 1) == 0 {
            tokio::time::sleep(limiter.until_alert(bot.clock.monotonic())).await;
        }
        sent(&bot.send(&envelope(chat, jacket())).await);
    }
    assert_eq!(world.refused(), 0);
}
