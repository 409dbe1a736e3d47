//! Who changed what that others depend on: kept for good.

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::db::sql::Sql;
use crate::store::db::time::micros;

impl Db {
    /// Notes that `who` (a destination, or `cli`) did `what` to `subject`.
    pub async fn audit(&self, who: &str, what: &str, subject: &str) -> Result<(), StoreError> {
        let txn = self.write().await?;
        let sql = "INSERT INTO audit (at, who, what, subject) VALUES ($1, $2, $3, $4)";
        txn.run(sql, vec![micros(self.now()).into(), who.into(), what.into(), subject.into()]).await?;
        Ok(txn.commit().await?)
    }
}
