//! Logging in and out.

use std::time::Duration;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use coatcheck_domain::hex;

use super::Admin;
use super::door::Tried;
use super::posted::{NotTaken, Posted, own_form};
use super::session::{Cookie, form_token};
use crate::web::look::Frame;
use crate::web::look::answer::{self, NoPage, refused};
use crate::web::peer::Peer;

/// A log-in lasts this long.
const LASTS: Duration = Duration::from_secs(12 * 3600);
/// Who is at it, in `audit`.
pub(super) const WHO: &str = "web";

#[derive(Template)]
#[template(path = "admin/login.html")]
struct LoginHtml {
    frame: Frame,
    form: String,
    trouble: Option<String>,
}

/// The form.
pub(super) async fn page(State(admin): State<Admin>, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    form(&admin, &Cookie::of(&parts), StatusCode::OK, None)
}

/// The password is right: the browser gets a new token, so that one that somebody planted is worth nothing.
pub(super) async fn enter(State(admin): State<Admin>, request: Request) -> Result<Response, NoPage> {
    let peer = Peer::of(&request);
    let (cookie, fields) = match own_form(&admin, request).await {
        Ok(read) => read,
        Err(NotTaken::Strange) => return Ok(no_cookie()),
        Err(other) => return Ok(other.into_response()),
    };
    let words = match admin.door.tries(peer.as_ref(), fields.text("password").to_owned()).await {
        Tried::Right => return begin(&admin, &cookie).await,
        Tried::Wrong => "That is not the password.".to_owned(),
        Tried::TooOften(wait) => format!("Too many tries. Please wait for {} min.", wait.div_ceil(60)),
    };
    tracing::warn!(peer = ?peer, "admin log-in refused");
    Ok(form(&admin, &cookie, StatusCode::FORBIDDEN, Some(words)))
}

async fn begin(admin: &Admin, cookie: &Cookie) -> Result<Response, NoPage> {
    if let Some(old) = &cookie.token {
        admin.site.db.end_session(&admin.door.hash_of(old)).await?;
    }
    let token = hex::encode(&admin.desk.rng.bytes());
    admin.site.db.begin_session(&admin.door.hash_of(&token), LASTS).await?;
    admin.site.db.audit(WHO, "log in", "admin").await?;
    let set = cookie.set(&token, Some(LASTS.as_secs()));
    Ok(([(header::SET_COOKIE, set)], Redirect::to("/admin")).into_response())
}

/// Logs out.
pub(super) async fn leave(State(admin): State<Admin>, posted: Posted) -> Result<Response, NoPage> {
    admin.site.db.end_session(&admin.door.hash_of(&posted.token)).await?;
    admin.site.db.audit(WHO, "log out", "admin").await?;
    Ok(([(header::SET_COOKIE, posted.cookie.set("", Some(0)))], Redirect::to("/admin/login")).into_response())
}

fn form(admin: &Admin, cookie: &Cookie, status: StatusCode, trouble: Option<String>) -> Response {
    let token = cookie.token.clone().unwrap_or_else(|| hex::encode(&admin.desk.rng.bytes()));
    let frame = Frame::new("admin", "Log in", "For who runs this CoatCheck.");
    let mut response = answer::page(status, &LoginHtml { frame, form: form_token(&token), trouble });
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if cookie.token.is_none() {
        headers.insert(header::SET_COOKIE, cookie.set(&token, None));
    }
    response
}

fn no_cookie() -> Response {
    refused(
        StatusCode::FORBIDDEN,
        "Your browser kept no cookie",
        "Logging in needs https, or a browser on the machine that runs CoatCheck (http://127.0.0.1). Load the log-in page \
         again and try once more.",
    )
}
