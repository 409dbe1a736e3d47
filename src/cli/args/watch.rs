//! `watch …` and `history`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use coatcheck_domain::Destination;

use super::{DESTINATIONS, Json};

/// `watch …`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Watch {
    /// Watch a product for a destination
    #[command(after_help = add_help())]
    Add(WatchAdd),
    /// List all watches
    #[command(after_help = "Example:\n  coatcheck watch list\n  coatcheck watch list --json")]
    List(Json),
    /// Remove a watch
    #[command(after_help = "Example:\n  coatcheck watch remove 3")]
    Remove {
        /// Its number in `watch list`
        number: i64,
    },
}

fn add_help() -> String {
    format!(
        "Example:\n  coatcheck watch add jacket --size M --to console:\n  \
         coatcheck watch add 'corps jacket' --size M,L --style black --every --to webhook:https://example.com/hook\n\n\
         {DESTINATIONS}"
    )
}

/// `watch add`
#[derive(Debug, Args)]
pub(in crate::cli) struct WatchAdd {
    /// The product: its name, words of its title, or its address
    #[arg(required = true)]
    pub product: Vec<String>,
    /// The size, or several as M,L; any size if left out
    #[arg(long)]
    pub size: Vec<String>,
    /// Words of the style; any style if left out
    #[arg(long)]
    pub style: Option<String>,
    /// Notify every time it comes back, not once
    #[arg(long)]
    pub every: bool,
    /// Where to send alerts; see below
    #[arg(long, value_name = "DESTINATION")]
    pub to: Destination,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// `history`
#[derive(Debug, Args)]
pub(in crate::cli) struct History {
    /// The product: its name, words of its title, or its address
    #[arg(required = true)]
    pub product: Vec<String>,
    /// Only this size
    #[arg(long)]
    pub size: Option<String>,
    /// Only styles with these words
    #[arg(long)]
    pub style: Option<String>,
    /// Also write a picture to this file
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub png: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
