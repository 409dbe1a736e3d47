//! `/p/<product>/preview.png`: the picture that other sites show beside a link to a product.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::Semaphore;

use super::name::public_id;
use crate::chart::{Preview, render_preview};
use crate::web::board::card::{Card, View, card};
use crate::web::look::answer::NoPage;
use crate::web::look::when::exact;
use crate::web::site::Site;

/// Drawn at once, and how long one waits for its turn.
const AT_ONCE: usize = 1;
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Clone)]
struct Drawing {
    site: Site,
    turns: Arc<Semaphore>,
}

/// The route.
pub(super) fn router(site: Site) -> Router {
    let turns = Arc::new(Semaphore::new(AT_ONCE));
    Router::new().route("/p/{product}/preview.png", get(picture)).with_state(Drawing { site, turns })
}

async fn picture(State(it): State<Drawing>, Path(name): Path<String>) -> Result<Response, NoPage> {
    let preview = preview(&it.site, &name).await?;
    let Ok(Ok(_turn)) = tokio::time::timeout(PATIENCE, it.turns.acquire()).await else {
        return Ok((StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "60")]).into_response());
    };
    match render_preview(preview).await {
        Ok(png) => {
            let headers = [
                (header::CONTENT_TYPE, HeaderValue::from_static("image/png")),
                (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
            ];
            Ok((headers, png).into_response())
        }
        Err(error) => {
            tracing::warn!(%error, "preview not drawn");
            Err(NoPage::NotFound)
        }
    }
}

async fn preview(site: &Site, name: &str) -> Result<Preview, NoPage> {
    let id = public_id(site, name).await?;
    let since = site.db.public_products(&[id]).await?.remove(&id).ok_or(NoPage::NotFound)?;
    let product = site.db.products(&[id]).await?.pop().ok_or(NoPage::NotFound)?;
    let variants = site.db.stock(&[id]).await?;
    let card = card(&product, &variants, View { now: site.db.now(), zone: site.zone, since });
    let labels = |is_here: bool| labels(&card, is_here);
    // What was not read lately is neither.
    let (here, out) = if card.stale { (Vec::new(), Vec::new()) } else { (labels(true), labels(false)) };
    Ok(Preview {
        shop: card.price.as_ref().map_or_else(|| card.shop.clone(), |price| format!("{} · {price}", card.shop)),
        is_here: card.verdict.0 == "here",
        lead: card.verdict.1.clone(),
        here,
        out,
        as_of: product
            .source
            .last_read_at
            .map_or_else(|| "not checked yet".to_owned(), |read| format!("as of {}", exact(read, site.zone))),
        title: card.title,
    })
}

/// The sizes that can be bought, or that are sold out; with their styles where there are several.
fn labels(card: &Card, is_here: bool) -> Vec<String> {
    let wanted = |look: &str| if is_here { matches!(look, "here" | "low") } else { look == "out" };
    let of_row = |row: &crate::web::board::card::Row| {
        let style = row.style.clone().filter(|_| card.rows.len() > 1);
        row.cells
            .iter()
            .filter(|cell| wanted(cell.look))
            .map(move |cell| {
                style.as_ref().map_or_else(|| cell.label.clone(), |style| format!("{} / {style}", cell.label))
            })
            .collect::<Vec<_>>()
    };
    card.rows.iter().flat_map(of_row).collect()
}
