//! What can be typed: the commands and their options, each with an example.

mod files;
mod outbox;
mod shop;
mod token;
mod watch;

use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use url::Url;

use crate::app::Role;
pub(super) use files::{Backup, Completions, Copy, Import, Restore};
pub(super) use outbox::{Deliveries, Replay, SendTest};
pub(super) use shop::{Check, Reading, Shop, ShopAdd, ShopHook, Which};
pub(super) use token::Token;
pub(super) use watch::{History, Watch, WatchAdd};

/// Every form of a destination, as help shows it.
const DESTINATIONS: &str = "\
Destinations:
  console:                           the terminal of `coatcheck serve`
  webhook:https://example.com/hook   a signed JSON POST (docs/webhooks.md)
  discord:80351110224678912          a Discord user, by direct message
  discord:#80351110224678912         a Discord channel
  telegram:12345                     a Telegram chat; telegram:-100987/7 is topic 7 of a group
  slack:U012AB3CD                    a Slack user or channel; slack:T01/U012AB3CD in one workspace
  sms:+14155550123                   a phone, by text";

/// The restock notifier that people trust: it watches shops and notifies you once, in time, when your size is back.
#[derive(Debug, Parser)]
#[command(name = "coatcheck", version, max_term_width = 110)]
#[cfg_attr(
    feature = "demo",
    command(
        after_help = "Try it now, without an account:\n  coatcheck demo\n\nSettings come from the environment and .env; the README lists them. `coatcheck help <command>` shows an example for each command."
    )
)]
pub(super) struct Cli {
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    #[cfg(feature = "demo")]
    /// Try it: a throw-away database and a built-in shop whose sizes come and go
    #[command(after_help = "Example:\n  coatcheck demo\n  coatcheck demo --for 30s")]
    Demo(Demo),
    /// Run the service: poll shops, send alerts, answer in chats
    #[command(
        after_help = "Example:\n  coatcheck serve\n  coatcheck serve --roles poll,fanout,send,web\n\nSettings come from the environment or .env; see .env.example."
    )]
    Serve(Serve),
    /// Read one product or shop now and print the result; stores nothing
    #[command(
        after_help = "Example:\n  coatcheck check https://shop.example/products/jacket\n  coatcheck check https://shop.example/stock.json --jq 'to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .purchasable}'"
    )]
    Check(Check),
    /// Track shops and products: add, list, remove, pause, resume
    #[command(
        subcommand,
        after_help = "Example:\n  coatcheck shop add https://shop.example/products/jacket --name jacket"
    )]
    Shop(Shop),
    /// Watches, for scripts and operators: add, list, remove
    #[command(subcommand, after_help = "Example:\n  coatcheck watch add jacket --size M --to console:")]
    Watch(Watch),
    /// Add many products and watches at once
    #[command(after_help = files::import())]
    Import(Import),
    /// Stock history of a product: last in stock, how often, how long
    #[command(
        after_help = "Example:\n  coatcheck history jacket --size M\n  coatcheck history jacket --png jacket.png"
    )]
    History(History),
    /// Which messages were sent to whom, when, and their outcome
    #[command(
        after_help = "Example:\n  coatcheck deliveries --state dead\n  coatcheck deliveries replay 17",
        args_conflicts_with_subcommands = true
    )]
    Deliveries(Deliveries),
    /// Send an example alert through the whole pipeline
    #[command(after_help = outbox::send_test())]
    SendTest(SendTest),
    /// Check settings, key, database, channels and shops, and say what to do
    #[command(
        after_help = "Example:\n  coatcheck doctor\n  coatcheck doctor --json\n\nExit status 1 if a check fails."
    )]
    Doctor(Json),
    /// Update the database schema to this version
    #[command(after_help = "Example:\n  coatcheck migrate\n\n`coatcheck serve` does this by itself.")]
    Migrate,
    /// Write a consistent copy of the SQLite database, also while the service runs
    #[command(
        after_help = "Example:\n  coatcheck backup /backups/coatcheck-monday.db\n\nThe copy does not contain the key; keep a copy of it somewhere else."
    )]
    Backup(Backup),
    /// Replace the SQLite database with a backup; the service must be stopped
    #[command(
        after_help = "Example:\n  coatcheck restore /backups/coatcheck-monday.db\n\nThe replaced database is kept beside it as NAME.before-restore."
    )]
    Restore(Restore),
    /// Copy everything into another, empty database, SQLite or PostgreSQL, and compare each row
    #[command(after_help = files::COPY)]
    Copy(Copy),
    /// Encrypt all phone numbers and secrets in the database with a new key
    #[command(
        after_help = "Example:\n  coatcheck rekey\n\nThe key is in the file beside the SQLite database, or in COATCHECK_KEY. The service must be stopped."
    )]
    Rekey,
    #[cfg(feature = "slack")]
    /// Print what a platform needs to install the app
    #[command(
        after_help = "Example:\n  coatcheck manifest slack\n\nPaste it at https://api.slack.com/apps, Create New App, From a manifest."
    )]
    Manifest(Manifest),
    /// Tokens of programs that use the API: add, list, remove
    #[command(subcommand, after_help = "Example:\n  coatcheck token add my-script")]
    Token(Token),
    /// Hash a password for the admin pages (COATCHECK_ADMIN_PASSWORD_HASH)
    #[command(
        after_help = "Example:\n  coatcheck hash-password\n  printf '%s\\n' \"$PASSWORD\" | coatcheck hash-password\n\nPut the hash in single quotes in .env: it contains $."
    )]
    HashPassword,
    /// Print shell completions
    #[command(after_help = "Example:\n  coatcheck completions bash > /etc/bash_completion.d/coatcheck")]
    Completions(Completions),
    /// Print the manual page
    #[command(after_help = "Example:\n  coatcheck man > /usr/local/share/man/man1/coatcheck.1")]
    Man,
}

/// Output for scripts.
#[derive(Debug, Args)]
pub(super) struct Json {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `manifest`
#[cfg(feature = "slack")]
#[derive(Debug, Args)]
pub(super) struct Manifest {
    /// Which platform
    #[arg(value_name = "PLATFORM", value_parser = ["slack"])]
    pub platform: String,
    /// Events arrive by HTTP at PUBLIC_URL instead of by Socket Mode
    #[arg(long)]
    pub http: bool,
}

/// `demo`
#[cfg(feature = "demo")]
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Stop after this long, like 30s
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub time: Option<Duration>,
    /// Time between polls of the demo shop
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = time)]
    pub interval: Duration,
}

/// `serve`
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// What this process does: poll, fanout, send, receive, web [default: all]
    #[arg(long, value_delimiter = ',', value_name = "ROLE,…")]
    pub roles: Vec<Role>,
}

fn time(text: &str) -> Result<Duration, String> {
    crate::config::duration(text).ok_or_else(|| "expected a time like 500ms, 60s, 15m or 2h".to_owned())
}

fn address(text: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|why| format!("expected an address like https://shop.example/products/jacket ({why})"))
}
