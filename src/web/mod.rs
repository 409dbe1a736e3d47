//! What the service answers over HTTP: the pages, whether it is alive and ready, and where platforms bring what people say.

mod admin;
mod api;
mod board;
mod bodies;
mod connections;
mod desk;
mod follow;
mod forms;
mod goods;
mod legal;
mod limit;
mod links;
mod live;
mod look;
mod manage;
mod metrics;
mod packed;
pub mod password;
mod peer;
mod picture;
mod pictures;
mod product;
mod pushes;
mod same_origin;
mod server;
mod site;
mod stalling;
mod status;
mod token;
mod watch;
mod webhooks;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::middleware::{from_fn, map_response};
use axum::routing::get;
use axum::{Json, Router};
use chrono_tz::Tz;
use coatcheck_bots::push::OwnKey;
use serde_json::{Value, json};
use url::Url;

use crate::commands::Commands;
use crate::engine::{Heartbeats, Stop};
use crate::shops::Guard;
use crate::store::Db;
use follow::Follower;
use goods::Goods;
use live::Live;
use password::PasswordHash;
use pictures::Pictures;
use site::{Pages, Site};

pub use desk::Desk;
pub use server::run;
pub use token::new_token;
pub use watch::Ways;
pub use webhooks::Webhook;

#[derive(Clone)]
struct Health {
    db: Db,
    heartbeats: Heartbeats,
}

/// What the pages are made from.
#[derive(Clone)]
pub struct Web {
    /// The store.
    pub db: Db,
    /// Whether each loop is alive.
    pub heartbeats: Heartbeats,
    /// Whose days and hours are shown.
    pub zone: Tz,
    /// The address that the world sees.
    pub public_url: Option<Url>,
    /// Fetches pictures. It dials only what the guard lets through.
    pub http: reqwest::Client,
    /// Checks addresses of pictures.
    pub guard: Arc<Guard>,
    /// Where to write to whoever runs this.
    pub contact: Option<String>,
    /// Where people can say what they wait for.
    pub ways: Ways,
    /// What people sign up with.
    pub commands: Arc<Commands>,
    /// What browsers subscribe with.
    pub push_key: Arc<dyn OwnKey>,
    /// Pages that may be open, and follow by themselves, at once.
    pub open_pages: usize,
    /// What may be changed by whom it may.
    pub desk: Desk,
    /// The password of the admin pages; there are none without it.
    pub password: Option<PasswordHash>,
}

impl Web {
    /// All routes, and the loop that keeps open pages true. It says that it lives under the name `live`.
    pub fn start(self, webhooks: Vec<Webhook>, stop: Stop) -> (Router, impl Future<Output = ()> + Send + use<>) {
        metrics::begin();
        let live = Live::new(self.open_pages);
        let sign_up = watch::Means { ways: self.ways, push_key: self.push_key, guard: Arc::clone(&self.guard) };
        let site = Site {
            db: self.db.clone(),
            zone: self.zone,
            public_url: self.public_url,
            live: live.clone(),
            pages: Pages::default(),
            goods: Goods::default(),
            pictures: Pictures::new(self.http, self.guard),
        };
        let health = Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz));
        let router = health
            .with_state(Health { db: self.db.clone(), heartbeats: self.heartbeats.clone() })
            .merge(pushes::router(self.db.clone()))
            .merge(links::router(self.db))
            .merge(webhooks::router(webhooks))
            .merge(live::router(live, stop.clone()))
            .merge(look::assets::router())
            .merge(board::router(site.clone()))
            .merge(picture::router(site.clone()))
            .merge(product::router(site.clone()))
            .merge(legal::router(self.contact))
            .merge(manage::router(site.clone(), Arc::clone(&self.commands)))
            .merge(watch::router(site.clone(), sign_up, Arc::clone(&self.commands)))
            .merge(admin::router(site.clone(), self.desk.clone(), self.password))
            .merge(api::router(site.clone(), self.desk))
            .merge(status::router(status::Parts {
                site: site.clone(),
                heartbeats: self.heartbeats.clone(),
                commands: self.commands,
            }))
            .merge(metrics::router(site.clone(), self.heartbeats.clone()))
            .fallback(look::answer::not_found)
            .layer(from_fn(packed::packed))
            .layer(map_response(look::head::secured));
        let follow = Follower::new(site).run(self.heartbeats, stop.clone());
        (router, async move { tokio::join!(follow, metrics::upkeep(stop)).0 })
    }
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
