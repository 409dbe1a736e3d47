//! An interval during which a variant's availability and price did not change.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "span")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The variant.
    pub variant_id: i64,
    /// What was so.
    pub availability: String,
    /// Minor units.
    pub price_minor: Option<i64>,
    /// Digits of the minor unit.
    pub price_exponent: Option<i32>,
    /// ISO 4217, where told.
    pub currency: Option<String>,
    /// The first reading that said so (µs).
    pub started_at: i64,
    /// The last one written down (µs); see variant.confirmed.
    pub last_seen: i64,
    /// Source.readings at the first.
    pub first_reading: i64,
    /// Source.readings at the last one written down.
    pub last_reading: i64,
    /// When it was known to be over (µs); NULL while open.
    pub ended_at: Option<i64>,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
