//! One address of a subscriber on one channel.

use sea_orm::entity::prelude::*;

use crate::store::db::time::Micros;

/// One address of a subscriber on one channel.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "destination")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    pub subscriber_id: i64,
    pub channel: String,
    pub address: String,
    pub sealed: Option<String>,
    pub look_up: Option<String>,
    pub country: Option<String>,
    pub zones: Option<String>,
    pub anytime: bool,
    pub lane: String,
    pub rank: i32,
    pub state: String,
    pub gone_why: Option<String>,
    pub gone_at: Option<Micros>,
    pub secret: Option<String>,
    pub created_at: Micros,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "destination {}", self.id)
    }
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
