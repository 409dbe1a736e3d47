//! Who changed what.

use sea_orm::entity::prelude::*;

use crate::store::db::time::Micros;

/// Who changed what.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// When.
    pub at: Micros,
    /// A destination, `cli`, `web`, or `api:` and a token's name.
    pub who: String,
    /// What was done.
    pub what: String,
    /// To what.
    pub subject: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
