//! The root keys: from `COATCHECK_KEY`, or from a file beside the SQLite database that is created if it is missing.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use crate::config::Settings;
use crate::engine::Rng;
use crate::store::db::file::sqlite_path;
use crate::store::people::keys::{Keys, NotAKey};

/// Where a root key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// The setting.
    Setting,
    /// A file of ours.
    File(PathBuf),
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum NoKeys {
    /// The setting cannot be read.
    #[error("COATCHECK_KEY: {0}")]
    Setting(NotAKey),
    /// The file cannot be read as keys.
    #[error("{}: {why}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: NotAKey,
    },
    /// The file cannot be read or made.
    #[error("the key file {} cannot be used: {why}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// Twilio is set up, and there is no key for phone numbers.
    #[error("COATCHECK_KEY must be set to send texts with PostgreSQL; `openssl rand -hex 32` makes a key")]
    Needed,
    /// The database has encrypted data, and its key is missing.
    #[error(
        "{} is missing, and phone numbers in this database are encrypted with it: restore the file from its copy, or set \
         COATCHECK_KEY", path.display()
    )]
    Lost {
        /// The file.
        path: PathBuf,
    },
}

/// Where the keys of these settings are: nowhere for PostgreSQL without `COATCHECK_KEY`.
#[must_use]
pub fn key_place(settings: &Settings) -> Option<KeyPlace> {
    if settings.key.is_some() {
        return Some(KeyPlace::Setting);
    }
    let mut path = sqlite_path(&settings.database_url)?.into_os_string();
    path.push(".key");
    Some(KeyPlace::File(path.into()))
}

/// Reads the keys, and makes the first one. `sealed` says whether the database holds what was sealed already.
///
/// # Errors
/// [`NoKeys`], in words for who started it.
pub(super) fn keys(settings: &Settings, rng: &Rng, sealed: bool) -> Result<Option<Keys>, NoKeys> {
    match key_place(settings) {
        None if settings.twilio.is_some() => Err(NoKeys::Needed),
        None => Ok(None),
        Some(KeyPlace::Setting) => {
            let text = settings.key.clone().unwrap_or_default();
            Keys::parse(&text).map(Some).map_err(NoKeys::Setting)
        }
        Some(KeyPlace::File(path)) => from_file(&path, rng, sealed).map(Some),
    }
}

fn from_file(path: &Path, rng: &Rng, sealed: bool) -> Result<Keys, NoKeys> {
    let broken = |why| NoKeys::Io { path: path.to_owned(), why };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(why) if why.kind() == io::ErrorKind::NotFound && sealed => {
            return Err(NoKeys::Lost { path: path.to_owned() });
        }
        Err(why) if why.kind() == io::ErrorKind::NotFound => {
            let new = rng.key();
            match write(path, &new, true) {
                Ok(()) => new.expose_secret().to_owned(),
                // Another process was faster: its key is the key.
                Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {
                    std::fs::read_to_string(path).map_err(broken)?
                }
                Err(why) => return Err(broken(why)),
            }
        }
        Err(why) => return Err(broken(why)),
    };
    Keys::parse(&SecretString::from(text)).map_err(|why| NoKeys::File { path: path.to_owned(), why })
}

/// Writes keys so that they are there whole or not at all, for this user alone. `new`: only if there is no such file.
///
/// # Errors
/// When the file system does not let us.
pub fn write(path: &Path, keys: &SecretString, new: bool) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut named = path.as_os_str().to_owned();
    named.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(named);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(keys.expose_secret().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    let placed = if new { std::fs::hard_link(&beside, path) } else { std::fs::rename(&beside, path) };
    // After a rename it is gone already.
    let _ = std::fs::remove_file(&beside);
    placed?;
    std::fs::File::open(folder)?.sync_all()
}
