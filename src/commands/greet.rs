//! `/help` and `/start`.

use coatcheck_bots::commands::{self, Arguments, TABLE};
use coatcheck_bots::{Command, Reply, Who};

use super::permission::refusal;
use super::{Commands, admission, platform};

/// The whole list, or one command.
pub(crate) fn help(commands: &Commands, who: &Who, said: &Arguments) -> Reply {
    let platform = platform(who);
    let asked = said.bare.first().and_then(|word| {
        let name = word.text.trim_start_matches('/').to_lowercase();
        let row = TABLE.iter().find(|row| row.name == name || row.also.contains(&name.as_str()));
        row.map(|row| row.command).filter(|command| command.name_on(platform).is_some())
    });
    Reply::text(match asked {
        Some(command) => commands::help_for(command, platform),
        None => {
            commands::help(platform, |command| commands.shows(command) && refusal(commands, who, command).is_none())
        }
    })
}

/// Hello, and what to say next.
pub(crate) fn start(who: &Who, is_stranger: bool) -> Reply {
    let platform = platform(who);
    let (watch, help) = (Command::Watch.typed(platform), Command::Help.typed(platform));
    if is_stranger {
        return Reply::text(format!(
            "Hello! I notify you when your size is back in stock.\n{}",
            admission::by_invitation(who)
        ));
    }
    Reply::text(format!(
        "Hello! I notify you when your size is back in stock.\nTry: {watch} jacket M\n{help} shows all commands."
    ))
}

/// `/join` of somebody who is in, or where no word is needed.
pub(crate) fn joined(who: &Who) -> Reply {
    Reply::text(format!("You're in already. Try: {} jacket M", Command::Watch.typed(platform(who))))
}
