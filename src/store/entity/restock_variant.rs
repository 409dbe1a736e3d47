//! A confirmed edge of one variant into in_stock or low_stock.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "restock_variant")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The restock it belongs to.
    pub restock_id: i64,
    /// The variant.
    pub variant_id: i64,
    /// What it was before.
    pub was: String,
    /// What it became.
    pub availability: String,
    /// Μs.
    pub at: i64,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
