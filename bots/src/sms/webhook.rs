//! Twilio's requests to us: texts of people, and what became of ours.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use reqwest::header::{HeaderMap, HeaderValue};

use super::hook::{Form, SIGNATURE_HEADER, STATUSES, TEXTS, read_status, read_text};
use super::{Sms, twiml};
use crate::{DeliveryStatus, EventSink, InboundWebhook, Inbox, Platform, StatusHeard, WebhookAnswer, WebhookRequest};

/// A final status may come before the answer to our request, which names the text. It is waited for so long: Twilio
/// waits 15 s, and sends a status once.
const OVERTAKEN: Duration = Duration::from_secs(8);
/// How often it is looked for meanwhile.
const LOOK: Duration = Duration::from_millis(100);

#[async_trait]
impl InboundWebhook for Sms {
    fn paths(&self) -> &'static [&'static str] {
        &[TEXTS, STATUSES]
    }

    fn precheck(&self, headers: &HeaderMap) -> Result<(), WebhookAnswer> {
        let is_signed = headers.contains_key(SIGNATURE_HEADER);
        if is_signed { Ok(()) } else { Err(WebhookAnswer::status(403, "the request is not signed")) }
    }

    async fn answer(&self, request: WebhookRequest<'_>, sink: &dyn EventSink, _: &dyn Inbox) -> WebhookAnswer {
        let form = Form::read(request.body);
        let signature = request.headers.get(SIGNATURE_HEADER).map(HeaderValue::as_bytes);
        let verified =
            self.hook.as_ref().is_some_and(|hook| hook.verify(request.path, request.query, &form, signature));
        if !verified {
            tracing::warn!(
                path = request.path,
                "Twilio signature refused; if Twilio sent the request, check PUBLIC_URL and TWILIO_AUTH_TOKEN"
            );
            return forged();
        }
        if request.path == STATUSES { status(&form, sink).await } else { self.text(&form, sink).await }
    }
}

impl Sms {
    /// What no phone wrote is taken, and nothing is done.
    async fn text(&self, form: &Form, sink: &dyn EventSink) -> WebhookAnswer {
        let Some(text) = read_text(form) else { return xml(twiml::answer("")) };
        match self.texted(&text, sink).await {
            Ok(twiml) => xml(twiml),
            Err(closed) => WebhookAnswer::not_stored(Platform::Sms, &closed),
        }
    }
}

async fn status(form: &Form, sink: &dyn EventSink) -> WebhookAnswer {
    let noted = WebhookAnswer::status(204, "");
    let Some(status) = read_status(form) else { return noted };
    let asked = Instant::now();
    loop {
        match sink.delivery_status(&status).await {
            Ok(StatusHeard::NotKnownYet) if is_final(&status) && asked.elapsed() < OVERTAKEN => {
                tokio::time::sleep(LOOK).await;
            }
            Ok(_) => return noted,
            Err(closed) => return WebhookAnswer::not_stored(Platform::Sms, &closed),
        }
    }
}

/// `queued` and `sent` are followed by another status: they need not be waited for.
fn is_final(status: &DeliveryStatus) -> bool {
    matches!(status.status.as_str(), "delivered" | "read" | "undelivered" | "failed" | "canceled")
}

fn xml(twiml: String) -> WebhookAnswer {
    WebhookAnswer::ok(twiml::CONTENT_TYPE, twiml)
}

fn forged() -> WebhookAnswer {
    WebhookAnswer::forged(403, "the signature does not fit")
}
