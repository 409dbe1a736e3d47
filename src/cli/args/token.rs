//! `token …`.

use clap::Subcommand;

use super::Json;

/// `token …`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Token {
    /// Make a token and print it, this once
    #[command(after_help = "Example:\n  coatcheck token add my-script --write")]
    Add {
        /// What it is for; lower-case letters, digits and dashes
        #[arg(value_parser = name)]
        name: String,
        /// It may also change things; without this it may only read
        #[arg(long)]
        write: bool,
    },
    /// Show all tokens, without themselves
    #[command(after_help = "Example:\n  coatcheck token list")]
    List(Json),
    /// End a token
    #[command(after_help = "Example:\n  coatcheck token remove my-script")]
    Remove {
        /// Its name
        name: String,
    },
}

fn name(text: &str) -> Result<String, String> {
    let is_fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_name = !text.is_empty() && text.len() <= 40 && text.chars().all(is_fine);
    if is_name {
        Ok(text.to_owned())
    } else {
        Err("expected up to 40 lower-case letters, digits and dashes".to_owned())
    }
}
