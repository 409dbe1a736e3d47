//! The database and its key.

use std::os::unix::fs::PermissionsExt;

use super::Finding;
use crate::app::{App, KeyPlace, key_place};

/// Where the key is, and who can read it. That it fits the database was checked when that was opened.
pub(super) fn key(app: &App) -> Finding {
    match key_place(&app.settings) {
        None => Finding::good("key", "none: COATCHECK_KEY is needed on PostgreSQL before phones can be used"),
        Some(KeyPlace::Setting) => {
            Finding::good("key", "COATCHECK_KEY fits this database; keep a copy of it elsewhere")
        }
        Some(KeyPlace::File(path)) => {
            let shown = path.display();
            match std::fs::metadata(&path) {
                Ok(file) if file.permissions().mode() & 0o077 != 0 => {
                    Finding::bad("key", format!("other users can read {shown}"), format!("chmod 600 {shown}"))
                }
                Ok(_) => Finding::good("key", format!("{shown} fits this database; keep a copy of it elsewhere")),
                Err(why) => Finding::bad("key", format!("{shown} cannot be read: {why}"), "restore it from its copy"),
            }
        }
    }
}

pub(super) async fn database(app: &App) -> Finding {
    if let Err(error) = app.db.try_writing().await {
        let advice = "check free space and permissions; a running service retries by itself";
        return Finding::bad("database", format!("cannot be written: {error}"), advice);
    }
    match app.db.about().await {
        Ok(about) if about.faults.is_empty() => {
            let megabytes = about.size.div_euclid(1 << 20);
            Finding::good(
                "database",
                format!("{}, {megabytes} MB, readable and writable, schema is current", about.version),
            )
        }
        Ok(about) => Finding::bad("database", about.version, about.faults.join("; ")),
        Err(error) => Finding::bad("database", format!("cannot be read: {error}"), "see the error"),
    }
}
