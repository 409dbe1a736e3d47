//! Settings, from the environment and `.env`. Read once, checked all at once, then handed on as small structs.

mod platforms;
mod texting;

use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use chrono_tz::Tz;
use coatcheck_domain::Destination;
use coatcheck_domain::destination::NotADestination;
use coatcheck_domain::poll::INTERVAL_FLOOR;
use secrecy::SecretString;
use url::Url;

use crate::shops::AllowHosts;

pub use platforms::{DiscordSettings, TelegramSettings};
pub use texting::{TextingSettings, TwilioSettings};

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
    /// `PUBLIC_URL`, the address the world sees. Ends with a slash.
    pub public_url: Option<Url>,
    /// `DISCORD_TOKEN` and what belongs to it.
    pub discord: Option<DiscordSettings>,
    /// `TELEGRAM_TOKEN` and what belongs to it.
    pub telegram: Option<TelegramSettings>,
    /// `TWILIO_ACCOUNT_SID` and what belongs to it.
    pub twilio: Option<TwilioSettings>,
    /// `SMS_COUNTRIES` and what else says who is texted, and when.
    pub texting: TextingSettings,
    /// `COATCHECK_FALLBACK_AFTER`
    pub fallback_after: Duration,
    /// `COATCHECK_INVITE_CODE`
    pub invite: Option<String>,
    /// `COATCHECK_KEY`: the root keys, the newest first.
    pub key: Option<SecretString>,
    /// Settings of channels that are set and that this version cannot use yet.
    pub unused: Vec<&'static str>,
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

/// Destinations in a setting, parted by commas.
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

/// Channels that come with later versions: set, they must not be silently without effect.
const LATER: [&str; 1] = ["SLACK_BOT_TOKEN"];

impl Settings {
    /// Reads all settings through `get`, and `NAME_FILE` where a secret lies in a file.
    ///
    /// # Errors
    /// With all that is wrong at once, each naming the setting and what it takes.
    pub fn read(get: &dyn Fn(&str) -> Option<String>) -> Result<Self, BadSettings> {
        let mut reader = Reader { get, wrong: Vec::new() };
        let public_url = reader.public_url();
        let settings = Self {
            discord: reader.discord(),
            telegram: reader.telegram(public_url.as_ref()),
            twilio: reader.twilio(),
            texting: reader.texting(),
            fallback_after: reader.duration("COATCHECK_FALLBACK_AFTER", "60s"),
            invite: reader.secret("COATCHECK_INVITE_CODE"),
            key: reader.secret("COATCHECK_KEY").map(Into::into),
            public_url,
            database_url: reader.secret("DATABASE_URL").unwrap_or_else(|| "sqlite://coatcheck.db".to_owned()),
            listen_addr: reader.parsed("LISTEN_ADDR", "127.0.0.1:8080", "an address and port, like 127.0.0.1:8080"),
            contact: reader.text("COATCHECK_CONTACT"),
            interval: reader.duration("COATCHECK_INTERVAL", "60s"),
            host_concurrency: reader.parsed("COATCHECK_HOST_CONCURRENCY", "1", "a whole number from 1 to 64"),
            allow_hosts: reader.parsed(
                "COATCHECK_ALLOW_HOSTS",
                "",
                "hosts like shop.example or 127.0.0.1:3000, parted by commas",
            ),
            quiet_for: reader.duration("COATCHECK_QUIET_FOR", "15m"),
            expire_after: reader.duration("COATCHECK_EXPIRE_AFTER", "2h"),
            admins: reader.parsed(
                "COATCHECK_ADMINS",
                "",
                "destinations like discord:80351110224678912 or telegram:12345, parted by commas",
            ),
            time_zone: reader.parsed(
                "COATCHECK_TIME_ZONE",
                "UTC",
                "a zone by its name, like Europe/Berlin or America/New_York",
            ),
            log: reader.text("COATCHECK_LOG").unwrap_or_else(|| "info".to_owned()),
            log_format: reader.parsed("COATCHECK_LOG_FORMAT", "text", "text or json"),
            unused: LATER.into_iter().filter(|name| get(name).is_some_and(|value| !value.is_empty())).collect(),
        };
        reader.check(&settings);
        if reader.wrong.is_empty() { Ok(settings) } else { Err(BadSettings(reader.wrong)) }
    }

    /// Reads them from the process's environment, after `.env` if there is one.
    ///
    /// # Errors
    /// As [`Settings::read`], or when `.env` cannot be read.
    pub fn from_environment() -> Result<Self, BadSettings> {
        match dotenvy::dotenv() {
            Ok(_) => {}
            Err(error) if error.not_found() => {}
            Err(error) => return Err(BadSettings(vec![format!(".env cannot be read: {error}")])),
        }
        Self::read(&|name| std::env::var(name).ok())
    }
}

struct Reader<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
    wrong: Vec<String>,
}

impl Reader<'_> {
    fn text(&self, name: &str) -> Option<String> {
        (self.get)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn secret(&mut self, name: &str) -> Option<String> {
        let Some(path) = self.text(&format!("{name}_FILE")) else { return self.text(name) };
        if self.text(name).is_some() {
            self.wrong.push(format!("{name} and {name}_FILE are both set; keep one"));
        }
        match std::fs::read_to_string(Path::new(&path)) {
            Ok(text) => Some(text.trim().to_owned()),
            Err(error) => {
                self.wrong.push(format!("{name}_FILE: {path} cannot be read: {error}"));
                None
            }
        }
    }

    fn parsed<T: FromStr + StandIn>(&mut self, name: &str, default: &str, takes: &str) -> T {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        text.parse().unwrap_or_else(|_| {
            self.wrong.push(format!("{name}={text:?} cannot be read; it takes {takes}"));
            T::stand_in()
        })
    }

    fn duration(&mut self, name: &str, default: &str) -> Duration {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        duration(&text).unwrap_or_else(|| {
            self.wrong.push(format!("{name}={text:?} cannot be read; it takes a time like 60s, 15m or 2h"));
            INTERVAL_FLOOR
        })
    }

    fn check(&mut self, settings: &Settings) {
        if !(1..=64).contains(&settings.host_concurrency) {
            let got = settings.host_concurrency;
            self.wrong
                .push(format!("COATCHECK_HOST_CONCURRENCY={got} cannot be; it takes a whole number from 1 to 64"));
        }
        if settings.interval < INTERVAL_FLOOR {
            let floor = INTERVAL_FLOOR.as_secs();
            self.wrong.push(format!(
                "COATCHECK_INTERVAL is shorter than {floor}s, which no shop but your own is asked to bear; \
                 list your own in COATCHECK_ALLOW_HOSTS and give them --interval"
            ));
        }
        let url = &settings.database_url;
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme)) {
            self.wrong.push("DATABASE_URL must start with sqlite:// or postgres://".to_owned());
        }
    }
}

/// What stands in for a setting that could not be read, until the error is told.
trait StandIn {
    fn stand_in() -> Self;
}

impl StandIn for SocketAddr {
    fn stand_in() -> Self {
        Self::from(([127, 0, 0, 1], 8080))
    }
}

impl StandIn for u32 {
    fn stand_in() -> Self {
        1
    }
}

impl StandIn for Destinations {
    fn stand_in() -> Self {
        Self::default()
    }
}

impl StandIn for AllowHosts {
    fn stand_in() -> Self {
        Self::default()
    }
}

impl StandIn for LogFormat {
    fn stand_in() -> Self {
        Self::default()
    }
}

impl StandIn for Tz {
    fn stand_in() -> Self {
        Self::UTC
    }
}

/// `500ms`, `60s`, `15m`, `2h`, `1d`; a bare number is seconds.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: u64 = number.parse().ok()?;
    let milliseconds = match unit.trim() {
        "ms" => 1,
        "" | "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(milliseconds).filter(|ms| *ms > 0).map(Duration::from_millis)
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
            ("LISTEN_ADDR", "8080"),
            ("DATABASE_URL", "mysql://x"),
            ("COATCHECK_HOST_CONCURRENCY", "0"),
            ("COATCHECK_TIME_ZONE", "CEST"),
        ]);
        insta::assert_snapshot!(wrong.expect_err("five are wrong"), @r#"
        LISTEN_ADDR="8080" cannot be read; it takes an address and port, like 127.0.0.1:8080
        COATCHECK_INTERVAL="soon" cannot be read; it takes a time like 60s, 15m or 2h
        COATCHECK_TIME_ZONE="CEST" cannot be read; it takes a zone by its name, like Europe/Berlin or America/New_York
        COATCHECK_HOST_CONCURRENCY=0 cannot be; it takes a whole number from 1 to 64
        DATABASE_URL must start with sqlite:// or postgres://
        "#);
    }

    #[test]
    fn a_setting_of_a_later_version_is_not_silently_ignored() {
        assert_eq!(read(&[("SLACK_BOT_TOKEN", "x")]).expect("read").unused, ["SLACK_BOT_TOKEN"]);
    }
}
