//! A key of a program to the API.

use sea_orm::entity::prelude::*;

use crate::store::db::time::Micros;

/// A key of a program to the API.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_token")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What it is for.
    pub name: String,
    /// Of the token, which is shown once.
    pub token_hash: String,
    /// May it change anything, or only read?
    pub writes: bool,
    /// When it was made.
    pub created_at: Micros,
    /// When it was used last, to the minute.
    pub used_at: Option<Micros>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
