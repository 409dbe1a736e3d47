//! What the table promises and this version cannot do: one sentence, chosen here.

use coatcheck_bots::{Command, Platform, Reply};

/// What is said instead.
pub(crate) fn not_yet(command: Command, platform: Platform) -> Reply {
    let name = command.typed(platform);
    Reply::text(match command {
        Command::Stop | Command::Anytime => {
            format!("{name} is for text messages only; {} ends your watches here.", Command::Unwatch.typed(platform))
        }
        Command::Shop => format!("{name} cannot be said here yet; on the server, `coatcheck shop` does it."),
        Command::Export | Command::Forget => {
            format!("{name} comes later. {} all ends all your watches now.", Command::Unwatch.typed(platform))
        }
        _ => format!("{name} comes later; this version cannot do it yet."),
    })
}
