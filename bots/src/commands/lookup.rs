//! What the table says of each command: its row, its name on a platform, who may say it.

use super::command::Command;
use super::row::{Argument, May, Row};
use super::table::TABLE;
use crate::Platform;

impl Command {
    /// Its row in the table.
    #[must_use]
    pub fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.command == self).expect("a test finds a row for each command")
    }

    /// Its name in tables and logs, and in chats where they do not differ.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The name to register and to teach on `platform`, without any slash; `None` where it cannot be said.
    #[must_use]
    pub fn name_on(self, platform: Platform) -> Option<&'static str> {
        let row = self.row();
        if row.not_on.contains(&platform) {
            return None;
        }
        match platform {
            Platform::Sms => row.sms,
            _ => Some(row.name),
        }
    }

    /// As people type it on `platform`: `/watch`, `/coatcheck stock`, `WATCH`.
    #[must_use]
    pub fn typed(self, platform: Platform) -> String {
        let name = self.name_on(platform).unwrap_or_else(|| self.name());
        match platform {
            Platform::Sms => name.to_uppercase(),
            Platform::Slack if self != Self::Watch => format!("/coatcheck {name}"),
            _ => format!("/{name}"),
        }
    }

    /// Its arguments, in order.
    #[must_use]
    pub fn arguments(self) -> &'static [Argument] {
        self.row().arguments
    }

    /// Can somebody say it who has not said the invite word?
    #[must_use]
    pub fn is_for_strangers(self) -> bool {
        self.row().strangers
    }

    /// Does it need text messages? Where SMS is not set up it is neither registered nor shown.
    #[must_use]
    pub fn needs_texts(self) -> bool {
        self.row().needs_texts
    }

    /// Who may say it.
    #[must_use]
    pub fn may(self) -> May {
        self.row().may
    }

    /// Every command that can be said by name on `platform`, in the table's order.
    pub fn on(platform: Platform) -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.command).filter(move |command| command.name_on(platform).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adding a command without a row fails here, through the exhaustive match.
    #[test]
    fn each_command_has_its_row() {
        let mut command = Some(Command::Watch);
        let mut seen = 0;
        while let Some(this) = command {
            assert_eq!(this.row().command, this);
            seen += 1;
            command = next(this);
        }
        assert_eq!(seen, TABLE.len());
    }

    fn next(command: Command) -> Option<Command> {
        Some(match command {
            Command::Watch => Command::Unwatch,
            Command::Unwatch => Command::Watches,
            Command::Watches => Command::Stock,
            Command::Stock => Command::History,
            Command::History => Command::Again,
            Command::Again => Command::Phone,
            Command::Phone => Command::Verify,
            Command::Verify => Command::Pause,
            Command::Pause => Command::Resume,
            Command::Resume => Command::Test,
            Command::Test => Command::Export,
            Command::Export => Command::Forget,
            Command::Forget => Command::Link,
            Command::Link => Command::Join,
            Command::Join => Command::Announce,
            Command::Announce => Command::Shop,
            Command::Shop => Command::Status,
            Command::Status => Command::Help,
            Command::Help => Command::Start,
            Command::Start => Command::Stop,
            Command::Stop => Command::Anytime,
            Command::Anytime => Command::Answer,
            Command::Answer => return None,
        })
    }

    #[test]
    fn each_platform_has_its_way_of_writing() {
        assert_eq!(Command::Watch.typed(Platform::Slack), "/watch");
        assert_eq!(Command::Watches.typed(Platform::Slack), "/coatcheck watches");
        assert_eq!(Command::Watches.typed(Platform::Sms), "LIST");
        assert_eq!(Command::Again.typed(Platform::Telegram), "/again");
        assert_eq!(Command::Shop.name_on(Platform::Sms), None);
    }
}
