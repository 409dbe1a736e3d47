//! `/hooks/shops/{id}`: where a shop posts that something changed. Whoever it is, the answer comes within milliseconds; what
//! follows from it is read later, by the shop's poller.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::sync::Semaphore;

use super::bodies::Bodies;
use crate::shops::push::{Distrust, Form, Push, believe, is_ping};
use crate::store::polls::hook::Pushed;
use crate::store::{Db, StoreError};

/// A product of two thousand variants, as Shopify posts it, has more than a megabyte.
const LONGEST: usize = 4 * 1024 * 1024;
/// Bodies of more than a few kilobytes that are read at once.
const LARGE: usize = 8;
/// Pushes that are stored at once; a shop repeats those that find no room.
const STORING: usize = 16;

#[derive(Clone)]
struct Hooks {
    db: Db,
    bodies: Bodies,
    storing: Arc<Semaphore>,
}

/// Why a push is not taken.
enum Refused {
    /// There is no such shop, or it has no hook.
    Unknown,
    Distrust(Distrust),
    Body(StatusCode),
    /// Too many at once.
    Busy,
    Store(StoreError),
}

/// The route.
pub(super) fn router(db: Db) -> Router {
    let hooks = Hooks { db, bodies: Bodies::new(LONGEST, LARGE), storing: Arc::new(Semaphore::new(STORING)) };
    Router::new().route("/hooks/shops/{id}", post(receive)).with_state(hooks)
}

async fn receive(State(hooks): State<Hooks>, Path(id): Path<String>, request: Request) -> Response {
    match hooks.receive(&id, request).await {
        Ok(()) => "ok".into_response(),
        Err(refused) => refused.into_response(),
    }
}

impl Hooks {
    async fn receive(&self, id: &str, request: Request) -> Result<(), Refused> {
        let (head, body) = request.into_parts();
        let shop: i64 = id.parse().map_err(|_| Refused::Unknown)?;
        let secrets = self.db.hook_secrets(shop).await.map_err(Refused::Store)?;
        if secrets.is_empty() {
            return Err(Refused::Unknown);
        }
        let body = self.bodies.read(&head.headers, body).await.map_err(Refused::Body)?;
        let Some(form) = Form::of(&head.headers) else { return unsigned(&head.headers, &body) };
        let push = believe(form, &head.headers, &body, &secrets, self.db.now()).map_err(Refused::Distrust)?;
        self.store(shop, &push).await
    }

    async fn store(&self, shop: i64, push: &Push) -> Result<(), Refused> {
        let _seat = self.storing.try_acquire().map_err(|_| Refused::Busy)?;
        let pushed = self.db.push(shop, &push.key, &push.hint).await.map_err(|error| Refused::Store(error.into()))?;
        match pushed {
            Pushed::New(sources) => tracing::info!(shop, sources, "push received"),
            Pushed::Known => tracing::debug!(shop, "push repeated"),
        }
        Ok(())
    }
}

/// A greeting changes nothing; anything else that is not signed is nobody's.
fn unsigned(headers: &HeaderMap, body: &[u8]) -> Result<(), Refused> {
    if is_ping(headers, body) { Ok(()) } else { Err(Refused::Distrust(Distrust::Signature)) }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Unknown => (StatusCode::NOT_FOUND, "There is no such hook.").into_response(),
            Self::Distrust(why) => (StatusCode::FORBIDDEN, why.to_string()).into_response(),
            Self::Body(status) => status.into_response(),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "1")]).into_response(),
            Self::Store(error) => {
                tracing::error!(%error, "push not stored");
                (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "10")]).into_response()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;
    use hmac::{Hmac, Mac};
    use sha2::Sha256;

    use crate::testing::follow;
    use crate::web::tests::Visit;

    const SECRET: &str = "hush-this-is-a-secret";
    const BODY: &str = r#"{"id":1,"handle":"jacket"}"#;

    /// A shop with a hook, and what it may post.
    struct Shop {
        visit: Visit,
        id: i64,
    }

    impl Shop {
        async fn open() -> Self {
            let visit = Visit::new().await;
            let source = follow(&visit.db, "https://shop.example/products/jacket").await;
            let id = visit.db.shop_of(source).await.expect("asked").expect("there");
            visit.db.set_hook_secret(id, &SECRET.to_owned().into()).await.expect("stored");
            Self { visit, id }
        }

        async fn post(&self, path: &str, signed_by: &str, id: &str, body: String) -> u16 {
            let mut code = Hmac::<Sha256>::new_from_slice(signed_by.as_bytes()).expect("a key");
            code.update(body.as_bytes());
            let request = axum::http::Request::post(path)
                .header("x-shopify-hmac-sha256", BASE64_STANDARD.encode(code.finalize().into_bytes()))
                .header("x-shopify-webhook-id", id)
                .header("x-shopify-topic", "products/update");
            self.visit.ask(request.body(Body::from(body)).expect("a request")).await.status.as_u16()
        }

        async fn pushes(&self) -> i64 {
            use crate::store::db::sql::Sql;
            let count = self.visit.db.read().id("SELECT count(*) FROM shop_push", vec![]).await;
            count.expect("asked").expect("a number")
        }
    }

    #[tokio::test]
    async fn only_what_the_shop_signed_is_stored() {
        let shop = Shop::open().await;
        let path = format!("/hooks/shops/{}", shop.id);
        assert_eq!(shop.post(&path, SECRET, "1", BODY.to_owned()).await, 200);
        assert_eq!(shop.post(&path, SECRET, "1", BODY.to_owned()).await, 200, "repeated");
        assert_eq!(shop.post(&path, "another secret, or none", "2", BODY.to_owned()).await, 403);
        for unknown in ["/hooks/shops/77", "/hooks/shops/x", "/hooks/shops/99999999999999999999"] {
            assert_eq!(shop.post(unknown, SECRET, "3", BODY.to_owned()).await, 404);
        }
        assert_eq!(shop.post(&path, SECRET, "4", "x".repeat(super::LONGEST + 1)).await, 413);
        let large = format!(r#"{{"id":1,"x":"{}"}}"#, "x".repeat(1_500_000));
        assert_eq!(shop.post(&path, SECRET, "5", large).await, 200);
        assert_eq!(shop.pushes().await, 2);
    }

    #[tokio::test]
    async fn an_unsigned_greeting_is_answered_and_nothing_else() {
        let shop = Shop::open().await;
        let ask = async |body: &'static str| {
            let request = axum::http::Request::post(format!("/hooks/shops/{}", shop.id))
                .header("content-type", "application/x-www-form-urlencoded");
            shop.visit.ask(request.body(Body::from(body)).expect("a request")).await.status.as_u16()
        };
        assert_eq!(ask("webhook_id=7").await, 200);
        assert_eq!(ask("id=7").await, 403);
        assert_eq!(shop.visit.get(&format!("/hooks/shops/{}", shop.id)).await.status.as_u16(), 405);
        assert_eq!(shop.pushes().await, 0);
    }
}
