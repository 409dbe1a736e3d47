//! Who changed what.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Μs.
    pub at: i64,
    /// A destination, or cli.
    pub who: String,
    /// Shop add, replay, ….
    pub what: String,
    /// On what.
    pub subject: String,
    /// How.
    pub detail: Option<String>,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
