//! What is tracked: the list, and adding to it after a look at what would be read.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use coatcheck_bots::words;
use coatcheck_domain::poll::State as Standing;

use super::Admin;
use super::list::{Cell, Find, ListHtml, PER_PAGE, Shell, private};
use super::lists::{Query, asked};
use super::login::WHO;
use super::posted::Posted;
use super::reading::{Seen, look};
use super::session::LoggedIn;
use super::source_form::SourceForm;
use crate::commands::SourceOptions;
use crate::store::polls::shown::Source;
use crate::web::look::Frame;
use crate::web::look::answer::{NoPage, page};

pub(super) const PATH: &str = "/admin/shops";

pub(super) async fn list(who: LoggedIn, State(admin): State<Admin>, query: Query) -> Result<Response, NoPage> {
    let asked = asked(query);
    let sources = admin.site.db.sources_before(&asked.q, asked.before(), PER_PAGE).await?;
    let mut list = ListHtml::new(&who, "shops", "Shops", "Every page that is tracked, and how reading it goes.");
    list.notice = asked.notice();
    list.new = Some(("/admin/shops/new", "Track a page"));
    list.find = Some(Find { label: "Find an address", words: asked.q.clone() });
    list.heads = &["No.", "Page", "State", "Read", "Every", "Products", "Watches", "Board"];
    list.none = if asked.q.is_empty() { "Nothing is tracked yet." } else { "No address has these words." };
    list.next = asked.next(PATH, sources.iter().map(|source| source.id));
    list.rows = sources.iter().map(|source| row(&admin, source)).collect();
    Ok(list.shown())
}

fn row(admin: &Admin, source: &Source) -> Vec<Cell> {
    vec![
        Cell::text(source.id),
        Cell::Link { to: format!("{PATH}/{}", source.id), text: words::lines(&source.url) },
        state(source),
        Cell::time(admin, source.last_read_at),
        Cell::Text(words::lasting(source.interval)),
        Cell::text(source.products),
        Cell::text(source.watches),
        Cell::text(if source.listed { "listed" } else { "–" }),
    ]
}

/// How it stands, and why it does not go well.
pub(super) fn state(source: &Source) -> Cell {
    match (&source.last_error, source.state) {
        (Some(why), Standing::Idle | Standing::Candidate) => Cell::Bad(words::plain(why)),
        (None, Standing::Idle) if source.slow => Cell::Text("read by the slow worker".to_owned()),
        (None, Standing::Idle) => Cell::Good("works".to_owned()),
        (None, Standing::Candidate) => Cell::text("not read yet"),
        (_, state @ (Standing::Blocked | Standing::Gone)) => Cell::Bad(state.as_str().to_owned()),
        (_, state) => Cell::text(state.as_str()),
    }
}

#[derive(Template)]
#[template(path = "admin/new_shop.html")]
struct NewShopHtml {
    frame: Frame,
    shell: Shell,
    form: SourceForm,
    trouble: Option<String>,
    seen: Option<Seen>,
}

fn form(who: &LoggedIn, form: SourceForm, seen: Result<Option<Seen>, String>) -> Response {
    let frame = Frame::new("admin", "Track a page", "");
    let status = if seen.is_err() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let (trouble, seen) = seen.map_or_else(|why| (Some(why), None), |seen| (None, seen));
    private(page(status, &NewShopHtml { frame, shell: Shell::new("shops", who), form, trouble, seen }))
}

pub(super) async fn new(who: LoggedIn) -> Response {
    form(&who, SourceForm::default(), Ok(None))
}

/// Looks, or tracks what was looked at.
pub(super) async fn add(State(admin): State<Admin>, posted: Posted) -> Result<Response, NoPage> {
    let (who, filled) = (posted.logged_in(), SourceForm::filled(&posted.fields));
    let (url, how) = match filled.address().and_then(|url| Ok((url, filled.options()?))) {
        Ok(read) => read,
        Err(why) => return Ok(form(&who, filled, Err(why))),
    };
    if !posted.fields.has("add") {
        let may = admin.desk.tracking.source(url.clone(), how.clone()).map_err(|why| why.to_string());
        let seen = match may {
            Ok(_) => look(&admin, &SourceForm::spec(url, &how)).await.map(Some),
            Err(why) => Err(why),
        };
        return Ok(form(&who, filled, seen));
    }
    match track(&admin, url, how).await {
        Ok((id, word)) => Ok(Redirect::to(&format!("{PATH}/{id}?done={word}")).into_response()),
        Err(why) => Ok(form(&who, filled, Err(why))),
    }
}

/// The service reads it. Until that went well it is a candidate, and gone after ten minutes.
async fn track(admin: &Admin, url: url::Url, how: SourceOptions) -> Result<(i64, &'static str), String> {
    let subject = url.to_string();
    let tracked = admin.desk.tracking.follow(&admin.site.db, url, how).await;
    let (id, is_new) = tracked.map_err(|why| why.to_string())?;
    admin.site.db.audit(WHO, "shop add", &subject).await.map_err(|why| why.to_string())?;
    Ok((id, if is_new { "added" } else { "changed" }))
}
