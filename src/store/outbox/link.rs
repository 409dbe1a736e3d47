//! Short links: the row of a variant is all that stands in them, and they lead to what the shop itself said.

use sea_orm::FromQueryResult;
use url::Url;

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;

impl Db {
    /// Where a short link to this variant leads: to its own page, else to its product's.
    pub async fn page_of(&self, variant_id: i64) -> Result<Option<Url>, StoreError> {
        #[derive(FromQueryResult)]
        struct Row {
            url: Option<String>,
        }
        let sql =
            "SELECT COALESCE(v.url, p.url) AS url FROM variant v JOIN product p ON p.id = v.product_id WHERE v.id = $1";
        let row: Option<Row> = self.read().row(sql, vec![variant_id.into()]).await?;
        let url = row.and_then(|row| row.url).and_then(|url| Url::parse(&url).ok());
        Ok(url.filter(|url| matches!(url.scheme(), "http" | "https")))
    }
}
