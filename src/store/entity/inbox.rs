//! What platforms told us, kept before it is acknowledged.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inbox")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Discord, telegram, ….
    pub platform: String,
    /// The platform's id of it.
    pub external_id: String,
    /// As it came.
    pub payload: String,
    /// Μs.
    pub received_at: i64,
    /// Μs.
    pub done_at: Option<i64>,
    /// What must be done in order has the same.
    pub chat: String,
    /// Somebody is at it until then (µs); 0: nobody.
    pub held_until: i64,
    /// How often it was begun.
    pub attempts: i32,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
