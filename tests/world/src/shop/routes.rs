//! Which path shows what, and whether it is news to the asker.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::response::{IntoResponse, Response};

use super::goods::Product;
use super::{Etag, State, shown};
use crate::Heard;

const JSON: &str = "application/json; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// How many products a page of the list has when not asked for a number, and at most.
const PAGE: usize = 30;
const LONGEST_PAGE: usize = 250;

/// A body and what it is.
type Document = (&'static str, String);

/// The shop's answer to a request.
pub(super) fn answer(state: &State, heard: &Heard) -> Response {
    match document(state, heard) {
        Some(document) => fresh(state.etag, heard, document),
        None => (StatusCode::NOT_FOUND, [(CONTENT_TYPE, HTML)], "<!doctype html><title>404</title>").into_response(),
    }
}

fn document(state: &State, heard: &Heard) -> Option<Document> {
    let goods = &state.goods;
    match heard.path.as_str() {
        "/robots.txt" => Some((TEXT, state.robots.clone()?)),
        "/stock.json" => Some((JSON, shown::house_made(goods.products.first()?).to_string())),
        "/products.json" => Some((JSON, list(&goods.products, heard))),
        path => {
            if let Some(collection) = path.strip_prefix("/collections/") {
                let (_, rest) = collection.split_once('/')?;
                return (rest == "products.json").then(|| (JSON, list(&goods.products, heard)));
            }
            if let Some(file) = path.strip_prefix("/stock/") {
                return Some((JSON, shown::house_made(goods.find(file.strip_suffix(".json")?)?).to_string()));
            }
            let file = path.strip_prefix("/products/")?;
            if let Some(handle) = file.strip_suffix(".js") {
                return Some((JS, shown::js(goods.find(handle)?).to_string()));
            }
            if let Some(handle) = file.strip_suffix(".json") {
                return Some((JSON, shown::json(goods.find(handle)?).to_string()));
            }
            let origin = format!("http://{}", heard.header("host").unwrap_or_default());
            Some((HTML, shown::page(goods.find(file)?, &origin)))
        }
    }
}

/// One page of the list; past the last one it is empty.
fn list(products: &[Product], heard: &Heard) -> String {
    let limit = number(heard, "limit").unwrap_or(PAGE).clamp(1, LONGEST_PAGE);
    let page = number(heard, "page").unwrap_or(1).max(1);
    shown::listed(products.iter().skip(limit.saturating_mul(page - 1)).take(limit)).to_string()
}

fn number(heard: &Heard, name: &str) -> Option<usize> {
    let pairs = heard.query.as_deref()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.into_iter().find(|(key, _)| *key == name)?.1.parse().ok()
}

/// The document, or 304 where the asker has it.
fn fresh(etag: Etag, heard: &Heard, (kind, body): Document) -> Response {
    let tag = match etag {
        Etag::None => return ([(CONTENT_TYPE, kind)], body).into_response(),
        Etag::Honest => format!("\"{:016x}\"", digest(&body)),
        Etag::Stuck => format!("\"{:016x}\"", digest(&heard.target())),
    };
    if heard.header(IF_NONE_MATCH.as_str()) == Some(&tag) {
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
    }
    ([(CONTENT_TYPE, kind.to_owned()), (ETAG, tag)], body).into_response()
}

fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
