//! A chat that has another address by now.

use sea_orm::entity::prelude::*;

use crate::store::db::time::Micros;

/// A chat that has another address by now.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "moved_address")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub old_address: String,
    pub new_address: String,
    pub at: Micros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
