//! The sink answers as planned and knows the truth of what was told.

#![allow(clippy::unwrap_used, reason = "in a test's own helpers a panic is the outcome")]

use std::time::Duration;

use coatcheck_world::{Fault, Order, Sink};
use reqwest::Client;

/// Posts one message with an id; the status that came back, if any did.
async fn post(sink: &Sink, id: &str) -> Option<u16> {
    let client = Client::builder().no_proxy().timeout(Duration::from_millis(500)).build().unwrap();
    let request = client.post(sink.url("/hook")).header("webhook-id", id).body(r#"{"type":"restock"}"#);
    Some(request.send().await.ok()?.status().as_u16())
}

#[tokio::test]
async fn answers_follow_the_plan_and_then_are_200() {
    let sink = Sink::open().unwrap();
    let plan = [None, Some(Fault::status(500)), Some(Fault::too_many(1)), Some(Fault::status(410)), Some(Fault::Hang)];
    sink.plan(plan.into_iter().chain([Some(Fault::Drop), Some(Fault::Late(Duration::from_millis(50)))]));
    let mut answers = Vec::new();
    for id in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        answers.push(post(&sink, id).await);
    }
    assert_eq!(answers, [Some(200), Some(500), Some(429), Some(410), None, None, Some(200), Some(200)]);
}

#[tokio::test]
async fn a_message_dropped_after_reading_and_sent_again_is_a_double_and_a_refused_one_is_not() {
    let sink = Sink::open().unwrap();
    sink.plan([Some(Fault::status(500)), Some(Fault::Drop), None, None]);
    for id in ["a", "a", "a", "b"] {
        post(&sink, id).await;
    }
    let taken: Vec<_> = sink.taken().iter().map(|heard| heard.header("webhook-id").unwrap().to_owned()).collect();
    assert_eq!(taken, ["a", "a", "b"]);
    assert_eq!((sink.heard().len(), sink.distinct(), sink.doubles()), (4, 2, 1));
}

#[tokio::test]
async fn what_was_sent_is_kept_as_it_was() {
    let sink = Sink::open().unwrap();
    post(&sink, "a").await;
    let heard = &sink.heard()[0];
    assert_eq!((&heard.body[..], &heard.json().unwrap()["type"]), (&br#"{"type":"restock"}"#[..], &"restock".into()));
}

#[tokio::test]
async fn waiting_ends_with_the_last_wished_for_or_says_what_came_instead() {
    let sink = Sink::open().unwrap();
    sink.order(Order::all(Fault::status(500)).times(1));
    let (heard, ()) = tokio::join!(sink.wait_for(2, Duration::from_secs(10)), async {
        post(&sink, "a").await;
        post(&sink, "b").await;
    });
    assert_eq!(heard.unwrap().len(), 2);
    let late = sink.wait_for(3, Duration::from_millis(20)).await.unwrap_err();
    insta::assert_snapshot!(late, @"not heard within 20ms; what came, 2 in all: POST /hook (refused); POST /hook;");
}
