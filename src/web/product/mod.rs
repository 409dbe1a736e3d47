//! `/p/<product>`: one product, its sizes now, its history, and what usually happens.

mod export;
pub(super) mod name;
mod preview;
pub(super) mod stays;

use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::{DateTime, Utc};
use coatcheck_domain::history::{Span, Summary, summarize};
use serde::Deserialize;

use super::board::card::{Card, View, slug, whole};
use super::look::Frame;
use super::look::answer::{NoPage, page};
use super::look::when::Moment;
use super::site::Site;
use crate::commands::history::{chart, gap_after, tell};
use crate::store::stock::catalogue::{Product, Variant};
use crate::store::stock::history::VariantHistory;
use stays::{Restock, restocks};

/// Restocks in the table; the files have all.
const MOST_RESTOCKS: usize = 30;
/// Sizes in the table of sizes.
const MOST_SIZES: usize = 60;

/// How far back the picture goes.
const RANGES: [(&str, &str, Option<i64>); 4] =
    [("24h", "24 hours", Some(1)), ("7d", "7 days", Some(7)), ("90d", "90 days", Some(90)), ("all", "All", None)];
const USUAL_RANGE: &str = "7d";

#[derive(Template)]
#[template(path = "product/product.html")]
struct ProductHtml {
    frame: Frame,
    card: Card,
    /// The address that the world sees: other sites want pictures with it.
    site: Option<String>,
    read: Option<Moment>,
    shop_link: Option<String>,
    ranges: Vec<Range>,
    picture: String,
    story: Vec<String>,
    sizes: Vec<SizeRow>,
    restocks: Vec<RestockRow>,
    more_restocks: usize,
    since: i64,
}

struct Range {
    word: &'static str,
    words: &'static str,
    here: bool,
}

struct SizeRow {
    what: String,
    last: Option<Moment>,
    here: bool,
    times: usize,
    stays: Option<String>,
}

struct RestockRow {
    at: Moment,
    what: String,
    stayed: String,
    price: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Asked {
    range: String,
}

/// All that is known of a product.
struct Known {
    product: Product,
    variants: Vec<Variant>,
    history: Vec<VariantHistory>,
    tracked_since: DateTime<Utc>,
}

/// The routes.
pub(super) fn router(site: Site) -> Router {
    Router::new()
        .route("/p/{product}", get(show))
        .route("/p/{product}/history.csv", get(csv))
        .route("/p/{product}/history.json", get(json))
        .route("/p/{product}/feed.atom", get(feed))
        .with_state(site.clone())
        .merge(preview::router(site))
}

async fn csv(State(site): State<Site>, Path(name): Path<String>) -> Result<Response, NoPage> {
    Ok(export::csv(&known(&site, &name).await?.history))
}

async fn json(State(site): State<Site>, Path(name): Path<String>) -> Result<Response, NoPage> {
    let known = known(&site, &name).await?;
    Ok(export::json(&known.product, &known.history))
}

async fn feed(State(site): State<Site>, Path(name): Path<String>) -> Result<Response, NoPage> {
    let known = known(&site, &name).await?;
    export::feed(&known.product, &known.history, known.tracked_since)
}

async fn known(site: &Site, name: &str) -> Result<Known, NoPage> {
    let id = name::public_id(site, name).await?;
    let tracked_since = site.db.public_products(&[id]).await?.remove(&id).ok_or(NoPage::NotFound)?;
    let product = site.db.products(&[id]).await?.pop().ok_or(NoPage::NotFound)?;
    let variants = site.db.stock(&[id]).await?;
    Ok(Known { product, variants, history: site.db.history(id).await?, tracked_since })
}

async fn show(
    State(site): State<Site>,
    Path(name): Path<String>,
    query: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, NoPage> {
    let since = site.db.last_change().await?;
    let known = known(&site, &name).await?;
    let own = slug(known.product.id, &known.product.title);
    if name != own {
        // Made of our own words: it leads nowhere else.
        let place = HeaderValue::from_str(&format!("/p/{own}")).map_err(|_| NoPage::NotFound)?;
        return Ok((StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, place)]).into_response());
    }
    let range = query.map(|Query(asked)| asked.range).unwrap_or_default();
    Ok(page(StatusCode::OK, &html(&site, known, &range, since)))
}

fn html(site: &Site, known: Known, range: &str, since: i64) -> ProductHtml {
    let (now, zone) = (site.db.now(), site.zone);
    let range = RANGES.iter().map(|(word, _, _)| *word).find(|word| *word == range).unwrap_or(USUAL_RANGE);
    let Known { product, variants, history, tracked_since } = known;
    let card = whole(&product, &variants, View { now, zone, since: tracked_since });
    let all = restocks(&history);
    let at: Vec<DateTime<Utc>> = all.iter().map(|restock| restock.at).collect();
    let spans: Vec<Vec<Span>> = history.iter().map(|variant| variant.spans.clone()).collect();
    let summary = summarize(&spans, &at, now, gap_after(&product), &zone);
    let days = RANGES.iter().find(|(word, _, _)| *word == range).and_then(|(_, _, days)| *days);
    let from = days.map(|days| now - chrono::Duration::days(days));
    let sizes = size_rows(&history, &summary, gap_after(&product), now, site);
    let row = |restock: &Restock| RestockRow {
        at: Moment::new(restock.at, now, zone),
        what: restock.what(),
        stayed: restock.stayed.words(),
        price: restock.price.as_ref().map(ToString::to_string).unwrap_or_default(),
    };
    ProductHtml {
        frame: Frame::new(
            "",
            card.title.clone(),
            format!("{}: which sizes are in stock, and when they usually come back.", card.title),
        ),
        site: site.public_url.as_ref().map(|url| url.as_str().trim_end_matches('/').to_owned()),
        read: product.source.last_read_at.map(|read| Moment::new(read, now, zone)),
        shop_link: product.url.as_ref().filter(|url| matches!(url.scheme(), "http" | "https")).map(ToString::to_string),
        ranges: RANGES.iter().map(|(word, words, _)| Range { word, words, here: *word == range }).collect(),
        story: tell(&summary, now, zone).lines().map(str::to_owned).collect(),
        sizes,
        more_restocks: all.len().saturating_sub(MOST_RESTOCKS),
        restocks: all.iter().take(MOST_RESTOCKS).map(row).collect(),
        picture: chart(&product, history, now, zone).svg_since(from),
        card,
        since,
    }
}

/// What each variant's own history comes to. A product with one has no such table.
fn size_rows(
    history: &[VariantHistory],
    whole: &Summary,
    gap_after: Duration,
    now: DateTime<Utc>,
    site: &Site,
) -> Vec<SizeRow> {
    if history.len() < 2 || whole.known_since.is_none() {
        return Vec::new();
    }
    let row = |variant: &VariantHistory| {
        let summary = summarize(std::slice::from_ref(&variant.spans), &variant.restocks, now, gap_after, &site.zone);
        SizeRow {
            what: stays::what(variant.size.as_deref(), variant.style.as_deref()),
            here: summary.in_stock,
            last: summary.last_in_stock.map(|last| Moment::new(last, now, site.zone)),
            times: summary.restocks_90,
            stays: summary.median.map(coatcheck_bots::words::lasting),
        }
    };
    history.iter().take(MOST_SIZES).map(row).collect()
}
