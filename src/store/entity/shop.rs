//! A store front: the owner of politeness.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shop")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// `host` or `host:port`, as in the Host header.
    pub host: String,
    /// No request to this shop before this time (µs): Retry-After and the breaker.
    pub not_before: i64,
    /// Failed polls in a row, over all its sources.
    pub failures: i32,
    /// Μs.
    pub created_at: i64,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
