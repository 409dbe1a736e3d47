//! `/r/<name>`: the short links of text messages. They lead to a shop's own page, and do nothing else: whatever looks a link
//! up before a person does changes nothing. Names cannot be guessed.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::store::Db;

/// The route.
pub(super) fn router(db: Db) -> Router {
    Router::new().route("/r/{name}", get(follow)).with_state(db)
}

async fn follow(State(db): State<Db>, Path(name): Path<String>) -> Response {
    let Some(variant) = db.keys().ok().and_then(|keys| keys.linked(&name)) else { return nothing() };
    match db.page_of(variant).await {
        Ok(Some(url)) => match HeaderValue::from_str(url.as_str()) {
            Ok(place) => (StatusCode::FOUND, [(header::LOCATION, place)]).into_response(),
            Err(_) => nothing(),
        },
        Ok(None) => nothing(),
        Err(error) => {
            tracing::error!(%error, "a short link could not be looked up: {error}");
            (StatusCode::SERVICE_UNAVAILABLE, "this cannot be looked up now; please try again").into_response()
        }
    }
}

fn nothing() -> Response {
    (StatusCode::NOT_FOUND, "this link leads nowhere (any more)").into_response()
}
