//! Opens the connections: how each database is spoken to, and what is said when it cannot be opened.

use std::time::{Duration, Instant};

use sea_orm::sqlx::Connection;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use crate::store::db::error::StoreError;
use crate::store::db::trouble::Trouble;

/// How durable SQLite is. Tests that crash processes need the truth; tests by the thousand need speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A commit survives a power cut.
    Full,
    /// A commit survives a killed process only.
    Process,
}

/// Commands that come at once to a new file wait for each other for so long.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_millis(20);

/// Who makes the file's log, or closes it last, holds all of it for a moment; SQLite does not wait for that by itself.
pub(super) async fn connect(
    url: &str,
    connections: u32,
    durability: Durability,
    trouble: Trouble,
) -> Result<DatabaseConnection, StoreError> {
    let began = Instant::now();
    loop {
        let why = match Database::connect(options(url, connections, durability, trouble.clone())).await {
            Ok(connection) => return Ok(connection),
            Err(why) => why.to_string(),
        };
        if code_of(&why) != Some(SQLITE_BUSY) || began.elapsed() > BUSY_TIMEOUT {
            return Err(StoreError::Open { url: without_password(url), why: plainly(&why) });
        }
        tokio::time::sleep(AGAIN).await;
    }
}

fn options(url: &str, connections: u32, durability: Durability, trouble: Trouble) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(!url.starts_with("sqlite:"))
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(match durability {
                    Durability::Full => SqliteSynchronous::Full,
                    Durability::Process => SqliteSynchronous::Off,
                })
                .foreign_keys(true)
                // All that claims and ends of polls touch of ten thousand sources; SQLite's own 2 MB (in KiB, hence the
                // minus) would be read anew from the file with each of them.
                .pragma("cache_size", "-16384")
                // What goes together (`store::db::together`) is kept prepared as one; the driver's own hundred are too few.
                .statement_cache_capacity(256)
                .busy_timeout(Duration::from_secs(10))
        })
        // "relation already exists, skipping" is no news to anybody.
        .map_sqlx_postgres_opts(|postgres| postgres.options([("client_min_messages", "warning")]))
        // SQLite rolls a transaction back by itself when the disk is full. The driver counts it as open all the same, and
        // would from then on make savepoints that no commit ever follows: such a connection is not used again.
        .map_sqlx_sqlite_pool_opts(move |pool| {
            let trouble = trouble.clone();
            pool.after_release(move |connection, _| {
                let is_sound = !connection.is_in_transaction() && trouble.now().is_none();
                Box::pin(std::future::ready(Ok(is_sound)))
            })
        });
    options
}

/// The database's own words with what a person can do, where SQLite's result code (sqlite.org/rescode.html) tells.
fn plainly(why: &str) -> String {
    let words = words_of(why);
    let advice = match code_of(why) {
        Some(14) => "; is its folder there, and may this user write in it?",
        Some(8) => "; may this user write to it?",
        Some(26) => "; it is something else and is left as it is",
        Some(10 | 11) => DAMAGED,
        _ => "",
    };
    format!("{words}{advice}")
}

const SQLITE_BUSY: u32 = 5;

fn words_of(why: &str) -> &str {
    why.rsplit_once("error returned from database: ").map_or(why, |(_, words)| words)
}

/// SQLite's result code. An extended one holds the plain one in its lowest byte.
fn code_of(why: &str) -> Option<u32> {
    let (code, _) = words_of(why).strip_prefix("(code: ")?.split_once(')')?;
    code.parse::<u32>().ok().map(|code| code & 0xff)
}

/// What can be done about a file that is damaged, or whose log is.
pub(super) const DAMAGED: &str = "; the file, or the -wal file beside it, is damaged: keep copies of both, then put a backup back, or move them away \
     and start anew";

pub(super) fn without_password(url: &str) -> String {
    let Ok(mut parsed) = url::Url::parse(url) else { return url.to_owned() };
    if parsed.password().is_some() && parsed.set_password(Some("***")).is_err() {
        return parsed.scheme().to_owned();
    }
    parsed.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_opened_is_answered_with_what_can_be_done() {
        let said = |words: &str| plainly(&format!("error returned from database: {words}"));
        insta::assert_snapshot!(said("(code: 11) database disk image is malformed"), @"(code: 11) database disk image is malformed; the file, or the -wal file beside it, is damaged: keep copies of both, then put a backup back, or move them away and start anew");
        assert!(said("(code: 266) disk I/O error").ends_with("start anew"), "a log that was cut short");
        assert!(said("(code: 26) file is not a database").ends_with("is left as it is"));
        assert!(said("(code: 14) unable to open database file").ends_with("may this user write in it?"));
        assert_eq!(plainly("pool timed out"), "pool timed out");
    }
}
