//! Styles, the script and the icon: part of the program. Their addresses have their hash, so browsers keep them for a year.

use std::sync::LazyLock;

use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use coatcheck_domain::hex;
use sha2::{Digest, Sha256};

const CSS: &str = include_str!("static/coatcheck.css");
const SCRIPT: &str = include_str!("static/live.js");
const PUSH: &str = include_str!("static/push.js");
const WORKER: &str = include_str!("static/sw.js");
const ICON: &str = include_str!("static/icon.svg");

static CSS_ADDRESS: LazyLock<String> = LazyLock::new(|| address("coatcheck.css", CSS));
static SCRIPT_ADDRESS: LazyLock<String> = LazyLock::new(|| address("live.js", SCRIPT));
static PUSH_ADDRESS: LazyLock<String> = LazyLock::new(|| address("push.js", PUSH));

pub(in crate::web) fn push_address() -> &'static str {
    &PUSH_ADDRESS
}

pub(super) fn css_address() -> &'static str {
    &CSS_ADDRESS
}

pub(super) fn script_address() -> &'static str {
    &SCRIPT_ADDRESS
}

fn address(name: &str, text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    format!("/static/{name}?{}", hex::encode(&digest[..6]))
}

/// The routes.
pub(in crate::web) fn router() -> Router {
    Router::new()
        .route("/static/coatcheck.css", get(async || file("text/css; charset=utf-8", CSS)))
        .route("/static/live.js", get(async || file("text/javascript; charset=utf-8", SCRIPT)))
        .route("/static/push.js", get(async || file("text/javascript; charset=utf-8", PUSH)))
        .route("/sw.js", get(worker))
        .route("/static/icon.svg", get(async || file("image/svg+xml", ICON)))
        .route("/favicon.ico", get(async || file("image/svg+xml", ICON)))
        .route("/robots.txt", get(async || file("text/plain; charset=utf-8", ROBOTS)))
}

/// Public pages may be found; what is done is not for robots.
const ROBOTS: &str =
    "User-agent: *\nDisallow: /admin\nDisallow: /live\nDisallow: /hooks/\nDisallow: /r/\nDisallow: /m/\n";

/// Its address is always the same: browsers look whether it changed.
async fn worker() -> Response {
    let kind = HeaderValue::from_static("text/javascript; charset=utf-8");
    let kept = HeaderValue::from_static("no-cache");
    (StatusCode::OK, [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept)], WORKER).into_response()
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let kept = HeaderValue::from_static("public, max-age=31536000, immutable");
    (StatusCode::OK, [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CACHE_CONTROL, kept)], text)
        .into_response()
}
