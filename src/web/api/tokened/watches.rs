//! Watches: listing, making, ending.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use coatcheck_domain::watch::{Mode, Wish};
use coatcheck_domain::{Destination, SizeKey, StyleKey};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answers::{Watch, Watches};
use super::{Asked, Before, Key, MOST, Tools, asked, number, read};
use crate::store::StoreError;
use crate::store::people::watch::NewWatch;
use crate::web::api::answers::Problem;

/// Letters of a size or a style.
const LONGEST: usize = 80;

/// Everybody's watches, the newest first.
#[utoipa::path(get, path = "/api/v1/watches", params(Before), security(("token" = [])), responses(
    (status = 200, description = "Up to 100 watches", body = Watches),
    (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "There is no such token", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
))]
pub(in crate::web::api) async fn list_watches(
    _: Key,
    State(tools): State<Tools>,
    query: Asked,
) -> Result<Json<Watches>, Problem> {
    let before = asked(query)?.before.unwrap_or(i64::MAX);
    let rows = tools.site.db.watches_before(before, MOST).await?;
    Ok(Json(Watches { watches: rows.into_iter().map(Watch::from).collect() }))
}

/// A watch to be made.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web::api) struct WatchWanted {
    /// The product.
    product_id: i64,
    /// Its size as the shop names it; any without it.
    size: Option<String>,
    /// Its style as the shop names it; any without it.
    style: Option<String>,
    /// Every time instead of once.
    #[serde(default)]
    every: bool,
    /// Where to: a destination that CoatCheck has spoken with before, like `discord:80351110224678912`. Phones sign up themselves.
    to: String,
}

/// Makes a watch for a destination that is known.
#[utoipa::path(post, path = "/api/v1/watches", request_body = WatchWanted, security(("token" = [])), responses(
    (status = 201, description = "The watch", body = Watch),
    (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "There is no such token", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such product", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "CoatCheck does not know the address", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
))]
pub(in crate::web::api) async fn add_watch(
    key: Key,
    State(tools): State<Tools>,
    request: Request,
) -> Result<(StatusCode, Json<Watch>), Problem> {
    key.may_write()?;
    let wanted: WatchWanted = read(&tools, request).await?;
    let db = &tools.site.db;
    let to: Destination = wanted.to.parse().map_err(|_| Problem::refused("`to` is no destination."))?;
    let is_phone = matches!(to, Destination::Sms(_));
    let known = if is_phone { None } else { db.known_destination(&to).await? };
    let known = known.ok_or_else(|| {
        Problem::refused("CoatCheck does not know this address yet. Send it a message from there first.")
    })?;
    let is_fine = |text: &String| text.chars().count() <= LONGEST && !text.chars().any(char::is_control);
    if ![&wanted.size, &wanted.style].into_iter().flatten().all(is_fine) {
        return Err(Problem::refused("`size` and `style` are at most 80 letters long."));
    }
    if db.products(&[wanted.product_id]).await?.is_empty() {
        return Err(Problem::not_found("There is no such product."));
    }
    let (size, style) = (wanted.size.as_deref().unwrap_or_default(), wanted.style.as_deref().unwrap_or_default());
    let wish = Wish { size: SizeKey::fold(size), style: StyleKey::fold(style) };
    let mode = if wanted.every { Mode::Every } else { Mode::Once };
    let (size, style) = (wanted.size, wanted.style);
    let new = NewWatch { subscriber_id: known.subscriber_id, product_id: wanted.product_id, wish, size, style, mode };
    let id = db.add_watches(&[new]).await?.into_iter().next().unwrap_or_default();
    key.note(&tools, "watch add", &format!("watch {id}")).await?;
    let stored = db.watches_before(id.saturating_add(1), 1).await?.pop();
    let stored = stored.ok_or_else(|| Problem::not_found("It was removed in the meantime."))?;
    Ok((StatusCode::CREATED, Json(Watch::from(stored))))
}

/// Ends a watch.
#[utoipa::path(delete, path = "/api/v1/watches/{id}", params(("id" = i64, Path, description = "The watch")), security(("token" = [])), responses(
    (status = 204, description = "It is gone"),
    (status = 401, description = "There is no such token", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such watch", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
))]
pub(in crate::web::api) async fn remove_watch(
    key: Key,
    State(tools): State<Tools>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    key.may_write()?;
    let id = number(&id)?;
    if !tools.site.db.remove_watch(id).await.map_err(StoreError::from)? {
        return Err(Problem::not_found("There is no such watch."));
    }
    key.note(&tools, "watch remove", &format!("watch {id}")).await?;
    Ok(StatusCode::NO_CONTENT)
}
