//! A browser signs up itself: its script hands over the subscription, and gets the answer as JSON.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use coatcheck_bots::push::Subscription;
use serde_json::json;

use super::SignUp;
use super::choice::Picked;
use crate::commands::NotPrepared;
use crate::web::look::answer::NoPage;

/// `/push/key`: what browsers subscribe with.
pub(super) async fn key(State(it): State<SignUp>) -> Response {
    // Nothing to log: nobody is offered this here.
    if it.site.db.keys().is_err() {
        return StatusCode::NOT_FOUND.into_response();
    }
    match it.push_key.key().await {
        Ok(key) => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8")),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
            ];
            (headers, key.public()).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "push key not given");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// Takes a subscription with what was chosen.
pub(super) async fn subscribe(
    State(it): State<SignUp>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, NoPage> {
    let form = match it.forms.read(request).await {
        Ok(form) => form,
        Err(refusal) => return Ok(refusal),
    };
    let (product, _) = it.product(&name).await?;
    let given = Subscription::new(form.text("endpoint"), form.text("p256dh"), form.text("auth"));
    let is_trusted = |given: &Subscription| it.guard.is_allowed_host(given.endpoint());
    let usable = given.filter(|given| {
        let is_safe = given.endpoint().scheme() == "https" || is_trusted(given);
        is_safe && it.guard.check_url(given.endpoint()).is_ok()
    });
    let Some(given) = usable else { return Ok(problem(&NotPrepared::PushService)) };
    let wanted = Picked::in_form(&form).wanted(product.id);
    Ok(match it.commands.watch_by_push(&wanted, &given, is_trusted(&given)).await? {
        Ok((browser, words)) => {
            let own = it.commands.page_of(&browser).await?.map(|name| format!("/m/{name}"));
            let lines: Vec<&str> = words.lines().collect();
            ([(header::CACHE_CONTROL, "no-store")], Json(json!({ "lines": lines, "own": own }))).into_response()
        }
        Err(why) => problem(&why),
    })
}

fn problem(why: &NotPrepared) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "problem": why.to_string() }))).into_response()
}

#[cfg(test)]
mod tests;
