//! `/privacy` and `/terms`: what is kept of people, and what they get. Carriers and chat platforms ask for both.

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;

use super::look::Frame;
use super::look::answer::page;

#[derive(Template)]
#[template(path = "legal/privacy.html")]
struct Privacy<'a> {
    frame: Frame,
    contact: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "legal/terms.html")]
struct Terms<'a> {
    frame: Frame,
    contact: Option<&'a str>,
}

/// The routes. `contact`: where to write to whoever runs this.
pub(super) fn router(contact: Option<String>) -> Router {
    let also = contact.clone();
    Router::new()
        .route(
            "/privacy",
            get(async move || {
                let frame = Frame::new("", "Privacy", "What is kept of you, for how long, and how to delete it.");
                page(StatusCode::OK, &Privacy { frame, contact: contact.as_deref() })
            }),
        )
        .route(
            "/terms",
            get(async move || {
                let frame = Frame::new("", "Terms", "What you get, how often, and how to stop it.");
                page(StatusCode::OK, &Terms { frame, contact: also.as_deref() })
            }),
        )
}
