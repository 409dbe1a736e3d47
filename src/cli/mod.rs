//! The command line: parse, choose, run.

mod args;
mod backup;
mod check;
mod copy;
mod deliveries;
#[cfg(all(test, feature = "demo", feature = "slack"))]
mod docs_tests;
mod doctor;
mod failure;
mod hash_password;
mod hook;
mod import;
mod manual;
mod meant;
mod out;
mod rekey;
mod serve;
mod shop;
mod token;
mod track;
mod watch;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::app::{App, LogLines, lock_service, log_panics, log_to_stderr};
use crate::config::Settings;
use args::{Cli, Command};
use failure::{Failure, Outcome};

/// The database is closed within this time.
const CLOSING: Duration = Duration::from_secs(1);
/// The last log lines are waited for this long.
const LAST_LINES: Duration = Duration::from_secs(1);

/// The program, from its arguments to its exit status.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match &cli.command {
        Command::Completions(args) => return status(manual::completions(args)),
        Command::Man => return status(manual::man()),
        Command::HashPassword => return status(hash_password::run()),
        _ => {}
    }
    let outcome = Settings::from_environment().map_err(Failure::usage).and_then(|settings| {
        let lines = log(&settings, &cli.command)?;
        // Only a second call could fail, and this is the first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::failed)?;
        let outcome = runtime.block_on(run(cli.command, settings));
        // A prompt that waits for a line that never comes must not hold up the end.
        runtime.shutdown_background();
        lines.flush(LAST_LINES);
        outcome
    });
    status(outcome)
}

fn status(outcome: Outcome) -> ExitCode {
    outcome.map_or_else(Failure::report, |()| ExitCode::SUCCESS)
}

/// Commands speak for themselves; only a service keeps a log, unless one is asked for.
fn log(settings: &Settings, command: &Command) -> Result<LogLines, Failure> {
    let is_service = matches!(command, Command::Serve(_));
    let wanted = if is_service || settings.log != "info" { settings.log.as_str() } else { "off" };
    let lines = log_to_stderr(wanted, settings).map_err(Failure::usage)?;
    if is_service {
        log_panics();
    }
    Ok(lines)
}

async fn run(command: Command, settings: Settings) -> Outcome {
    match command {
        Command::Check(args) => return check::run(settings, args).await,
        #[cfg(feature = "demo")]
        Command::Demo(args) => {
            return crate::demo::run(settings, args.interval, args.time).await.map_err(Failure::failed);
        }
        Command::Doctor(args) => return doctor::run(settings, args.json).await,
        #[cfg(feature = "slack")]
        Command::Manifest(args) => return manifest(&settings, args.http),
        Command::Migrate => return migrate(settings).await,
        Command::Restore(args) => return backup::restore(settings, args).await,
        _ => {}
    }
    let app = match command {
        Command::Serve(_) => App::open_to_serve(settings).await?,
        _ => App::open(settings).await?,
    };
    let outcome = match command {
        Command::Serve(args) => serve::run(&app, args).await,
        Command::Shop(command) => shop::run(&app, command).await,
        Command::Watch(command) => watch::run(&app, command).await,
        Command::Import(args) => import::run(&app, args).await,
        Command::History(args) => watch::history(&app, args).await,
        Command::Deliveries(args) => deliveries::run(&app, args).await,
        Command::SendTest(args) => deliveries::send_test(&app, args).await,
        Command::Token(command) => token::run(&app, command).await,
        Command::Backup(args) => backup::backup(&app, args).await,
        Command::Copy(args) => copy::run(&app, args).await,
        Command::Rekey => rekey::run(&app).await,
        // These ended above.
        #[cfg(feature = "demo")]
        Command::Demo(_) => Ok(()),
        #[cfg(feature = "slack")]
        Command::Manifest(_) => Ok(()),
        Command::Check(_)
        | Command::Doctor(_)
        | Command::Migrate
        | Command::Restore(_)
        | Command::Completions(_)
        | Command::HashPassword
        | Command::Man => Ok(()),
    };
    // What is committed is committed; a database that does not answer must not hold up the end.
    let _ = tokio::time::timeout(CLOSING, app.db.close()).await;
    outcome
}

#[cfg(feature = "slack")]
fn manifest(settings: &Settings, by_http: bool) -> Outcome {
    let public_url = settings.public_url.as_ref().filter(|_| by_http);
    if by_http && public_url.is_none() {
        return Err(Failure::usage("PUBLIC_URL is not set: Slack needs an address to send events to"));
    }
    out::line(&coatcheck_bots::slack::manifest::manifest(public_url))
}

async fn migrate(settings: Settings) -> Outcome {
    let _lock = lock_service(&settings.database_url).await?;
    let app = App::open_unchecked(settings).await?;
    let steps = app.db.migrate().await?;
    app.db.close().await;
    match steps {
        0 => out::line("The database is up to date."),
        1 => out::line("Applied 1 migration. The database is up to date."),
        steps => out::line(&format!("Applied {steps} migrations. The database is up to date.")),
    }
}
