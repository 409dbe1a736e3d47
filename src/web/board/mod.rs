//! `/`: what is in stock, size by size; products by title, fifty a page.

pub(in crate::web) mod ask;
pub(in crate::web) mod card;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Router, extract::rejection::QueryRejection};

use tokio::time::Instant;

use super::goods::Show;
use super::look::Frame;
use super::look::answer::{NoPage, html_page};
use super::look::when::Moment;
use super::site::{Made, Site};
use crate::store::StoreError;
use ask::{Ask, PER_PAGE};
use card::{Card, View, card};

#[derive(Template)]
#[template(path = "board/board.html")]
struct BoardHtml {
    frame: Frame,
    heading: &'static str,
    asked: Ask,
    tabs: [Tab; 3],
    cards: Vec<Card>,
    pages: i64,
    previous: Option<String>,
    next: Option<String>,
    read: Option<Moment>,
    /// The last change that the page knows.
    since: i64,
}

struct Tab {
    address: String,
    words: &'static str,
    here: bool,
}

/// One card alone, as open pages get it.
#[derive(Template)]
#[template(path = "board/card.html")]
pub(super) struct CardHtml<'a> {
    pub(super) card: &'a Card,
}

/// The route.
pub(super) fn router(site: Site) -> Router {
    Router::new().route("/", get(board)).with_state(site)
}

async fn board(State(site): State<Site>, query: Result<Query<ask::Query>, QueryRejection>) -> Result<Response, NoPage> {
    let asked = Ask::from(query.map(|Query(query)| query).unwrap_or_default());
    let address = asked.address();
    if let Some(made) = site.pages.kept(&address, site.live.generation(), Instant::now()) {
        return Ok(sent(made));
    }
    let generation = site.live.generation();
    let html = made(&site, asked).await?;
    Ok(sent(site.pages.keep(address, generation, Instant::now(), html)))
}

fn sent(page: Made) -> Response {
    let mut response = html_page(StatusCode::OK, page.html);
    response.extensions_mut().insert(page.packed);
    response
}

async fn made(site: &Site, asked: Ask) -> Result<String, NoPage> {
    // Before the products: a change meanwhile is sent once more than needed, not once too few.
    let since = site.db.last_change().await?;
    let names = site.goods.at(&site.db, since).await?;
    let page = names.page(&asked.words, asked.show, asked.skipped(), PER_PAGE);
    let cards = cards(site, &page.products).await?;
    let pages = (page.total + PER_PAGE - 1) / PER_PAGE;
    let other = |page: i64| (1..=pages).contains(&page).then(|| Ask { page, ..asked.clone() }.address());
    let html = BoardHtml {
        frame: Frame::new("board", "What is in stock", "Which sizes are in stock now, and when each was last seen."),
        heading: if asked.show == Show::InStock { "In stock now" } else { "What is in stock" },
        tabs: tabs(&asked),
        cards,
        pages,
        previous: other(asked.page - 1),
        next: other(asked.page + 1),
        read: names.read.map(|read| Moment::new(read, site.db.now(), site.zone)),
        since,
        asked,
    };
    Ok(html.render()?)
}

fn tabs(asked: &Ask) -> [Tab; 3] {
    let tab = |show: Show, words: &'static str| {
        let there = Ask { show, page: 1, words: asked.words.clone() };
        Tab { address: there.address(), words, here: asked.show == show }
    };
    [tab(Show::All, "All"), tab(Show::InStock, "In stock"), tab(Show::SoldOut, "Sold out")]
}

/// The cards of these products, in this order; of those that everybody may see.
pub(super) async fn cards(site: &Site, ids: &[i64]) -> Result<Vec<Card>, StoreError> {
    let since = site.db.public_products(ids).await?;
    let public: Vec<i64> = ids.iter().copied().filter(|id| since.contains_key(id)).collect();
    let products = site.db.products(&public).await?;
    let variants = site.db.stock(&public).await?;
    let now = site.db.now();
    let cards = public.iter().filter_map(|id| {
        let product = products.iter().find(|product| product.id == *id)?;
        let from = variants.partition_point(|variant| variant.product_id < *id);
        let these: Vec<_> = variants[from..].iter().take_while(|variant| variant.product_id == *id).cloned().collect();
        Some(card(product, &these, View { now, zone: site.zone, since: *since.get(id)? }))
    });
    Ok(cards.collect())
}
