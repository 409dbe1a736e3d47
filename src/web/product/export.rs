//! A product's history as CSV and JSON, and its restocks as an Atom feed.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use coatcheck_bots::words;
use serde_json::{Value, json};
use url::Url;

use super::stays::{Restock, restocks};
use crate::store::stock::catalogue::Product;
use crate::store::stock::history::VariantHistory;
use crate::web::look::answer::NoPage;

/// A feed is for what is new.
const MOST_ENTRIES: usize = 50;

/// A line a span.
pub(super) fn csv(history: &[VariantHistory]) -> Response {
    let mut text = String::from("variant,size,style,availability,price,currency,started_at,ended_at,open\r\n");
    for variant in history {
        for span in &variant.spans {
            let price = span.price.clone();
            let currency = price.as_ref().and_then(|price| price.currency.clone()).unwrap_or_default();
            let amount = price.map(|price| coatcheck_domain::Money { currency: None, ..price }.to_string());
            let fields = [
                variant.variant_id.to_string(),
                variant.size.clone().unwrap_or_default(),
                variant.style.clone().unwrap_or_default(),
                span.availability.as_str().to_owned(),
                amount.unwrap_or_default(),
                currency,
                iso(span.started_at),
                iso(span.ended_at),
                span.is_open.to_string(),
            ];
            text.push_str(&fields.map(|field| quoted(&field)).join(","));
            text.push_str("\r\n");
        }
    }
    file("text/csv; charset=utf-8", text)
}

/// A field. Spreadsheets take some first letters for a formula; a quote before them makes it text.
fn quoted(field: &str) -> String {
    let risky = field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let field = if risky { format!("'{field}") } else { field.to_owned() };
    if field.contains([',', '"', '\r', '\n']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}

/// The history of one variant.
pub(super) fn json_of(variant: &VariantHistory) -> Value {
    let spans = variant.spans.iter().map(|span| {
        json!({
            "availability": span.availability,
            "price": span.price,
            "started_at": iso(span.started_at),
            "last_seen": iso(span.last_seen),
            "ended_at": (!span.is_open).then(|| iso(span.ended_at)),
        })
    });
    json!({
        "id": variant.variant_id,
        "size": variant.size,
        "style": variant.style,
        "spans": spans.collect::<Vec<_>>(),
        "restocks": variant.restocks.iter().map(|at| iso(*at)).collect::<Vec<_>>(),
    })
}

/// The whole history.
pub(super) fn json(product: &Product, history: &[VariantHistory]) -> Response {
    let variants: Vec<Value> = history.iter().map(json_of).collect();
    let whole = json!({ "id": product.id, "title": product.title, "url": product.url, "variants": variants });
    file("application/json", whole.to_string())
}

#[derive(Template)]
#[template(path = "product/feed.xml")]
struct Feed {
    id: i64,
    title: String,
    updated: String,
    link: Option<String>,
    entries: Vec<Entry>,
}

struct Entry {
    id: String,
    at: String,
    title: String,
    text: String,
    link: Option<String>,
}

/// What came back, the last first.
pub(super) fn feed(product: &Product, history: &[VariantHistory], since: DateTime<Utc>) -> Result<Response, NoPage> {
    let title = words::title(&product.title);
    let link = product.url.as_ref().filter(|url| is_web(url)).map(Url::to_string);
    let all = restocks(history);
    let entry = |restock: &Restock| Entry {
        id: format!("urn:coatcheck:restock:{}:{}", restock.variant, restock.at.timestamp_micros()),
        at: iso(restock.at),
        title: format!("{title} is back in stock: {}", restock.what()),
        text: restock.price.as_ref().map(ToString::to_string).unwrap_or_default(),
        link: link.clone(),
    };
    let feed = Feed {
        id: product.id,
        updated: iso(all.first().map_or(since, |restock| restock.at)),
        entries: all.iter().take(MOST_ENTRIES).map(entry).collect(),
        title: title.clone(),
        link: link.clone(),
    };
    Ok(file("application/atom+xml; charset=utf-8", feed.render()?))
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

fn iso(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn file(kind: &'static str, text: String) -> Response {
    let kind = HeaderValue::from_static(kind);
    (
        StatusCode::OK,
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))],
        text,
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_neither_a_formula_nor_two_fields() {
        assert_eq!(quoted("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        assert_eq!(quoted("28, Long"), "\"28, Long\"");
        assert_eq!(quoted("M\r\nL"), "\"M\r\nL\"");
        assert_eq!(quoted("M"), "M");
    }
}
