//! The slash commands, rendered from the table.

use serenity::builder::{CreateCommand, CreateCommandOption};
use serenity::http::{LightMethod, Route};
use serenity::model::application::{CommandOptionType, InstallationContext, InteractionContext};
use serenity::model::id::ApplicationId;

use super::Discord;
use super::failure::Failure;
use crate::commands::{Argument, Command, Kind, LONGEST_TEXT};
use crate::{Platform, Trouble};

impl Discord {
    pub(super) async fn register_commands(&self) -> Result<(), Trouble> {
        self.put_commands().await.map_err(|failure| self.noted(failure).trouble())
    }

    async fn put_commands(&self) -> Result<(), Failure> {
        let me = self.api.get(Route::Oauth2ApplicationCurrent, Vec::new()).await?;
        let id = me["id"].as_str().and_then(|id| id.parse().ok()).filter(|id| *id != 0);
        let id = id.ok_or_else(|| Failure::NoAnswer("the application has no id".to_owned()))?;
        let route = Route::Commands { application_id: ApplicationId::new(id) };
        self.api.with(LightMethod::Put, route, &commands(self.shows)).await.map(drop)
    }
}

/// Every command that can be said on Discord, as far as it is shown.
fn commands(shows: fn(Command) -> bool) -> Vec<CreateCommand> {
    Command::on(Platform::Discord).filter(|command| shows(*command)).map(command).collect()
}

fn command(command: Command) -> CreateCommand {
    let made = CreateCommand::new(command.name())
        .description(command.row().help)
        .set_options(command.arguments().iter().map(|argument| option(*argument)).collect());
    made.integration_types(vec![InstallationContext::Guild, InstallationContext::User]).contexts(vec![
        InteractionContext::Guild,
        InteractionContext::BotDm,
        InteractionContext::PrivateChannel,
    ])
}

fn option(argument: Argument) -> CreateCommandOption {
    let made = CreateCommandOption::new(CommandOptionType::String, argument.name, argument.help)
        .required(argument.required)
        .set_autocomplete(argument.kind.completes());
    match argument.kind {
        Kind::Choice(choices) => choices.iter().fold(made, |made, choice| made.add_string_choice(*choice, *choice)),
        Kind::Product | Kind::Url => made.max_length(u16::try_from(LONGEST_TEXT).unwrap_or(u16::MAX)),
        _ => made.max_length(100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `/watch <product>… [size]… [how: once|every]`: three dots complete.
    fn read(command: &serde_json::Value) -> String {
        let options = command["options"].as_array().expect("options");
        let options = options.iter().map(|option| {
            let choices: Vec<&str> =
                option["choices"].as_array().into_iter().flatten().filter_map(|c| c["value"].as_str()).collect();
            let choices = if choices.is_empty() { String::new() } else { format!(": {}", choices.join("|")) };
            let dots = if option["autocomplete"] == true { "…" } else { "" };
            let name = option["name"].as_str().expect("a name");
            if option["required"] == true {
                format!(" <{name}{choices}>{dots}")
            } else {
                format!(" [{name}{choices}]{dots}")
            }
        });
        let rights =
            command["default_member_permissions"].as_str().map(|bits| format!(" (needs {bits})")).unwrap_or_default();
        let (types, contexts) = (&command["integration_types"], &command["contexts"]);
        format!(
            "/{}{}{rights} {types} {contexts}",
            command["name"].as_str().expect("a name"),
            options.collect::<String>()
        )
    }

    #[test]
    fn the_commands_are_those_of_the_table() {
        let all = serde_json::to_value(commands(|_| true)).expect("JSON");
        let lines: Vec<String> = all.as_array().expect("a list").iter().map(read).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        /watch <product>… [size]… [style]… [how: once|every] [0,1] [0,1,2]
        /unwatch [product]… [size]… [0,1] [0,1,2]
        /watches [page] [0,1] [0,1,2]
        /stock <product>… [style]… [0,1] [0,1,2]
        /history <product>… [size]… [style]… [0,1] [0,1,2]
        /again [product]… [0,1] [0,1,2]
        /phone <number> [0,1] [0,1,2]
        /verify <code> [0,1] [0,1,2]
        /pause [for] [0,1] [0,1,2]
        /resume [0,1] [0,1,2]
        /test [0,1] [0,1,2]
        /export [0,1] [0,1,2]
        /forget [0,1] [0,1,2]
        /link [code] [0,1] [0,1,2]
        /join <word> [0,1] [0,1,2]
        /announce <action: add|list|stop> [product]… [size]… [style]… [mention] [0,1] [0,1,2]
        /shop <action: add|list|remove|pause|resume> [url] [0,1] [0,1,2]
        /status [0,1] [0,1,2]
        /help [command] [0,1] [0,1,2]
        ");
    }
}
