//! `backup` and `restore`: a copy of the SQLite database while the service runs, and back while it does not.

use std::path::{Path, PathBuf};

use super::args;
use super::failure::{Failure, Outcome};
use super::out;
use crate::app::{App, KeyPlace, key_place};
use crate::config::Settings;
use crate::store::db::backup::{NotCopied, check_copy};
use crate::store::db::file::sqlite_path;
use crate::store::lock::ServiceLock;

/// Copies the database.
///
/// # Errors
/// Status 4 on PostgreSQL and where the file exists, 1 when it cannot be written.
pub(super) async fn backup(app: &App, args: args::Backup) -> Outcome {
    app.db.backup_into(&args.file).await?;
    let size = std::fs::metadata(&args.file).map(|file| file.len()).unwrap_or_default();
    out::line(&format!("{} is a complete copy ({} KB) and was checked.", args.file.display(), size.div_ceil(1024)))?;
    match key_place(&app.settings) {
        Some(KeyPlace::File(path)) => out::line(&format!(
            "It does not contain the key, {}. Keep a copy of the key somewhere else: without it phone numbers and webhook \
             secrets are lost.",
            path.display()
        )),
        _ => {
            out::line("It does not contain COATCHECK_KEY. Without the key phone numbers and webhook secrets are lost.")
        }
    }
}

/// Replaces the database by a copy that was checked first.
///
/// # Errors
/// Status 4 while a service runs, 1 when the copy cannot be used; then nothing has changed.
pub(super) async fn restore(settings: Settings, args: args::Restore) -> Outcome {
    let Some(database) = sqlite_path(&settings.database_url) else { return Err(NotCopied::Postgres.into()) };
    let _lock = ServiceLock::take(&settings.database_url)?;
    let unreadable = |why| Failure::failed(format!("{} cannot be read: {why}", args.file.display()));
    std::fs::File::open(&args.file).map_err(unreadable)?;
    check_copy(&args.file).await?;
    let copy = beside(&database, ".restoring");
    let result = prepare(&settings, &args.file, &copy).await;
    let result = result.and_then(|()| swap(&database, &copy));
    // After a swap they are gone already.
    for end in ["", "-wal", "-shm", ".lock"] {
        let _ = std::fs::remove_file(beside(&copy, end));
    }
    let kept = result?;
    out::line(&format!("{} is restored from {}.", database.display(), args.file.display()))?;
    match kept {
        Some(kept) => out::line(&format!("The previous database is kept as {}.", kept.display())),
        None => Ok(()),
    }
}

/// A copy that this version and this key can open.
async fn prepare(settings: &Settings, file: &Path, copy: &Path) -> Outcome {
    let failed = |why| Failure::failed(format!("{} cannot be copied to {}: {why}", file.display(), copy.display()));
    std::fs::copy(file, copy).map_err(failed)?;
    std::fs::File::open(copy).and_then(|file| file.sync_all()).map_err(failed)?;
    let key = match key_place(settings) {
        Some(KeyPlace::File(path)) => std::fs::read_to_string(path).ok().map(Into::into),
        _ => settings.key.clone(),
    };
    let has_key = key.is_some();
    let settings = Settings { database_url: format!("sqlite://{}", copy.display()), key, ..settings.clone() };
    let opened = if has_key {
        App::open(settings).await
    } else {
        let app = App::open_unchecked(settings).await?;
        if app.db.is_signed().await? {
            return Err(Failure::failed(
                "the backup is encrypted with a key that is not here; put its key file beside the database, or set \
                 COATCHECK_KEY, and try again",
            ));
        }
        Ok(app)
    };
    opened?.db.close().await;
    Ok(())
}

/// Puts the copy in the database's place, which keeps what was there. Says where.
fn swap(database: &Path, copy: &Path) -> Result<Option<PathBuf>, Failure> {
    let kept = beside(database, ".before-restore");
    let renamed = |from: &Path, to: &Path| match std::fs::rename(from, to) {
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::failed(format!("{} cannot be renamed to {}: {why}", from.display(), to.display())))
        }
        other => Ok(other.is_ok()),
    };
    // The log belongs to its database: beside another one it would damage it.
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(beside(&kept, end));
        renamed(&beside(database, end), &beside(&kept, end))?;
    }
    let had_one = renamed(database, &kept)?;
    renamed(copy, database)?;
    Ok(had_one.then_some(kept))
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
