//! Alerts: what a phone receives, and what each way of failing means.

use coatcheck_world::{Fault, Order};

use super::*;
use crate::examples::{alert, variant};
use crate::{Alert, Button, Notice};

fn envelope(number: &str) -> Envelope {
    let told: Alert = alert(vec![variant("M", "Black")]);
    Envelope {
        key: "a:1:2:0".to_owned(),
        destination: Destination::Sms(phone(number)),
        secret: None,
        message: Message::Alert(Box::new(told)),
        manage: None,
        buttons: Button::after_alert(1),
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

fn here(world: &World, message: u64) -> Found {
    let _ = world;
    Found::Here { provider_ref: format!("SM{message:032x}") }
}

#[tokio::test]
async fn an_alert_is_one_text() {
    let world = world();
    let outcome = bot(&world).send(&envelope(ANN)).await;
    assert_eq!(outcome, SendOutcome::Sent { provider_ref: Some(format!("SM{:032x}", 1)) });
    insta::assert_snapshot!(world.seen(ANN), @"
    CoatCheck: Back in stock: Corps Jacket - M / Black, 129.00 EUR
      https://coat.example/r/1 #gbhah
    ");
    let form = String::from_utf8(world.heard()[0].body.to_vec()).expect("text");
    assert!(form.contains("&StatusCallback=https%3A%2F%2Fcoat.example%2Fhooks%2Ftwilio%2Fstatus"), "{form}");
    assert!(form.contains("&ValidityPeriod=7200"), "{form}");
}

#[tokio::test]
async fn a_service_that_has_only_accepted_has_sent_one_text() {
    let world = world();
    let (key, secret) = world.api_key();
    let service = Settings {
        sender: Sender::Service(world.service().to_owned()),
        api_key: Some((key.to_owned(), secret.to_owned().into())),
        auth_token: "only signs".to_owned().into(),
        public_url: None,
        ..settings(&world)
    };
    let bot = bot_with(service, &clock(), LONG);
    let outcome = bot.send(&envelope(ANN)).await;
    assert_eq!(outcome, SendOutcome::Sent { provider_ref: Some(format!("SM{:032x}", 1)) });
    assert_eq!((world.accepted(), world.received(ANN).len()), (1, 1));
}

#[tokio::test]
async fn accepted_but_unreadable_is_sent_and_not_notified_again() {
    for fault in [Fault::Truncated, Fault::CutShort] {
        let world = world();
        world.order(Order::on(world.path(), fault.clone()).times(1));
        let outcome = bot(&world).send(&envelope(ANN)).await;
        assert_eq!(outcome, SendOutcome::Sent { provider_ref: None }, "{fault:?}");
        assert_eq!(world.received(ANN).len(), 1);
    }
    let world = world();
    world.order(Order::on(world.path(), Fault::html()).times(1));
    assert_eq!(bot(&world).send(&envelope(ANN)).await, SendOutcome::Sent { provider_ref: None }, "whoever says 200");
}

#[tokio::test]
async fn each_refusal_has_its_meaning() {
    let world = world();
    world.opt_out("+14155550101");
    world.landline("+14155550102");
    let bot = bot(&world);
    let mut lines =
        vec![said(&bot.send(&envelope("+14155550101")).await), said(&bot.send(&envelope("+14155550102")).await)];
    for fault in [
        World::refusal(400, 21_211, "The 'To' number +14155550123 is not a valid phone number.", None),
        World::refusal(429, 20_429, "Too Many Requests", Some(7)),
        World::refusal(503, 20_503, "Service unavailable", None),
        World::refusal(500, 20_500, "An internal server error has occurred", None),
        World::bad_gateway(),
        World::refusal(400, 21_602, "Message body is required.", None),
    ] {
        world.order(Order::on(world.path(), fault).times(1));
        lines.push(said(&bot.send(&envelope(ANN)).await));
    }
    world.revoke();
    assert_eq!(bot.trouble(), None);
    lines.push(said(&bot.send(&envelope(ANN)).await));
    insta::assert_snapshot!(lines.join("\n"), @"
    address_gone: 21610 Twilio answered 400: Attempt to send to unsubscribed recipient
    address_gone: 21614 Twilio answered 400: 'To' number +…02 is not a valid mobile number
    address_gone: 21211 Twilio answered 400: The 'To' number +…23 is not a valid phone number.
    retry 7s: 20429 Twilio answered 429: Too Many Requests
    retry: 20503 Twilio answered 503: Service unavailable
    unknown: 20500 Twilio answered 500: An internal server error has occurred
    unknown: Twilio answered 502 with something that is not its API
    give_up: 21602 Twilio answered 400: Message body is required.
    hold: 20003 Twilio answered 401: Authenticate; are the TWILIO_ settings right?
    ");
    assert_eq!(world.accepted(), 0);
    insta::assert_snapshot!(bot.trouble().unwrap_or_default(), @"20003 Twilio answered 401: Authenticate; are the TWILIO_ settings right?");
    assert!(bot.check().await.is_err_and(|trouble| trouble.fatal));
}

#[tokio::test]
async fn who_asks_for_silence_is_left_alone() {
    let (world, clock) = (world(), clock());
    let bot = bot_with(settings(&world), &clock, LONG);
    world.order(Order::on(world.path(), World::refusal(429, 20_429, "Too Many Requests", Some(7))).times(1));
    bot.send(&envelope(ANN)).await;
    let limiter = bot.rate_limiter().expect("it has one");
    assert!(limiter.until_alert(clock.monotonic()) >= Duration::from_secs(7));
}

#[tokio::test]
async fn where_nobody_listens_it_did_not_arrive() {
    let world = world();
    let settings = settings(&world);
    drop(world);
    assert_eq!(bot_with(settings, &clock(), LONG).send(&envelope(ANN)).await.as_str(), "retry");
}

#[tokio::test]
async fn accepted_and_then_dropped_is_found_and_is_one_text() {
    let (world, clock) = (world(), clock());
    let bot = bot_with(settings(&world), &clock, LONG);
    world.order(Order::on(world.path(), Fault::Drop).times(1));
    assert_eq!(bot.send(&envelope(ANN)).await.as_str(), "unknown");
    world.lists_late(1);
    assert!(matches!(bot.find(&envelope(ANN)).await, Found::NotYet { .. }), "it is not listed yet");
    clock.advance(Duration::from_secs(5));
    assert_eq!(bot.find(&envelope(ANN)).await, here(&world, 1));
    let other = Envelope { key: "a:1:2:1".to_owned(), ..envelope(ANN) };
    assert!(matches!(bot.find(&other).await, Found::NotYet { .. }), "another alert with the same words is another");
    assert_eq!(world.received(ANN).len(), 1);
}

#[tokio::test]
async fn too_slow_an_answer_leaves_it_in_doubt() {
    let (world, clock) = (world(), clock());
    let bot = bot_with(settings(&world), &clock, Duration::from_millis(200));
    world.order(Order::on(world.path(), Fault::Hang).times(1));
    assert_eq!(bot.send(&envelope(ANN)).await.as_str(), "unknown");
    assert_eq!(bot.find(&envelope(ANN)).await, here(&world, 1));
}

#[tokio::test]
async fn what_was_never_taken_is_sent_again_after_a_minute_and_not_before() {
    let (world, clock) = (world(), clock());
    let bot = bot_with(settings(&world), &clock, LONG);
    world.order(Order::on(world.path(), World::bad_gateway()).times(1));
    assert_eq!(bot.send(&envelope(ANN)).await.as_str(), "unknown");
    clock.advance(Duration::from_secs(59));
    assert!(matches!(bot.find(&envelope(ANN)).await, Found::NotYet { .. }));
    clock.advance(Duration::from_secs(1));
    assert_eq!(bot.find(&envelope(ANN)).await, Found::NotHere);
    assert_eq!(bot.send(&envelope(ANN)).await.as_str(), "sent");
    assert_eq!(world.received(ANN).len(), 1);
}

#[tokio::test]
async fn who_cannot_look_does_not_send() {
    let (world, clock) = (world(), clock());
    let bot = bot_with(settings(&world), &clock, LONG);
    for fault in [
        World::bad_gateway(),
        Fault::Drop,
        World::refusal(429, 20_429, "Too Many Requests", Some(1)),
        Fault::json("{}"),
    ] {
        world.order(Order::on(world.path(), fault).times(1));
        clock.advance(Duration::from_secs(100));
        let found = bot.find(&envelope(ANN)).await;
        assert!(matches!(found, Found::NotYet { .. }), "{found:?}");
        assert!(!format!("{found:?}").contains("4155550123"));
    }
    assert_eq!(bot.find(&envelope(ANN)).await, Found::NotHere);
}

#[tokio::test]
async fn codes_are_worth_nothing_after_ten_minutes() {
    let world = world();
    let text = "123456 is your CoatCheck code.".to_owned();
    let code = Envelope { key: "c:7".to_owned(), message: Message::Notice(Notice { text }), ..envelope(ANN) };
    bot(&world).send(&code).await;
    let form = String::from_utf8(world.heard()[0].body.to_vec()).expect("text");
    assert!(form.contains("&ValidityPeriod=600"), "{form}");
    insta::assert_snapshot!(world.seen(ANN), @"CoatCheck: 123456 is your CoatCheck code. #epe2a");
}

#[tokio::test]
async fn nothing_prints_a_number_or_a_secret() {
    let world = world();
    let bot = bot(&world);
    let printed = format!("{bot:?} {:?}", envelope(ANN));
    for secret in [world.auth_token(), "4155550123", "5005550006"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}
