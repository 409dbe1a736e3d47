//! What somebody tried lately, where that is bounded.

use sea_orm::entity::prelude::*;

use crate::store::db::time::Micros;

/// What somebody tried lately, where that is bounded.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "allowance")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    pub what: String,
    pub who: String,
    pub at: Micros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
