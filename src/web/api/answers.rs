//! What the API answers. Names are those of tables and of `--json`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use coatcheck_domain::Money;
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::StoreError;
use crate::store::stock::board::RecentRestock;
use crate::store::stock::catalogue;
use crate::store::stock::history;

/// A page of products.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Products {
    pub(super) products: Vec<Product>,
    /// On all pages.
    pub(super) total: i64,
    pub(super) page: i64,
    pub(super) per_page: i64,
}

/// A product and what is known of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Product {
    id: i64,
    title: String,
    shop: String,
    url: Option<String>,
    /// Was it read lately enough to say "now"?
    fresh: bool,
    last_read_at: Option<DateTime<Utc>>,
    variants: Vec<Variant>,
}

/// One buyable combination.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Variant {
    id: i64,
    size: Option<String>,
    style: Option<String>,
    /// `in_stock`, `low_stock`, `preorder`, `backorder`, `made_to_order`, `in_store_only`, `out_of_stock`, `discontinued`, `absent` or `unknown`.
    availability: &'static str,
    quantity: Option<i64>,
    price: Option<Price>,
    url: Option<String>,
    /// Since when it is so.
    since: Option<DateTime<Utc>>,
    last_in_stock: Option<DateTime<Utc>>,
}

/// A price in minor units: 12900 with an exponent of 2 is 129.00.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Price {
    minor: i64,
    exponent: u8,
    currency: Option<String>,
}

/// What a variant was.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VariantHistory {
    id: i64,
    size: Option<String>,
    style: Option<String>,
    spans: Vec<Span>,
    restocks: Vec<DateTime<Utc>>,
}

/// A time during which it was and cost the same. Where the next begins later, nothing is known in between.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Span {
    availability: &'static str,
    price: Option<Price>,
    started_at: DateTime<Utc>,
    last_seen: DateTime<Utc>,
    /// Nothing while it is still so.
    ended_at: Option<DateTime<Utc>>,
}

/// Restocks.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Restocks {
    pub(super) restocks: Vec<Restock>,
}

/// A variant came back.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct Restock {
    id: i64,
    product_id: i64,
    title: String,
    variant_id: i64,
    size: Option<String>,
    style: Option<String>,
    /// What it cost when it came back.
    price: Option<Price>,
    /// Its page in the shop.
    url: Option<String>,
    at: DateTime<Utc>,
}

/// What went wrong (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web) struct Problem {
    title: &'static str,
    status: u16,
    detail: String,
    #[serde(skip)]
    wait: Option<u64>,
}

impl Product {
    pub(super) fn new<'a>(
        row: &catalogue::Product,
        variants: impl Iterator<Item = &'a catalogue::Variant>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id: row.id,
            title: row.title.clone(),
            shop: row.shop.clone(),
            url: row.url.as_ref().map(ToString::to_string),
            fresh: row.is_fresh(now),
            last_read_at: row.source.last_read_at,
            variants: variants.map(Variant::from).collect(),
        }
    }
}

impl From<&catalogue::Variant> for Variant {
    fn from(row: &catalogue::Variant) -> Self {
        Self {
            id: row.id,
            size: row.size.clone(),
            style: row.style.clone(),
            availability: row.availability.as_str(),
            quantity: row.quantity,
            price: row.price.clone().map(Price::from),
            url: row.url.as_ref().map(ToString::to_string),
            since: row.since,
            last_in_stock: row.last_in_stock,
        }
    }
}

impl From<Money> for Price {
    fn from(money: Money) -> Self {
        Self { minor: money.minor, exponent: money.exponent, currency: money.currency }
    }
}

impl From<history::VariantHistory> for VariantHistory {
    fn from(row: history::VariantHistory) -> Self {
        let span = |span: coatcheck_domain::history::Span| Span {
            availability: span.availability.as_str(),
            price: span.price.map(Price::from),
            started_at: span.started_at,
            last_seen: span.last_seen,
            ended_at: (!span.is_open).then_some(span.ended_at),
        };
        Self {
            id: row.variant_id,
            size: row.size,
            style: row.style,
            spans: row.spans.into_iter().map(span).collect(),
            restocks: row.restocks,
        }
    }
}

impl From<RecentRestock> for Restock {
    fn from(row: RecentRestock) -> Self {
        Self {
            id: row.id,
            product_id: row.product_id,
            price: row.price().map(Price::from),
            url: row.url.filter(|url| url.starts_with("https://") || url.starts_with("http://")),
            title: row.title,
            variant_id: row.variant_id,
            size: row.size,
            style: row.style,
            at: crate::store::db::time::at(row.at),
        }
    }
}

impl Problem {
    pub(super) fn bad(detail: &str) -> Self {
        Self { title: "The request cannot be read", status: 400, detail: detail.to_owned(), wait: None }
    }

    pub(super) fn not_found(detail: &str) -> Self {
        Self { title: "Not found", status: 404, detail: detail.to_owned(), wait: None }
    }

    /// The address is there, and not for this.
    pub(in crate::web) fn method() -> Self {
        let detail = "This address does not take that method; see /api.".to_owned();
        Self { title: "Method not allowed", status: 405, detail, wait: None }
    }

    /// No place for one more.
    pub(in crate::web) fn no_seat() -> Self {
        let detail = "Too many streams are open. Please try again in two minutes.".to_owned();
        Self { title: "Too many streams", status: 503, detail, wait: Some(120) }
    }

    /// The request is understood, and not done.
    pub(super) fn refused(detail: &str) -> Self {
        Self { title: "Not possible", status: 422, detail: detail.to_owned(), wait: None }
    }

    pub(super) fn conflict(detail: &str) -> Self {
        Self { title: "Not possible now", status: 409, detail: detail.to_owned(), wait: None }
    }

    pub(super) fn no_token() -> Self {
        let detail = "Send `Authorization: Bearer cc_…` with a token from `coatcheck token add`.".to_owned();
        Self { title: "A token is needed", status: 401, detail, wait: None }
    }

    pub(super) fn read_only() -> Self {
        let detail = "`coatcheck token add --write` makes one that may change things.".to_owned();
        Self { title: "This token may only read", status: 403, detail, wait: None }
    }

    pub(super) fn too_many(wait: u64) -> Self {
        Self { title: "Too many requests", status: 429, detail: format!("Please wait for {wait} s."), wait: Some(wait) }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "API request not answered: {error}");
        Self {
            title: "The database failed",
            status: 503,
            detail: "Please try again in a minute.".to_owned(),
            wait: Some(60),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let text = serde_json::to_string(&self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(header::CONTENT_TYPE, kind)], text).into_response();
        if self.status == 401 {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.wait {
            response.headers_mut().insert(header::RETRY_AFTER, wait.into());
        }
        response
    }
}
