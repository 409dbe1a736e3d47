//! One address of a subscriber on one channel.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "destination")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose.
    pub subscriber_id: i64,
    /// Console, webhook, discord, telegram, slack or sms.
    pub channel: String,
    /// As people write it; phones are never here in full.
    pub address: String,
    /// The sending identity that reaches it.
    pub lane: String,
    /// 0 is tried first.
    pub rank: i32,
    /// Active or gone.
    pub state: String,
    /// What the platform said.
    pub gone_why: Option<String>,
    /// A webhook's signing secret.
    pub secret: Option<String>,
    /// Μs.
    pub created_at: i64,
    /// A phone's number, sealed.
    pub sealed: Option<String>,
    /// A phone's hash, as in `consent`.
    pub look_up: Option<String>,
    /// A phone's country.
    pub country: Option<String>,
    /// A phone's zones, parted by commas.
    pub zones: Option<String>,
    /// May be texted at night.
    pub anytime: bool,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
