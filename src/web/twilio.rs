//! `/hooks/twilio/…`: what people text, and what became of our texts. Verified, stored, answered, in that order.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use coatcheck_bots::EventSink;
use coatcheck_bots::sms::hook::{Form, Hook, SIGNATURE_HEADER, STATUSES, TEXTS, read_status, read_text};
use coatcheck_bots::sms::{Sms, twiml};

use crate::store::Db;
use crate::store::outbox::Heard;

/// What became of a text may be told before its name: for so long the answer to our request is waited for, or for it to be
/// written down. Twilio waits for 15 s, and tells a status once.
const OVERTAKEN: Duration = Duration::from_secs(8);

/// Twilio's hooks.
#[derive(Clone)]
pub struct TwilioHook {
    /// Tells Twilio from others.
    pub hook: Hook,
    /// Reads and answers.
    pub sms: Arc<Sms>,
    /// Stores.
    pub sink: Arc<dyn EventSink>,
    /// Notes what became of texts.
    pub db: Db,
}

/// Both routes.
pub(super) fn router(hook: TwilioHook) -> Router {
    Router::new().route(TEXTS, post(texted)).route(STATUSES, post(status)).with_state(hook)
}

/// What was posted, if it was Twilio who did.
fn verified(hook: &Hook, path: &str, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Option<Form> {
    let form = Form::read(body);
    let signature = headers.get(SIGNATURE_HEADER).map(HeaderValue::as_bytes);
    let fits = hook.verify(path, uri.query(), &form, signature);
    if !fits {
        tracing::warn!(
            path,
            signed = signature.is_some(),
            "{path} was asked with a signature that does not fit; if Twilio did, PUBLIC_URL or TWILIO_AUTH_TOKEN is not what Twilio has"
        );
    }
    fits.then_some(form)
}

async fn texted(State(hook): State<TwilioHook>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let Some(form) = verified(&hook.hook, TEXTS, &uri, &headers, &body) else { return forged() };
    // No person wrote it: taken, and nothing done.
    let Some(text) = read_text(&form) else { return spoken(twiml::answer("")) };
    match hook.sms.texted(&text, hook.sink.as_ref()).await {
        Ok(twiml) => spoken(twiml),
        Err(closed) => {
            tracing::error!(platform = "sms", "{closed}");
            unstored()
        }
    }
}

async fn status(State(hook): State<TwilioHook>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let Some(form) = verified(&hook.hook, STATUSES, &uri, &headers, &body) else { return forged() };
    let Some(status) = read_status(&form) else { return StatusCode::NO_CONTENT.into_response() };
    let asked = Instant::now();
    loop {
        match hook.db.provider_status(&status.provider_ref, &status.status, status.error_code).await {
            Ok(Heard::Unknown { may_be_ours: true }) if asked.elapsed() < OVERTAKEN => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Ok(_) => return StatusCode::NO_CONTENT.into_response(),
            Err(error) => {
                tracing::error!(%error, "what became of a text cannot be noted now: {error}");
                return unstored();
            }
        }
    }
}

fn spoken(twiml: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(twiml::CONTENT_TYPE))], twiml).into_response()
}

fn forged() -> Response {
    (StatusCode::FORBIDDEN, "the signature does not fit").into_response()
}

/// Twilio brings it again.
fn unstored() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "it cannot be stored now").into_response()
}
