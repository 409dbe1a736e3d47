//! `/picture/<product>`: a product's picture; `/picture/variant/<variant>`: the same for notifications.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::look::answer::NoPage;
use super::site::Site;

/// The route.
pub(super) fn router(site: Site) -> Router {
    Router::new()
        .route("/picture/{product}", get(picture))
        .route("/picture/variant/{variant}", get(of_variant))
        .with_state(site)
}

async fn picture(State(site): State<Site>, Path(product): Path<i64>) -> Result<Response, NoPage> {
    if site.db.public_products(&[product]).await?.is_empty() {
        return Err(NoPage::NotFound);
    }
    let image = site.db.products(&[product]).await?.pop().and_then(|product| product.image);
    let Some(url) = image else { return Err(NoPage::NotFound) };
    let Some(picture) = site.pictures.get(url).await else { return Err(NoPage::NotFound) };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(picture.kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400")),
        // Whatever the bytes are, they run nothing.
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox")),
    ];
    Ok((StatusCode::OK, headers, picture.bytes).into_response())
}

async fn of_variant(State(site): State<Site>, Path(variant): Path<i64>) -> Result<Response, NoPage> {
    let product = site.db.public_product_of(variant).await?.ok_or(NoPage::NotFound)?;
    picture(State(site), Path(product)).await
}
