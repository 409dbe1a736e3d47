//! `/live`: the stream of events that an open page reads; `/api/v1/stream`: the same for programs.

use std::collections::VecDeque;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::{OwnedSemaphorePermit, broadcast};

use super::{Event, Form, Live};
use crate::engine::Stop;
use crate::web::api::answers::Problem;
use crate::web::connections::Lasting;

/// A browser that lost its stream tries again after this many milliseconds.
const RETRY: &str = "retry: 3000\n\n";

/// The route. Streams end with the service.
pub(in crate::web) fn router(live: Live, stop: Stop) -> Router {
    let (pages, programs) = (live.clone(), live);
    let (until, stop) = (stop.clone(), stop);
    Router::new()
        .route("/live", get(async move |uri, headers| listen(pages, until, Form::Page, &uri, &headers)))
        .route("/api/v1/stream", get(async move |uri, headers| listen(programs, stop, Form::Program, &uri, &headers)))
        .method_not_allowed_fallback(async || Problem::method())
}

/// One who listens.
struct Listener {
    /// What is sent first.
    first: VecDeque<Bytes>,
    events: broadcast::Receiver<Event>,
    form: Form,
    stop: Stop,
    _seat: OwnedSemaphorePermit,
}

fn listen(live: Live, stop: Stop, form: Form, uri: &Uri, headers: &HeaderMap) -> Response {
    let Ok(seat) = live.0.seats.clone().try_acquire_owned() else {
        return Problem::no_seat().into_response();
    };
    // In this order: what happens in between is sent twice, not never.
    let events = live.0.sender.subscribe();
    let missed = live.missed(known(headers, uri.query()), form);
    let first = std::iter::once(Bytes::from_static(RETRY.as_bytes())).chain(missed).collect();
    let listener = Listener { first, events, form, stop, _seat: seat };
    let body = Body::from_stream(stream::unfold(listener, next));
    let kind = HeaderValue::from_static("text/event-stream");
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // What is in it is public.
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        // A proxy must not collect it.
        (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    let mut response = (StatusCode::OK, headers, body).into_response();
    response.extensions_mut().insert(Lasting);
    response
}

/// The last change that the browser knows: its own word for it wins over the page's.
fn known(headers: &HeaderMap, query: Option<&str>) -> Option<i64> {
    let own = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    own.or_else(|| {
        let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        pairs.find(|(name, _)| name == "since").and_then(|(_, id)| id.parse().ok())
    })
}

/// The next piece. It is over at the stop, and for who has fallen behind.
async fn next(mut listener: Listener) -> Option<(Result<Bytes, std::convert::Infallible>, Listener)> {
    loop {
        let bytes = match listener.first.pop_front() {
            Some(bytes) => bytes,
            None => tokio::select! {
                event = listener.events.recv() => event.ok()?.of(listener.form),
                () = listener.stop.stopped() => return None,
            },
        };
        // Nothing is said to those whom an event is not for.
        if !bytes.is_empty() {
            return Some((Ok(bytes), listener));
        }
    }
}
