//! `/api/v1`: what the board shows, for programs, which any page of the web may ask; and for programs with a token, more.

pub(super) mod answers;
mod page;
#[cfg(test)]
mod tests;
mod tokened;

use std::ops::RangeInclusive;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use serde::Deserialize;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::board::ask::{Ask, LAST_PAGE, LONGEST, PER_PAGE};
use super::bodies::Bodies;
use super::desk::Desk;
use super::limit::Limits;
use super::peer::Peer;
use super::site::Site;
use crate::store::stock::board::RecentRestock;
use answers::{Problem, Product, Products, Restock, Restocks, VariantHistory};
use tokened::Tools;

/// Requests of one address in a minute.
const MOST: u64 = 120;
const MINUTE: Duration = Duration::from_secs(60);
/// Restocks in one answer, at most and usually.
const MOST_RESTOCKS: i64 = 200;
const USUAL_RESTOCKS: i64 = 50;

/// The document that describes it.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "CoatCheck",
        description = "What is in stock, and what came back: no token is needed. Watches, shops and deliveries: with a token from `coatcheck token add`."
    ),
    paths(
        products, product, history, restocks, stream,
        tokened::watches::list_watches, tokened::watches::add_watch, tokened::watches::remove_watch,
        tokened::shops::list_shops, tokened::shops::read_shop, tokened::shops::add_shop, tokened::shops::remove_shop,
        tokened::shops::pause_shop, tokened::shops::resume_shop,
        tokened::deliveries::list_deliveries, tokened::deliveries::replay_delivery,
    ),
    modifiers(&Tokens)
)]
struct Description;

/// Says how a token is sent.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
        description.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

/// The routes.
pub(super) fn router(site: Site, desk: Desk) -> Router {
    let limits = Limits::new(site.db.clock(), MOST, MINUTE);
    let tools = Tools { site: site.clone(), desk, bodies: Bodies::default() };
    // Of what needs a token, no page elsewhere may read the answers.
    let tokened = tokened::router(tools).layer(from_fn_with_state(limits.clone(), limited));
    let public = Router::new()
        .route("/api/v1/products", get(products))
        .route("/api/v1/products/{id}", get(product))
        .route("/api/v1/products/{id}/history", get(history))
        .route("/api/v1/restocks", get(restocks))
        .route("/api/v1/openapi.json", get(description))
        .route("/api", get(page::show))
        .route("/api/v1/{*rest}", any(no_address))
        .route("/api/{*rest}", any(no_address))
        .method_not_allowed_fallback(async || Problem::method())
        .layer(from_fn_with_state(limits, limited))
        .layer(map_response(for_all))
        .with_state(site);
    tokened.merge(public)
}

async fn no_address() -> Problem {
    Problem::not_found("There is no such address in this API; see /api.")
}

/// Any page may read it: it says nothing that is not public, and no cookie means anything to it.
async fn for_all(mut response: Response) -> Response {
    response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

async fn limited(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let peer = Peer::of(&request);
    let taken = limits.take(peer.as_ref());
    let mut response = match taken.wait {
        None => next.run(request).await,
        Some(wait) => Problem::too_many(wait).into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in
        [("ratelimit-limit", MOST), ("ratelimit-remaining", taken.left), ("ratelimit-reset", taken.reset)]
    {
        headers.insert(header::HeaderName::from_static(name), value.into());
    }
    response
}

async fn description() -> Response {
    Json(Description::openapi()).into_response()
}

/// What products are asked for.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Words in the title or the alias.
    #[param(max_length = 80)]
    q: String,
    /// `in-stock` or `sold-out`; all without it.
    show: String,
    /// From 1 on; 50 products each.
    #[param(minimum = 1, maximum = 10000)]
    page: Option<i64>,
}

/// The products of the board, by title.
#[utoipa::path(get, path = "/api/v1/products", params(Asked), responses(
    (status = 200, description = "A page of products", body = Products),
    (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
))]
async fn products(
    State(site): State<Site>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Products>, Problem> {
    let Query(asked) = asked.map_err(|error| Problem::bad(&error.body_text()))?;
    if asked.q.chars().count() > LONGEST {
        return Err(Problem::bad(&format!("q must have {LONGEST} characters at most")));
    }
    let page = within("page", asked.page.unwrap_or(1), 1..=LAST_PAGE)?;
    let ask = Ask::new(&asked.q, &asked.show, page);
    let names = site.goods.at(&site.db, site.db.last_change().await?).await?;
    let page = names.page(&ask.words, ask.show, ask.skipped(), PER_PAGE);
    let rows = site.db.products(&page.products).await?;
    let stock = site.db.stock(&page.products).await?;
    let now = site.db.now();
    let products = page.products.iter().filter_map(|id| rows.iter().find(|row| row.id == *id)).map(|row| {
        let variants = stock.iter().filter(|variant| variant.product_id == row.id);
        Product::new(row, variants, now)
    });
    Ok(Json(Products { products: products.collect(), total: page.total, page: ask.page, per_page: PER_PAGE }))
}

/// One product with its variants.
#[utoipa::path(get, path = "/api/v1/products/{id}", params(("id" = i64, Path, description = "The product")), responses(
    (status = 200, description = "The product", body = Product),
    (status = 404, description = "There is no such product", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
))]
async fn product(State(site): State<Site>, Path(id): Path<String>) -> Result<Json<Product>, Problem> {
    let id = public(&site, &id).await?;
    let row = site.db.products(&[id]).await?.pop().ok_or_else(no_product)?;
    Ok(Json(Product::new(&row, site.db.stock(&[id]).await?.iter(), site.db.now())))
}

/// What each variant of a product was, when.
#[utoipa::path(get, path = "/api/v1/products/{id}/history", params(("id" = i64, Path, description = "The product")), responses(
    (status = 200, description = "Its variants with their spans and restocks", body = Vec<VariantHistory>),
    (status = 404, description = "There is no such product", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
))]
async fn history(State(site): State<Site>, Path(id): Path<String>) -> Result<Json<Vec<VariantHistory>>, Problem> {
    let id = public(&site, &id).await?;
    Ok(Json(site.db.history(id).await?.into_iter().map(VariantHistory::from).collect()))
}

/// Which restocks are asked for.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
struct RestocksAsked {
    /// Only those after this one: the `id` of the newest that is known.
    #[param(minimum = 0)]
    after: i64,
    /// So many at most, 50 without it.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

/// What came back, the newest first.
#[utoipa::path(get, path = "/api/v1/restocks", params(RestocksAsked), responses(
    (status = 200, description = "Restocks", body = Restocks),
    (status = 400, description = "The query cannot be read", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
))]
async fn restocks(
    State(site): State<Site>,
    asked: Result<Query<RestocksAsked>, QueryRejection>,
) -> Result<Json<Restocks>, Problem> {
    let Query(asked) = asked.map_err(|error| Problem::bad(&error.body_text()))?;
    let limit = within("limit", asked.limit.unwrap_or(USUAL_RESTOCKS), 1..=MOST_RESTOCKS)?;
    let after = within("after", asked.after, 0..=i64::MAX)?;
    let rows: Vec<RecentRestock> = site.db.recent_restocks(after, limit).await?;
    Ok(Json(Restocks { restocks: rows.into_iter().map(Restock::from).collect() }))
}

/// What happens, as it happens: server-sent events. `restock` for each variant that comes back; its data is one row of
/// `/api/v1/restocks`. `change` for each change of a product, with the id of the product. `beat` every ten seconds. `Last-Event-ID`
/// goes on where a stream ended, and may repeat what was sent; `reload` means that more happened than is remembered: ask
/// `/api/v1/restocks?after=…` then.
#[utoipa::path(get, path = "/api/v1/stream", responses(
    (status = 200, description = "Events until the client leaves", body = String, content_type = "text/event-stream"),
    (status = 405, description = "Only GET is answered", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Too many streams are open", body = Problem, content_type = "application/problem+json"),
))]
#[expect(dead_code, reason = "it is answered by `web::live`; here it is described")]
fn stream() {}

/// A number as it is described.
fn within(name: &str, number: i64, bounds: RangeInclusive<i64>) -> Result<i64, Problem> {
    if bounds.contains(&number) {
        return Ok(number);
    }
    Err(Problem::bad(&format!("{name} must be from {} to {}", bounds.start(), bounds.end())))
}

async fn public(site: &Site, id: &str) -> Result<i64, Problem> {
    let id: i64 = id.parse().map_err(|_| no_product())?;
    let known = site.db.public_products(&[id]).await?;
    if known.contains_key(&id) { Ok(id) } else { Err(no_product()) }
}

fn no_product() -> Problem {
    Problem::not_found("There is no such product.")
}
