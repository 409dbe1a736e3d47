//! Who may do what: decided from the table alone.

use coatcheck_bots::commands::May;
use coatcheck_bots::{Command, Who};

use super::Commands;
use super::spoken::spoken;

const ONLY_MANAGERS: &str =
    "Only people who manage this chat can do that here. Message me directly to set up your own alerts.";
const ONLY_ADMINS: &str =
    "Only admins of this CoatCheck can do that. You can watch any product page yourself: /watch and its address.";

const ONLY_IN_ROOMS: &str = "Say that in the team channel or group where I should post.";
const ONLY_ROOM_MANAGERS: &str =
    "Only people who manage this channel can change what is announced here. You can set up alerts of your own: /watch";

/// Why somebody may not; `None` if they may.
pub(crate) fn refusal(commands: &Commands, who: &Who, command: Command) -> Option<String> {
    let refusal = match command.may() {
        May::Managers if who.destination.is_room() && !who.may_manage => Some(ONLY_MANAGERS),
        May::Admins if !commands.is_admin(who) => Some(ONLY_ADMINS),
        May::RoomManagers if who.room.is_none() => Some(ONLY_IN_ROOMS),
        May::RoomManagers if !who.may_manage => Some(ONLY_ROOM_MANAGERS),
        May::Everyone | May::Managers | May::RoomManagers | May::Admins => None,
    };
    refusal.map(|sentence| spoken(who, sentence))
}
