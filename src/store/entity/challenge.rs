//! A code somebody must type to prove that an address is theirs.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "challenge")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Who.
    pub subscriber_id: i64,
    /// Of the address.
    pub address_hash: String,
    /// The address, sealed.
    pub sealed_address: Option<String>,
    /// Of the code.
    pub code_hash: String,
    /// Wrong codes so far.
    pub tries: i32,
    /// Μs.
    pub expires_at: i64,
    /// Μs.
    pub created_at: i64,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
