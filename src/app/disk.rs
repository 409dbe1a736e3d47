//! How much room is left where the database is.

use std::path::Path;

use crate::engine::watchdog::Room;
use crate::store::db::file::sqlite_path;

/// Room on the disk of an SQLite file; nothing for a server, or where the system does not say.
#[cfg(unix)]
pub(super) fn room(database_url: &str) -> Option<Room> {
    let path = sqlite_path(database_url)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(Room { free: disk.f_bavail.saturating_mul(disk.f_frsize), size: disk.f_blocks.saturating_mul(disk.f_frsize) })
}

#[cfg(not(unix))]
pub(super) fn room(_database_url: &str) -> Option<Room> {
    None
}
