//! `/admin`: what operators see and do. Off until a password is set. Whatever acts is a form with a token, sent by POST by
//! who is logged in; each act leaves a row in `audit`.

mod deliveries;
mod door;
mod list;
mod lists;
mod login;
mod people;
mod person;
mod posted;
mod reading;
mod session;
mod shop;
mod shops;
mod source_form;
#[cfg(test)]
mod tests;
mod trouble;

use std::sync::Arc;

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};
use tokio::sync::Semaphore;

use super::bodies::Bodies;
use super::desk::Desk;
use super::password::PasswordHash;
use super::site::Site;
use door::Door;
use session::LoggedIn;

/// Pages read at once for a look.
const LOOKS: usize = 2;

/// Shared by all admin pages.
#[derive(Clone)]
struct Admin {
    site: Site,
    desk: Desk,
    door: Arc<Door>,
    bodies: Bodies,
    /// Pages that are read at once only to be looked at.
    looks: Arc<Semaphore>,
}

/// The routes; none without a password.
pub(super) fn router(site: Site, desk: Desk, password: Option<PasswordHash>) -> Router {
    let Some(password) = password else { return Router::new() };
    let door = Arc::new(Door::new(password, site.db.clock()));
    Router::new()
        .route("/admin/", get(async || Redirect::permanent("/admin")))
        .route("/admin/login", get(login::page).post(login::enter))
        .route("/admin/logout", post(login::leave))
        .route("/admin", get(async |_: LoggedIn| Redirect::to("/admin/shops")))
        .route("/admin/shops", get(shops::list))
        .route("/admin/shops/new", get(shops::new).post(shops::add))
        .route("/admin/shops/{id}", get(shop::show).post(shop::act))
        .route("/admin/deliveries", get(deliveries::page))
        .route("/admin/deliveries/{id}", post(deliveries::replay))
        .route("/admin/people", get(people::list))
        .route("/admin/people/{id}", get(person::show).post(person::act))
        .route("/admin/rooms", get(lists::rooms))
        .route("/admin/lanes", get(lists::lanes))
        .route("/admin/instances", get(lists::instances))
        .route("/admin/incidents", get(lists::incidents))
        .route("/admin/audit", get(lists::audit))
        .with_state(Admin { site, desk, door, bodies: Bodies::default(), looks: Arc::new(Semaphore::new(LOOKS)) })
}
