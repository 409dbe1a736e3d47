//! The webhook channel against real receivers on the loopback.

use std::sync::Mutex;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use coatcheck_domain::clock::ManualClock;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::*;
use crate::examples::{alert, variant};
use crate::message::{Message, Notice};

/// Lets everything pass but one address and one resolver error.
struct OpenGate;

#[derive(Debug, thiserror::Error)]
#[error("10.0.0.1 is a private address")]
struct Private;

impl Gate for OpenGate {
    fn check(&self, url: &Url) -> Result<(), String> {
        if url.host_str() == Some("10.0.0.1") { Err("10.0.0.1 is a private address".to_owned()) } else { Ok(()) }
    }

    fn is_refusal(&self, error: &(dyn Error + 'static)) -> bool {
        error.is::<Private>()
    }
}

/// Resolves one name to a refusal and knows no other.
struct Resolver;

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let refused = name.as_str() == "inside.example";
        Box::pin(async move {
            let error: Box<dyn Error + Send + Sync> = if refused { Box::new(Private) } else { "no such name".into() };
            Err(error)
        })
    }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).expect("a date")
}

fn webhook() -> Webhook {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_millis(300))
        .dns_resolver(Arc::new(Resolver))
        .build()
        .expect("a client");
    Webhook::new(client, Arc::new(OpenGate), Arc::new(ManualClock::at(now())))
}

fn envelope(url: &str) -> Envelope {
    Envelope {
        key: "a:1:2:0".to_owned(),
        destination: format!("webhook:{url}").parse().expect("a hook"),
        secret: Some(signature::new_secret([7; 32])),
        message: Message::Alert(Box::new(alert(vec![variant("M", "Black")]))),
        manage: None,
        buttons: Vec::new(),
    }
}

async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, format!("http://{address}/hook/s3cret?token=hush"))
}

type Received = Arc<Mutex<Vec<(HeaderMap, String)>>>;

/// A receiver that answers `status` to everything, and keeps it.
async fn receiver(status: u16) -> (String, Received) {
    let (listener, url) = listener().await;
    let received = Received::default();
    let status = StatusCode::from_u16(status).expect("a status");
    let take = move |State(received): State<Received>, _: Uri, headers: HeaderMap, body: String| async move {
        received.lock().expect("the list").push((headers, body));
        (status, [("location", "http://10.0.0.1/")])
    };
    let app = axum::Router::new().route("/hook/s3cret", post(take)).with_state(received.clone());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, received)
}

/// A receiver that reads the request and hangs up.
async fn hangs_up() -> String {
    let (listener, url) = listener().await;
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut taken = [0; 4096];
            let _ = socket.read(&mut taken).await;
        }
    });
    url
}

#[tokio::test]
async fn a_receiver_can_believe_what_it_gets() {
    let (url, received) = receiver(204).await;
    assert_eq!(webhook().send(&envelope(&url)).await, SendOutcome::Sent { provider_ref: None });
    let received = received.lock().expect("the list");
    let [(headers, body)] = received.as_slice() else { panic!("one request, not {}", received.len()) };
    let header = |name: &str| headers[name].to_str().expect("text");
    let secret: Secret = signature::new_secret([7; 32]).expose_secret().parse().expect("a secret");
    let (id, timestamp, signed) = (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    assert_eq!(signature::verify(&secret, id, timestamp, signed, body.as_bytes(), now()), Ok(()));
    assert_eq!((id, header("content-type")), ("a:1:2:0", "application/json"));
    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert_eq!((&body["type"], &body["variant"]["size"]), (&"restock".into(), &"M".into()));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (url, received) = receiver(302).await;
    let outcome = webhook().send(&envelope(&url)).await;
    assert_eq!(outcome.as_str(), "give_up");
    assert_eq!(received.lock().expect("the list").len(), 1);
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_is_unknown() {
    let outcome = webhook().send(&envelope(&hangs_up().await)).await;
    assert_eq!(outcome.as_str(), "unknown", "{outcome:?}");
}

#[tokio::test]
async fn silence_is_unknown() {
    let (listener, url) = listener().await;
    let outcome = webhook().send(&envelope(&url)).await;
    assert_eq!(outcome.as_str(), "unknown", "{outcome:?}");
    drop(listener);
}

#[tokio::test]
async fn nobody_there_is_tried_again() {
    let (listener, url) = listener().await;
    drop(listener);
    for url in [url.as_str(), "https://nowhere.example/hook/s3cret"] {
        let outcome = webhook().send(&envelope(url)).await;
        assert_eq!(outcome.as_str(), "retry", "{outcome:?}");
    }
}

#[tokio::test]
async fn what_the_guard_refuses_is_given_up() {
    for url in ["http://10.0.0.1/hook", "http://inside.example/hook"] {
        let outcome = webhook().send(&envelope(url)).await;
        assert_eq!(outcome.as_str(), "give_up", "{outcome:?}");
        assert!(outcome.why().is_some_and(|why| why.contains("private")), "{outcome:?}");
    }
}

#[tokio::test]
async fn no_verdict_tells_the_path_or_the_secret() {
    let (closed, gone) = listener().await;
    drop(closed);
    let urls = [gone, hangs_up().await, receiver(500).await.0, receiver(302).await.0];
    for url in urls {
        let outcome = webhook().send(&envelope(&url)).await;
        let why = outcome.why().expect("it failed");
        assert!(!why.contains("s3cret") && !why.contains("hush") && !why.contains("whsec_"), "{why}");
    }
}

#[tokio::test]
async fn without_a_good_secret_nothing_leaves() {
    let (url, received) = receiver(200).await;
    let mut bad = envelope(&url);
    bad.message = Message::Notice(Notice { text: "hello".to_owned() });
    for secret in [None, Some("password".into())] {
        bad.secret = secret;
        assert_eq!(webhook().send(&bad).await.as_str(), "give_up");
    }
    assert!(received.lock().expect("the list").is_empty());
}
