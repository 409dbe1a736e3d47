//! A person or a room that is notified.

use sea_orm::entity::prelude::*;

use crate::store::db::time::Micros;

/// A person or a room that is notified.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "subscriber")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    pub kind: String,
    pub paused_until: Micros,
    pub admitted_at: Option<Micros>,
    pub banned_at: Option<Micros>,
    pub most_watches: Option<i64>,
    pub most_addresses: Option<i64>,
    pub created_at: Micros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
