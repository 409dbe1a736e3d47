//! Open questions: "which of these two?", for ten minutes.

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, FromQueryResult};

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::micros;

/// A question that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Question {
    /// The row; buttons carry it, so that an old button does not answer a new question.
    pub id: i64,
    /// What was asked.
    pub question: String,
    /// What each answer does, as JSON that only `commands` reads.
    pub choices: String,
}

impl Db {
    /// Asks; a question that was open at this destination is closed by it. Says the row.
    pub async fn ask(
        &self,
        destination_id: i64,
        question: &str,
        choices: &str,
        expires_at: DateTime<Utc>,
    ) -> Result<i64, StoreError> {
        let txn = self.write().await?;
        txn.run("DELETE FROM conversation WHERE destination_id = $1", vec![destination_id.into()]).await?;
        let sql = "INSERT INTO conversation (destination_id, question, choices, expires_at) \
                   VALUES ($1, $2, $3, $4) RETURNING id";
        let values = vec![destination_id.into(), question.into(), choices.into(), micros(expires_at).into()];
        let id = txn.id(sql, values).await?.ok_or_else(|| StoreError::corrupt("conversation", "no row"))?;
        txn.commit().await?;
        Ok(id)
    }

    /// The question that is open at a destination.
    pub async fn open_question(&self, destination_id: i64) -> Result<Option<Question>, DbErr> {
        let sql = "SELECT id, question, choices FROM conversation WHERE destination_id = $1 AND expires_at > $2";
        self.read().row(sql, vec![destination_id.into(), micros(self.now()).into()]).await
    }

    /// Closes a question. `false`: somebody else just did.
    pub async fn close_question(&self, id: i64) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let closed = txn.run("DELETE FROM conversation WHERE id = $1", vec![id.into()]).await?;
        txn.commit().await?;
        Ok(closed == 1)
    }
}
