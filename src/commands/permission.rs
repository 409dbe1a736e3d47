//! Who may do what: decided from the table alone.

use coatcheck_bots::commands::May;
use coatcheck_bots::{Command, Who};

use super::Commands;

const ONLY_MANAGERS: &str =
    "Only people who manage this chat can do that here. Message me directly to set up your own alerts.";
const ONLY_ADMINS: &str =
    "Only admins of this CoatCheck can do that. You can watch any product page yourself: /watch and its address.";

/// Why somebody may not; `None` if they may.
pub(crate) fn refusal(commands: &Commands, who: &Who, command: Command) -> Option<&'static str> {
    match command.may() {
        May::Managers if who.destination.is_room() && !who.may_manage => Some(ONLY_MANAGERS),
        May::Admins if !commands.is_admin(who) => Some(ONLY_ADMINS),
        May::Everyone | May::Managers | May::Admins => None,
    }
}
