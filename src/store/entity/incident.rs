//! Trouble that operators are notified of, once at its beginning and once at its end.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "incident")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Shop_failing, lane_down, ….
    pub kind: String,
    /// Which shop or lane.
    pub subject: String,
    /// Counts what was told.
    pub version: i32,
    /// For people.
    pub text: String,
    /// Μs.
    pub opened_at: i64,
    /// Μs.
    pub closed_at: Option<i64>,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
