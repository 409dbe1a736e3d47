//! `copy`: everything into another database, for those who outgrow one file, or return to it.

use coatcheck_bots::words;

use super::args;
use super::failure::{Failure, Outcome};
use super::out;
use crate::app::{App, KeyPlace, key_place, lock_service};
use crate::config::Settings;
use crate::store::db::copy::NotTransferred;
use crate::store::db::file::sqlite_path;

/// Copies everything.
///
/// # Errors
/// Status 4 while a service runs on either database, or when the target is not empty. Then nothing has changed.
pub(super) async fn run(app: &App, args: args::Copy) -> Outcome {
    if args.to == app.settings.database_url {
        return Err(Failure::usage("--to names the database that DATABASE_URL names; name another one"));
    }
    let _ours = lock_service(&app.settings.database_url).await?;
    let running = app.db.instances().await?;
    if running > 0 {
        let running = words::counted(running, "instance", "instances");
        return Err(NotTransferred::InUse(running).into());
    }
    let _theirs = lock_service(&args.to).await?;
    let target = App::open_unchecked(Settings { database_url: args.to.clone(), ..(*app.settings).clone() }).await?;
    let copied = app.db.transfer_to(&target.db).await;
    target.db.close().await;
    let copied = copied?;
    let rows = i64::try_from(copied.rows).unwrap_or(i64::MAX);
    out::line(&format!(
        "Copied {} of {} tables and compared each of them: they are the same.",
        words::counted(rows, "row", "rows"),
        copied.tables
    ))?;
    out::line("Now set DATABASE_URL to the new database and start `coatcheck serve`.")?;
    match key_line(app, &args.to) {
        Some(line) => out::line(&line),
        None => Ok(()),
    }
}

/// What is to be done about the key, which no database holds.
fn key_line(app: &App, to: &str) -> Option<String> {
    match (key_place(&app.settings)?, sqlite_path(to)) {
        (KeyPlace::Setting, _) => Some("Keep COATCHECK_KEY as it is: the copy is encrypted with it.".to_owned()),
        (KeyPlace::File(key), Some(file)) => {
            Some(format!("Copy the key, too: cp -p {} {}.key", key.display(), file.display()))
        }
        (KeyPlace::File(key), None) => {
            let key = std::fs::canonicalize(&key).unwrap_or(key);
            Some(format!("Set COATCHECK_KEY_FILE={} as well: the copy is encrypted with that key.", key.display()))
        }
    }
}
