//! What can be typed: the commands and their options, each with an example.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use coatcheck_domain::Destination;
use coatcheck_domain::delivery::State;
use url::Url;

use crate::app::Role;
use crate::shops::ReaderKind;

/// The restock notifier that people trust: it watches shops and tells you once, in time, when your size is back.
#[derive(Debug, Parser)]
#[command(
    name = "coatcheck",
    version,
    max_term_width = 110,
    after_help = "Try it now, no account needed:\n  coatcheck demo"
)]
pub(super) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// See it work: a throw-away database and a built-in shop whose sizes come and go
    #[command(after_help = "Example:\n  coatcheck demo\n  coatcheck demo --for 30s")]
    Demo(Demo),
    /// Run the service: poll shops, tell people
    #[command(
        after_help = "Example:\n  coatcheck serve\n  coatcheck serve --roles poll,fanout,send,web\n\nSettings come from the environment or .env; see .env.example."
    )]
    Serve(Serve),
    /// Read one product or shop now and print what it says; stores nothing
    #[command(
        after_help = "Example:\n  coatcheck check https://shop.example/products/jacket\n  coatcheck check https://shop.example/stock.json --jq 'to_entries[] | .key as $style | .value[] | {style: $style, size, in_stock: .purchasable}'"
    )]
    Check(Check),
    /// Follow shops: add, list, remove, pause, resume
    #[command(subcommand)]
    Shop(Shop),
    /// Watches, for scripts and operators: add, list, remove
    #[command(subcommand)]
    Watch(Watch),
    /// What became of a product: last in stock, how often, how long
    #[command(
        after_help = "Example:\n  coatcheck history jacket --size M\n  coatcheck history jacket --png jacket.png"
    )]
    History(History),
    /// What was told to whom, when, and what came of it
    #[command(
        after_help = "Example:\n  coatcheck deliveries --state dead\n  coatcheck deliveries replay 17",
        args_conflicts_with_subcommands = true
    )]
    Deliveries(Deliveries),
    /// Send "this is how an alert looks" through the whole pipeline
    #[command(
        after_help = "Example:\n  coatcheck send-test --to webhook:https://example.com/hook\n\nIt is sent by the running service."
    )]
    SendTest(SendTest),
    /// Is everything as it should be? Settings, database, shops, deliveries
    #[command(after_help = "Example:\n  coatcheck doctor --json")]
    Doctor(Json),
    /// Bring the database to this version's schema
    #[command(after_help = "Example:\n  DATABASE_URL=sqlite://coatcheck.db coatcheck migrate")]
    Migrate,
    /// Seal all phone numbers and secrets in the database by a new key
    #[command(
        after_help = "Example:\n  coatcheck rekey\n\nThe key is in the file beside the SQLite database, or in COATCHECK_KEY. No service may run meanwhile."
    )]
    Rekey,
}

/// Output for machines.
#[derive(Debug, Args)]
pub(super) struct Json {
    /// Print JSON for machines
    #[arg(long)]
    pub json: bool,
}

/// `demo`
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Stop by itself after this long, like 30s
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub time: Option<Duration>,
    /// Poll the demo shop this often
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

/// How a source is read.
#[derive(Debug, Args)]
pub(super) struct Reading {
    /// The reader to use instead of finding it: shopify or json
    #[arg(long, value_name = "READER")]
    pub reader: Option<ReaderKind>,
    /// A jq program that turns the document into rows (see docs/shops.md); implies --reader json
    #[arg(long, value_name = "PROGRAM")]
    pub jq: Option<String>,
    /// A further document for the jq program, which then gets a list of all; may be repeated
    #[arg(long = "also", value_name = "URL", value_parser = address)]
    pub more_urls: Vec<Url>,
    /// A request header the shop wants, like 'X-Key: abc'; may be repeated
    #[arg(long = "header", value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
}

/// `check`
#[derive(Debug, Args)]
pub(super) struct Check {
    /// A product's page, a shop's front page, or a JSON document
    #[arg(value_parser = address)]
    pub url: Url,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub reading: Reading,
    /// Print JSON for machines
    #[arg(long)]
    pub json: bool,
    /// Say where each fact was found
    #[arg(long)]
    pub explain: bool,
}

/// `shop …`
#[derive(Debug, Subcommand)]
pub(super) enum Shop {
    /// Follow a product or a whole shop; the first poll is run right now
    #[command(after_help = "Example:\n  coatcheck shop add https://shop.example/products/corps-jacket --name jacket")]
    Add(ShopAdd),
    /// What is followed, and how that goes
    #[command(after_help = "Example:\n  coatcheck shop list --json")]
    List(Json),
    /// Stop following, and forget its products, their history and the watches on them
    #[command(after_help = "Example:\n  coatcheck shop remove https://shop.example/products/corps-jacket")]
    Remove(Which),
    /// Stop polling for now
    #[command(after_help = "Example:\n  coatcheck shop pause shop.example")]
    Pause(Which),
    /// Poll again: now
    #[command(after_help = "Example:\n  coatcheck shop resume shop.example")]
    Resume(Which),
}

/// `shop add`
#[derive(Debug, Args)]
pub(super) struct ShopAdd {
    /// A product's page, a shop's front page, or a JSON document
    #[arg(value_parser = address)]
    pub url: Url,
    /// A short word for the product, as people will say it; may be repeated
    #[arg(long = "name", value_name = "ALIAS")]
    pub names: Vec<String>,
    /// Time between polls, like 60s; below 30s for your own shops only
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub interval: Option<Duration>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub reading: Reading,
    /// Print JSON for machines
    #[arg(long)]
    pub json: bool,
}

/// Which sources.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// A source's address or number as in `shop list`, or a shop's host for all of its sources
    pub which: String,
}

/// `watch …`
#[derive(Debug, Subcommand)]
pub(super) enum Watch {
    /// Watch a product for somebody
    #[command(
        after_help = "Example:\n  coatcheck watch add jacket --size M --to console:\n  coatcheck watch add 'corps jacket' --size M,L --style black --every --to webhook:https://example.com/hook"
    )]
    Add(WatchAdd),
    /// All watches
    #[command(after_help = "Example:\n  coatcheck watch list")]
    List(Json),
    /// Remove a watch
    #[command(after_help = "Example:\n  coatcheck watch remove 3")]
    Remove {
        /// Its number, as in `watch list`
        number: i64,
    },
}

/// `watch add`
#[derive(Debug, Args)]
pub(super) struct WatchAdd {
    /// The product: an alias, words of its title, or its address
    #[arg(required = true)]
    pub product: Vec<String>,
    /// The size, several as M,L; any if left out
    #[arg(long, value_delimiter = ',')]
    pub size: Vec<String>,
    /// Words of the style; any if left out
    #[arg(long)]
    pub style: Option<String>,
    /// Tell every time it comes back, not once
    #[arg(long)]
    pub every: bool,
    /// Where to tell: console:, webhook:https://…
    #[arg(long, value_name = "DESTINATION")]
    pub to: Destination,
    /// Print JSON for machines
    #[arg(long)]
    pub json: bool,
}

/// `history`
#[derive(Debug, Args)]
pub(super) struct History {
    /// The product: an alias, words of its title, or its address
    #[arg(required = true)]
    pub product: Vec<String>,
    /// Only this size
    #[arg(long)]
    pub size: Option<String>,
    /// Only styles with these words
    #[arg(long)]
    pub style: Option<String>,
    /// Also write it as a picture into this file
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub png: Option<PathBuf>,
    /// Print JSON for machines
    #[arg(long)]
    pub json: bool,
}

/// `deliveries`
#[derive(Debug, Args)]
pub(super) struct Deliveries {
    /// Only those in this state: pending, sending, sent, dead, expired, suppressed or cancelled
    #[arg(long)]
    pub state: Option<State>,
    /// How many, the latest first
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
    /// Print JSON for machines
    #[arg(long)]
    pub json: bool,
    /// Instead of listing.
    #[command(subcommand)]
    pub command: Option<Replay>,
}

/// `deliveries replay`
#[derive(Debug, Subcommand)]
pub(super) enum Replay {
    /// Send a delivery that failed once more
    #[command(after_help = "Example:\n  coatcheck deliveries replay 17")]
    Replay {
        /// Its number, as in `deliveries`
        number: i64,
        /// Even if it is sold out again, or was told elsewhere
        #[arg(long)]
        force: bool,
    },
}

/// `send-test`
#[derive(Debug, Args)]
pub(super) struct SendTest {
    /// Where to send it
    #[arg(long, value_name = "DESTINATION")]
    pub to: Destination,
    /// How long to wait for what comes of it
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = time)]
    pub wait: Duration,
}

fn time(text: &str) -> Result<Duration, String> {
    crate::config::duration(text).ok_or_else(|| "it takes a time like 500ms, 60s, 15m or 2h".to_owned())
}

fn address(text: &str) -> Result<Url, String> {
    Url::parse(text).map_err(|why| format!("it takes an address like https://shop.example/products/jacket ({why})"))
}
