//! One buyable combination of a product's options.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "variant")]
pub struct Model {
    /// The row.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its product.
    pub product_id: i64,
    /// Id:…, sku:…, options:… or default.
    pub key: String,
    /// The shop's id.
    pub external_id: Option<String>,
    /// The shop's article number.
    pub sku: Option<String>,
    /// The shop's name for the combination.
    pub title: Option<String>,
    /// A JSON array of [name, value].
    pub options: String,
    /// The options folded, by which a re-created variant is known again.
    pub options_key: String,
    /// The shop's words.
    pub size: Option<String>,
    /// The shop's words.
    pub style: Option<String>,
    /// Folded; '' for none.
    pub size_key: String,
    /// Folded; '' for none.
    pub style_key: String,
    /// The rules the keys were folded by.
    pub fold_version: i32,
    /// A link to it.
    pub url: Option<String>,
    /// A picture of it.
    pub image: Option<String>,
    /// How many are left, where told.
    pub quantity: Option<i64>,
    /// The shop's order.
    pub position: i32,
    /// What its open span says; NULL while nothing definite was said.
    pub availability: Option<String>,
    /// Did the last reading say what its open span says? Then the span reaches to source.last_read_at.
    pub confirmed: bool,
    /// Complete readings in a row that lacked it.
    pub missing: i32,
    /// Readings in a row that said buyable and were not yet believed.
    pub unconfirmed: i32,
}

/// None: joins are written where they are asked.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
