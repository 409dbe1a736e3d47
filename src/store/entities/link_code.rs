//! A code by which a second chat becomes the same subscriber's.

use sea_orm::entity::prelude::*;

use crate::store::db::time::Micros;

/// A code by which a second chat becomes the same subscriber's.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "link_code")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    pub subscriber_id: i64,
    pub code: String,
    pub expires_at: Micros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
