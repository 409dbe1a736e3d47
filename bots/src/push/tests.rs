use std::sync::Arc;
use std::time::Duration;

use coatcheck_domain::clock::ManualClock;
use coatcheck_world::{Fault, Order, PushService};
use url::Url;

use super::*;
use crate::examples::{alert, variant};
use crate::message::Message;

struct Open;

impl Gate for Open {
    fn check(&self, url: &Url) -> Result<(), String> {
        if url.host_str() == Some("10.0.0.7") { Err("it is private".to_owned()) } else { Ok(()) }
    }

    fn is_refusal(&self, _error: &(dyn std::error::Error + 'static)) -> bool {
        false
    }
}

struct Ours;

#[async_trait]
impl OwnKey for Ours {
    async fn key(&self) -> Result<Vapid, String> {
        Ok(Vapid::generate(&mut || [7; 32]))
    }
}

fn push() -> Push {
    let clock = Arc::new(ManualClock::at(chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("a date")));
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a client");
    Push::new(client, Arc::new(Open), clock, Arc::new(Ours), Arc::new(|| [5; 32]), None)
}

fn envelope(to: Option<&Subscription>) -> Envelope {
    let destination = to.and_then(Subscription::destination).unwrap_or(coatcheck_domain::Destination::Console);
    let message = Message::Alert(Box::new(alert(vec![variant("M", "Black")])));
    let secret = to.map(|to| to.to_stored().into());
    Envelope { key: "a:1:2:0".to_owned(), destination, secret, message, buttons: Vec::new(), manage: None }
}

#[tokio::test]
async fn a_push_is_sealed_for_the_browser_and_signed_for_its_service() {
    let service = PushService::open().expect("a push service");
    let to = Subscription::new(&service.endpoint(), &service.p256dh(), &service.auth()).expect("a subscription");
    assert_eq!(push().send(&envelope(Some(&to))).await, SendOutcome::Sent { provider_ref: None });
    let read = service.read();
    assert!(read[0].contains("Back in stock: Corps Jacket"), "{read:?}");
    let heard = &service.heard()[0];
    for (name, value) in [("content-encoding", "aes128gcm"), ("ttl", "7200"), ("urgency", "high")] {
        assert_eq!(heard.header(name), Some(value), "{name}");
    }
    assert!(heard.header("topic").is_some_and(|topic| topic.len() <= 32));
    assert!(!String::from_utf8_lossy(&heard.body).contains("Corps"));
}

#[tokio::test]
async fn each_answer_of_a_push_service_has_its_meaning() {
    let service = PushService::open().expect("a push service");
    let to = Subscription::new(&service.endpoint(), &service.p256dh(), &service.auth()).expect("a subscription");
    let mut lines = Vec::new();
    for fault in [Fault::status(404), Fault::status(410), Fault::too_many(17), Fault::status(500), Fault::status(403)] {
        service.order(Order::on("/push/1", fault).times(1));
        lines.push(format!("{:?}", push().send(&envelope(Some(&to))).await));
    }
    insta::assert_snapshot!(lines.join("\n"), @r#"
    AddressGone { why: "the push service answered 404 Not Found" }
    AddressGone { why: "the push service answered 410 Gone" }
    Retry { after: Some(17s), why: "the push service answered 429 Too Many Requests" }
    Retry { after: None, why: "the push service answered 500 Internal Server Error" }
    GiveUp { why: "the push service answered 403 Forbidden" }
    "#);
}

#[tokio::test]
async fn what_cannot_be_pushed_is_never_asked_for() {
    let key = PushService::open().expect("a push service");
    let private = Subscription::new("https://10.0.0.7/x", &key.p256dh(), &key.auth()).expect("a subscription");
    let refused = push().send(&envelope(Some(&private))).await;
    assert_eq!(refused, SendOutcome::GiveUp { why: "it is private".to_owned() });
    assert!(matches!(push().send(&envelope(None)).await, SendOutcome::AddressGone { .. }));
}
