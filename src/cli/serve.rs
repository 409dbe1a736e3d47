//! `serve`: the service until a signal, with a prompt where somebody sits at a terminal or pipes words in.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use coatcheck_bots::console::Output;

use super::args;
use super::failure::{Failure, Outcome};
use crate::app::{App, Role, Serving, Signals, read_console};
use crate::config::Settings;

/// Runs the service.
///
/// # Errors
/// Status 4 when another one holds the database; 1 when a loop ends that should not.
pub(super) async fn run(app: &App, args: args::Serve) -> Outcome {
    warn(&app.settings);
    let roles: BTreeSet<Role> = if args.roles.is_empty() { Role::ALL.into() } else { args.roles.into_iter().collect() };
    let output: Output = Arc::new(Mutex::new(std::io::stdout()));
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

/// What is set and does not do what whoever set it may expect.
fn warn(settings: &Settings) {
    for name in &settings.unused {
        tracing::warn!("{name} is set, but this version does not speak to that platform yet; it has no effect");
    }
    if settings.twilio.is_some() && settings.public_url.is_none() {
        tracing::warn!("PUBLIC_URL is not set: nobody can text to this service, so STOP does not reach it");
    }
}

fn announce(serving: &Serving, roles: &BTreeSet<Role>) {
    let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
    match serving.listening() {
        Some(address) => tracing::info!(%address, "running {}; health at http://{address}/healthz", roles.join(", ")),
        None => tracing::info!("running {}", roles.join(", ")),
    }
}
