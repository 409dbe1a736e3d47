//! Why something was not done, and the way back.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::list::{Shell, private};
use super::session::LoggedIn;
use crate::web::look::Frame;
use crate::web::look::answer::page;

#[derive(Template)]
#[template(
    source = r#"{% extends "admin/layout.html" %}{% block part %}<h1>Not done</h1><p class="trouble" role="alert">{{ words }}</p><p><a class="button" href="{{ back }}">Back</a></p>{% endblock %}"#,
    ext = "html"
)]
struct TroubleHtml<'a> {
    frame: Frame,
    shell: Shell,
    words: String,
    back: &'a str,
}

/// The page that says so.
pub(super) fn trouble(
    who: &LoggedIn,
    part: &'static str,
    status: StatusCode,
    words: impl ToString,
    back: &str,
) -> Response {
    let (frame, shell) = (Frame::new("admin", "Not done", ""), Shell::new(part, who));
    private(page(status, &TroubleHtml { frame, shell, words: words.to_string(), back }))
}
