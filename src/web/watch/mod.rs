//! `/p/<product>/watch`: how to be told when a size is back. The page does nothing itself: a text or a command that its
//! reader sends makes the watch, and proves at once whose address it is.

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use coatcheck_bots::words;
use serde::Deserialize;

use super::board::card::slug;
use super::look::Frame;
use super::look::answer::{NoPage, page};
use super::product::name::public_id;
use super::site::Site;
use crate::store::stock::catalogue::{Product, Variant};

/// Where people can say what they wait for.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    /// The number that is texted, in international form.
    pub text_to: Option<String>,
    /// The chats that are connected, by their names.
    pub chats: Vec<&'static str>,
    /// Must strangers say an invite word first?
    pub by_invitation: bool,
}

#[derive(Template)]
#[template(path = "watch/watch.html")]
struct WatchHtml {
    frame: Frame,
    slug: String,
    title: String,
    what: String,
    choices: Vec<Choice>,
    /// What is said: `Corps Jacket M Black`.
    said: String,
    text: Option<TextMessage>,
    ways: Ways,
}

struct Choice {
    id: i64,
    words: String,
    here: bool,
}

struct TextMessage {
    number: String,
    link: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    v: String,
}

/// The route.
pub(super) fn router(site: Site, ways: Ways) -> Router {
    Router::new().route("/p/{product}/watch", get(show)).with_state((site, ways))
}

async fn show(
    State((site, ways)): State<(Site, Ways)>,
    Path(name): Path<String>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, NoPage> {
    let id = public_id(&site, &name).await?;
    let product = site.db.products(&[id]).await?.pop().ok_or(NoPage::NotFound)?;
    let variants = site.db.stock(&[id]).await?;
    let asked = query.map(|Query(asked)| asked.v).unwrap_or_default();
    let chosen = variants.iter().find(|variant| variant.id.to_string() == asked);
    Ok(page(StatusCode::OK, &html(&product, &variants, chosen, ways)))
}

fn html(product: &Product, variants: &[Variant], chosen: Option<&Variant>, ways: Ways) -> WatchHtml {
    let title = words::title(&product.title);
    let name = product.aliases.first().map_or_else(|| title.clone(), |alias| words::plain(alias));
    let parts = chosen.into_iter().flat_map(|variant| variant.size.iter().chain(&variant.style));
    let said = std::iter::once(name).chain(parts.map(|part| words::plain(part))).collect::<Vec<_>>().join(" ");
    let what = chosen.map(words_of).filter(|what| !what.is_empty()).unwrap_or_else(|| "any size".to_owned());
    let choice = |variant: &Variant| Choice {
        id: variant.id,
        words: words_of(variant),
        here: chosen.is_some_and(|chosen| chosen.id == variant.id),
    };
    WatchHtml {
        frame: Frame::new("", format!("Watch {title}"), format!("How to be told when {title} is back in stock.")),
        slug: slug(product.id, &product.title),
        choices: variants.iter().filter(|variant| !words_of(variant).is_empty()).map(choice).collect(),
        text: ways.text_to.clone().map(|number| TextMessage { link: text_link(&number, &said), number }),
        title,
        what,
        said,
        ways,
    }
}

fn words_of(variant: &Variant) -> String {
    super::product::stays::what(variant.size.as_deref(), variant.style.as_deref())
}

/// A link that opens a text message with these words. `+` would be a plus there, not a blank.
fn text_link(number: &str, said: &str) -> String {
    let body: String = url::form_urlencoded::byte_serialize(said.as_bytes()).collect();
    format!("sms:{number}?body={}", body.replace('+', "%20"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_as_it_would_be_typed() {
        assert_eq!(text_link("+14155550123", "Jacket & Co M+"), "sms:+14155550123?body=Jacket%20%26%20Co%20M%2B");
    }
}
