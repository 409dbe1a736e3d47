//! Pages that are tracked: listing, tracking, pausing, removing.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use coatcheck_bots::words;
use serde::Deserialize;
use url::Url;
use utoipa::ToSchema;

use super::answers::{Shop, Shops};
use super::{Asked, Before, Key, MOST, Tools, asked, number, read};
use crate::commands::{NotFollowed, SourceOptions};
use crate::store::StoreError;
use crate::web::api::answers::Problem;

/// All pages that are tracked, the newest first.
#[utoipa::path(get, path = "/api/v1/shops", params(Before), security(("token" = [])), responses(
    (status = 200, description = "Up to 100 pages", body = Shops),
    (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "There is no such token", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
))]
pub(in crate::web::api) async fn list_shops(
    _: Key,
    State(tools): State<Tools>,
    query: Asked,
) -> Result<Json<Shops>, Problem> {
    let before = asked(query)?.before.unwrap_or(i64::MAX);
    let rows = tools.site.db.sources_before("", before, MOST).await?;
    Ok(Json(Shops { shops: rows.into_iter().map(Shop::from).collect() }))
}

/// One page that is tracked.
#[utoipa::path(get, path = "/api/v1/shops/{id}", params(("id" = i64, Path, description = "The page")), security(("token" = [])), responses(
    (status = 200, description = "The page", body = Shop),
    (status = 401, description = "There is no such token", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such page", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
))]
pub(in crate::web::api) async fn read_shop(
    _: Key,
    State(tools): State<Tools>,
    Path(id): Path<String>,
) -> Result<Json<Shop>, Problem> {
    found(&tools, number(&id)?).await.map(Json)
}

async fn found(tools: &Tools, id: i64) -> Result<Shop, Problem> {
    let source = tools.site.db.source(id).await?;
    source.map(Shop::from).ok_or_else(|| Problem::not_found("There is no such page."))
}

/// A page to be tracked.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::web::api) struct ShopWanted {
    /// A product page, a shop's home page, or a JSON document.
    url: String,
    /// A jq program that makes rows of it.
    jq: Option<String>,
    /// Time between checks; the usual one without it.
    #[schema(minimum = 1, maximum = 86400)]
    interval_seconds: Option<u32>,
}

/// Tracks a page: the service reads it now, and forgets it after ten minutes if that never works.
#[utoipa::path(post, path = "/api/v1/shops", request_body = ShopWanted, security(("token" = [])), responses(
    (status = 202, description = "The page, not read yet", body = Shop),
    (status = 400, description = "The body cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "There is no such token", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "That page cannot be tracked", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
))]
pub(in crate::web::api) async fn add_shop(
    key: Key,
    State(tools): State<Tools>,
    request: Request,
) -> Result<(StatusCode, Json<Shop>), Problem> {
    key.may_write()?;
    let wanted: ShopWanted = read(&tools, request).await?;
    let url = Url::parse(&wanted.url).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.ok_or_else(|| Problem::refused("`url` is no address like https://shop.example/products/jacket."))?;
    let interval = wanted.interval_seconds.map(|seconds| Duration::from_secs(u64::from(seconds.clamp(1, 86_400))));
    let how = SourceOptions { jq: wanted.jq, interval, listed: true, ..SourceOptions::default() };
    let subject = url.to_string();
    let tracked = tools.desk.tracking.follow(&tools.site.db, url, how).await;
    let (id, _) = tracked.map_err(|why| match why {
        NotFollowed::Store(error) => Problem::from(error),
        other => Problem::refused(&words::plain(&other.to_string())),
    })?;
    key.note(&tools, "shop add", &subject).await?;
    Ok((StatusCode::ACCEPTED, Json(found(&tools, id).await?)))
}

/// Stops tracking a page, and deletes its products, their history and the watches on them.
#[utoipa::path(delete, path = "/api/v1/shops/{id}", params(("id" = i64, Path, description = "The page")), security(("token" = [])), responses(
    (status = 204, description = "It is gone"),
    (status = 401, description = "There is no such token", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such page", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
))]
pub(in crate::web::api) async fn remove_shop(
    key: Key,
    State(tools): State<Tools>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    key.may_write()?;
    let shop = found(&tools, number(&id)?).await?;
    tools.site.db.remove_source(shop.id).await.map_err(StoreError::from)?;
    key.note(&tools, "shop remove", &shop.url).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Checks a page no more, until it is resumed.
#[utoipa::path(post, path = "/api/v1/shops/{id}/pause", params(("id" = i64, Path, description = "The page")), security(("token" = [])), responses(
    (status = 200, description = "The page", body = Shop),
    (status = 401, description = "There is no such token", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such page", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
))]
pub(in crate::web::api) async fn pause_shop(
    key: Key,
    State(tools): State<Tools>,
    Path(id): Path<String>,
) -> Result<Json<Shop>, Problem> {
    paused(&key, &tools, &id, true).await
}

/// Checks a page again, now.
#[utoipa::path(post, path = "/api/v1/shops/{id}/resume", params(("id" = i64, Path, description = "The page")), security(("token" = [])), responses(
    (status = 200, description = "The page", body = Shop),
    (status = 401, description = "There is no such token", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The token may only read", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "There is no such page", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
))]
pub(in crate::web::api) async fn resume_shop(
    key: Key,
    State(tools): State<Tools>,
    Path(id): Path<String>,
) -> Result<Json<Shop>, Problem> {
    paused(&key, &tools, &id, false).await
}

async fn paused(key: &Key, tools: &Tools, id: &str, is_pause: bool) -> Result<Json<Shop>, Problem> {
    key.may_write()?;
    let shop = found(tools, number(id)?).await?;
    if tools.site.db.pause_source(shop.id, is_pause).await.map_err(StoreError::from)? {
        key.note(tools, if is_pause { "shop pause" } else { "shop resume" }, &shop.url).await?;
    }
    found(tools, shop.id).await.map(Json)
}
