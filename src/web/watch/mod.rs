//! `/p/<product>/watch`: signing up. The form prepares a watch; it is one when its phone is proven by a code, or when its word
//! is said in a chat or by text. A page alone never makes anybody wait for anything.

mod after;
mod choice;
mod push;
mod qr;

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use coatcheck_bots::push::OwnKey;
use coatcheck_bots::words;
use serde::Deserialize;
use tokio::time::Instant;

use super::board::card::slug;
use super::forms::{Form, Forms};
use super::look::Frame;
use super::look::answer::{NoPage, page, private_page};
use super::look::assets::push_address;
use super::product::name::public_id;
use super::site::Site;
use crate::commands::{AfterCode, Commands, NotPrepared, Wanted};
use crate::shops::Guard;
use crate::store::stock::catalogue::{Product, Variant};
use after::{CodeHtml, DoneHtml, OverHtml, PreparedHtml};
use choice::{Pick, Picked, picks};

/// A number's form is answered after this long, whatever is known of the number.
const SAME_TIME: Duration = Duration::from_millis(400);

/// Where people can say what they wait for.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    /// The number that is texted, in international form.
    pub text_to: Option<String>,
    /// Must strangers say an invite word first?
    pub by_invitation: bool,
}

/// What there is to sign up by.
#[derive(Clone)]
pub(super) struct Means {
    pub(super) ways: Ways,
    pub(super) push_key: Arc<dyn OwnKey>,
    /// Checks the addresses of push services.
    pub(super) guard: Arc<Guard>,
}

/// What the pages need.
#[derive(Clone)]
struct SignUp {
    site: Site,
    ways: Ways,
    push_key: Arc<dyn OwnKey>,
    guard: Arc<Guard>,
    commands: Arc<Commands>,
    forms: Forms,
}

#[derive(Template)]
#[template(path = "watch/watch.html")]
struct WatchHtml<'a> {
    frame: Frame,
    slug: String,
    title: String,
    /// What went wrong with the form before.
    problem: Option<String>,
    sizes: Vec<Pick>,
    styles: Vec<Pick>,
    every: bool,
    phone: &'a str,
    invite: &'a str,
    has_texts: bool,
    /// Are there keys to keep a browser's address by?
    has_push: bool,
    push_script: &'static str,
    /// `Discord, Telegram`.
    chats: String,
    ways: &'a Ways,
    /// What is said without the form: `Corps Jacket M Black`.
    said: String,
    text_link: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    v: String,
}

/// The routes.
pub(super) fn router(site: Site, means: Means, commands: Arc<Commands>) -> Router {
    let Means { ways, push_key, guard } = means;
    let forms = Forms::new(site.db.clock());
    Router::new()
        .route("/p/{product}/watch", get(show).post(prepare))
        .route("/p/{product}/push", post(push::subscribe))
        .route("/push/key", get(push::key))
        .route("/sign-up/code", post(confirm))
        .with_state(SignUp { site, ways, push_key, guard, commands, forms })
}

async fn show(
    State(it): State<SignUp>,
    Path(name): Path<String>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, NoPage> {
    let (product, variants) = it.product(&name).await?;
    let asked = query.map(|Query(asked)| asked.v).unwrap_or_default();
    let chosen = variants.iter().find(|variant| variant.id.to_string() == asked);
    Ok(page(StatusCode::OK, &it.html(&product, &variants, &Picked::of(chosen), None)))
}

/// Takes the form.
async fn prepare(State(it): State<SignUp>, Path(name): Path<String>, request: Request) -> Result<Response, NoPage> {
    let began = Instant::now();
    let form = match it.forms.read(request).await {
        Ok(form) => form,
        Err(refusal) => return Ok(refusal),
    };
    let (product, variants) = it.product(&name).await?;
    let picked = Picked::in_form(&form);
    let wanted = picked.wanted(product.id);
    let prepared = if form.text("way") == "chat" {
        it.for_chats(&product, &wanted).await?
    } else {
        let prepared = it.by_phone(&product, &wanted, &picked.phone).await?;
        tokio::time::sleep_until(began + SAME_TIME).await;
        prepared
    };
    Ok(match prepared {
        Ok(response) => response,
        Err(why) => {
            let again = it.html(&product, &variants, &picked, Some(why.to_string()));
            private_page(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
    })
}

/// Takes the code.
async fn confirm(State(it): State<SignUp>, request: Request) -> Result<Response, NoPage> {
    let began = Instant::now();
    let form = match it.forms.read(request).await {
        Ok(form) => form,
        Err(refusal) => return Ok(refusal),
    };
    let (token, back) = (form.text("token"), back(&form));
    let after = it.commands.confirm(token, form.text("code")).await?;
    tokio::time::sleep_until(began + SAME_TIME).await;
    Ok(match after {
        AfterCode::Done { destination, words } => {
            let own = it.commands.page_of(&destination).await?;
            private_page(StatusCode::OK, &DoneHtml::new(&words, own, back))
        }
        AfterCode::Wrong { tries_left } => {
            let again = CodeHtml::again(token, form.text("shown"), back, &it.ways, tries_left);
            private_page(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        AfterCode::Over => private_page(StatusCode::GONE, &OverHtml::new(back)),
    })
}

/// The product's own page, whatever the form says.
fn back(form: &Form) -> Option<i64> {
    form.text("product").parse().ok().filter(|id| *id > 0)
}

impl SignUp {
    async fn product(&self, name: &str) -> Result<(Product, Vec<Variant>), NoPage> {
        let id = public_id(&self.site, name).await?;
        let product = self.site.db.products(&[id]).await?.pop().ok_or(NoPage::NotFound)?;
        Ok((product, self.site.db.stock(&[id]).await?))
    }

    async fn for_chats(&self, product: &Product, wanted: &Wanted) -> Result<Result<Response, NotPrepared>, NoPage> {
        let word = match self.commands.prepare(wanted).await? {
            Ok(word) => word,
            Err(why) => return Ok(Err(why)),
        };
        let chats = self.commands.chat_ways(&word).await;
        Ok(Ok(private_page(StatusCode::OK, &PreparedHtml::new(product, &word, self.ways.text_to.as_deref(), &chats))))
    }

    async fn by_phone(
        &self,
        product: &Product,
        wanted: &Wanted,
        typed: &str,
    ) -> Result<Result<Response, NotPrepared>, NoPage> {
        Ok(self.commands.prepare_by_phone(wanted, typed).await?.map(|(token, phone)| {
            let html = CodeHtml::new(&token, &phone.to_string(), Some(product.id), &self.ways);
            private_page(StatusCode::OK, &html)
        }))
    }

    fn html<'a>(
        &'a self,
        product: &Product,
        variants: &[Variant],
        picked: &'a Picked,
        problem: Option<String>,
    ) -> WatchHtml<'a> {
        let title = words::title(&product.title);
        let name = product.aliases.first().map_or_else(|| title.clone(), |alias| words::plain(alias));
        let parts = picked.sizes.iter().chain(&picked.styles).map(|part| words::plain(part));
        let said = std::iter::once(name).chain(parts).collect::<Vec<_>>().join(" ");
        let sizes = product.sizes.iter().map(|(_, label)| label);
        let chats: Vec<&str> = self.commands.chats().map(name_of).collect();
        WatchHtml {
            frame: Frame::new("", format!("Watch {title}"), format!("Get a message when {title} is back in stock.")),
            slug: slug(product.id, &product.title),
            problem,
            sizes: picks(sizes, &picked.sizes, variants, |variant| variant.size.as_deref()),
            styles: picks(product.styles.iter(), &picked.styles, variants, |variant| variant.style.as_deref()),
            every: picked.every,
            phone: &picked.phone,
            invite: &picked.invite,
            has_texts: self.commands.has_texts(),
            has_push: self.site.db.keys().is_ok(),
            push_script: push_address(),
            chats: chats.join(", "),
            ways: &self.ways,
            text_link: self.ways.text_to.as_deref().map(|number| after::text_link(number, &said)),
            title,
            said,
        }
    }
}

/// As it writes itself.
fn name_of(platform: coatcheck_bots::Platform) -> &'static str {
    platform.place().split(' ').next_back().unwrap_or_default()
}

#[cfg(test)]
mod tests;
