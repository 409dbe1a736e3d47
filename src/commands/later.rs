//! What the table promises and this version cannot do: one sentence, chosen here.

use coatcheck_bots::{Command, Platform, Reply};

/// Can it be said with effect? What cannot is left out of `/help`.
pub fn is_shown(command: Command) -> bool {
    !matches!(command, Command::Phone | Command::Verify | Command::Announce | Command::Stop | Command::Anytime)
}

/// What is said instead.
pub(crate) fn not_yet(command: Command, platform: Platform) -> Reply {
    let name = command.typed(platform);
    Reply::text(match command {
        Command::Stop | Command::Anytime => {
            format!("{name} is for text messages only; {} ends your watches here.", Command::Unwatch.typed(platform))
        }
        _ => format!("{name} comes later; this version cannot do it yet."),
    })
}
