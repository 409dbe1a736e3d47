//! Where a subscriber is told: one address on one channel, in the form people write it.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::phone::{NotAPhone, Phone};

/// One address on one channel.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Destination {
    /// `console:` — the terminal of the service.
    Console,
    /// `webhook:https://…` — JSON posted to an address.
    Webhook(Url),
    /// `discord:<user id>` — a direct message.
    DiscordUser(u64),
    /// `discord:#<channel id>` — a team channel.
    DiscordChannel(u64),
    /// `telegram:<chat id>[/<topic>]`.
    Telegram {
        /// The chat, negative for groups.
        chat: i64,
        /// The topic inside a forum group.
        topic: Option<i32>,
    },
    /// `slack:[<team>/]<user or channel id>`.
    Slack {
        /// The workspace, where more than one is served.
        team: Option<String>,
        /// A user (`U…`) or channel (`C…`, `G…`, `D…`).
        id: String,
    },
    /// `sms:+14155550123`.
    Sms(Phone),
    /// `push:<host of its push service>/<hash>`: a browser, which a web page entered.
    Push(String),
}

/// Why a text is no destination, in words that help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotADestination {
    /// Nothing known stands before the colon.
    #[error(
        "a destination starts with its channel: console:, webhook:https://…, discord:<user id>, discord:#<channel id>, \
         telegram:<chat id>, slack:<user or channel id> or sms:+14155550123 — not {0:?}"
    )]
    Channel(String),
    /// The address is not one of that channel.
    #[error("{channel}: needs {needs}, not {got:?}")]
    Address {
        /// The channel's name.
        channel: &'static str,
        /// What it would take.
        needs: &'static str,
        /// What was given, shortened.
        got: String,
    },
    /// The address is no phone number.
    #[error("sms: {0}")]
    Phone(#[from] NotAPhone),
}

impl Destination {
    /// The channel that speaks to it, as in tables and settings.
    #[must_use]
    pub fn channel(&self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Webhook(_) => "webhook",
            Self::DiscordUser(_) | Self::DiscordChannel(_) => "discord",
            Self::Telegram { .. } => "telegram",
            Self::Slack { .. } => "slack",
            Self::Sms(_) => "sms",
            Self::Push(_) => "push",
        }
    }

    /// The sending identity whose rate it shares. Webhooks and push services have a lane per host and port; the other channels
    /// have one bot token, workspace or number each.
    #[must_use]
    pub fn lane(&self) -> String {
        match self {
            Self::Webhook(url) => {
                let host = url.host_str().unwrap_or_default();
                match url.port() {
                    Some(port) => format!("webhook:{host}:{port}"),
                    None => format!("webhook:{host}"),
                }
            }
            Self::Slack { team: Some(team), .. } => format!("slack:{team}"),
            Self::Push(id) => format!("push:{}", id.split('/').next().unwrap_or_default()),
            other => other.channel().to_owned(),
        }
    }

    /// A room is told with posts that are edited; a person with alerts.
    #[must_use]
    pub fn is_room(&self) -> bool {
        match self {
            Self::DiscordChannel(_) => true,
            Self::Telegram { chat, .. } => *chat < 0,
            Self::Slack { id, .. } => id.starts_with(['C', 'G']),
            _ => false,
        }
    }

    /// The whole address for the table that stores it. Phones are stored sealed instead, never through this.
    #[must_use]
    pub fn to_stored(&self) -> String {
        match self {
            Self::Console => "console:".to_owned(),
            Self::Webhook(url) => format!("webhook:{url}"),
            Self::DiscordUser(id) => format!("discord:{id}"),
            Self::DiscordChannel(id) => format!("discord:#{id}"),
            Self::Telegram { chat, topic: None } => format!("telegram:{chat}"),
            Self::Telegram { chat, topic: Some(topic) } => format!("telegram:{chat}/{topic}"),
            Self::Slack { team: None, id } => format!("slack:{id}"),
            Self::Slack { team: Some(team), id } => format!("slack:{team}/{id}"),
            Self::Sms(phone) => format!("sms:{phone}"),
            Self::Push(id) => format!("push:{id}"),
        }
    }
}

impl FromStr for Destination {
    type Err = NotADestination;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (channel, address) = text.split_once(':').ok_or_else(|| NotADestination::Channel(shorten(text)))?;
        match channel {
            "console" if address.is_empty() => Ok(Self::Console),
            "console" => Err(address_error("console", "nothing after the colon", address)),
            "webhook" => webhook(address),
            "discord" => discord(address),
            "telegram" => telegram(address),
            "slack" => slack(address),
            "sms" => Ok(Self::Sms(address.parse()?)),
            "push" => push(address),
            _ => Err(NotADestination::Channel(shorten(text))),
        }
    }
}

fn webhook(address: &str) -> Result<Destination, NotADestination> {
    let needs = "an http or https address without a user name, like https://example.com/hook";
    let url = Url::parse(address).map_err(|_| address_error("webhook", needs, address))?;
    let usable = matches!(url.scheme(), "http" | "https")
        && url.host().is_some()
        && url.username().is_empty()
        && url.password().is_none();
    if usable { Ok(Destination::Webhook(url)) } else { Err(address_error("webhook", needs, address)) }
}

fn discord(address: &str) -> Result<Destination, NotADestination> {
    let needs = "a user id, or # and a channel id";
    let (id, channel) = address.strip_prefix('#').map_or((address, false), |id| (id, true));
    let id = id.parse().ok().filter(|id| *id != 0).ok_or_else(|| address_error("discord", needs, address))?;
    Ok(if channel { Destination::DiscordChannel(id) } else { Destination::DiscordUser(id) })
}

fn telegram(address: &str) -> Result<Destination, NotADestination> {
    let bad = || address_error("telegram", "a chat id, with /<topic> for a forum topic", address);
    let (chat, topic) = address.split_once('/').map_or((address, None), |(chat, topic)| (chat, Some(topic)));
    let topic = topic.map(str::parse).transpose().map_err(|_| bad())?;
    Ok(Destination::Telegram { chat: chat.parse().map_err(|_| bad())?, topic })
}

fn slack(address: &str) -> Result<Destination, NotADestination> {
    let (team, id) = address.split_once('/').map_or((None, address), |(team, id)| (Some(team), id));
    let is_id = |text: &str| text.len() >= 2 && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    if is_id(id) && team.is_none_or(is_id) {
        Ok(Destination::Slack { team: team.map(str::to_owned), id: id.to_owned() })
    } else {
        Err(address_error("slack", "a user or channel id like U012AB3CD", address))
    }
}

fn push(address: &str) -> Result<Destination, NotADestination> {
    let is_host = |host: &str| {
        host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']' | b'_'))
    };
    let is_hash = |hash: &str| hash.len() == 24 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    match address.split_once('/') {
        Some((host, hash)) if !host.is_empty() && is_host(host) && is_hash(hash) => {
            Ok(Destination::Push(address.to_owned()))
        }
        _ => Err(address_error("push", "an id that a web page made", address)),
    }
}

fn address_error(channel: &'static str, needs: &'static str, got: &str) -> NotADestination {
    NotADestination::Address { channel, needs, got: shorten(got) }
}

fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}

impl fmt::Display for Destination {
    /// As people write it. A webhook's path and query may hold a secret, so only its host is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Webhook(url) => write!(f, "webhook:{}/…", url.origin().ascii_serialization()),
            other => f.write_str(&other.to_stored()),
        }
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Destination({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_the_manual_is_read_and_kept() {
        for text in [
            "console:",
            "webhook:https://example.com/hook?x=1",
            "discord:80351110224678912",
            "discord:#80351110224678912",
            "telegram:-100123/7",
            "telegram:42",
            "slack:T01/U012AB3CD",
            "slack:C012AB3CD",
            "push:push.example:8443/0123456789abcdef01234567",
        ] {
            let destination: Destination = text.parse().expect(text);
            assert_eq!(destination.to_stored(), text);
        }
    }

    #[test]
    fn each_destination_has_its_channel_and_only_rooms_are_rooms() {
        for (text, channel, is_room) in [
            ("console:", "console", false),
            ("webhook:https://example.com/hook", "webhook", false),
            ("discord:80351110224678912", "discord", false),
            ("discord:#80351110224678912", "discord", true),
            ("telegram:-100123/7", "telegram", true),
            ("telegram:42", "telegram", false),
            ("slack:T01/U012AB3CD", "slack", false),
            ("slack:C012AB3CD", "slack", true),
            ("sms:+14155550123", "sms", false),
            ("push:push.example/0123456789abcdef01234567", "push", false),
        ] {
            let destination: Destination = text.parse().expect(text);
            assert_eq!((destination.channel(), destination.is_room()), (channel, is_room), "{text}");
        }
        assert!(!Destination::Telegram { chat: 0, topic: None }.is_room());
    }

    #[test]
    fn secrets_are_not_shown() {
        let hook: Destination = "webhook:https://example.com:8443/s3cret".parse().expect("a hook");
        assert_eq!(
            format!("{hook} {hook:?}"),
            "webhook:https://example.com:8443/… Destination(webhook:https://example.com:8443/…)"
        );
        assert_eq!(hook.lane(), "webhook:example.com:8443");
        let phone: Destination = "sms:+14155550123".parse().expect("a phone");
        assert_eq!(phone.to_string(), "sms:+…23");
    }

    #[test]
    fn an_address_that_is_none_of_its_platform_is_refused() {
        for text in [
            "slack:",
            "slack:U",
            "slack:u0123",
            "slack:U 12",
            "slack:t/U0123",
            "slack:T01/C-1",
            "telegram:42/x",
            "discord:0",
            "push:/0123456789abcdef01234567",
            "push:push.example/0123456789abcdef0123456",
            "push:push.example/0123456789abcdef0123456x",
            "push:push example/0123456789abcdef01234567",
            "push:push.example",
        ] {
            assert!(matches!(text.parse::<Destination>(), Err(NotADestination::Address { .. })), "{text}");
        }
    }

    #[test]
    fn errors_say_what_is_needed() {
        let error = |text: &str| text.parse::<Destination>().expect_err(text).to_string();
        assert!(error("console:here").contains("nothing after the colon"), "{}", error("console:here"));
        insta::assert_snapshot!(error("jacket"), @r#"a destination starts with its channel: console:, webhook:https://…, discord:<user id>, discord:#<channel id>, telegram:<chat id>, slack:<user or channel id> or sms:+14155550123 — not "jacket""#);
        insta::assert_snapshot!(error("webhook:ftp://x"), @r#"webhook: needs an http or https address without a user name, like https://example.com/hook, not "ftp://x""#);
        insta::assert_snapshot!(error("sms:0123"), @"sms: a phone number is written in international form, like +14155550123");
    }
}
