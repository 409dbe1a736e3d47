//! `deliveries` and `send-test`.

use std::time::Duration;

use clap::{Args, Subcommand};
use coatcheck_domain::Destination;
use coatcheck_domain::delivery::State;

use super::{DESTINATIONS, time};

/// `deliveries`
#[derive(Debug, Args)]
pub(in crate::cli) struct Deliveries {
    /// Only those in this state: pending, sending, sent, dead, expired, suppressed or cancelled
    #[arg(long, value_parser = state)]
    pub state: Option<State>,
    /// How many, newest first
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Instead of listing.
    #[command(subcommand)]
    pub command: Option<Replay>,
}

fn state(text: &str) -> Result<State, String> {
    let known = State::ALL.map(State::as_str).join(", ");
    text.parse().map_err(|_| format!("there is no such state; there are {known}"))
}

/// `deliveries replay`
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Replay {
    /// Send a failed delivery again
    #[command(after_help = "Example:\n  coatcheck deliveries replay 17")]
    Replay {
        /// Its number in `deliveries`
        number: i64,
        /// Even if it is sold out again, or another destination was notified
        #[arg(long)]
        force: bool,
    },
}

pub(super) fn send_test() -> String {
    format!(
        "Example:\n  coatcheck send-test --to webhook:https://example.com/hook\n\n\
         The running service sends it.\n\n{DESTINATIONS}"
    )
}

/// `send-test`
#[derive(Debug, Args)]
pub(in crate::cli) struct SendTest {
    /// Where to send it; see below
    #[arg(long, value_name = "DESTINATION")]
    pub to: Destination,
    /// How long to wait for the outcome
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = time)]
    pub wait: Duration,
}
