//! What programs with a token are answered. Addresses are shown as everywhere: no secrets, of a phone two digits.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::commands::delivery::{shown_address, what};
use crate::store::outbox::deliveries;
use crate::store::people::{phone, watch};
use crate::store::polls::shown;

/// Watches.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct Watches {
    pub(in crate::web::api) watches: Vec<Watch>,
}

/// Who waits for what.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct Watch {
    id: i64,
    product_id: i64,
    product: String,
    size: Option<String>,
    style: Option<String>,
    /// `once` or `every`.
    mode: &'static str,
    /// Will the next restock notify it?
    armed: bool,
    to: Option<String>,
    notified_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

/// Pages that are tracked.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct Shops {
    pub(in crate::web::api) shops: Vec<Shop>,
}

/// A page that is tracked.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct Shop {
    pub(in crate::web::api) id: i64,
    host: String,
    pub(in crate::web::api) url: String,
    reader: Option<String>,
    /// `candidate`, `idle`, `blocked`, `gone`, `dormant` or `paused`.
    state: &'static str,
    listed: bool,
    interval_seconds: f64,
    last_read_at: Option<DateTime<Utc>>,
    next_poll_at: DateTime<Utc>,
    readings: i64,
    failures: i32,
    last_error: Option<String>,
    products: i64,
    variants: i64,
    watches: i64,
}

/// Deliveries.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct Deliveries {
    pub(in crate::web::api) deliveries: Vec<Delivery>,
}

/// One message for one destination.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::web::api) struct Delivery {
    id: i64,
    /// `alert`, `edit`, `post`, `notice`, `code` or `reply`.
    kind: &'static str,
    /// `pending`, `sending`, `sent`, `dead`, `expired`, `suppressed` or `cancelled`.
    state: &'static str,
    reason: Option<String>,
    to: String,
    what: String,
    attempts: i32,
    last_error: Option<String>,
    created_at: DateTime<Utc>,
    accepted_at: Option<DateTime<Utc>>,
    expires_at: DateTime<Utc>,
}

impl From<watch::Watch> for Watch {
    fn from(row: watch::Watch) -> Self {
        Self {
            id: row.id,
            product_id: row.product_id,
            product: row.product,
            size: row.size,
            style: row.style,
            mode: row.mode.as_str(),
            armed: row.armed,
            to: row.address.as_deref().map(phone::shown),
            notified_at: row.notified_at,
            created_at: row.created_at,
        }
    }
}

impl From<shown::Source> for Shop {
    fn from(row: shown::Source) -> Self {
        Self {
            id: row.id,
            host: row.host,
            url: row.url,
            reader: row.reader,
            state: row.state.as_str(),
            listed: row.listed,
            interval_seconds: row.interval.as_secs_f64(),
            last_read_at: row.last_read_at,
            next_poll_at: row.next_poll_at,
            readings: row.readings,
            failures: row.failures,
            last_error: row.last_error,
            products: row.products,
            variants: row.variants,
            watches: row.watches,
        }
    }
}

impl From<&deliveries::Delivery> for Delivery {
    fn from(row: &deliveries::Delivery) -> Self {
        Self {
            id: row.id,
            kind: row.kind.as_str(),
            state: row.state.as_str(),
            reason: row.reason.clone(),
            to: shown_address(row),
            what: what(row),
            attempts: row.attempts,
            last_error: row.last_error.clone(),
            created_at: row.created_at,
            accepted_at: row.accepted_at,
            expires_at: row.expires_at,
        }
    }
}
