//! Browsers that are notified by web push, and that nobody needs any more: who lost one cannot say so.

use std::time::Duration;

use sea_orm::DbErr;

use crate::store::db::conn::Db;
use crate::store::db::sql::Sql;
use crate::store::db::time::{micros, span};

/// People deleted in one transaction: the limit below.
const BATCH: u64 = 200;

/// People whose only address is a browser that its push service has not known since `$1`, or that has watched nothing since
/// then. A closed watch is kept for a while, and holds its person.
const UNNEEDED: &str = "SELECT t.subscriber_id FROM destination t WHERE t.channel = 'push' AND t.created_at < $1 \
     AND ((t.state = 'gone' AND t.gone_at < $1) \
       OR (NOT EXISTS (SELECT 1 FROM watch w WHERE w.subscriber_id = t.subscriber_id) \
         AND NOT EXISTS (SELECT 1 FROM closed_watch c WHERE c.subscriber_id = t.subscriber_id))) \
     AND NOT EXISTS (SELECT 1 FROM destination o WHERE o.subscriber_id = t.subscriber_id AND o.id <> t.id) \
     ORDER BY t.created_at LIMIT 200";

impl Db {
    /// Forgets people with nothing but a browser that has been gone, or has watched nothing, for `age`. Says how many those were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_browsers(&self, age: Duration) -> Result<u64, DbErr> {
        let values = || vec![(micros(self.now()) - span(age)).into()];
        let mut forgotten = 0;
        // Asked as a reader first: mostly there is nobody.
        while self.read().id(UNNEEDED, values()).await?.is_some() {
            let txn = self.write().await?;
            let people = txn.run(&format!("DELETE FROM subscriber WHERE id IN ({UNNEEDED})"), values()).await?;
            txn.commit().await?;
            forgotten += people;
            if people < BATCH {
                break;
            }
        }
        Ok(forgotten)
    }
}
