//! Extra headers that pages are asked with.

use sea_orm::FromQueryResult;

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;

/// A page that is asked with headers of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The page.
    pub url: String,
    /// Names and values, which may be secrets.
    pub headers: Vec<(String, String)>,
}

impl Db {
    /// All pages that are asked with headers of their own.
    pub async fn headers_sent(&self) -> Result<Vec<Sent>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            url: String,
            headers: String,
        }
        let sql = "SELECT url, headers FROM source WHERE headers <> '[]' ORDER BY url";
        let rows: Vec<Row> = self.read().rows(sql, vec![]).await?;
        rows.into_iter()
            .map(|Row { url, headers }| {
                let headers =
                    serde_json::from_str(&headers).map_err(|why| StoreError::corrupt("source.headers", why))?;
                Ok(Sent { url, headers })
            })
            .collect()
    }
}
