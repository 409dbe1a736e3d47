//! The file of an SQLite database: made for its owner alone, and known again.

use std::path::{Path, PathBuf};

/// An SQLite file, and which one it was when it was opened.
#[derive(Debug, Clone)]
pub struct DatabaseFile {
    path: PathBuf,
    opened: Option<Identity>,
}

/// What a file stays under whatever name.
type Identity = (u64, u64);

/// The file behind an SQLite address, if it is one.
#[must_use]
pub fn sqlite_path(url: &str) -> Option<PathBuf> {
    let rest = url.strip_prefix("sqlite:")?;
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let path = rest.split_once('?').map_or(rest, |(path, _)| path);
    (!path.is_empty() && path != ":memory:").then(|| Path::new(path).to_path_buf())
}

impl DatabaseFile {
    /// Makes the file behind `url`, if there is none, or takes it from everybody but its owner: it holds secrets and what
    /// people wait for. SQLite gives its log and its index beside it the same rights.
    #[must_use]
    pub(super) fn prepare(url: &str) -> Option<Self> {
        let path = sqlite_path(url)?;
        make_private(&path);
        Some(Self { path, opened: None })
    }

    /// It was opened just now.
    pub(super) fn opened(self) -> Self {
        Self { opened: identity(&self.path), ..self }
    }

    /// What is wrong, if another file stands at its path, or none.
    pub(super) fn lost(&self) -> Option<String> {
        let now = identity(&self.path);
        if self.opened.is_none() || now == self.opened {
            return None;
        }
        let what = if now.is_some() { "was replaced by another file" } else { "was deleted or moved away" };
        Some(format!(
            "the database file {} {what} while coatcheck runs: what is stored now is lost when it stops. Put the file back, or \
             stop coatcheck and restore a backup",
            self.path.display()
        ))
    }
}

/// Lets nobody else read the file. What cannot be done here is left to SQLite, which says why in words people know; a file
/// that may not be written stays so.
#[cfg(unix)]
fn make_private(path: &Path) {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let Ok(known) = std::fs::metadata(&name) else { continue };
        let mode = known.permissions().mode();
        if known.is_file() && mode & 0o077 != 0 {
            let _ = std::fs::set_permissions(&name, std::fs::Permissions::from_mode(mode & 0o700));
        }
    }
}

#[cfg(not(unix))]
fn make_private(_path: &Path) {}

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata(path).ok().map(|known| (known.dev(), known.ino()))
}

#[cfg(not(unix))]
fn identity(_path: &Path) -> Option<Identity> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).expect("there").permissions().mode() & 0o777
    }

    #[test]
    fn a_database_is_its_owners_alone_also_one_that_was_open_to_all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        let url = format!("sqlite://{}", path.display());
        DatabaseFile::prepare(&url).expect("made");
        assert_eq!(mode(&path), 0o600);
        let wal = folder.path().join("a.db-wal");
        std::fs::write(&wal, "").expect("written");
        for file in [&path, &wal] {
            std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).expect("set");
        }
        DatabaseFile::prepare(&url).expect("taken");
        assert_eq!([mode(&path), mode(&wal)], [0o600, 0o600]);
    }

    #[test]
    fn a_file_that_is_deleted_or_replaced_is_noticed_and_its_return_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, away) = (folder.path().join("a.db"), folder.path().join("b.db"));
        let file = DatabaseFile::prepare(&format!("sqlite://{}", path.display())).expect("a file").opened();
        assert_eq!(file.lost(), None);
        std::fs::rename(&path, &away).expect("moved");
        assert!(file.lost().is_some_and(|why| why.contains("deleted or moved")));
        std::fs::write(&path, "another").expect("written");
        assert!(file.lost().is_some_and(|why| why.contains("replaced")));
        std::fs::rename(&away, &path).expect("moved back");
        assert_eq!(file.lost(), None);
    }
}
