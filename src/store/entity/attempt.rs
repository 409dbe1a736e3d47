//! One request for one delivery.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempt")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The delivery.
    pub delivery_id: i64,
    /// 1, 2, ….
    pub number: i32,
    /// Μs.
    pub started_at: i64,
    /// Μs.
    pub ended_at: i64,
    /// Sent, retry, give_up, address_gone or unknown.
    pub outcome: String,
    /// What happened.
    pub error: Option<String>,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
