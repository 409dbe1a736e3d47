//! A style of goods. Read by one source: the first that read it, while that one lives.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its shop.
    pub shop_id: i64,
    /// The source that reads it.
    pub source_id: i64,
    /// Id:…, handle:…, url:… or title:….
    pub key: String,
    /// The shop's id.
    pub external_id: Option<String>,
    /// The shop's name for it in addresses.
    pub handle: Option<String>,
    /// A stranger's words.
    pub title: String,
    /// Its page.
    pub url: Option<String>,
    /// A picture.
    pub image: Option<String>,
    /// Was it ever read completely?.
    pub read_completely: bool,
    /// Of what the last reading said of it.
    pub digest: Option<String>,
    /// Would the same change nothing?.
    pub settled: bool,
    /// Counts restocks; a watch remembers the count at which it was armed.
    pub restocks: i64,
    /// Μs.
    pub created_at: i64,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
