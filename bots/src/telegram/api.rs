//! Calls of the Bot API. The library's own client sleeps ten seconds on each 5xx and hides the status of what is no
//! JSON, so only its payloads and types are used.

use std::fmt;
use std::time::Duration;

use reqwest::multipart::Form;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use teloxide::requests::Payload;
use url::Url;

use super::flood::no_wait_is_none;
use crate::wire;

/// The way to one bot. Its addresses hold the token, so they are never shown.
pub(super) struct Api {
    client: reqwest::Client,
    base: String,
    token: SecretString,
}

/// Why a call came to nothing. Never holds the token.
pub(super) type Failure = wire::Failure<Refusal>;

/// Telegram's no.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Refusal {
    /// As HTTP's.
    pub(super) status: u16,
    /// In its words; nothing where something else answered than the Bot API.
    pub(super) description: Option<String>,
    /// How long to wait, with 429.
    pub(super) after: Option<Duration>,
    /// Where the group is now.
    pub(super) moved_to: Option<i64>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.description {
            Some(words) => write!(f, "Telegram answered {}: {words}", self.status),
            None => write!(f, "Telegram answered {} with something that is not its API", self.status),
        }
    }
}

impl Refusal {
    /// Its words, as far as it has some.
    pub(super) fn words(&self) -> &str {
        self.description.as_deref().unwrap_or_default()
    }
}

impl Api {
    pub(super) fn new(client: reqwest::Client, base: &Url, token: SecretString) -> Self {
        Self { client, base: base.as_str().trim_end_matches('/').to_owned(), token }
    }

    /// One call of the library's payload, with the client's own timeout.
    pub(super) async fn call<P: Payload + Serialize, A: DeserializeOwned>(&self, payload: &P) -> Result<A, Failure> {
        answer(self.post(P::NAME).json(payload)).await
    }

    /// The same for a call that Telegram keeps open.
    pub(super) async fn wait<P: Payload + Serialize, A: DeserializeOwned>(
        &self,
        payload: &P,
        patience: Duration,
    ) -> Result<A, Failure> {
        answer(self.post(P::NAME).json(payload).timeout(patience)).await
    }

    /// A call with a file.
    pub(super) async fn upload<A: DeserializeOwned>(&self, method: &str, form: Form) -> Result<A, Failure> {
        answer(self.post(method).multipart(form)).await
    }

    fn post(&self, method: &str) -> RequestBuilder {
        self.client.post(format!("{}/bot{}/{method}", self.base, self.token.expose_secret()))
    }
}

async fn answer<A: DeserializeOwned>(request: RequestBuilder) -> Result<A, Failure> {
    let response = request.send().await.map_err(Failure::of_error)?;
    let status = response.status();
    let body = wire::whole(response).await?;
    read(status, &body)
}

#[derive(Deserialize)]
struct Answer<'a> {
    ok: bool,
    #[serde(default, borrow)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    error_code: Option<u16>,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Deserialize, Default)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

fn read<A: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<A, Failure> {
    let strange = || Failure::Refused(Refusal { status: status.as_u16(), ..Refusal::default() });
    let Ok(answer) = serde_json::from_slice::<Answer>(body) else { return Err(strange()) };
    if answer.ok {
        return serde_json::from_str(answer.result.map_or("null", RawValue::get)).map_err(|_| strange());
    }
    Err(Failure::Refused(Refusal {
        status: answer.error_code.unwrap_or(status.as_u16()),
        description: Some(answer.description),
        after: no_wait_is_none(answer.parameters.retry_after.map(Duration::from_secs)),
        moved_to: answer.parameters.migrate_to_chat_id,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn failure(status: u16, body: &str) -> String {
        let status = StatusCode::from_u16(status).expect("a status");
        read::<Value>(status, body.as_bytes()).expect_err("a refusal").to_string()
    }

    #[test]
    fn answers_are_read_and_what_is_none_keeps_its_status() {
        let lines = [
            failure(403, r#"{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}"#),
            failure(502, "<html><head><title>502 Bad Gateway</title></head></html>"),
            failure(200, r#"{"message":"hello"}"#),
        ];
        insta::assert_snapshot!(lines.join("\n"), @"
        Telegram answered 403: Forbidden: bot was blocked by the user
        Telegram answered 502 with something that is not its API
        Telegram answered 200 with something that is not its API
        ");
        assert_eq!(read::<bool>(StatusCode::OK, br#"{"ok":true,"result":true}"#), Ok(true));
        let flood = br#"{"ok":false,"error_code":429,"description":"x","parameters":{"retry_after":7}}"#;
        let Err(Failure::Refused(refusal)) = read::<bool>(StatusCode::TOO_MANY_REQUESTS, flood) else { panic!("no") };
        assert_eq!(refusal.after, Some(Duration::from_secs(7)));
    }
}
