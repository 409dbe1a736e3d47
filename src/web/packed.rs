//! Public pages and styles are sent packed to who takes that: a large board is a tenth as long then.
//!
//! Pages for one person are not: from the length of what is packed, who can put words into a page could guess its secrets.

use std::io::Write;
use std::sync::{Arc, OnceLock};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;

/// Shorter ones fit into one packet as they are.
const SHORTEST: u64 = 1024;
/// Longer ones are files that somebody loads once.
const LONGEST: u64 = 4 * 1024 * 1024;
const KINDS: [&str; 5] = ["text/html", "text/css", "text/javascript", "image/svg+xml", "application/atom+xml"];

/// Where a page that is kept keeps what it is packed: put into its answer, it is packed once.
#[derive(Debug, Clone, Default)]
pub(super) struct Packed(Arc<OnceLock<Bytes>>);

/// Packs the answer, if it is public and who asks takes it so.
pub(super) async fn packed(request: Request, next: Next) -> Response {
    let takes = takes_gzip(request.headers());
    let mut response = next.run(request).await;
    if !is_packable(&response) {
        return response;
    }
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if !takes {
        return response;
    }
    let kept = response.extensions_mut().remove::<Packed>().unwrap_or_default();
    let (mut head, body) = response.into_parts();
    let most = usize::try_from(LONGEST).unwrap_or(usize::MAX);
    let Ok(plain) = axum::body::to_bytes(body, most).await else {
        head.status = StatusCode::INTERNAL_SERVER_ERROR;
        return Response::from_parts(head, Body::empty());
    };
    let short = kept.0.get_or_init(|| gzip(&plain)).clone();
    if short.is_empty() {
        return Response::from_parts(head, plain.into());
    }
    head.headers.remove(header::CONTENT_LENGTH);
    head.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    Response::from_parts(head, short.into())
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let named = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|all| all.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let is_refused = matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

fn is_packable(response: &Response) -> bool {
    let says = |name: header::HeaderName| {
        response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    };
    let kind = says(header::CONTENT_TYPE);
    let size = response.body().size_hint().exact().unwrap_or_default();
    response.status() == StatusCode::OK
        && KINDS.iter().any(|its| kind.starts_with(its))
        && !says(header::CACHE_CONTROL).contains("no-store")
        && !response.headers().contains_key(header::CONTENT_ENCODING)
        && (SHORTEST..=LONGEST).contains(&size)
}

/// Nothing if it cannot be packed.
fn gzip(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
    let packed = encoder.write_all(plain).and_then(|()| encoder.finish());
    packed.map(Bytes::from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::Router;
    use axum::routing::get;
    use flate2::read::GzDecoder;
    use tower::ServiceExt;

    use super::*;

    async fn asked(path: &str, accept: &str) -> Response {
        let page = |kept: &'static str| {
            let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, kept)];
            async move || (headers, "<p>size M</p>".repeat(500))
        };
        let router = Router::new()
            .route("/public", get(page("no-cache")))
            .route("/mine", get(page("no-store")))
            .layer(axum::middleware::from_fn(packed));
        let request = Request::get(path).header(header::ACCEPT_ENCODING, accept).body(Body::empty());
        router.oneshot(request.expect("a request")).await.expect("it answers")
    }

    #[tokio::test]
    async fn a_public_page_is_packed_for_who_takes_it_and_says_the_same() {
        let answer = asked("/public", "br, gzip;q=0.8").await;
        assert_eq!(answer.headers()[header::CONTENT_ENCODING], "gzip");
        let bytes = axum::body::to_bytes(answer.into_body(), 10_000).await.expect("a body");
        assert!(bytes.len() < 200, "{}", bytes.len());
        let mut text = String::new();
        GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("text");
        assert_eq!(text, "<p>size M</p>".repeat(500));
    }

    #[tokio::test]
    async fn what_is_for_one_person_and_who_takes_nothing_packed_gets_it_as_it_is() {
        for (path, accept) in [("/mine", "gzip"), ("/public", ""), ("/public", "gzip;q=0"), ("/public", "br")] {
            let answer = asked(path, accept).await;
            assert!(!answer.headers().contains_key(header::CONTENT_ENCODING), "{path} {accept}");
            assert_eq!(answer.headers().contains_key(header::VARY), path == "/public", "{path} {accept}");
        }
    }
}
