//! Reads one setting after the other, and collects everything that is wrong.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use chrono_tz::Tz;
use secrecy::SecretString;
use url::Url;

use super::{Destinations, LogFormat, Settings};
use crate::shops::AllowHosts;
use crate::web::password::{NotAHash, PasswordHash};

/// Levels of the log.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

pub(super) struct Reader<'a> {
    get: &'a dyn Fn(&str) -> Option<String>,
    /// What is wrong, a line each.
    pub wrong: Vec<String>,
    /// Names of settings that exist, `NAME_FILE` included.
    pub known: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(get: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { get, wrong: Vec::new(), known: BTreeSet::new() }
    }

    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.known.insert(name.to_owned());
        (self.get)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    pub(super) fn secret(&mut self, name: &str) -> Option<String> {
        let (value, path) = (self.text(name), self.text(&format!("{name}_FILE")));
        let Some(path) = path else { return value };
        if value.is_some() {
            self.wrong.push(format!("{name} and {name}_FILE are both set; keep one"));
        }
        match std::fs::read_to_string(Path::new(&path)) {
            Ok(text) if text.trim().is_empty() => self.wrong.push(format!("{name}_FILE: {path} is empty")),
            Ok(text) => return Some(text.trim().to_owned()),
            Err(error) => self.wrong.push(format!("{name}_FILE: {path} cannot be read: {error}")),
        }
        None
    }

    /// Is it set, directly or by a file?
    pub(super) fn is_set(&mut self, name: &str) -> bool {
        self.text(name).is_some() || self.text(&format!("{name}_FILE")).is_some()
    }

    pub(super) fn parsed<T: FromStr + StandIn>(&mut self, name: &str, default: &str, takes: &str) -> T {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        text.parse().unwrap_or_else(|_| {
            self.wrong.push(format!("{name}={text:?} cannot be read; it takes {takes}"));
            T::stand_in()
        })
    }

    /// A time within `range`. It must have its unit: `2` was meant as hours by somebody, and is none.
    pub(super) fn duration(&mut self, name: &str, default: &str, range: RangeInclusive<Duration>) -> Duration {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        let read = duration(&text);
        let wrong = match read {
            None => "cannot be read; it takes a time like 60s, 15m or 2h".to_owned(),
            Some(_) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("has no unit; write {text}s, {text}m or {text}h")
            }
            Some(time) if time < *range.start() => format!("is too short; the minimum is {}", shown(*range.start())),
            Some(time) if time > *range.end() => format!("is too long; the maximum is {}", shown(*range.end())),
            Some(time) => return time,
        };
        self.wrong.push(format!("{name}={text:?} {wrong}"));
        *range.start()
    }

    pub(super) fn number(&mut self, name: &str, default: &str, range: RangeInclusive<u32>) -> u32 {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        text.parse().ok().filter(|number| range.contains(number)).unwrap_or_else(|| {
            let (from, to) = (range.start(), range.end());
            self.wrong.push(format!("{name}={text:?} cannot be used; it takes a whole number from {from} to {to}"));
            *from
        })
    }

    pub(super) fn url(&mut self, name: &str, default: Option<&str>) -> Option<Url> {
        let text = self.text(name).or_else(|| default.map(str::to_owned))?;
        let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if url.is_none() {
            self.wrong.push(format!("{name}={text:?} cannot be read; it takes an address like https://coat.example"));
        }
        url
    }

    /// An address that may hold a secret: it is not repeated.
    pub(super) fn heartbeat_url(&mut self) -> Option<SecretString> {
        let text = self.secret("COATCHECK_HEARTBEAT_URL")?;
        let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if url.is_none() {
            self.wrong.push("COATCHECK_HEARTBEAT_URL is not an address like https://hc.example/ping/1234".to_owned());
        }
        url.map(|_| text.into())
    }

    /// It is not repeated: somebody may have set the password itself.
    pub(super) fn password_hash(&mut self) -> Option<PasswordHash> {
        let hash = self.secret("COATCHECK_ADMIN_PASSWORD_HASH")?.parse();
        hash.map_err(|why: NotAHash| self.wrong.push(format!("COATCHECK_ADMIN_PASSWORD_HASH is not {why}"))).ok()
    }

    /// The filter of the log. A word that is no level would name a module, and silence all others.
    pub(super) fn log(&mut self) -> String {
        let text = self.text("COATCHECK_LOG").unwrap_or_else(|| "info".to_owned());
        let is_fine = |part: &str| match part.rsplit_once('=') {
            Some((target, level)) => !target.is_empty() && LEVELS.contains(&level.to_ascii_lowercase().as_str()),
            None => LEVELS.contains(&part.to_ascii_lowercase().as_str()),
        };
        if text.split(',').map(str::trim).all(is_fine) {
            return text;
        }
        self.wrong.push(format!(
            "COATCHECK_LOG={text:?} cannot be read; it takes a level ({}) or directives like info,coatcheck::engine=debug",
            LEVELS.join(", ")
        ));
        "info".to_owned()
    }

    /// What is sent to shops in a header.
    pub(super) fn contact(&mut self) -> Option<String> {
        let text = self.text("COATCHECK_CONTACT")?;
        if text.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
            return Some(text);
        }
        self.wrong.push(format!(
            "COATCHECK_CONTACT={text:?} cannot be sent to shops; it takes an e-mail address or a page, in plain ASCII"
        ));
        None
    }

    pub(super) fn database_url(&mut self) -> String {
        let url = self.secret("DATABASE_URL").unwrap_or_else(|| "sqlite://coatcheck.db".to_owned());
        if let Some(fault) = database_fault(&url) {
            self.wrong.push(format!("DATABASE_URL {fault}"));
        }
        url
    }

    /// What only all settings together can tell.
    pub(super) fn check(&mut self, settings: &Settings) {
        if self.wrong.is_empty() && settings.fallback_after >= settings.expire_after {
            self.wrong.push(
                "COATCHECK_FALLBACK_AFTER is not shorter than COATCHECK_EXPIRE_AFTER: alerts would expire before the fallback"
                    .to_owned(),
            );
        }
    }
}

/// What stands in for a setting that could not be read, until the error is reported.
pub(super) trait StandIn {
    fn stand_in() -> Self;
}

impl StandIn for SocketAddr {
    fn stand_in() -> Self {
        Self::from(([127, 0, 0, 1], 8080))
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

fn shown(time: Duration) -> String {
    match time.as_millis() {
        ms if ms % 86_400_000 == 0 => format!("{}d", ms / 86_400_000),
        ms if ms % 3_600_000 == 0 => format!("{}h", ms / 3_600_000),
        ms if ms % 60_000 == 0 => format!("{}m", ms / 60_000),
        ms if ms % 1000 == 0 => format!("{}s", ms / 1000),
        ms => format!("{ms}ms"),
    }
}

/// What is wrong with the address of a database, as the end of a sentence.
#[must_use]
pub fn database_fault(url: &str) -> Option<&'static str> {
    let is_file = url.strip_prefix("sqlite:").is_some_and(|rest| !rest.trim_start_matches('/').is_empty());
    let is_server = ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme));
    if is_server && Url::parse(url).is_err() {
        return Some(
            "is not an address like postgres://user:password@host/name; write special characters of the password as %40 and \
             so on",
        );
    }
    (!is_file && !is_server).then_some("must be like sqlite://coatcheck.db or postgres://user:password@host/name")
}
