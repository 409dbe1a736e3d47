//! One tracked page: how it stands, and what can be changed of it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use coatcheck_bots::words;
use coatcheck_domain::fold::fold;

use super::Admin;
use super::list::{Cell, Shell, done, private};
use super::lists::{Query, asked};
use super::login::WHO;
use super::posted::{Fields, Posted};
use super::reading::{Seen, look};
use super::session::LoggedIn;
use super::shops::{PATH, state};
use super::source_form::SourceForm;
use super::trouble::trouble;
use crate::commands::names::refusal;
use crate::store::StoreError;
use crate::store::polls::shown::Source;
use crate::web::look::Frame;
use crate::web::look::answer::{NoPage, page};
use crate::web::look::when::Moment;

/// Products that are shown with their names.
const SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "admin/shop.html")]
struct ShopHtml {
    frame: Frame,
    shell: Shell,
    source: Source,
    state: Cell,
    read: Option<Moment>,
    next: Moment,
    header_names: String,
    doubts: Vec<String>,
    products: Vec<Named>,
    form: SourceForm,
    notice: Option<&'static str>,
    trouble: Option<String>,
    seen: Option<Seen>,
}

/// A product and how people call it.
struct Named {
    id: i64,
    title: String,
    aliases: Vec<String>,
}

/// What is shown besides the source itself.
#[derive(Default)]
struct Said {
    notice: Option<&'static str>,
    trouble: Option<String>,
    seen: Option<Seen>,
    form: Option<SourceForm>,
}

pub(super) async fn show(
    who: LoggedIn,
    State(admin): State<Admin>,
    Path(id): Path<i64>,
    query: Query,
) -> Result<Response, NoPage> {
    let said = Said { notice: asked(query).notice(), ..Said::default() };
    html(&admin, &who, &found(&admin, id).await?, said).await
}

async fn found(admin: &Admin, id: i64) -> Result<Source, NoPage> {
    admin.site.db.source(id).await?.ok_or(NoPage::NotFound)
}

async fn html(admin: &Admin, who: &LoggedIn, source: &Source, said: Said) -> Result<Response, NoPage> {
    let (db, zone) = (&admin.site.db, admin.site.zone);
    let ids = db.products_of(source.id).await.map_err(StoreError::from)?;
    let ids: Vec<i64> = ids.into_iter().take(SHOWN).collect();
    let products = db.products(&ids).await?.into_iter().map(|product| Named {
        id: product.id,
        title: words::title(&product.title),
        aliases: product.aliases.iter().map(|alias| words::plain(alias)).collect(),
    });
    let now = db.now();
    let names: Vec<&str> = source.headers.iter().map(|(name, _)| name.as_str()).collect();
    let status = if said.trouble.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let html = ShopHtml {
        frame: Frame::new("admin", words::plain(&source.host), ""),
        shell: Shell::new("shops", who),
        state: state(source),
        read: source.last_read_at.map(|at| Moment::new(at, now, zone)),
        next: Moment::new(source.next_poll_at, now, zone),
        header_names: names.join(", "),
        doubts: source.doubts.iter().map(|doubt| words::plain(&doubt.to_string())).collect(),
        products: products.collect(),
        form: said.form.unwrap_or_else(|| SourceForm::of(source)),
        notice: said.notice,
        trouble: said.trouble,
        seen: said.seen,
        source: source.clone(),
    };
    Ok(private(page(status, &html)))
}

/// Does what the pressed button says.
pub(super) async fn act(State(admin): State<Admin>, Path(id): Path<i64>, posted: Posted) -> Result<Response, NoPage> {
    let source = found(&admin, id).await?;
    let (db, here) = (&admin.site.db, format!("{PATH}/{id}"));
    let did = match posted.fields.text("do") {
        "pause" => (db.pause_source(id, true).await.map_err(StoreError::from)?, "paused"),
        "resume" => (db.pause_source(id, false).await.map_err(StoreError::from)?, "resumed"),
        "list" => (db.list_source(id, true).await.map_err(StoreError::from)?, "listed"),
        "unlist" => (db.list_source(id, false).await.map_err(StoreError::from)?, "unlisted"),
        "remove" if !posted.fields.has("sure") => {
            let words = "Tick the box to remove it: its history and the watches on it are deleted, too.";
            return Ok(trouble(&posted.logged_in(), "shops", StatusCode::CONFLICT, words, &here));
        }
        "remove" => (db.remove_source(id).await.map_err(StoreError::from)?, "removed"),
        "name" | "unname" => return name(&admin, &source, &posted).await,
        _ => return change(&admin, &source, &posted).await,
    };
    let (changed, word) = did;
    if !changed {
        return Ok(done(&here, "none"));
    }
    note(&admin, posted.fields.text("do"), &source).await?;
    Ok(done(if word == "removed" { PATH } else { &here }, word))
}

async fn note(admin: &Admin, what: &str, source: &Source) -> Result<(), StoreError> {
    admin.site.db.audit(WHO, &format!("shop {what}"), &source.url).await
}

/// Changes how it is read; or only looks what would be read then.
async fn change(admin: &Admin, source: &Source, posted: &Posted) -> Result<Response, NoPage> {
    let form = SourceForm { url: source.url.clone(), ..SourceForm::filled(&posted.fields) };
    let is_look = posted.fields.has("look");
    let outcome = match read_form(admin, source, &form, &posted.fields) {
        Ok((url, how)) if is_look => look(admin, &SourceForm::spec(url, &how)).await.map(Some),
        Ok(new) => match replace(admin, source, new, posted).await {
            Ok(()) => Ok(None),
            Err(why) => Err(why.to_string()),
        },
        Err(why) => Err(why),
    };
    let said = match outcome {
        Ok(None) => {
            note(admin, "change", source).await?;
            return Ok(done(&format!("{PATH}/{}", source.id), "changed"));
        }
        Ok(seen) => Said { seen, form: Some(form), ..Said::default() },
        Err(why) => Said { trouble: Some(why), form: Some(form), ..Said::default() },
    };
    html(admin, &posted.logged_in(), source, said).await
}

async fn replace(
    admin: &Admin,
    source: &Source,
    new: (url::Url, crate::commands::SourceOptions),
    posted: &Posted,
) -> Result<(), crate::commands::NotFollowed> {
    admin.desk.tracking.replace(&admin.site.db, source.id, new, posted.fields.has("no-headers")).await
}

/// Headers that are not given anew stay as they are.
fn read_form(
    admin: &Admin,
    source: &Source,
    form: &SourceForm,
    fields: &Fields,
) -> Result<(url::Url, crate::commands::SourceOptions), String> {
    let (url, mut how) = (form.address()?, form.options()?);
    if how.headers.is_empty() && fields.has("look") {
        how.headers.clone_from(&source.headers);
    }
    admin.desk.tracking.source(url.clone(), how.clone()).map_err(|why| why.to_string())?;
    Ok((url, how))
}

/// Gives a product a name, or takes one away.
async fn name(admin: &Admin, source: &Source, posted: &Posted) -> Result<Response, NoPage> {
    let (db, here) = (&admin.site.db, format!("{PATH}/{}", source.id));
    let products = db.products_of(source.id).await.map_err(StoreError::from)?;
    let product = posted.fields.id("product").filter(|id| products.contains(id)).ok_or(NoPage::NotFound)?;
    let (name, is_new) = (posted.fields.text("alias"), posted.fields.text("do") == "name");
    if is_new && let Some(why) = refusal(name, product, &db.catalogue().await?) {
        return Ok(trouble(&posted.logged_in(), "shops", StatusCode::CONFLICT, why, &here));
    }
    let changed = if is_new {
        db.add_alias(product, &fold(name), name).await
    } else {
        db.remove_alias(product, &fold(name)).await
    };
    if !changed.map_err(StoreError::from)? {
        return Ok(done(&here, "none"));
    }
    let subject = format!("{}: {}", source.url, words::plain(name));
    db.audit(WHO, if is_new { "name" } else { "unname" }, &subject).await?;
    Ok(done(&here, if is_new { "named" } else { "unnamed" }))
}
