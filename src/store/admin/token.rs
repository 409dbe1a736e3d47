//! Tokens of the API. Only their hashes are stored.

use std::time::Duration;

use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, Set};

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
pub use crate::store::entities::api_token::Model as ApiToken;
use crate::store::entities::api_token::{ActiveModel, Column, Entity as Tokens};

/// Its last use is written down this often.
const USED_EVERY: Duration = Duration::from_secs(60);

impl Db {
    /// Stores a token. Says whether its name was free.
    pub async fn add_token(&self, name: &str, token_hash: &str, writes: bool) -> Result<bool, StoreError> {
        let txn = self.write().await?;
        let token = ActiveModel {
            name: Set(name.to_owned()),
            token_hash: Set(token_hash.to_owned()),
            writes: Set(writes),
            created_at: Set(self.now().into()),
            ..Default::default()
        };
        let taken = OnConflict::column(Column::Name).do_nothing().to_owned();
        let added = Tokens::insert(token).on_conflict(taken).exec_without_returning(&txn).await?;
        txn.commit().await?;
        Ok(added == 1)
    }

    /// All tokens, by name.
    pub async fn tokens(&self) -> Result<Vec<ApiToken>, StoreError> {
        Ok(Tokens::find().order_by_asc(Column::Name).all(self.read()).await?)
    }

    /// Whose hash that is. Notes that it was used.
    pub async fn token(&self, token_hash: &str) -> Result<Option<ApiToken>, StoreError> {
        let found = Tokens::find().filter(Column::TokenHash.eq(token_hash)).one(self.read()).await?;
        let Some(token) = found else { return Ok(None) };
        let now = self.now();
        if token.used_at.is_none_or(|used| used.at() + USED_EVERY <= now) {
            let txn = self.write().await?;
            let mut used = token.clone().into_active_model();
            used.used_at = Set(Some(now.into()));
            Tokens::update_many().set(used).filter(Column::Id.eq(token.id)).exec(&txn).await?;
            txn.commit().await?;
        }
        Ok(Some(token))
    }

    /// Ends a token. Says whether there was one of that name.
    pub async fn remove_token(&self, name: &str) -> Result<bool, StoreError> {
        let txn = self.write().await?;
        let removed = Tokens::delete_many().filter(Column::Name.eq(name)).exec(&txn).await?;
        txn.commit().await?;
        Ok(removed.rows_affected == 1)
    }
}
