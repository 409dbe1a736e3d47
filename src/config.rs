//! Settings, from the environment and `.env`. Read once, checked all at once, then handed on as small structs.

mod dotenv;
mod names;
#[cfg(not(all(feature = "discord", feature = "slack", feature = "sms", feature = "telegram")))]
mod not_built;
#[cfg(feature = "otlp")]
mod otlp;
mod platforms;
mod reader;
#[cfg(feature = "slack")]
mod slack;
mod texting;
#[cfg_attr(
    not(all(feature = "discord", feature = "slack", feature = "sms", feature = "telegram")),
    expect(dead_code, reason = "each platform has its own")
)]
mod tokens;
#[cfg(feature = "sms")]
mod twilio;

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use chrono_tz::Tz;
use coatcheck_domain::Destination;
use coatcheck_domain::destination::NotADestination;
use coatcheck_domain::poll::INTERVAL_FLOOR;
use secrecy::SecretString;
use url::Url;

use crate::shops::AllowHosts;
use crate::web::password::PasswordHash;

use dotenv::Environment;
#[cfg(not(feature = "discord"))]
use not_built::NotBuilt as DiscordSettings;
#[cfg(not(feature = "slack"))]
use not_built::NotBuilt as SlackSettings;
#[cfg(not(feature = "telegram"))]
use not_built::NotBuilt as TelegramSettings;
#[cfg(not(feature = "sms"))]
use not_built::NotBuilt as TwilioSettings;
#[cfg(feature = "otlp")]
pub use otlp::OtlpSettings;
#[cfg(feature = "discord")]
pub use platforms::DiscordSettings;
#[cfg(feature = "telegram")]
pub use platforms::TelegramSettings;
use reader::Reader;
pub use reader::{database_fault, duration};
#[cfg(feature = "slack")]
pub use slack::SlackSettings;
pub use texting::TextingSettings;
#[cfg(feature = "sms")]
pub use twilio::TwilioSettings;

/// All settings that this version knows.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `DATABASE_URL`
    pub database_url: String,
    /// `LISTEN_ADDR`
    pub listen_addr: SocketAddr,
    /// `COATCHECK_CONTACT`
    pub contact: Option<String>,
    /// `COATCHECK_INTERVAL`
    pub interval: Duration,
    /// `COATCHECK_HOST_CONCURRENCY`
    pub host_concurrency: u32,
    /// `COATCHECK_ALLOW_HOSTS`
    pub allow_hosts: AllowHosts,
    /// `COATCHECK_QUIET_FOR`
    pub quiet_for: Duration,
    /// `COATCHECK_EXPIRE_AFTER`
    pub expire_after: Duration,
    /// `COATCHECK_ADMINS`
    pub admins: Destinations,
    /// `COATCHECK_TIME_ZONE`
    pub time_zone: Tz,
    /// `COATCHECK_LOG`
    pub log: String,
    /// `COATCHECK_LOG_FORMAT`
    pub log_format: LogFormat,
    /// `OTEL_EXPORTER_OTLP_ENDPOINT` and what belongs to it.
    #[cfg(feature = "otlp")]
    pub otlp: Option<OtlpSettings>,
    /// `PUBLIC_URL`, the address the world sees. Ends with a slash.
    pub public_url: Option<Url>,
    /// `DISCORD_TOKEN` and what belongs to it.
    pub discord: Option<DiscordSettings>,
    /// `TELEGRAM_TOKEN` and what belongs to it.
    pub telegram: Option<TelegramSettings>,
    /// `SLACK_BOT_TOKEN` and what belongs to it.
    pub slack: Option<SlackSettings>,
    /// `TWILIO_ACCOUNT_SID` and what belongs to it.
    pub twilio: Option<TwilioSettings>,
    /// `SMS_COUNTRIES` and what else says who is texted, and when.
    pub texting: TextingSettings,
    /// `COATCHECK_FALLBACK_AFTER`
    pub fallback_after: Duration,
    /// `COATCHECK_INVITE_CODE`
    pub invite: Option<String>,
    /// `COATCHECK_ADMIN_PASSWORD_HASH`: without it there are no admin pages.
    pub admin_password: Option<PasswordHash>,
    /// `COATCHECK_OPERATORS`
    pub operators: Destinations,
    /// `COATCHECK_HEARTBEAT_URL`: asked each minute while all loops tick. It may hold a secret.
    pub heartbeat_url: Option<SecretString>,
    /// `COATCHECK_MAX_WATCHES`: watches of one person.
    pub max_watches: u32,
    /// `COATCHECK_MAX_ADDRESSES`: addresses that one person may have added and that are still tracked.
    pub max_addresses: u32,
    /// `COATCHECK_MAX_SOURCES`: sources in all.
    pub max_sources: u32,
    /// `COATCHECK_KEY`: the root keys, the newest first.
    pub key: Option<SecretString>,
    /// What is set and has no effect, or not the one that whoever set it may expect: a sentence each.
    pub warnings: Vec<String>,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => Err(format!("there is no log format {other:?}")),
        }
    }
}

/// Destinations in a setting, separated by commas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destinations(pub Vec<Destination>);

impl FromStr for Destinations {
    type Err = NotADestination;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        words.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// Everything that is wrong with the settings, a line each.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct BadSettings(pub Vec<String>);

const fn seconds(from: u64, to: u64) -> RangeInclusive<Duration> {
    Duration::from_secs(from)..=Duration::from_secs(to)
}

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

/// What settings with destinations take.
const DESTINATIONS: &str = "destinations like discord:80351110224678912 or telegram:12345, separated by commas";

impl Settings {
    /// Reads all settings through `get`, and `NAME_FILE` where a secret lies in a file.
    ///
    /// # Errors
    /// With all that is wrong at once, each naming the setting and what it takes.
    pub fn read(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, BadSettings> {
        let mut reader = Reader::new(get);
        let settings = Self::read_by(&mut reader);
        if reader.wrong.is_empty() { Ok(settings) } else { Err(BadSettings(reader.wrong)) }
    }

    fn read_by(reader: &mut Reader<'_>) -> Self {
        let public_url = reader.public_url();
        let mut settings = Self {
            discord: reader.discord(),
            telegram: reader.telegram(public_url.as_ref()),
            slack: reader.slack(public_url.as_ref()),
            twilio: reader.twilio(),
            texting: reader.texting(),
            fallback_after: reader.duration("COATCHECK_FALLBACK_AFTER", "60s", seconds(1, DAY)),
            invite: reader.secret("COATCHECK_INVITE_CODE"),
            admin_password: reader.password_hash(),
            operators: reader.parsed("COATCHECK_OPERATORS", "", DESTINATIONS),
            heartbeat_url: reader.heartbeat_url(),
            max_watches: reader.number("COATCHECK_MAX_WATCHES", "100", 1..=1_000_000),
            max_addresses: reader.number("COATCHECK_MAX_ADDRESSES", "10", 0..=1_000_000),
            max_sources: reader.number("COATCHECK_MAX_SOURCES", "10000", 1..=10_000_000),
            key: reader.secret("COATCHECK_KEY").map(Into::into),
            public_url,
            database_url: reader.database_url(),
            listen_addr: reader.parsed("LISTEN_ADDR", "127.0.0.1:8080", "an address and port, like 127.0.0.1:8080"),
            contact: reader.contact(),
            interval: reader.duration("COATCHECK_INTERVAL", "60s", INTERVAL_FLOOR..=Duration::from_secs(DAY)),
            host_concurrency: reader.number("COATCHECK_HOST_CONCURRENCY", "1", 1..=64),
            allow_hosts: reader.parsed(
                "COATCHECK_ALLOW_HOSTS",
                "",
                "hosts like shop.example or 127.0.0.1:3000, separated by commas",
            ),
            quiet_for: reader.duration(
                "COATCHECK_QUIET_FOR",
                "15m",
                Duration::from_millis(1)..=Duration::from_secs(30 * DAY),
            ),
            expire_after: reader.duration("COATCHECK_EXPIRE_AFTER", "2h", seconds(MINUTE, 7 * DAY)),
            admins: reader.parsed("COATCHECK_ADMINS", "", DESTINATIONS),
            time_zone: reader.parsed("COATCHECK_TIME_ZONE", "UTC", "a name like Europe/Berlin or America/New_York"),
            log: reader.log(),
            log_format: reader.parsed("COATCHECK_LOG_FORMAT", "text", "text or json"),
            #[cfg(feature = "otlp")]
            otlp: reader.otlp(),
            warnings: Vec::new(),
        };
        reader.check(&settings);
        if settings.twilio.is_some() && settings.public_url.is_none() {
            let words = "PUBLIC_URL is not set: Twilio cannot deliver incoming texts, so STOP does not reach this service \
                         (docs/setup/twilio.md)";
            settings.warnings.push(words.to_owned());
        }
        settings
    }

    /// The number that people text, where it is one number.
    #[must_use]
    pub fn text_number(&self) -> Option<String> {
        #[cfg(feature = "sms")]
        if let Some(coatcheck_bots::sms::Sender::Number(phone)) = self.twilio.as_ref().map(|it| &it.sender) {
            return Some(phone.expose().to_owned());
        }
        None
    }

    /// Are people texted?
    #[must_use]
    pub fn has_texts(&self) -> bool {
        self.twilio.is_some()
    }

    /// Reads them from the process's environment and from `.env`, if there is one.
    ///
    /// # Errors
    /// As [`Settings::read`], when `.env` cannot be read, or when a name is misspelt.
    pub fn from_environment() -> Result<Self, BadSettings> {
        let environment = Environment::load()?;
        let get = |name: &str| environment.get(name);
        let mut reader = Reader::new(&get);
        let mut settings = Self::read_by(&mut reader);
        let unreadable = environment.unreadable().filter(|name| reader.known.contains(*name));
        let mut wrong: Vec<String> = unreadable.map(|name| format!("{name} is not UTF-8 text")).collect();
        let slips = names::slips(&reader.known, environment.names());
        wrong.extend(slips.refused);
        wrong.extend(reader.wrong);
        settings.warnings.extend(slips.warnings);
        if wrong.is_empty() { Ok(settings) } else { Err(BadSettings(wrong)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, BadSettings> {
        let pairs: Vec<(String, String)> = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Settings::read(&move |name| pairs.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()))
    }

    #[test]
    fn nothing_set_is_enough() {
        let settings = read(&[]).expect("the defaults");
        assert_eq!(settings.interval, Duration::from_secs(60));
        assert_eq!(settings.database_url, "sqlite://coatcheck.db");
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let wrong = read(&[
            ("COATCHECK_INTERVAL", "soon"),
            ("COATCHECK_EXPIRE_AFTER", "2"),
            ("COATCHECK_QUIET_FOR", "-1s"),
            ("COATCHECK_LOG", "verbose"),
            ("COATCHECK_CONTACT", "Käthe"),
            ("LISTEN_ADDR", "8080"),
            ("DATABASE_URL", "mysql://x"),
            ("COATCHECK_HOST_CONCURRENCY", "0"),
            ("COATCHECK_TIME_ZONE", "CEST"),
        ]);
        insta::assert_snapshot!(wrong.expect_err("nine are wrong"), @r#"
        DATABASE_URL must be like sqlite://coatcheck.db or postgres://user:password@host/name
        LISTEN_ADDR="8080" cannot be read; it takes an address and port, like 127.0.0.1:8080
        COATCHECK_CONTACT="Käthe" cannot be sent to shops; it takes an e-mail address or a page, in plain ASCII
        COATCHECK_INTERVAL="soon" cannot be read; it takes a time like 60s, 15m or 2h
        COATCHECK_HOST_CONCURRENCY="0" cannot be used; it takes a whole number from 1 to 64
        COATCHECK_QUIET_FOR="-1s" cannot be read; it takes a time like 60s, 15m or 2h
        COATCHECK_EXPIRE_AFTER="2" has no unit; write 2s, 2m or 2h
        COATCHECK_TIME_ZONE="CEST" cannot be read; it takes a name like Europe/Berlin or America/New_York
        COATCHECK_LOG="verbose" cannot be read; it takes a level (off, error, warn, info, debug, trace) or directives like info,coatcheck::engine=debug
        "#);
        let short = read(&[("COATCHECK_INTERVAL", "1s"), ("COATCHECK_EXPIRE_AFTER", "2s")]);
        insta::assert_snapshot!(short.expect_err("both are too short"), @r#"
        COATCHECK_INTERVAL="1s" is too short; the minimum is 30s
        COATCHECK_EXPIRE_AFTER="2s" is too short; the minimum is 1m
        "#);
        let order = read(&[("COATCHECK_FALLBACK_AFTER", "3h"), ("COATCHECK_LOG", "info,coatcheck::engine=debug")]);
        insta::assert_snapshot!(order.expect_err("the fallback would come too late"), @"COATCHECK_FALLBACK_AFTER is not shorter than COATCHECK_EXPIRE_AFTER: alerts would expire before the fallback");
    }
}
