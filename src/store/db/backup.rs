//! Copies of an SQLite database: consistent while others write, and checked before they are relied on.

use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sea_orm::DbBackend;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, ConnectOptions, Connection};

use crate::store::db::conn::Db;
use crate::store::db::sql::Sql;

/// Why there is no copy, or why one is not used.
#[derive(Debug, thiserror::Error)]
pub enum NotCopied {
    /// PostgreSQL has tools of its own.
    #[error(
        "DATABASE_URL is a PostgreSQL server, which has its own tools: pg_dump --format=custom --file=FILE \"$DATABASE_URL\" \
         and pg_restore --clean --dbname=\"$DATABASE_URL\" FILE"
    )]
    Postgres,
    /// A backup never overwrites anything.
    #[error("{} exists already; choose another name", .0.display())]
    Exists(PathBuf),
    /// The file system.
    #[error("{} cannot be written: {why}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// SQLite.
    #[error("{} cannot be read: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// The copy is damaged.
    #[error("{} is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite's check found first.
        what: String,
    },
    /// Another program's database.
    #[error("{} is not a CoatCheck database", .0.display())]
    Foreign(PathBuf),
}

impl Db {
    /// Writes a copy of the whole database into a new file, readable by this user only. Others may write meanwhile: the copy
    /// is what was committed when it began.
    ///
    /// # Errors
    /// [`NotCopied`]; then there is no file.
    pub async fn backup_into(&self, path: &Path) -> Result<(), NotCopied> {
        if self.backend() != DbBackend::Sqlite {
            return Err(NotCopied::Postgres);
        }
        let io = |why| NotCopied::Io { path: path.to_owned(), why };
        let name = path.to_str().ok_or_else(|| io(std::io::Error::other("its name is not UTF-8")))?;
        // SQLite fills an empty file, and so does not choose its permissions.
        match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(_) => {}
            Err(why) if why.kind() == ErrorKind::AlreadyExists => return Err(NotCopied::Exists(path.to_owned())),
            Err(why) => return Err(io(why)),
        }
        let copied = self.copy_into(path, name).await;
        if copied.is_err() {
            // It is incomplete; the error that is returned matters more than one of this.
            let _ = std::fs::remove_file(path);
        }
        copied
    }

    async fn copy_into(&self, path: &Path, name: &str) -> Result<(), NotCopied> {
        let copied = self.read().run("VACUUM INTO $1", vec![name.into()]).await;
        copied.map_err(|why| NotCopied::Io { path: path.to_owned(), why: std::io::Error::other(why) })?;
        check_copy(path).await?;
        let synced = std::fs::File::open(path).and_then(|file| file.sync_all());
        synced.map_err(|why| NotCopied::Io { path: path.to_owned(), why })
    }
}

/// Is it a whole CoatCheck database?
///
/// # Errors
/// [`NotCopied`], with what is wrong.
pub async fn check_copy(path: &Path) -> Result<(), NotCopied> {
    let unreadable = |why: sqlx::Error| NotCopied::Unreadable { path: path.to_owned(), why: why.to_string() };
    let mut copy = open(path).await.map_err(unreadable)?;
    let found: String =
        sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut copy).await.map_err(unreadable)?;
    if found != "ok" {
        return Err(NotCopied::Damaged { path: path.to_owned(), what: found });
    }
    let known = "SELECT count(*) FROM sqlite_master WHERE name IN ('seaql_migrations', 'delivery', 'source')";
    let tables: i64 = sqlx::query_scalar(known).fetch_one(&mut copy).await.map_err(unreadable)?;
    copy.close().await.map_err(unreadable)?;
    if tables == 3 { Ok(()) } else { Err(NotCopied::Foreign(path.to_owned())) }
}

async fn open(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging().connect().await
}
