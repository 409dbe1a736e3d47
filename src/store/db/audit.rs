//! Who changed what that others depend on: kept for good.

use sea_orm::{ActiveModelTrait, Set};

use crate::store::db::conn::Db;
use crate::store::db::error::StoreError;
use crate::store::entities::audit;

impl Db {
    /// Notes that `who` (a destination, or `cli`) did `what` to `subject`.
    pub async fn audit(&self, who: &str, what: &str, subject: &str) -> Result<(), StoreError> {
        let txn = self.write().await?;
        let line = audit::ActiveModel {
            at: Set(self.now().into()),
            who: Set(who.to_owned()),
            what: Set(what.to_owned()),
            subject: Set(subject.to_owned()),
            ..Default::default()
        };
        line.insert(&txn).await?;
        Ok(txn.commit().await?)
    }
}
