//! Open questions: "which of these two?", for ten minutes.

use chrono::{DateTime, Utc};
use sea_orm::{ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter, Set};

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::time::Micros;
pub use crate::store::entities::conversation::Model as Question;
use crate::store::entities::conversation::{ActiveModel, Column, Entity as Conversations};

impl Db {
    /// Asks; a question that was open at this destination is closed by it. Says the row, which buttons carry, so that an
    /// old one does not answer a new question.
    pub async fn ask(
        &self,
        destination_id: i64,
        question: &str,
        choices: &str,
        expires_at: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        let txn = self.write().await?;
        Conversations::delete_many().filter(Column::DestinationId.eq(destination_id)).exec(&txn).await?;
        let asked = ActiveModel {
            destination_id: Set(destination_id),
            question: Set(question.to_owned()),
            choices: Set(choices.to_owned()),
            expires_at: Set(expires_at.into()),
            ..Default::default()
        };
        let id = asked.insert(&txn).await?.id;
        txn.commit().await?;
        Ok(id)
    }

    /// The question that is open at a destination.
    pub async fn open_question(&self, destination_id: i64) -> Result<Option<Question>, DbErr> {
        let is_open = Column::ExpiresAt.gt(Micros::from(self.now()));
        Conversations::find().filter(Column::DestinationId.eq(destination_id)).filter(is_open).one(self.read()).await
    }

    /// Closes a question. `false`: somebody else just did.
    pub async fn close_question(&self, id: i64) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let closed = Conversations::delete_by_id(id).exec(&txn).await?;
        txn.commit().await?;
        Ok(closed.rows_affected == 1)
    }
}
