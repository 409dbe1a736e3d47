//! What the table promises and this version cannot do: one sentence, chosen here.

use coatcheck_bots::{Command, Platform, Reply};

/// Can it be said with effect where nobody is texted? What cannot is left out of `/help`.
pub fn is_shown(command: Command) -> bool {
    is_shown_with_texts(command) && !matches!(command, Command::Phone | Command::Verify)
}

/// Can it be said with effect where people are texted too?
pub fn is_shown_with_texts(command: Command) -> bool {
    command != Command::Announce
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
