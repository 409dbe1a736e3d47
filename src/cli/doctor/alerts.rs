//! Shops, deliveries and incidents.

use std::time::Duration;

use coatcheck_bots::words;
use coatcheck_domain::delivery::State;
use coatcheck_domain::poll;

use super::{Failure, Finding, count};
use crate::app::App;
use crate::store::polls::shown::Source;

/// A delivery that waits longer than this is reported.
const LONG: Duration = Duration::from_secs(120);
/// Failing sources that get a line of their own; the rest is counted.
const LISTED: usize = 10;

/// One line for all sources that can be read, and one for each that cannot.
pub(super) async fn shops(app: &App) -> Result<Vec<Finding>, Failure> {
    let sources = app.db.sources().await?;
    if sources.is_empty() {
        return Ok(vec![Finding::bad("shops", "nothing is tracked", "coatcheck shop add <URL>")]);
    }
    let (failing, healthy): (Vec<&Source>, Vec<&Source>) = sources.iter().partition(|source| is_failing(source));
    let mut findings = vec![Finding::good("shops", format!("{} can be read", count(healthy.len(), "source")))];
    findings.extend(failing.iter().take(LISTED).map(|source| {
        let why = source.last_error.as_deref().unwrap_or(source.state.as_str());
        Finding::bad(
            "shop",
            format!("{}: {}", source.url, words::plain(why)),
            format!("coatcheck check {}", source.url),
        )
    }));
    if let Some(more) = failing.len().checked_sub(LISTED).filter(|more| *more > 0) {
        let message = format!("{} more cannot be read", count(more, "source"));
        findings.push(Finding::bad("shops", message, "coatcheck shop list"));
    }
    Ok(findings)
}

fn is_failing(source: &Source) -> bool {
    source.last_error.is_some() || matches!(source.state, poll::State::Blocked | poll::State::Gone)
}

pub(super) async fn dead(app: &App) -> Result<Finding, Failure> {
    let dead = app.db.deliveries(Some(State::Dead), 1000).await?;
    Ok(match dead.len() {
        0 => Finding::good("deliveries", "none has failed"),
        1000 => Finding::bad("deliveries", "1000 or more have failed", "coatcheck deliveries --state dead"),
        failed => Finding::bad("deliveries", format!("{failed} failed for good"), "coatcheck deliveries --state dead"),
    })
}

/// The oldest delivery that is not sent yet.
pub(super) async fn waiting(app: &App) -> Result<Finding, Failure> {
    let Some(oldest) = app.db.oldest_unfinished().await? else {
        return Ok(Finding::good("queue", "empty"));
    };
    let waits = (app.db.now() - oldest.created_at).to_std().unwrap_or_default();
    let why = oldest.last_error.as_deref().map(|why| format!(": {}", words::plain(why))).unwrap_or_default();
    let message = format!("delivery {} has waited for {}{why}", oldest.id, words::lasting(waits));
    Ok(if waits < LONG {
        Finding::good("queue", message)
    } else {
        Finding::bad("queue", message, "is `coatcheck serve` running, and is its channel set up?")
    })
}

/// Trouble that lasts.
pub(super) async fn incidents(app: &App) -> Result<Finding, Failure> {
    let open = app.db.open_incidents().await?;
    let lines: Vec<String> =
        open.iter().map(|(words, since)| format!("since {}: {words}", since.format("%Y-%m-%d %H:%M UTC"))).collect();
    Ok(if lines.is_empty() {
        Finding::good("incidents", "none is open")
    } else {
        Finding::bad("incidents", lines.join("; "), "each closes by itself when its cause is gone")
    })
}
