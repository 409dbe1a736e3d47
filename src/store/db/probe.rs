//! Asks the database whether it still does what it is told.

use sea_orm::DbErr;

use crate::store::db::conn::Db;
use crate::store::db::setting;
use crate::store::db::time::micros;

impl Db {
    /// Stores something, to see whether that can be done. A transaction that changes nothing succeeds on a full disk too.
    pub async fn try_writing(&self) -> Result<(), DbErr> {
        let txn = self.write().await?;
        setting::set(&txn, "written_to_try", micros(self.now()).to_string()).await?;
        txn.commit().await
    }

    /// Is the SQLite file still the one that was opened? What is written to a file that was deleted or moved away is lost
    /// when the service ends, and nobody else sees it. While it is so, the database counts as failing.
    pub fn look_after_file(&self) {
        if let Some(file) = self.file() {
            self.trouble().file_is_lost(file.lost());
        }
    }
}
