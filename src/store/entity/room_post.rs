//! One post per room, product and episode, edited to what is true.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "room_post")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The room.
    pub subscriber_id: i64,
    /// The product.
    pub product_id: i64,
    /// The restock it began with.
    pub episode: i64,
    /// The platform's id of the post.
    pub provider_ref: Option<String>,
    /// What should be shown.
    pub wanted_version: i32,
    /// What is shown.
    pub sent_version: i32,
    /// Μs; a deleted post is not posted again.
    pub deleted_at: Option<i64>,
    /// Μs.
    pub ended_at: Option<i64>,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
