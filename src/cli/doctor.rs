//! `doctor`: is everything as it should be? Each finding says what to do.

use coatcheck_domain::delivery::State;
use coatcheck_domain::poll;
use serde::Serialize;

use super::check::count;
use super::failure::{Failure, Outcome};
use super::out;
use crate::app::App;
use crate::store::StoreError;
use crate::store::lock::ServiceLock;

/// What happens meanwhile.
const KEPT: &str = "A running service keeps what it knows and goes on by itself as soon as it can";

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
    let findings = vec![database(app).await, service(app), settings(app), shops(app).await?, deliveries(app).await?];
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
