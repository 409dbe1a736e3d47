//! All restocks of one product confirmed by one reading: the unit of telling.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "restock")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The product.
    pub product_id: i64,
    /// Product.restocks after this one.
    pub number: i64,
    /// When the shop's answer was complete in our hands (µs).
    pub read_at: i64,
    /// When it was stored (µs).
    pub created_at: i64,
    /// The alert that lists all of it, as JSON.
    pub snapshot: String,
    /// The last watch the fan-out has passed; moves with its rows.
    pub cursor: i64,
    /// When the fan-out ended (µs).
    pub done_at: Option<i64>,
    /// Something it brought back is out again: when its alerts are to be looked at (µs).
    pub gone_check_at: Option<i64>,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
