//! `serve`: the service until a signal, with a prompt where somebody sits at a terminal or pipes words in.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use coatcheck_bots::console::Output;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::args;
use super::failure::{Failure, Outcome};
use crate::app::{App, Role, Serving, read_console};
use crate::config::Settings;

/// Runs the service.
///
/// # Errors
/// Status 4 when another one holds the database.
pub(super) async fn run(app: &App, args: args::Serve) -> Outcome {
    warn(&app.settings);
    let roles: BTreeSet<Role> = if args.roles.is_empty() { Role::ALL.into() } else { args.roles.into_iter().collect() };
    let output: Output = Arc::new(Mutex::new(std::io::stdout()));
    // Before anything runs: who stops a service that has just started means it, too.
    let signals = Signals::listen()?;
    let serving = app.serve(&roles, Arc::clone(&output)).await?;
    announce(&serving, &roles);
    let console = tokio::spawn(read_console(app.clone(), output));
    signals.first().await;
    tracing::info!("stopping: what is under way is finished first");
    console.abort();
    serving.stop().await;
    Ok(())
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

/// Ctrl-C, and the request to terminate.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From now on they end nothing by themselves.
    ///
    /// # Errors
    /// When signals cannot be listened to.
    fn listen() -> Result<Self, Failure> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(Failure::failed)?,
            terminate: signal(SignalKind::terminate()).map_err(Failure::failed)?,
        })
    }

    /// Waits for the first of them, also one that has come already.
    async fn first(mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
