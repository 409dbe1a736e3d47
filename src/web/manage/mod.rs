//! `/m/<name>`: somebody's own watches. The name is signed and ends; looking at the page does nothing, forms on it do.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::forms::{Form, Forms};
use super::look::Frame;
use super::look::answer::{NoPage, private_page};
use super::look::when::exact;
use super::site::Site;
use crate::commands::{Change, Commands, Mine};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[derive(Clone)]
struct Manage {
    site: Site,
    commands: Arc<Commands>,
    forms: Forms,
}

#[derive(Template)]
#[template(path = "manage/manage.html")]
struct ManageHtml<'a> {
    frame: Frame,
    name: &'a str,
    mine: Mine,
    paused: Option<String>,
    fired: bool,
    done: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "manage/gone.html")]
struct GoneHtml {
    frame: Frame,
    forgotten: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    done: String,
}

/// What was done, as it stands in the address and as it is read.
const DONE: [(&str, &str); 5] = [
    ("stop", "That watch is stopped."),
    ("stop-all", "All watches are stopped."),
    ("again", "Watching again."),
    ("pause", "Alerts are paused."),
    ("resume", "Alerts are on again."),
];

/// The routes.
pub(super) fn router(site: Site, commands: Arc<Commands>) -> Router {
    let forms = Forms::new(site.db.clock());
    Router::new().route("/m/{name}", get(show).post(change)).with_state(Manage { site, commands, forms })
}

async fn show(
    State(it): State<Manage>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, NoPage> {
    let Some(mine) = it.commands.mine(&name).await? else { return Ok(gone(asked.done == "forget")) };
    let html = ManageHtml {
        frame: Frame::new("", "Your watches", "What you watch, and how to stop it."),
        name: &name,
        paused: mine.paused_until.map(|until| exact(until, it.site.zone)),
        fired: mine.watches.iter().any(|watch| !watch.armed),
        done: DONE.iter().find(|(word, _)| *word == asked.done).map(|(_, words)| *words),
        mine,
    };
    Ok(private_page(StatusCode::OK, &html))
}

async fn change(State(it): State<Manage>, Path(name): Path<String>, request: Request) -> Result<Response, NoPage> {
    let form = match it.forms.read(request).await {
        Ok(form) => form,
        Err(refusal) => return Ok(refusal),
    };
    let act = form.text("act");
    let Some(change) = meant(act, &form) else { return Err(NoPage::NotFound) };
    if !it.commands.change_mine(&name, change).await? {
        return Ok(gone(false));
    }
    // The name is one that we signed, and the act one of ours: it leads nowhere else.
    let place = HeaderValue::from_str(&format!("/m/{name}?done={act}")).map_err(|_| NoPage::NotFound)?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, place)]).into_response())
}

fn meant(act: &str, form: &Form) -> Option<Change> {
    Some(match act {
        "stop" => Change::Stop(form.text("watch").parse().ok()?),
        "stop-all" => Change::StopAll,
        "again" => Change::Again,
        "pause" => Change::Pause(if form.text("for") == "week" { 7 * DAY } else { DAY }),
        "resume" => Change::Resume,
        "forget" if form.text("sure") == "yes" => Change::Forget,
        _ => return None,
    })
}

fn gone(forgotten: bool) -> Response {
    let head = if forgotten { "Everything is deleted" } else { "This link is no longer good" };
    private_page(StatusCode::GONE, &GoneHtml { frame: Frame::new("", head, "Nothing to manage here."), forgotten })
}

#[cfg(test)]
mod tests;
