//! An open question.

use sea_orm::entity::prelude::*;

use crate::store::db::time::Micros;

/// An open question.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conversation")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// To whom.
    pub destination_id: i64,
    /// What was asked.
    pub question: String,
    /// What each answer does, as JSON that only `commands` reads.
    pub choices: String,
    /// Until when an answer counts.
    pub expires_at: Micros,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
