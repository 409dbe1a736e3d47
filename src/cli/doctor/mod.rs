//! `doctor`: one line per check, with what to do about each that fails.

mod alerts;
mod channels;
mod headers;
mod machine;
mod reach;
mod store;

use serde::Serialize;

use super::check::count;
use super::failure::{Failure, Outcome};
use super::out;
use crate::app::App;
use crate::config::Settings;

/// One check.
#[derive(Debug, Serialize)]
struct Finding {
    check: String,
    ok: bool,
    message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

impl Finding {
    fn good(check: impl Into<String>, message: impl Into<String>) -> Self {
        Self { check: check.into(), ok: true, message: message.into(), advice: None }
    }

    fn bad(check: impl Into<String>, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check: check.into(), ok: false, message: message.into(), advice: Some(advice.into()) }
    }
}

/// Runs all checks.
///
/// # Errors
/// Status 1 when a check fails.
pub(super) async fn run(settings: Settings, json: bool) -> Outcome {
    let mut findings = vec![machine::settings(&settings)];
    findings.extend(machine::disk(&settings));
    match App::open(settings).await {
        Ok(app) => {
            checks(&app, &mut findings).await?;
            app.db.close().await;
        }
        Err(error) => findings.push(Finding::bad("database", error.to_string(), "the other checks need it")),
    }
    report(&findings, json)
}

async fn checks(app: &App, findings: &mut Vec<Finding>) -> Result<(), Failure> {
    findings.push(store::key(app));
    findings.push(store::database(app).await);
    findings.push(machine::service(app));
    findings.push(machine::clock(app).await?);
    findings.extend(channels::checks(app).await?);
    findings.extend(reach::checks(app).await);
    findings.extend(headers::checks(app).await?);
    findings.extend(alerts::shops(app).await?);
    findings.push(alerts::dead(app).await?);
    findings.push(alerts::waiting(app).await?);
    findings.push(alerts::incidents(app).await?);
    Ok(())
}

fn report(findings: &[Finding], json: bool) -> Outcome {
    if json {
        out::json(&findings)?;
    } else {
        for finding in findings {
            let mark = if finding.ok { "ok  " } else { "FAIL" };
            out::line(&format!("{mark}  {:<11} {}", finding.check, finding.message))?;
            if let Some(advice) = &finding.advice {
                out::line(&format!("{:17} → {advice}", ""))?;
            }
        }
    }
    match findings.iter().filter(|finding| !finding.ok).count() {
        0 if json => Ok(()),
        0 => out::line(&format!("All {} passed.", count(findings.len(), "check"))),
        bad => Err(Failure::failed(format!("{bad} of {} checks failed", findings.len()))),
    }
}
