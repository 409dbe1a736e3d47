//! Free pages: what was deleted or replaced stays in them until somebody overwrites them.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

use crate::store::db::conn::Db;

impl Db {
    /// Writes an SQLite file anew without its free pages, and empties its log: nothing that was deleted is left in either.
    /// PostgreSQL cleans its tables by itself, and keeps its log and its backups as it is set up to.
    ///
    /// # Errors
    /// When another process reads or writes at that moment, or the disk has no room for a second copy.
    pub async fn drop_free_pages(&self) -> Result<(), DbErr> {
        if self.backend() == DbBackend::Sqlite {
            self.raw_writer().execute_unprepared("VACUUM").await?;
            self.raw_writer().execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        }
        Ok(())
    }
}
