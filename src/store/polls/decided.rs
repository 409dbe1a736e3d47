//! What people decide of a source: whether it is kept and shown, and how its products are called.

use coatcheck_domain::reading::made_up_title;
use sea_orm::{DbErr, FromQueryResult};
use url::Url;

use crate::store::db::conn::{Db, Txn};
use crate::store::db::sql::Sql;
use crate::store::db::wake::Topic;

impl Db {
    /// Keeps a candidate although it was not read well yet.
    pub async fn keep_source(&self, id: i64) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let sql =
            "UPDATE source SET state = 'idle', edit = edit + 1, edited = TRUE WHERE id = $1 AND state = 'candidate'";
        let kept = txn.run(sql, vec![id.into()]).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Sources);
        Ok(kept == 1)
    }

    /// Shows a source's products on the public board, or does not.
    pub async fn list_source(&self, id: i64, listed: bool) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let sql = "UPDATE source SET listed = $2, edit = edit + 1, edited = TRUE WHERE id = $1 AND listed <> $2";
        let changed = txn.run(sql, vec![id.into(), listed.into()]).await?;
        txn.commit().await?;
        self.wake().ring(Topic::Sources);
        Ok(changed == 1)
    }

    /// Gives a product a short word. Says whether it is new. A product whose shop gives no title is called by its first.
    pub async fn add_alias(&self, product_id: i64, word: &str, text: &str) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let sql =
            "INSERT INTO alias (product_id, word, text) VALUES ($1, $2, $3) ON CONFLICT (word, product_id) DO NOTHING";
        let added = txn.run(sql, vec![product_id.into(), word.into(), text.into()]).await?;
        rename_if_made_up(&txn, product_id, text).await?;
        txn.commit().await?;
        Ok(added == 1)
    }

    /// Takes a short word away from a product.
    pub async fn remove_alias(&self, product_id: i64, word: &str) -> Result<bool, DbErr> {
        let txn = self.write().await?;
        let sql = "DELETE FROM alias WHERE product_id = $1 AND word = $2";
        let removed = txn.run(sql, vec![product_id.into(), word.into()]).await?;
        txn.commit().await?;
        Ok(removed == 1)
    }
}

async fn rename_if_made_up(txn: &Txn, product_id: i64, text: &str) -> Result<(), DbErr> {
    #[derive(FromQueryResult)]
    struct Named {
        title: String,
        url: String,
    }
    let sql = "SELECT p.title, s.url FROM product p JOIN source s ON s.id = p.source_id WHERE p.id = $1";
    let named: Option<Named> = txn.row(sql, vec![product_id.into()]).await?;
    let made_up = named.is_some_and(|named| Url::parse(&named.url).is_ok_and(|url| made_up_title(&url) == named.title));
    if made_up {
        txn.run("UPDATE product SET title = $2 WHERE id = $1", vec![product_id.into(), text.into()]).await?;
    }
    Ok(())
}
