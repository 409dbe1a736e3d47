//! One service per SQLite file: a lock file beside it that names the process.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, Write};
use std::path::PathBuf;

use crate::store::db::error::StoreError;
use crate::store::db::file::sqlite_path;

/// Held as long as the service runs; the system lets go of it when the process dies, however it dies.
#[derive(Debug)]
pub struct ServiceLock {
    _file: File,
}

impl ServiceLock {
    /// Takes the lock of the database at `url`. PostgreSQL needs none: leases are its locks.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another service holds it, [`StoreError::Lock`] when the file cannot be made.
    pub fn take(url: &str) -> Result<Option<Self>, StoreError> {
        let Some(path) = lock_path(url) else { return Ok(None) };
        let failed = |why| StoreError::Lock { path: path.clone(), why };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        if file.try_lock().is_err() {
            let mut pid = String::new();
            // Whoever holds it may be writing its number just now; the refusal stands without it.
            let _ = file.read_to_string(&mut pid);
            return Err(StoreError::Locked { path, pid: pid.trim().to_owned() });
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).and_then(|()| file.flush()).map_err(failed)?;
        Ok(Some(Self { _file: file }))
    }
}

fn lock_path(url: &str) -> Option<PathBuf> {
    let mut path = sqlite_path(url)?.into_os_string();
    path.push(".lock");
    Some(path.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_service_is_refused_and_told_whose_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}/a.db", folder.path().display());
        let held = ServiceLock::take(&url).expect("the first takes it");
        let refused = ServiceLock::take(&url).expect_err("the second is refused").to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        drop(held);
        assert!(ServiceLock::take(&url).is_ok());
    }
}
