//! What it means when Discord does not do what it was asked.

use std::fmt;
use std::time::Duration;

use coatcheck_domain::delivery::SendOutcome;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::Trouble;
use crate::wire;
use crate::words::{plain, shortened};

/// Discord's codes that decide something. <https://discord.com/developers/docs/topics/opcodes-and-status-codes>
pub(super) const UNKNOWN_INTERACTION: u64 = 10_062;
pub(super) const UNKNOWN_WEBHOOK: u64 = 10_015;
pub(super) const ALREADY_ANSWERED: u64 = 40_060;
const UNKNOWN_CHANNEL: u64 = 10_003;
const UNKNOWN_USER: u64 = 10_013;
const INVALID_RECIPIENT: u64 = 50_033;
const CANNOT_MESSAGE: u64 = 50_007;
const NO_SHARED_SERVER: u64 = 50_278;
const MISSING_ACCESS: u64 = 50_001;
const OPENING_TOO_FAST: u64 = 40_003;

/// Why a request did not do what it should.
pub(super) type Failure = wire::Failure<Refused>;

/// Discord's no.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refused {
    status: u16,
    code: u64,
    why: String,
    after: Option<Duration>,
    /// Everything has to wait, not this route alone.
    global: bool,
    /// Does not count towards the ban: somebody else used up a shared limit.
    shared: bool,
}

impl Failure {
    pub(super) fn of_answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Self {
        let json: Option<Value> = serde_json::from_slice(body).ok().filter(Value::is_object);
        let said = json.clone().unwrap_or_default();
        let scope = headers.get("x-ratelimit-scope").and_then(|scope| scope.to_str().ok());
        // A 429 that is no JSON comes from the wall before the API: all of us has to wait.
        let global = json.is_none() || said["global"] == Value::Bool(true) || scope == Some("global");
        let words = said["message"].as_str().map(|words| format!(": {}", shortened(&plain(words), 120)));
        Self::Refused(Refused {
            status: status.as_u16(),
            code: said["code"].as_u64().unwrap_or_default(),
            why: format!("Discord answered {status}{}", words.unwrap_or_default()),
            after: retry_after(&said, headers),
            global,
            shared: scope == Some("shared"),
        })
    }

    /// Discord's own code, where it gave one.
    pub(super) fn code(&self) -> Option<u64> {
        match self {
            Self::Refused(refused) => Some(refused.code),
            _ => None,
        }
    }

    /// How long everything has to wait.
    pub(super) fn silence(&self) -> Option<Duration> {
        match self {
            Self::Refused(Refused { status: 429, global: true, after, .. }) => *after,
            _ => None,
        }
    }

    /// Does it count towards the ban for invalid requests (401, 403 and 429 do)?
    pub(super) fn is_invalid(&self) -> bool {
        matches!(self, Self::Refused(Refused { status: 401 | 403 | 429, shared: false, .. }))
    }

    /// What it means for a message.
    pub(super) fn of_send(&self) -> SendOutcome {
        self.outcome(Refused::outcome)
    }

    pub(super) fn trouble(self) -> Trouble {
        let (after, fatal) = match &self {
            Self::Refused(refused) => (refused.after, refused.status == 401),
            Self::Unmade(_) => (None, true),
            Self::NotConnected(_) | Self::NoAnswer(_) => (None, false),
        };
        Trouble { why: self.to_string(), after, fatal }
    }
}

/// A moment for Discord to recover before an answer is tried again.
const A_MOMENT: Duration = Duration::from_secs(1);

impl Failure {
    /// What it means for an answer: what may pass is tried again.
    pub(super) fn unanswered(self) -> Trouble {
        let passes = match &self {
            Self::Refused(refused) => matches!(refused.status, 408 | 429 | 500..=599),
            Self::NotConnected(_) | Self::NoAnswer(_) => true,
            Self::Unmade(_) => false,
        };
        let trouble = self.trouble();
        Trouble { after: trouble.after.or(passes.then_some(A_MOMENT)), ..trouble }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl Refused {
    fn outcome(&self, why: String) -> SendOutcome {
        let Self { status, code, after, global, .. } = *self;
        match (status, code) {
            (_, UNKNOWN_CHANNEL | UNKNOWN_USER | CANNOT_MESSAGE | NO_SHARED_SERVER | INVALID_RECIPIENT) => {
                SendOutcome::AddressGone { why }
            }
            (403, MISSING_ACCESS) => SendOutcome::AddressGone { why },
            (_, OPENING_TOO_FAST) => SendOutcome::Retry { after, why },
            (401, _) => SendOutcome::Hold { after, why: format!("{why}; is DISCORD_TOKEN still right?") },
            (429, _) if global => SendOutcome::Hold { after, why },
            (408 | 429 | 500..=599, _) => SendOutcome::Retry { after, why },
            _ => SendOutcome::GiveUp { why },
        }
    }
}

/// The body knows it to the millisecond, the header in whole seconds.
fn retry_after(said: &Value, headers: &HeaderMap) -> Option<Duration> {
    let header = || headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok();
    let seconds: f64 = said["retry_after"].as_f64().or_else(header)?;
    Duration::try_from_secs_f64(seconds).ok().filter(|wait| !wait.is_zero())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> String {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().expect("a name"), value.parse().expect("a value")))
            .collect();
        let failure = Failure::of_answer(StatusCode::from_u16(status).expect("a status"), &headers, body.as_bytes());
        let counts = if failure.is_invalid() { "counts" } else { "" };
        match failure.of_send() {
            SendOutcome::Retry { after, why } => format!("retry {after:?} {counts} {why}"),
            SendOutcome::Hold { after, why } => format!("hold {after:?} {counts} {why}"),
            other => format!("{} {counts} {}", other.as_str(), other.why().unwrap_or_default()),
        }
    }

    #[test]
    fn each_refusal_has_its_meaning() {
        let code = |code: u64| format!(r#"{{"code":{code},"message":"Words of @everyone"}}"#);
        let slow = r#"{"message":"Slow","retry_after":0.35,"global":false}"#;
        let lines = [
            read(403, &[], &code(50007)),
            read(404, &[], &code(10003)),
            read(404, &[], &code(10013)),
            read(400, &[], &code(40003)),
            read(400, &[], &code(50035)),
            read(403, &[], &code(50013)),
            read(401, &[], &code(0)),
            read(429, &[("retry-after", "1")], slow),
            read(429, &[("retry-after", "1"), ("x-ratelimit-scope", "shared")], slow),
            read(429, &[("x-ratelimit-scope", "global"), ("retry-after", "3")], r#"{"global":true}"#),
            read(429, &[("retry-after", "600")], "<html>error 1015"),
            read(502, &[], "<html>bad gateway"),
        ];
        insta::assert_snapshot!(lines.join("\n"), @"
        address_gone counts Discord answered 403 Forbidden: Words of @ everyone
        address_gone  Discord answered 404 Not Found: Words of @ everyone
        address_gone  Discord answered 404 Not Found: Words of @ everyone
        retry None  Discord answered 400 Bad Request: Words of @ everyone
        give_up  Discord answered 400 Bad Request: Words of @ everyone
        give_up counts Discord answered 403 Forbidden: Words of @ everyone
        hold None counts Discord answered 401 Unauthorized: Words of @ everyone; is DISCORD_TOKEN still right?
        retry Some(350ms) counts Discord answered 429 Too Many Requests: Slow
        retry Some(350ms)  Discord answered 429 Too Many Requests: Slow
        hold Some(3s) counts Discord answered 429 Too Many Requests
        hold Some(600s) counts Discord answered 429 Too Many Requests
        retry None  Discord answered 502 Bad Gateway
        ");
    }
}
