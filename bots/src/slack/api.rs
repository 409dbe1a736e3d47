//! Calls of Slack's Web API, each made once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use coatcheck_domain::Clock;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use crate::wire::{self, retry_after};

/// Where `response_url`s lead, beside the host of the API itself.
const HOOKS: &str = "hooks.slack.com";

/// Why a call came to nothing. Never holds a token.
pub(super) type Failure = wire::Failure<Refusal>;

/// Slack's no.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// Its word for it, like `channel_not_found`; nothing where something else answered than the Web API.
    pub(super) error: Option<String>,
    /// How long to wait.
    pub(super) after: Option<Duration>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.error {
            Some(error) => write!(f, "Slack answered {error}"),
            None => write!(f, "Slack answered {} with something that is not its API", self.status),
        }
    }
}

/// The way to one workspace.
pub(super) struct Api {
    client: reqwest::Client,
    base: String,
    host: Option<String>,
    token: SecretString,
    clock: Arc<dyn Clock>,
}

impl Api {
    pub(super) fn new(client: reqwest::Client, base: &Url, token: SecretString, clock: Arc<dyn Clock>) -> Self {
        let host = base.host_str().map(str::to_owned);
        Self { client, base: base.as_str().trim_end_matches('/').to_owned(), host, token, clock }
    }

    /// With the bot's token.
    pub(super) async fn call(&self, method: &str, body: &Value) -> Result<Value, Failure> {
        self.call_as(&self.token, method, body).await
    }

    /// With another token: the app's.
    pub(super) async fn call_as(&self, token: &SecretString, method: &str, body: &Value) -> Result<Value, Failure> {
        let request = self.client.post(format!("{}/{method}", self.base)).bearer_auth(token.expose_secret().trim());
        self.answered(request.json(body)).await
    }

    /// Methods that read take no JSON.
    pub(super) async fn get(&self, method: &str, query: &[(&str, &str)]) -> Result<Value, Failure> {
        let request = self.client.get(format!("{}/{method}", self.base)).bearer_auth(self.token.expose_secret().trim());
        self.answered(request.query(query)).await
    }

    /// Answers where a payload said. The address is part of it, so only Slack's own are believed.
    pub(super) async fn respond(&self, address: &str, body: &Value) -> Result<(), Failure> {
        let url = Url::parse(address).ok().filter(|url| self.is_slacks(url));
        let url = url.ok_or_else(|| Failure::Unmade("the response_url is not Slack's".to_owned()))?;
        let response = self.client.post(url).json(body).send().await.map_err(Failure::of_error)?;
        let (status, after) = (response.status(), retry_after(response.headers(), self.clock.now()));
        if status.is_success() {
            return Ok(());
        }
        let words = wire::whole::<Refusal>(response).await.unwrap_or_default();
        let words = String::from_utf8_lossy(&words);
        let is_word = |words: &&str| words.len() < 60 && words.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let error = Some(words.trim()).filter(is_word).filter(|words| !words.is_empty()).map(str::to_owned);
        Err(Failure::Refused(Refusal { status: status.as_u16(), error, after }))
    }

    /// Brings a file's bytes where Slack said.
    pub(super) async fn upload(&self, address: &str, bytes: Vec<u8>) -> Result<(), Failure> {
        let url = Url::parse(address).map_err(|_| Failure::Unmade("Slack named no upload_url".to_owned()))?;
        let response = self.client.post(url).body(bytes).send().await.map_err(Failure::of_error)?;
        let status = response.status();
        let refusal = Refusal { status: status.as_u16(), ..Refusal::default() };
        if status.is_success() { Ok(()) } else { Err(Failure::Refused(refusal)) }
    }

    fn is_slacks(&self, url: &Url) -> bool {
        let host = url.host_str();
        (host == Some(HOOKS) && url.scheme() == "https") || (host.is_some() && host == self.host.as_deref())
    }

    async fn answered(&self, request: RequestBuilder) -> Result<Value, Failure> {
        let response = request.send().await.map_err(Failure::of_error)?;
        let (status, after) = (response.status(), retry_after(response.headers(), self.clock.now()));
        let body = wire::whole(response).await?;
        read(status, after, &body)
    }
}

fn read(status: StatusCode, after: Option<Duration>, body: &[u8]) -> Result<Value, Failure> {
    let answer: Value = serde_json::from_slice(body).unwrap_or_default();
    if status.is_success() && answer["ok"] == Value::Bool(true) {
        return Ok(answer);
    }
    let error = answer["error"].as_str().map(str::to_owned);
    Err(Failure::Refused(Refusal { status: status.as_u16(), error, after }))
}
