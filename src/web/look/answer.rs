//! Pages as answers, and what is answered when there is no page.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::Frame;
use crate::store::StoreError;

/// A page is made anew for each visit; what may be kept says so itself.
pub(in crate::web) fn page(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => html_page(status, html),
        Err(error) => {
            tracing::error!(%error, "page not rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be made. Please try again.").into_response()
        }
    }
}

/// The same of a page that is made already.
pub(in crate::web) fn html_page(status: StatusCode, html: impl Into<axum::body::Body>) -> Response {
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    let kept = HeaderValue::from_static("no-cache");
    (status, [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, kept)], html.into()).into_response()
}

/// A page for one person, once: nobody keeps it.
pub(in crate::web) fn private_page(status: StatusCode, template: &impl Template) -> Response {
    let mut response = page(status, template);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(in crate::web) enum NoPage {
    /// There is nothing under this address.
    #[error("not found")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A template failed.
    #[error(transparent)]
    Render(#[from] askama::Error),
}

#[derive(Template)]
#[template(path = "look/no_page.html")]
struct NoPageHtml {
    frame: Frame,
    code: u16,
    head: &'static str,
    text: &'static str,
}

impl IntoResponse for NoPage {
    fn into_response(self) -> Response {
        match &self {
            Self::NotFound => no_page(
                StatusCode::NOT_FOUND,
                "There is nothing here",
                "The address may be misspelt, or the product is no longer tracked.",
            ),
            Self::Store(_) | Self::Render(_) => {
                tracing::error!(error = %self, "page not answered: {self}");
                no_page(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "That did not work",
                    "It is our fault, not yours. Nothing is lost: alerts go on being sent. Please try again in a minute.",
                )
            }
        }
    }
}

/// For a method or an address that nothing answers.
pub(in crate::web) async fn not_found() -> Response {
    NoPage::NotFound.into_response()
}

/// What was sent is not taken.
pub(in crate::web) fn refused(status: StatusCode, head: &'static str, text: &'static str) -> Response {
    no_page(status, head, text)
}

fn no_page(status: StatusCode, head: &'static str, text: &'static str) -> Response {
    page(status, &NoPageHtml { frame: Frame::new("", head, text), code: status.as_u16(), head, text })
}
