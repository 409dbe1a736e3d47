//! What the owner of a phone allowed or forbade.

use sea_orm::entity::prelude::*;

use crate::store::db::time::Micros;

/// What the owner of a phone allowed or forbade.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consent")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    pub phone_hash: String,
    pub key_id: String,
    pub said: String,
    pub how: String,
    pub at: Micros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
