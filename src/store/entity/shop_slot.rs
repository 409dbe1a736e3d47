//! The right to have one request under way at a shop: claimed by lease, on any number of machines.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shop_slot")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The shop.
    pub shop_id: i64,
    /// 1, 2, … up to its concurrency.
    pub slot: i32,
    /// The source it was last claimed for.
    pub source_id: Option<i64>,
    /// The claim.
    pub token: Option<String>,
    /// Free from this time on (µs).
    pub until: i64,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
