//! Twilio takes what the real one takes, refuses the rest, and knows what each phone received.

#![allow(clippy::unwrap_used, reason = "in a test's own helpers a panic is the outcome")]

use std::time::Duration;

use coatcheck_world::{Fault, Order, Sink, Twilio};
use reqwest::{Client, Response};
use serde_json::Value;

const ANN: &str = "+14155550123";

fn client() -> Client {
    Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap()
}

/// Sends with these fields on top of what is needed.
async fn sent(world: &Twilio, fields: &[(&str, &str)]) -> Result<Response, reqwest::Error> {
    let mut form = vec![("To", ANN), ("From", world.number()), ("Body", "Hello.")];
    form.retain(|(name, _)| !fields.iter().any(|(other, _)| other == name));
    form.extend(fields.iter().filter(|(_, value)| !value.is_empty()));
    let request = client().post(world.url(&world.path())).basic_auth(world.account_sid(), Some(world.auth_token()));
    request.form(&form).send().await
}

async fn json(answer: Response) -> (u16, Value) {
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn listed(world: &Twilio, query: &str) -> Value {
    let request = client().get(world.url(&format!("{}?{query}", world.path())));
    let (user, password) = world.api_key();
    json(request.basic_auth(user, Some(password)).send().await.unwrap()).await.1
}

fn twiml(inside: &str) -> Fault {
    Fault::Says { status: 200, headers: Vec::new(), body: format!("<Response>{inside}</Response>") }
}

#[tokio::test]
async fn what_is_taken_is_received_once_and_listed() {
    let world = Twilio::open().unwrap();
    let (status, message) = json(sent(&world, &[]).await.unwrap()).await;
    assert_eq!(
        (status, message["status"].as_str(), message["num_segments"].as_str()),
        (201, Some("queued"), Some("1"))
    );
    assert_eq!(message["date_created"], "Fri, 15 Jan 2027 08:00:01 +0000");
    sent(&world, &[("To", "+14155550199")]).await.unwrap();
    assert_eq!(world.received(ANN), ["Hello."]);
    let list = listed(&world, "To=%2B14155550123&PageSize=20").await;
    assert_eq!((list["messages"].as_array().unwrap().len(), &list["messages"][0]["sid"]), (1, &message["sid"]));
}

#[tokio::test]
async fn a_service_has_only_accepted_and_knows_neither_sender_nor_price() {
    let world = Twilio::open().unwrap();
    let (status, message) =
        json(sent(&world, &[("From", ""), ("MessagingServiceSid", world.service())]).await.unwrap()).await;
    assert_eq!((status, message["status"].as_str()), (201, Some("accepted")));
    assert!(message["from"].is_null() && message["price_unit"].is_null() && message["num_segments"] == "0");
}

#[tokio::test]
async fn what_twilio_refuses_is_refused_with_its_code() {
    let world = Twilio::open().unwrap();
    world.opt_out("+14155550101");
    world.landline("+14155550102");
    let long = "x".repeat(1601);
    let mut codes = Vec::new();
    for fields in [
        &[("To", "4155550123")][..],
        &[("To", "+1 415 555 0123")],
        &[("To", "+14155550101")],
        &[("To", "+14155550102")],
        &[("From", "")],
        &[("From", "+14155550100")],
        &[("From", ""), ("MessagingServiceSid", "MG0")],
        &[("Body", "")],
        &[("Body", &long)],
        &[("StatusCallback", "nowhere")],
        &[("ValidityPeriod", "40000")],
        &[("Bodi", "a slip")],
    ] {
        let (status, no) = json(sent(&world, fields).await.unwrap()).await;
        codes.push(format!("{status} {}", no["code"]));
    }
    insta::assert_snapshot!(codes.join(", "), @"400 21211, 400 21211, 400 21610, 400 21614, 400 21603, 400 21606, 400 21701, 400 21602, 400 21617, 400 21609, 400 20001, 400 20001");
    world.revoke();
    let (status, no) = json(sent(&world, &[]).await.unwrap()).await;
    assert_eq!((status, no["code"].as_u64(), world.accepted()), (401, Some(20_003), 0));
}

#[tokio::test]
async fn accepted_then_dropped_is_accepted_and_what_is_refused_is_not() {
    let world = Twilio::open().unwrap();
    world.order(Order::on(world.path(), Fault::Drop).times(1));
    assert!(sent(&world, &[]).await.is_err());
    world.order(Order::on(world.path(), Twilio::refusal(429, 20_429, "Too Many Requests", Some(1))).times(1));
    assert_eq!(sent(&world, &[]).await.unwrap().status(), 429);
    world.order(Order::on(world.path(), Twilio::bad_gateway()).times(1));
    assert_eq!(sent(&world, &[]).await.unwrap().status(), 502);
    assert_eq!((world.accepted(), world.received(ANN).len()), (1, 1));
}

#[tokio::test]
async fn a_list_may_lag_behind() {
    let world = Twilio::open().unwrap();
    sent(&world, &[]).await.unwrap();
    world.lists_late(1);
    let seen = async || listed(&world, "To=%2B14155550123").await["messages"].as_array().unwrap().len();
    assert_eq!((seen().await, seen().await), (0, 1));
}

#[tokio::test]
async fn statuses_are_signed_and_come_late_where_they_are_held() {
    let (world, sink) = (Twilio::open().unwrap(), Sink::open().unwrap());
    world.hold_reports();
    world.loses(ANN, 30003);
    let callback = sink.url("/status");
    sent(&world, &[("StatusCallback", &callback)]).await.unwrap();
    assert_eq!((world.accepted(), world.received(ANN).len(), sink.heard().len()), (1, 0, 0));
    world.report().await;
    let heard = sink.heard();
    let bodies: Vec<&str> = heard.iter().map(|heard| std::str::from_utf8(&heard.body).unwrap()).collect();
    assert!(bodies[0].contains("MessageStatus=sent") && !bodies[0].contains("ErrorCode"), "{bodies:?}");
    assert!(bodies[1].contains("MessageStatus=undelivered") && bodies[1].contains("ErrorCode=30003"), "{bodies:?}");
    let signature = heard[1].header("x-twilio-signature").unwrap();
    assert_eq!(signature, world.signature(&callback, bodies[1]));
    assert_eq!(listed(&world, "").await["messages"][0]["status"], "undelivered");
}

#[tokio::test]
async fn twilio_acts_on_stop_whatever_the_webhook_says() {
    let (world, sink) = (Twilio::open().unwrap(), Sink::open().unwrap());
    world.set_hook(&sink.url("/texts"));
    let hello = || Some(twiml("<Message>Hello &amp; welcome</Message>"));
    sink.plan([hello(), hello(), Some(twiml("")), hello()]);
    for text in ["jacket M", "Stop", "START", "jacket M"] {
        world.texts(ANN, text).await.unwrap();
    }
    insta::assert_snapshot!(world.seen(ANN), @"
    I: jacket M
    CoatCheck: Hello & welcome
    I: Stop
    Twilio: You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.
    I: START
    Twilio: You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe.
    I: jacket M
    CoatCheck: Hello & welcome
    ");
    let form = String::from_utf8(sink.heard()[1].body.to_vec()).unwrap();
    assert!(form.contains("Body=Stop") && !form.contains("OptOutType"), "{form}");
    world.teach("BASTA", "STOP");
    sink.plan([Some(twiml(""))]);
    world.texts(ANN, "Basta").await.unwrap();
    let form = String::from_utf8(sink.heard()[4].body.to_vec()).unwrap();
    assert!(form.contains("OptOutType=STOP"), "{form}");
    assert_eq!(sent(&world, &[]).await.unwrap().status(), 400);
}

#[tokio::test]
async fn an_answer_that_is_no_twiml_reaches_nobody() {
    let (world, sink) = (Twilio::open().unwrap(), Sink::open().unwrap());
    world.set_hook(&sink.url("/texts"));
    sink.plan([Some(twiml("<Message>M & L</Message>")), Some(Fault::status(503))]);
    assert!(world.texts(ANN, "jacket").await.is_err());
    assert_eq!(world.texts(ANN, "jacket").await.unwrap().status, 503);
    assert_eq!(world.received(ANN).len(), 0);
}
