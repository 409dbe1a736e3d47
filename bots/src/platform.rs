//! The platforms people speak on.

use std::fmt;

/// Where people speak. A webhook listens only, so it is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Platform {
    /// The terminal of the service.
    Console,
    /// Discord.
    Discord,
    /// Telegram.
    Telegram,
    /// Slack.
    Slack,
    /// Text messages.
    Sms,
}

impl Platform {
    /// Every platform.
    pub const ALL: [Self; 5] = [Self::Console, Self::Discord, Self::Telegram, Self::Slack, Self::Sms];

    /// Its name, the same as the channel's in destinations.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Discord => "discord",
            Self::Telegram => "telegram",
            Self::Slack => "slack",
            Self::Sms => "sms",
        }
    }

    /// What people read: "by text message", "on Slack".
    #[must_use]
    pub fn place(self) -> &'static str {
        match self {
            Self::Console => "on the console",
            Self::Discord => "on Discord",
            Self::Telegram => "on Telegram",
            Self::Slack => "on Slack",
            Self::Sms => "by text message",
        }
    }

    /// Is a text that names no command a watch (`JACKET M`)? Only where nobody talks to anybody else.
    #[must_use]
    pub fn takes_bare_words(self) -> bool {
        matches!(self, Self::Console | Self::Sms)
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
