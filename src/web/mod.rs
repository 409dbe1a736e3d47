//! What the service answers over HTTP: is it alive, is it ready; and where platforms bring what people say.

mod bodies;
mod connections;
mod links;
mod server;
mod stalling;
mod webhooks;

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::engine::Heartbeats;
use crate::store::Db;

pub use server::run;
pub use webhooks::Webhook;

#[derive(Clone)]
struct Health {
    db: Db,
    heartbeats: Heartbeats,
}

/// All routes.
pub fn router(db: Db, heartbeats: Heartbeats, webhooks: Vec<Webhook>) -> Router {
    let health = Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz));
    health.with_state(Health { db: db.clone(), heartbeats }).merge(links::router(db)).merge(webhooks::router(webhooks))
}

/// Alive: every loop came round lately. Asks nobody else, so that a slow database does not restart a healthy service.
async fn healthz(State(health): State<Health>) -> (StatusCode, Json<Value>) {
    let stuck = health.heartbeats.stuck();
    let status = if stuck.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ok": stuck.is_empty(), "stuck": stuck })))
}

/// Ready: the database answers, stores what it is told, and has the known schema.
async fn readyz(State(health): State<Health>) -> (StatusCode, Json<Value>) {
    let asked = tokio::time::timeout(Duration::from_secs(2), health.db.is_current()).await;
    let error = match asked {
        // It can be read: whether it can be written to is known by who tried last.
        Ok(Ok(true)) => health.db.trouble().now(),
        Ok(Ok(false)) => Some("the database has another schema than this version knows".to_owned()),
        // The same words whoever of us met the trouble first.
        Ok(Err(error)) => health.db.trouble().now().or_else(|| Some(error.to_string())),
        Err(_) => Some("the database did not answer within 2 s".to_owned()),
    };
    let status = if error.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ok": error.is_none(), "error": error })))
}
