//! The requests that platforms make to us, whichever platform: looked at, read, verified, stored, answered, in that order.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use coatcheck_bots::{EventSink, InboundWebhook, Inbox, WebhookAnswer, WebhookRequest};

use super::bodies::Bodies;

/// A platform that posts to us, and what its requests come to.
#[derive(Clone)]
pub struct Webhook {
    /// Reads and answers.
    pub platform: Arc<dyn InboundWebhook>,
    /// Stores.
    pub sink: Arc<dyn EventSink>,
    /// Completes what people type.
    pub inbox: Arc<dyn Inbox>,
}

/// Their routes.
pub(super) fn router(webhooks: Vec<Webhook>) -> Router {
    let bodies = Bodies::default();
    webhooks.into_iter().fold(Router::new(), |router, webhook| {
        let paths = webhook.platform.paths();
        let one = paths.iter().fold(Router::new(), |router, path| router.route(path, post(receive)));
        router.merge(one.with_state((webhook, bodies.clone())))
    })
}

async fn receive(State((webhook, bodies)): State<(Webhook, Bodies)>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    // Before the body: whoever has no signature is not read at all.
    if let Err(refusal) = webhook.platform.precheck(&head.headers) {
        return response(&webhook, refusal).await;
    }
    let body = match bodies.read(&head.headers, body).await {
        Ok(body) => body,
        Err(status) => return status.into_response(),
    };
    let request =
        WebhookRequest { path: head.uri.path(), query: head.uri.query(), headers: &head.headers, body: &body };
    let answer = webhook.platform.answer(request, webhook.sink.as_ref(), webhook.inbox.as_ref()).await;
    response(&webhook, answer).await
}

async fn response(webhook: &Webhook, answer: WebhookAnswer) -> Response {
    if let Some(is_genuine) = answer.is_genuine() {
        webhook.sink.verified(is_genuine).await;
    }
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type))], answer.body).into_response()
}
