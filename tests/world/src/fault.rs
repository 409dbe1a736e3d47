//! What can go wrong, on order.

mod bomb;

use std::future::pending;
use std::io;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};

use crate::line::Cut;

/// A page as a shop's password wall or a bot wall shows it.
const WALL: &str = "<!doctype html><html><head><title>Just a moment</title></head>\
    <body><form method=post><label>Enter the store using a password <input name=password></label></form></body></html>";

/// JSON that is none of the shapes a reader knows.
const OTHER_SHAPE: &str =
    r#"{"version":2,"data":{"catalogue":{"entries":[{"ref":"a1","label":"Jacket","state":{"code":7}}]}}}"#;

/// One fault. The constructors name the usual answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Another answer altogether.
    Says {
        /// The HTTP status.
        status: u16,
        /// Name and value; those that are no legal header are left out.
        headers: Vec<(String, String)>,
        /// Sent as it stands.
        body: String,
    },
    /// A whole answer with the first half of the right body.
    Truncated,
    /// Half of the right body is sent, then the connection breaks.
    CutShort,
    /// So many blanks, streamed as JSON, without a length.
    Huge(u64),
    /// So many blanks when unpacked; on the wire about a thousandth. Sent as gzip whether that was asked for or not.
    GzipBomb(u64),
    /// The right answer, a byte at a time with this pause before each.
    Drip(Duration),
    /// The right answer, after this long.
    Late(Duration),
    /// No answer, ever, on a connection that stays open.
    Hang,
    /// The request is read, then the connection breaks without an answer.
    Drop,
}

impl Fault {
    /// A bare status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::status_with(status, &[])
    }

    /// A status with headers.
    #[must_use]
    pub fn status_with(status: u16, headers: &[(&str, &str)]) -> Self {
        Self::says(status, headers, "")
    }

    /// 429 with `Retry-After` in seconds.
    #[must_use]
    pub fn too_many(retry_after: u32) -> Self {
        Self::status_with(429, &[("retry-after", &retry_after.to_string())])
    }

    /// A bot wall's challenge: 403, and a header that says so.
    #[must_use]
    pub fn bot_wall() -> Self {
        Self::says(403, &[("cf-mitigated", "challenge"), ("content-type", "text/html; charset=utf-8")], WALL)
    }

    /// A redirect (302).
    #[must_use]
    pub fn redirect(to: &str) -> Self {
        Self::status_with(302, &[("location", to)])
    }

    /// A page with 200 where anything else is due.
    #[must_use]
    pub fn html() -> Self {
        Self::says(200, &[("content-type", "text/html; charset=utf-8")], WALL)
    }

    /// 200 with this JSON: `{}`, `[]`, …
    #[must_use]
    pub fn json(body: &str) -> Self {
        Self::says(200, &[("content-type", "application/json")], body)
    }

    /// 200 with sound JSON that no reader knows.
    #[must_use]
    pub fn another_shape() -> Self {
        Self::json(OTHER_SHAPE)
    }

    /// A shop that suddenly sells nothing.
    #[must_use]
    pub fn no_products() -> Self {
        Self::json(r#"{"products":[]}"#)
    }

    fn says(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self::Says { status, headers, body: body.to_owned() }
    }

    /// The status of an answer of its own; None when that is the right answer's.
    pub(crate) fn status_said(&self) -> Option<StatusCode> {
        match self {
            Self::Says { status, .. } => Some(code(*status)),
            _ => None,
        }
    }

    /// Turns the right answer into the wrong one.
    pub(crate) async fn happen(self, honest: Response, cut: &Cut) -> Response {
        match self {
            Self::Says { status, headers, body } => said(status, &headers, body),
            Self::Truncated => with_body(honest, |whole| Body::from(first_half(&whole))).await,
            Self::CutShort => with_body(honest, cut_short).await,
            Self::Huge(bytes) => json_body(Body::from_stream(blanks(bytes))),
            Self::GzipBomb(bytes) => ([(CONTENT_ENCODING, "gzip")], json_body(bomb::body(bytes))).into_response(),
            Self::Drip(pause) => with_body(honest, |whole| Body::from_stream(drip(whole, pause))).await,
            Self::Late(wait) => {
                tokio::time::sleep(wait).await;
                honest
            }
            Self::Hang => pending().await,
            Self::Drop => {
                cut.cut();
                honest
            }
        }
    }
}

/// A number that is no status is a mistake in the test; 500 will not pass for what it wanted.
fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn said(status: u16, headers: &[(String, String)], body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = code(status);
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn json_body(body: Body) -> Response {
    ([(CONTENT_TYPE, "application/json")], body).into_response()
}

/// The same answer with what `remake` makes of its body.
async fn with_body(honest: Response, remake: impl FnOnce(Bytes) -> Body) -> Response {
    let (head, body) = honest.into_parts();
    // Our own answers are whole in memory: reading them again cannot fail.
    let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
    Response::from_parts(head, remake(whole))
}

fn first_half(whole: &Bytes) -> Bytes {
    whole.slice(..whole.len() / 2)
}

fn cut_short(whole: Bytes) -> Body {
    let half = stream::iter([Ok(first_half(&whole))]);
    // The pause lets the half reach the wire: an error at once would take the head down with it.
    let broken = stream::once(async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(io::Error::from(io::ErrorKind::BrokenPipe))
    });
    Body::from_stream(half.chain(broken))
}

fn drip(whole: Bytes, pause: Duration) -> impl Stream<Item = Result<Bytes, io::Error>> {
    stream::iter(0..whole.len()).then(move |at| {
        let byte = whole.slice(at..=at);
        async move {
            tokio::time::sleep(pause).await;
            Ok(byte)
        }
    })
}

/// So many blanks in chunks of 64 KiB.
fn blanks(bytes: u64) -> impl Stream<Item = Result<Bytes, io::Error>> {
    static CHUNK: [u8; 64 << 10] = [b' '; 64 << 10];
    let sizes = (0..bytes).step_by(CHUNK.len());
    stream::iter(sizes).map(move |at| {
        let size = CHUNK.len().min(usize::try_from(bytes - at).unwrap_or(usize::MAX));
        Ok(Bytes::from_static(&CHUNK[..size]))
    })
}
