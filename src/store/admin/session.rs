//! Log-ins to the admin pages. Only hashes of their cookies are stored.

use std::time::Duration;

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::time::Micros;
use crate::store::entities::session::{ActiveModel, Column, Entity as Sessions};

/// Log-ins at once; a further one ends the oldest.
const MOST: u64 = 50;

impl Db {
    /// A log-in, for so long. What is over is removed.
    pub async fn begin_session(&self, token_hash: &str, lasts: Duration) -> Result<(), StoreError> {
        let txn = self.write().await?;
        let now = self.now();
        Sessions::delete_many().filter(Column::ExpiresAt.lte(Micros::from(now))).exec(&txn).await?;
        let newest = Sessions::find().order_by_desc(Column::CreatedAt).order_by_asc(Column::TokenHash).limit(MOST - 1);
        let kept: Vec<String> = newest.select_only().column(Column::TokenHash).into_tuple().all(&txn).await?;
        Sessions::delete_many().filter(Column::TokenHash.is_not_in(kept)).exec(&txn).await?;
        let session = ActiveModel {
            token_hash: Set(token_hash.to_owned()),
            created_at: Set(now.into()),
            expires_at: Set((now + lasts).into()),
        };
        Sessions::insert(session).exec_without_returning(&txn).await?;
        Ok(txn.commit().await?)
    }

    /// Is somebody logged in by it?
    pub async fn is_session(&self, token_hash: &str) -> Result<bool, StoreError> {
        let lasting = Column::ExpiresAt.gt(Micros::from(self.now()));
        Ok(Sessions::find_by_id(token_hash).filter(lasting).count(self.read()).await? > 0)
    }

    /// Logs out.
    pub async fn end_session(&self, token_hash: &str) -> Result<(), StoreError> {
        let txn = self.write().await?;
        Sessions::delete_by_id(token_hash).exec(&txn).await?;
        Ok(txn.commit().await?)
    }
}
