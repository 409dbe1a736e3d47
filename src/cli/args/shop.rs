//! `check` and `shop …`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use url::Url;

use super::{Json, address, time};
use crate::shops::ReaderKind;

/// How a source is read.
#[derive(Debug, Args)]
pub(in crate::cli) struct Reading {
    /// Use this reader instead of detecting it: shopify, html, woocommerce, json or a preset (docs/shops.md)
    #[arg(long, value_name = "READER")]
    pub reader: Option<ReaderKind>,
    /// A jq program that turns the document into rows (docs/shops.md), or @FILE with one; implies --reader json
    #[arg(long, value_name = "PROGRAM", value_parser = program)]
    pub jq: Option<String>,
    /// Another document for the jq program, which then gets a list of all; repeatable
    #[arg(long = "also", value_name = "URL", value_parser = address)]
    pub more_urls: Vec<Url>,
    /// A request header that the shop needs, like 'X-Key: abc'; repeatable
    #[arg(long = "header", value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
}

/// The program itself, or the one in the file that is named behind an `@`.
fn program(text: &str) -> Result<String, String> {
    match text.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}")),
        None => Ok(text.to_owned()),
    }
}

/// `check`
#[derive(Debug, Args)]
pub(in crate::cli) struct Check {
    /// A product page, a shop's home page, or a JSON document
    #[arg(value_parser = address)]
    pub url: Url,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub reading: Reading,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Show where each fact was found
    #[arg(long)]
    pub explain: bool,
}

/// `shop …`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Shop {
    /// Track a product or a whole shop, and read it now
    #[command(
        after_help = "Example:\n  coatcheck shop add https://shop.example/products/corps-jacket --name jacket\n\nAn address that is tracked already keeps everything that is not given here. Nothing is kept of an address that cannot be read (exit status 3), unless --keep is given."
    )]
    Add(ShopAdd),
    /// Show what is tracked and how polling goes
    #[command(after_help = "Example:\n  coatcheck shop list\n  coatcheck shop list --json")]
    List(Json),
    /// Stop tracking, and delete its products, their history and the watches on them
    #[command(after_help = "Example:\n  coatcheck shop remove https://shop.example/products/corps-jacket")]
    Remove(Which),
    /// Stop polling for now
    #[command(after_help = "Example:\n  coatcheck shop pause shop.example")]
    Pause(Which),
    /// Let the shop push: show its hook, or make one
    #[command(
        after_help = "Example:\n  coatcheck shop hook shop.example\n  coatcheck shop hook shop.example --secret - < shopify-secret\n\nA secret that is made here is shown once. See docs/push.md."
    )]
    Hook(ShopHook),
    /// Start polling again, now
    #[command(after_help = "Example:\n  coatcheck shop resume shop.example")]
    Resume(Which),
}

/// `shop add`
#[derive(Debug, Args)]
pub(in crate::cli) struct ShopAdd {
    /// A product page, a shop's home page, or a JSON document
    #[arg(value_parser = address)]
    pub url: Url,
    /// A short name for the product, as people will type it; repeatable
    #[arg(long = "name", value_name = "ALIAS")]
    pub names: Vec<String>,
    /// Time between polls, like 60s; less than 30s for your own shops only
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub interval: Option<Duration>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub reading: Reading,
    /// Track it even if it cannot be read now
    #[arg(long)]
    pub keep: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Which sources.
#[derive(Debug, Args)]
pub(in crate::cli) struct Which {
    /// A source's address or number from `shop list`, or a shop's host for all of its sources
    pub which: String,
}

/// `shop hook`
#[derive(Debug, Args)]
pub(in crate::cli) struct ShopHook {
    /// The shop's host, or a source's address or number from `shop list`
    pub which: String,
    /// Believe the secret in this file (- for standard input), which the shop signs with
    #[arg(long, value_name = "FILE", conflicts_with_all = ["new", "remove"])]
    pub secret: Option<PathBuf>,
    /// Make another secret; the one before is believed for another day
    #[arg(long, conflicts_with = "remove")]
    pub new: bool,
    /// Believe no pushes of this shop any more
    #[arg(long)]
    pub remove: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}
