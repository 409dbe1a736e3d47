//! One thing that is polled: a URL (or a few) and the reader that understands it.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "source")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its shop.
    pub shop_id: i64,
    /// What was asked for, normalised.
    pub url: String,
    /// Shopify or json; empty until the first reading told.
    pub reader: Option<String>,
    /// The jq program of a json source.
    pub jq: Option<String>,
    /// Further documents for the jq program, a JSON array.
    pub more_urls: String,
    /// Extra request headers, a JSON array of [name, value].
    pub headers: String,
    /// Idle, leased, blocked, gone or paused.
    pub state: String,
    /// Shown on the public board.
    pub listed: bool,
    /// Time between polls (µs).
    pub interval_us: i64,
    /// The beat of the next poll, without jitter (µs).
    pub scheduled_at: i64,
    /// When it is due (µs).
    pub next_poll_at: i64,
    /// The claim of who polls it.
    pub token: Option<String>,
    /// Counts claims; readings are ordered by it.
    pub generation: i64,
    /// Anyone may claim it from this time on (µs).
    pub lease_until: i64,
    /// Failed polls in a row.
    pub failures: i32,
    /// 404 and 410 in a row.
    pub not_found: i32,
    /// What went wrong last, for people.
    pub last_error: Option<String>,
    /// Μs.
    pub last_error_at: Option<i64>,
    /// The last successful reading (µs); open spans of confirmed variants reach to here.
    pub last_read_at: Option<i64>,
    /// Successful readings so far.
    pub readings: i64,
    /// Of the last body: the same bytes say the same.
    pub body_digest: Option<String>,
    /// Would the same reading change nothing?.
    pub settled: bool,
    /// Opaque, as sent.
    pub etag: Option<String>,
    /// As sent.
    pub last_modified: Option<String>,
    /// The kind of the last error: http_500, timeout, bot_wall, ….
    pub fault: Option<String>,
    /// Μs.
    pub created_at: i64,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
