//! `serve`: runs the service until a signal, with a prompt on a terminal or a pipe.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use coatcheck_bots::console::Output;

use super::args;
use super::failure::{Failure, Outcome};
use crate::app::{App, Patient, Role, Serving, Signals, read_console};

/// Runs the service.
///
/// # Errors
/// Status 4 when another one holds the database; 1 when a loop ends that should not.
pub(super) async fn run(app: &App, args: args::Serve) -> Outcome {
    app.settings.warnings.iter().for_each(|warning| warn(warning));
    let roles: BTreeSet<Role> = if args.roles.is_empty() { Role::ALL.into() } else { args.roles.into_iter().collect() };
    let output: Output = Arc::new(Mutex::new(Patient::stdout().map_err(Failure::failed)?));
    // Before anything runs: who stops a service that has just started means it, too.
    let mut signals = Signals::listen().map_err(Failure::failed)?;
    let mut serving = app.serve(&roles, Arc::clone(&output)).await?;
    announce(&serving, &roles);
    let console = tokio::spawn(read_console(app.clone(), output));
    let reason = reason(&mut serving, &mut signals).await;
    console.abort();
    tokio::select! {
        () = serving.stop() => {}
        signal = signals.next() => tracing::warn!(signal, "stopping at once: asked a second time"),
    }
    reason
}

/// Waits for a reason to stop: a signal, or a loop that ended and should not.
async fn reason(serving: &mut Serving, signals: &mut Signals) -> Outcome {
    tokio::select! {
        signal = signals.next() => {
            tracing::info!(signal, "stopping: finishing what is in flight, 10 s at most");
            Ok(())
        }
        broken = serving.broken() => {
            tracing::error!(name = %broken.name, "{broken}");
            Err(Failure::failed(broken))
        }
    }
}

fn warn(warning: &str) {
    tracing::warn!("{warning}");
}

fn announce(serving: &Serving, roles: &BTreeSet<Role>) {
    let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
    let (roles, version) = (roles.join(","), env!("CARGO_PKG_VERSION"));
    match serving.listening() {
        Some(address) => {
            tracing::info!(version, roles, %address, health = %format_args!("http://{address}/healthz"), "service started");
        }
        None => tracing::info!(version, roles, "service started"),
    }
}
