//! `doctor`: is everything as it should be? Each finding says what to do.

use std::path::Path;
use std::time::Duration;

use coatcheck_bots::words;
use coatcheck_domain::delivery::State;
use coatcheck_domain::poll;
use serde::Serialize;

use super::check::count;
use super::failure::{Failure, Outcome};
use super::out;
use crate::app::App;
use crate::store::StoreError;
use crate::store::lock::{ServiceLock, sqlite_path};

/// What happens meanwhile.
const KEPT: &str = "A running service keeps what it knows and goes on by itself as soon as it can";

/// Less room than this is worth a word: some days of a busy history.
const ROOM: u64 = 64 << 20;
/// A delivery that waits longer than this is worth a word.
const LONG: Duration = Duration::from_secs(120);

/// A clock that was set is worth a word for this long.
const LATELY: chrono::TimeDelta = chrono::TimeDelta::days(7);

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: &'static str,
    ok: bool,
    words: String,
}

/// Runs it.
///
/// # Errors
/// Status 1 when something is not as it should be.
pub(super) async fn run(app: &App, json: bool) -> Outcome {
    let mut findings = vec![database(app).await];
    findings.extend(disk(app));
    findings.extend([
        service(app),
        clock(app).await?,
        settings(app),
        shops(app).await?,
        deliveries(app).await?,
        incidents(app).await?,
        texts(app),
        waiting(app).await?,
    ]);
    let bad = findings.iter().filter(|finding| !finding.ok).count();
    if json {
        out::json(&findings)?;
    } else {
        for finding in &findings {
            let mark = if finding.ok { "ok " } else { "BAD" };
            out::line(&format!("{mark} {:<10} {}", finding.what, finding.words))?;
        }
    }
    if bad == 0 { Ok(()) } else { Err(Failure::failed(format!("{bad} of {} need you", findings.len()))) }
}

fn finding(what: &'static str, ok: bool, words: impl Into<String>) -> Finding {
    Finding { what, ok, words: words.into() }
}

async fn database(app: &App) -> Finding {
    match app.db.try_writing().await {
        Ok(()) => finding("database", true, "can be read and written, schema is current"),
        Err(error) => finding(
            "database",
            false,
            format!("cannot be written: {error}; is there room on its disk, and may this user write? {KEPT}"),
        ),
    }
}

/// Room on the disk of an SQLite file. `None` for PostgreSQL, whose disk is its own affair.
fn disk(app: &App) -> Option<Finding> {
    let file = sqlite_path(&app.settings.database_url)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(match rustix::fs::statvfs(folder) {
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let words = format!("{} MB free in {}", free >> 20, folder.display());
            let enough = free >= ROOM;
            let advice = if enough { "" } else { "; make room soon: what cannot be stored is not told" };
            finding("disk", enough, format!("{words}{advice}"))
        }
        Err(why) => finding("disk", false, format!("{} cannot be looked at: {why}", folder.display())),
    })
}

fn service(app: &App) -> Finding {
    match ServiceLock::take(&app.settings.database_url) {
        Err(StoreError::Locked { pid, .. }) => finding("service", true, format!("running as process {pid}")),
        Err(error) => finding("service", false, error.to_string()),
        Ok(Some(_)) => {
            finding("service", false, "not running: nobody polls and nothing is sent; start `coatcheck serve`")
        }
        Ok(None) => finding("service", true, "leases of PostgreSQL say who runs"),
    }
}

/// Was the clock set lately? The service has seen to it already.
async fn clock(app: &App) -> Result<Finding, Failure> {
    let lately = app.db.last_jump().await?.filter(|(at, _)| app.db.now() - *at < LATELY);
    Ok(match lately {
        None => finding("clock", true, "goes on steadily"),
        Some((at, words)) => finding("clock", true, format!("{}: {words}", at.format("%Y-%m-%d %H:%M UTC"))),
    })
}

fn settings(app: &App) -> Finding {
    if app.settings.unused.is_empty() {
        return finding("settings", true, "readable");
    }
    let unused = app.settings.unused.join(", ");
    finding("settings", false, format!("{unused}: set, but this version does not speak to that platform yet"))
}

async fn shops(app: &App) -> Result<Finding, Failure> {
    let sources = app.db.sources().await?;
    let failing: Vec<String> = sources
        .iter()
        .filter(|source| {
            source.last_error.is_some() || matches!(source.state, poll::State::Blocked | poll::State::Gone)
        })
        .map(|source| format!("{} ({})", source.url, source.last_error.as_deref().unwrap_or(source.state.as_str())))
        .collect();
    Ok(match (sources.len(), failing.as_slice()) {
        (0, _) => finding("shops", false, "none is followed; begin with `coatcheck shop add <URL>`"),
        (all, []) => finding("shops", true, format!("{} can be read", count(all, "source"))),
        (all, failing) => finding("shops", false, format!("{} of {all} fail: {}", failing.len(), failing.join("; "))),
    })
}

async fn deliveries(app: &App) -> Result<Finding, Failure> {
    let dead = app.db.deliveries(Some(State::Dead), 1000).await?;
    if dead.is_empty() {
        return Ok(finding("deliveries", true, "none is dead"));
    }
    let words = format!("{} dead; `coatcheck deliveries --state dead` shows why", dead.len());
    Ok(finding("deliveries", false, words))
}

/// Trouble that lasts.
async fn incidents(app: &App) -> Result<Finding, Failure> {
    let open = app.db.open_incidents().await?;
    let words: Vec<String> =
        open.iter().map(|(words, since)| format!("since {}: {words}", since.format("%Y-%m-%d %H:%M UTC"))).collect();
    Ok(if words.is_empty() {
        finding("trouble", true, "none that lasts")
    } else {
        finding("trouble", false, words.join("; "))
    })
}

/// Can people be texted, and text?
fn texts(app: &App) -> Finding {
    match (&app.settings.twilio, &app.settings.public_url) {
        (None, _) => finding("texts", true, "Twilio is not set"),
        (Some(_), Some(url)) => {
            let hook = url.join("hooks/twilio/sms").map(|url| url.to_string()).unwrap_or_default();
            finding("texts", true, format!("Twilio is to bring what people text to {hook}"))
        }
        (Some(_), None) => finding(
            "texts",
            false,
            "PUBLIC_URL is not set: nobody can text to this service, so STOP does not reach it; see docs/setup/twilio.md",
        ),
    }
}

/// Is anybody still waiting to be told?
async fn waiting(app: &App) -> Result<Finding, Failure> {
    let Some(oldest) = app.db.oldest_unfinished().await? else {
        return Ok(finding("waiting", true, "nobody waits to be told"));
    };
    let waits = (app.db.now() - oldest.created_at).to_std().unwrap_or_default();
    let why = oldest.last_error.as_deref().unwrap_or("nothing went wrong with it; is `coatcheck serve` running?");
    let words = format!("delivery {} waits for {}: {why}", oldest.id, words::lasting(waits));
    Ok(finding("waiting", waits < LONG, words))
}
