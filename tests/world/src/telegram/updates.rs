//! Updates that are fetched: kept until a later fetch acknowledges them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};

use super::answers::{Refused, refused_body, said};
use super::state::Shared;

const WEBHOOK_SET: &str =
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
const OTHER_FETCH: &str =
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";

/// `getUpdates`: acknowledges what is below the offset, waits until there is something or the time is over.
pub(super) fn fetch(shared: &Arc<Shared>, fields: &Value) -> Response {
    let offset = fields["offset"].as_i64().unwrap_or_default();
    let wait = Duration::from_secs(fields["timeout"].as_u64().unwrap_or_default());
    let number = {
        let mut world = shared.world();
        if world.webhook.is_some() {
            return said(Err(Refused::new(409, WEBHOOK_SET)));
        }
        world.updates.retain(|update| update["update_id"].as_i64().is_some_and(|id| id >= offset));
        world.fetches += 1;
        world.fetches
    };
    shared.changed.send_replace(());
    let shared = Arc::clone(shared);
    let body = async move { Ok::<_, Infallible>(Bytes::from(waited(&shared, number, wait).await.to_string())) };
    ([(CONTENT_TYPE, "application/json")], Body::from_stream(stream::once(body))).into_response()
}

async fn waited(shared: &Shared, number: u64, wait: Duration) -> Value {
    let mut changed = shared.changed.subscribe();
    let something = |()| {
        let world = shared.world();
        !world.updates.is_empty() || world.fetches != number
    };
    // Nothing in time is an answer too.
    let _ = tokio::time::timeout(wait, changed.wait_for(|()| something(()))).await;
    let world = shared.world();
    if world.fetches != number {
        return refused_body(409, OTHER_FETCH, None, None);
    }
    json!({"ok": true, "result": world.updates})
}
