//! Append-only: who allowed or forbade texts. Holds hashes.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "consent")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// By the look-up key.
    pub phone_hash: String,
    /// Of that key.
    pub key_id: String,
    /// Start, stop, anytime, ….
    pub said: String,
    /// Text, code, web, carrier.
    pub how: String,
    /// Μs.
    pub at: i64,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
