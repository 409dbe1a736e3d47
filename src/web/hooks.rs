//! Where platforms bring what people say: verified, stored, acknowledged, in that order.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use coatcheck_bots::discord::{Discord, PublicKey};
use coatcheck_bots::telegram::webhook::{self, Hook, SECRET_HEADER};
use coatcheck_bots::{EventSink, Inbox};
use coatcheck_domain::Clock;

use super::twilio::{self, TwilioHook};

/// Where Discord's interactions come to, below `PUBLIC_URL`.
pub const DISCORD_HOOK: &str = "/hooks/discord";
/// Where Telegram's updates come to, below `PUBLIC_URL`.
pub const TELEGRAM_HOOK: &str = "/hooks/telegram";

/// What people say is short; platforms send some kilobytes around it.
const LONGEST: usize = 256 * 1024;

/// The hooks that are set.
#[derive(Default)]
pub struct Hooks {
    /// With `DISCORD_PUBLIC_KEY`.
    pub discord: Option<DiscordHook>,
    /// With `TELEGRAM_WEBHOOK_SECRET`.
    pub telegram: Option<TelegramHook>,
    /// With Twilio's account and `PUBLIC_URL`.
    pub twilio: Option<TwilioHook>,
}

/// Discord's.
#[derive(Clone)]
pub struct DiscordHook {
    /// Who signs.
    pub key: PublicKey,
    /// Reads and answers.
    pub bot: Arc<Discord>,
    /// Completes what people type.
    pub inbox: Arc<dyn Inbox>,
    /// Stores.
    pub sink: Arc<dyn EventSink>,
    /// Tells what is fresh.
    pub clock: Arc<dyn Clock>,
}

/// Telegram's.
#[derive(Clone)]
pub struct TelegramHook {
    /// What it says to prove that it is Telegram.
    pub hook: Hook,
    /// Stores.
    pub sink: Arc<dyn EventSink>,
}

/// The routes of the hooks that are set.
pub(super) fn router(hooks: Hooks) -> Router {
    let mut router = Router::new();
    if let Some(hook) = hooks.discord {
        router = router.merge(Router::new().route(DISCORD_HOOK, post(discord)).with_state(hook));
    }
    if let Some(hook) = hooks.telegram {
        router = router.merge(Router::new().route(TELEGRAM_HOOK, post(telegram)).with_state(hook));
    }
    if let Some(hook) = hooks.twilio {
        router = router.merge(twilio::router(hook));
    }
    router.layer(DefaultBodyLimit::max(LONGEST))
}

async fn discord(State(hook): State<DiscordHook>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (signature, timestamp) = (header("x-signature-ed25519"), header("x-signature-timestamp"));
    // Discord tries with wrong signatures now and then, and wants this status.
    if let Err(why) = hook.key.verify(signature, timestamp, &body, hook.clock.now()) {
        return (StatusCode::UNAUTHORIZED, why.to_string()).into_response();
    }
    let Ok(payload) = std::str::from_utf8(&body) else { return no_payload() };
    match hook.bot.interaction(payload, hook.inbox.as_ref(), hook.sink.as_ref()).await {
        Ok(Some(answer)) => Json(answer).into_response(),
        Ok(None) => no_payload(),
        Err(closed) => unstored("discord", &closed),
    }
}

async fn telegram(State(hook): State<TelegramHook>, headers: HeaderMap, body: Bytes) -> Response {
    if !hook.hook.verify(headers.get(SECRET_HEADER).map(axum::http::HeaderValue::as_bytes)) {
        return (StatusCode::FORBIDDEN, "the secret does not fit").into_response();
    }
    let Some(arrived) = webhook::arrived(&body) else { return no_payload() };
    match hook.sink.arrived(arrived).await {
        Ok(_) => StatusCode::OK.into_response(),
        Err(closed) => unstored("telegram", &closed),
    }
}

fn no_payload() -> Response {
    (StatusCode::BAD_REQUEST, "this cannot be read").into_response()
}

/// The platform brings it again.
fn unstored(platform: &str, closed: &coatcheck_bots::SinkClosed) -> Response {
    tracing::error!(platform, "{closed}");
    (StatusCode::SERVICE_UNAVAILABLE, "it cannot be stored now").into_response()
}
