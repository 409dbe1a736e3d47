//! What programs with a token may see and do: watches, shops, deliveries. A token that only reads may change nothing.

pub(super) mod answers;
pub(super) mod deliveries;
pub(super) mod shops;
pub(super) mod watches;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query, Request};
use axum::http::header;
use axum::http::request::Parts;
use axum::routing::{delete, get, post};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use super::answers::Problem;
use crate::store::StoreError;
use crate::web::bodies::Bodies;
use crate::web::desk::Desk;
use crate::web::site::Site;
use crate::web::token;

/// Rows in one answer.
const MOST: i64 = 100;

/// Shared by these addresses.
#[derive(Clone)]
pub(super) struct Tools {
    pub(super) site: Site,
    pub(super) desk: Desk,
    pub(super) bodies: Bodies,
}

/// The routes.
pub(super) fn router(tools: Tools) -> Router {
    Router::new()
        .route("/api/v1/watches", get(watches::list_watches).post(watches::add_watch))
        .route("/api/v1/watches/{id}", delete(watches::remove_watch))
        .route("/api/v1/shops", get(shops::list_shops).post(shops::add_shop))
        .route("/api/v1/shops/{id}", get(shops::read_shop).delete(shops::remove_shop))
        .route("/api/v1/shops/{id}/pause", post(shops::pause_shop))
        .route("/api/v1/shops/{id}/resume", post(shops::resume_shop))
        .route("/api/v1/deliveries", get(deliveries::list_deliveries))
        .route("/api/v1/deliveries/{id}/replay", post(deliveries::replay_delivery))
        .method_not_allowed_fallback(async || Problem::method())
        .with_state(tools)
}

/// A token that was sent, and is one of ours.
pub(super) struct Key {
    name: String,
    writes: bool,
}

impl FromRequestParts<Tools> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, tools: &Tools) -> Result<Self, Problem> {
        let sent = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = sent.and_then(|text| text.strip_prefix("Bearer ")).ok_or_else(Problem::no_token)?;
        let known = tools.site.db.token(&token::hash(token.trim())).await?.ok_or_else(Problem::no_token)?;
        Ok(Self { name: known.name, writes: known.writes })
    }
}

impl Key {
    fn may_write(&self) -> Result<(), Problem> {
        if self.writes { Ok(()) } else { Err(Problem::read_only()) }
    }

    async fn note(&self, tools: &Tools, what: &str, subject: &str) -> Result<(), StoreError> {
        tools.site.db.audit(&format!("api:{}", self.name), what, subject).await
    }
}

/// The rows that are asked for, the newest first.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct Before {
    /// Only those before this one: the `id` of the last that is known.
    #[param(minimum = 1)]
    before: Option<i64>,
    /// Only those in this state; deliveries only.
    state: String,
}

type Asked = Result<Query<Before>, QueryRejection>;

fn asked(query: Asked) -> Result<Before, Problem> {
    let asked = query.map(|query| query.0).map_err(|error| Problem::bad(&error.body_text()))?;
    match asked.before {
        Some(..1) => Err(Problem::bad("before must be 1 or more")),
        _ => Ok(asked),
    }
}

fn number(id: &str) -> Result<i64, Problem> {
    id.parse().map_err(|_| Problem::not_found("There is no row of this number."))
}

async fn read<T: DeserializeOwned>(tools: &Tools, request: Request) -> Result<T, Problem> {
    let (parts, body) = request.into_parts();
    let body = tools.bodies.read(&parts.headers, body).await;
    let body = body.map_err(|_| Problem::bad("The body could not be read, or is too large."))?;
    serde_json::from_slice(&body).map_err(|error| Problem::bad(&error.to_string()))
}
