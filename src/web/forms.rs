//! Forms that visitors send: from our own pages only, short, and not too often from one place.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use coatcheck_domain::Clock;

use super::bodies::Bodies;
use super::limit::Limits;
use super::look::answer::refused;
use super::peer::Peer;
use super::same_origin;

/// Bytes of a form, at most. All sizes of a large product take some hundred.
const LONGEST: usize = 16 * 1024;
/// Fields that are looked at.
const MOST_FIELDS: usize = 400;
/// Forms of one visitor within [`WITHIN`].
const MOST: u64 = 30;
const WITHIN: Duration = Duration::from_secs(600);

/// Reads forms.
#[derive(Clone)]
pub(super) struct Forms {
    bodies: Bodies,
    limits: Limits,
}

/// What was sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Form(Vec<(String, String)>);

impl Forms {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { bodies: Bodies::default(), limits: Limits::new(clock, MOST, WITHIN) }
    }

    /// The form, or the page that says why it is not taken.
    pub(super) async fn read(&self, request: Request) -> Result<Form, Response> {
        if !same_origin::is_ours(request.headers()) {
            return Err(refused(
                StatusCode::FORBIDDEN,
                "That came from another site",
                "Nothing was done. Please open the page here and send the form from it.",
            ));
        }
        let taken = self.limits.take(Peer::of(&request).as_ref());
        if let Some(wait) = taken.wait {
            let text = "You sent many forms in a short time. Please wait some minutes and try again.";
            let mut response = refused(StatusCode::TOO_MANY_REQUESTS, "Not so fast", text);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
            return Err(response);
        }
        let (head, body) = request.into_parts();
        let body = self.bodies.read(&head.headers, body).await.map_err(IntoResponse::into_response)?;
        if body.len() > LONGEST {
            let text = "Nothing was done. Please choose less at once.";
            return Err(refused(StatusCode::PAYLOAD_TOO_LARGE, "That is too much", text));
        }
        let fields = url::form_urlencoded::parse(&body).take(MOST_FIELDS);
        Ok(Form(fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()))
    }
}

impl Form {
    /// The first field of this name; nothing where there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value.as_str())
    }

    /// All fields of this name.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(field, _)| field == name).map(|(_, value)| value.clone()).collect()
    }
}
