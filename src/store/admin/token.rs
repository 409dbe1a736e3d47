//! Tokens of the API. Only their hashes are stored.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::FromQueryResult;

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::{at, micros, span};

/// Its last use is written down this often.
const USED_EVERY: Duration = Duration::from_secs(60);

/// A token without itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// The row.
    pub id: i64,
    /// What it is for.
    pub name: String,
    /// May it change anything, or only read?
    pub writes: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was used last, to the minute.
    pub used_at: Option<DateTime<Utc>>,
}

#[derive(FromQueryResult)]
struct TokenRow {
    id: i64,
    name: String,
    writes: bool,
    created_at: i64,
    used_at: Option<i64>,
}

const TOKENS: &str = "SELECT id, name, writes, created_at, used_at FROM api_token";

impl Db {
    /// Stores a token. Says whether its name was free.
    pub async fn add_token(&self, name: &str, token_hash: &str, writes: bool) -> Result<bool, StoreError> {
        let txn = self.write().await?;
        let sql = "INSERT INTO api_token (name, token_hash, writes, created_at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (name) DO NOTHING";
        let values = vec![name.into(), token_hash.into(), writes.into(), micros(self.now()).into()];
        let added = txn.run(sql, values).await?;
        txn.commit().await?;
        Ok(added == 1)
    }

    /// All tokens, by name.
    pub async fn tokens(&self) -> Result<Vec<ApiToken>, StoreError> {
        let rows: Vec<TokenRow> = self.read().rows(&format!("{TOKENS} ORDER BY name"), vec![]).await?;
        Ok(rows.into_iter().map(TokenRow::into_token).collect())
    }

    /// Whose hash that is. Notes that it was used.
    pub async fn token(&self, token_hash: &str) -> Result<Option<ApiToken>, StoreError> {
        let sql = format!("{TOKENS} WHERE token_hash = $1");
        let row: Option<TokenRow> = self.read().row(&sql, vec![token_hash.into()]).await?;
        let Some(token) = row.map(TokenRow::into_token) else { return Ok(None) };
        let now = micros(self.now());
        if token.used_at.is_none_or(|used| micros(used) + span(USED_EVERY) <= now) {
            let txn = self.write().await?;
            txn.run("UPDATE api_token SET used_at = $2 WHERE id = $1", vec![token.id.into(), now.into()]).await?;
            txn.commit().await?;
        }
        Ok(Some(token))
    }

    /// Ends a token. Says whether there was one of that name.
    pub async fn remove_token(&self, name: &str) -> Result<bool, StoreError> {
        let txn = self.write().await?;
        let removed = txn.run("DELETE FROM api_token WHERE name = $1", vec![name.into()]).await?;
        txn.commit().await?;
        Ok(removed == 1)
    }
}

impl TokenRow {
    fn into_token(self) -> ApiToken {
        ApiToken {
            id: self.id,
            name: self.name,
            writes: self.writes,
            created_at: at(self.created_at),
            used_at: self.used_at.map(at),
        }
    }
}
