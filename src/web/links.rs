//! `/r/<id>`: the short links of text messages. They lead to a shop's own page, and do nothing else: whatever looks a link
//! up before a person does changes nothing.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::store::Db;

/// The route.
pub(super) fn router(db: Db) -> Router {
    Router::new().route("/r/{id}", get(follow)).with_state(db)
}

/// The variant's row, in base 36 as texts write it.
fn variant(id: &str) -> Option<i64> {
    let is_ours = id.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase());
    i64::from_str_radix(id, 36).ok().filter(|row| is_ours && *row > 0)
}

async fn follow(State(db): State<Db>, Path(id): Path<String>) -> Response {
    let Some(variant) = variant(&id) else { return nothing() };
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

#[cfg(test)]
mod tests {
    use super::variant;

    #[test]
    fn a_link_is_a_row_and_nothing_else() {
        assert_eq!([variant("1"), variant("z"), variant("lfls")], [Some(1), Some(35), Some(1_000_000)]);
        for strange in ["", "0", "-1", "+1", "LFLS", "1/2", "zzzzzzzzzzzzzzzzzzzz", "é"] {
            assert_eq!(variant(strange), None, "{strange}");
        }
    }
}
