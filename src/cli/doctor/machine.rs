//! The surroundings: settings, disk, the service, the clock.

use std::path::Path;

use super::{Failure, Finding};
use crate::app::{App, SystemClock};
use crate::config::Settings;
use crate::store::StoreError;
use crate::store::db::file::sqlite_path;
use crate::store::lock::ServiceLock;
use coatcheck_bots::words;
use coatcheck_domain::Clock;

/// Less free space than this is reported: some days of a busy history.
const ENOUGH_BYTES: u64 = 64 << 20;
/// A write-ahead log of this size is not being written back.
const LARGE_LOG: u64 = 512 << 20;
/// A changed clock is mentioned for this long.
const LATELY: chrono::TimeDelta = chrono::TimeDelta::days(7);
/// Clocks that differ by more than this are reported.
const SKEW: chrono::TimeDelta = chrono::TimeDelta::seconds(5);

pub(super) fn settings(settings: &Settings) -> Finding {
    match settings.warnings.as_slice() {
        [] => Finding::good("settings", "all of them are valid"),
        warnings => Finding::bad("settings", warnings.join("; "), "correct or remove them"),
    }
}

/// Free space on the disk of an SQLite file. `None` for PostgreSQL, which runs elsewhere.
pub(super) fn disk(settings: &Settings) -> Option<Finding> {
    let file = sqlite_path(&settings.database_url)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let log = write_ahead_log(&file);
            let message =
                format!("{} MB free in {}, the write-ahead log takes {} MB", free >> 20, folder.display(), log >> 20);
            if free < ENOUGH_BYTES {
                Finding::bad("disk", message, "free some space: alerts that cannot be stored are not sent")
            } else if log >= LARGE_LOG {
                let advice = "end other programs that have the database open, or restart the service";
                Finding::bad("disk", message, advice)
            } else {
                Finding::good("disk", message)
            }
        }
        Err(why) => {
            Finding::bad("disk", format!("{} cannot be examined: {why}", folder.display()), "check DATABASE_URL")
        }
    })
}

/// Bytes that SQLite has not written back into the database. It does so whenever nobody reads what is older.
fn write_ahead_log(database: &Path) -> u64 {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    std::fs::metadata(name).map(|file| file.len()).unwrap_or_default()
}

pub(super) fn service(app: &App) -> Finding {
    match ServiceLock::take(&app.settings.database_url) {
        Err(StoreError::Locked { pid, .. }) => Finding::good("service", format!("running as process {pid}")),
        Err(error) => Finding::bad("service", error.to_string(), "check the permissions of its folder"),
        Ok(Some(_)) => {
            Finding::bad("service", "not running: nothing is polled and nothing is sent", "start `coatcheck serve`")
        }
        Ok(None) => Finding::good("service", "instances on PostgreSQL find each other by leases"),
    }
}

/// Was the clock changed lately, and does it agree with the database's?
pub(super) async fn clock(app: &App) -> Result<Finding, Failure> {
    let here = SystemClock::start().now();
    if let Some(there) = app.db.server_time().await? {
        let skew = (here - there).abs();
        if skew > SKEW {
            let skew = words::lasting(skew.to_std().unwrap_or_default());
            let message = format!("differs from the database's clock by {skew}");
            return Ok(Finding::bad("clock", message, "set both by NTP; the database's clock is the one that counts"));
        }
    }
    let lately = app.db.last_jump().await?.filter(|(at, _)| app.db.now() - *at < LATELY);
    Ok(match lately {
        None => Finding::good("clock", "steady"),
        Some((at, words)) => Finding::good("clock", format!("changed at {}: {words}", at.format("%Y-%m-%d %H:%M UTC"))),
    })
}
