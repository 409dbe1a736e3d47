//! `/help` and `/start`.

use coatcheck_bots::commands::{self, Arguments, TABLE};
use coatcheck_bots::{Command, Reply, Who};

use super::permission::refusal;
use super::{Commands, platform};

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

/// Hello, and what to say next. Sign-up links are not made yet, so a payload changes nothing.
pub(crate) fn start(who: &Who) -> Reply {
    let platform = platform(who);
    Reply::text(format!(
        "Hello! I tell you the moment your size is back in stock, once.\nSay {} and a product with a size, for example: \
         {} jacket M\n{} lists what else I understand.",
        Command::Watch.typed(platform),
        Command::Watch.typed(platform),
        Command::Help.typed(platform)
    ))
}
