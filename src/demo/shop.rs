//! The built-in shop of the demo: one jacket, three styles, six sizes, over real HTTP on loopback.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::header;
use axum::response::Html;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::engine::Stop;

/// The styles on the shelf.
pub(super) const STYLES: [&str; 3] = ["Black", "Navy", "Olive"];
/// The sizes on the shelf.
pub(super) const SIZES: [&str; 6] = ["XS", "S", "M", "L", "XL", "2XL"];
/// The jacket's name in addresses.
pub(super) const HANDLE: &str = "corps-jacket";

/// What is on the shelf: a piece of each style and size, or none.
#[derive(Debug, Clone, Default)]
pub(super) struct Shelf(Arc<Mutex<[[bool; 6]; 3]>>);

impl Shelf {
    /// Puts a piece on the shelf, or sells it.
    pub(super) fn put(&self, style: usize, size: usize, there: bool) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)[style][size] = there;
    }

    fn pieces(&self) -> [[bool; 6]; 3] {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves the shop on a free loopback port, until the stop.
///
/// # Errors
/// When loopback has no port left.
pub(super) async fn open(shelf: Shelf, mut stop: Stop) -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let routes = Router::new()
        .route(&format!("/products/{HANDLE}.js"), get(product))
        .route(&format!("/products/{HANDLE}"), get(page))
        .route(
            "/jacket.png",
            get(async || ([(header::CONTENT_TYPE, "image/png")], include_bytes!("jacket.png").as_slice())),
        )
        .with_state((shelf, address));
    tokio::spawn(async move {
        let served = axum::serve(listener, routes).with_graceful_shutdown(async move { stop.stopped().await });
        if let Err(error) = served.await {
            tracing::error!(%error, "demo shop failed");
        }
    });
    Ok(address)
}

async fn page() -> Html<&'static str> {
    Html("<!doctype html><title>Corps Jacket</title><h1>Corps Jacket</h1><p>The demo shop of CoatCheck.")
}

/// The jacket in Shopify's format: prices in cents, `available` per variant.
async fn product(State((shelf, address)): State<(Shelf, SocketAddr)>) -> Json<Value> {
    let pieces = shelf.pieces();
    let variants: Vec<Value> = STYLES
        .iter()
        .enumerate()
        .flat_map(|(style, name)| SIZES.iter().enumerate().map(move |(size, word)| (style, *name, size, *word)))
        .map(|(style, name, size, word)| {
            json!({
                "id": 1000 + style * 10 + size,
                "title": format!("{word} / {name}"),
                "option1": word,
                "option2": name,
                "sku": format!("CJ-{}-{word}", name.to_uppercase()),
                "available": pieces[style][size],
                "price": 12_900,
            })
        })
        .collect();
    Json(json!({
        "id": 1,
        "title": "Corps Jacket",
        "handle": HANDLE,
        "featured_image": format!("http://{address}/jacket.png"),
        "available": pieces.iter().flatten().any(|there| *there),
        "options": [
            { "name": "Size", "position": 1, "values": SIZES },
            { "name": "Style", "position": 2, "values": STYLES },
        ],
        "variants": variants,
        "url": format!("/products/{HANDLE}"),
    }))
}
