//! A subscriber's wish.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "watch")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose.
    pub subscriber_id: i64,
    /// Of what.
    pub product_id: i64,
    /// Folded; '' for any.
    pub size_key: String,
    /// Folded; '' for any.
    pub style_key: String,
    /// The rules the keys were folded by.
    pub fold_version: i32,
    /// As said.
    pub size: Option<String>,
    /// As said.
    pub style: Option<String>,
    /// Once or every.
    pub mode: String,
    /// Does it wait?.
    pub armed: bool,
    /// Product.restocks when it was armed: later restocks tell it, earlier ones its answer told.
    pub armed_after: i64,
    /// The last restock it was notified of.
    pub notified_restock_id: Option<i64>,
    /// When (µs).
    pub notified_at: Option<i64>,
    /// Μs.
    pub created_at: i64,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
