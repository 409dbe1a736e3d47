//! The headers of every answer: nothing comes from elsewhere, nothing is guessed, nobody frames us.

use axum::http::header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

/// Scripts, styles, pictures and requests are ours or are not. Pictures of products come through `/picture/…`.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Adds them, where an answer has not set its own.
pub(in crate::web) async fn secured(mut response: Response) -> Response {
    let policy = HeaderName::from_static("permissions-policy");
    let opener = HeaderName::from_static("cross-origin-opener-policy");
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        // Not `no-referrer`: browsers would then send forms with the origin `null`.
        (REFERRER_POLICY, "same-origin"),
        (policy, "camera=(), geolocation=(), microphone=()"),
        (opener, "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
