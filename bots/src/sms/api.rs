//! The way to one Twilio account: three calls, each made once.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Utc};
use coatcheck_domain::phone::Phone;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use crate::wire::{self, retry_after};
use crate::words::{plain, shortened};

/// How many messages are looked through.
const PAGE: usize = 20;
/// Characters of Twilio's own words that are kept.
const WORDS: usize = 160;

/// Whose account, and how we prove it.
pub(super) struct Api {
    client: reqwest::Client,
    messages: String,
    user: String,
    password: SecretString,
}

/// Why a call came to nothing. Never holds a number or a secret.
pub(super) type Failure = wire::Failure<Refusal>;

/// Twilio's no.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Refusal {
    pub(super) status: u16,
    /// <https://www.twilio.com/docs/api/errors>
    pub(super) code: Option<u32>,
    /// In its words.
    pub(super) message: String,
    /// How long to wait.
    pub(super) after: Option<Duration>,
}

/// One message as the account lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) sid: String,
    pub(super) body: String,
    pub(super) created: Option<DateTime<Utc>>,
    pub(super) status: String,
}

/// The newest messages to one number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Page {
    pub(super) messages: Vec<Listed>,
    /// There may be older ones.
    pub(super) is_full: bool,
}

impl fmt::Display for Refusal {
    /// Twilio's code comes first, so that it can be told from the words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, code, message, .. } = self;
        match code {
            Some(code) => write!(f, "{code} Twilio answered {status}: {message}"),
            None => write!(f, "Twilio answered {status} with something that is not its API"),
        }
    }
}

impl Api {
    /// With `key`, its SID and secret say who we are; else the account's own token does.
    pub(super) fn new(
        client: reqwest::Client,
        base: &Url,
        account: &str,
        token: SecretString,
        key: Option<(String, SecretString)>,
    ) -> Self {
        let base = base.as_str().trim_end_matches('/');
        let messages = format!("{base}/2010-04-01/Accounts/{account}/Messages.json");
        let (user, password) = key.unwrap_or_else(|| (account.to_owned(), token));
        Self { client, messages, user, password }
    }

    /// Sends a message; gives back its SID. None: it was accepted, and the answer cannot be read. Such a message is
    /// sent and paid for, and must not be sent again.
    pub(super) async fn create(&self, form: &[(&str, String)], now: DateTime<Utc>) -> Result<Option<String>, Failure> {
        let response =
            self.with_key(self.client.post(&self.messages)).form(form).send().await.map_err(Failure::of_error)?;
        if !response.status().is_success() {
            return Err(refused(response, now).await);
        }
        let answer: Value = match wire::whole::<Refusal>(response).await {
            Ok(body) => serde_json::from_slice(&body).unwrap_or_default(),
            Err(_) => Value::Null,
        };
        Ok(answer["sid"].as_str().map(str::to_owned))
    }

    /// The newest messages to a number.
    pub(super) async fn list(&self, to: &Phone, now: DateTime<Utc>) -> Result<Page, Failure> {
        let query = [("To", to.expose().to_owned()), ("PageSize", PAGE.to_string())];
        let listed = self.get(&query, now).await?;
        let strange = || Failure::NoAnswer("it lists no messages".to_owned());
        let messages: Vec<Listed> = listed["messages"].as_array().ok_or_else(strange)?.iter().map(read).collect();
        Ok(Page { is_full: messages.len() >= PAGE, messages })
    }

    /// Are we let in?
    pub(super) async fn check(&self, now: DateTime<Utc>) -> Result<(), Failure> {
        self.get(&[("PageSize", "1".to_owned())], now).await.map(drop)
    }

    async fn get(&self, query: &[(&str, String)], now: DateTime<Utc>) -> Result<Value, Failure> {
        let response =
            self.with_key(self.client.get(&self.messages)).query(query).send().await.map_err(Failure::of_error)?;
        if !response.status().is_success() {
            return Err(refused(response, now).await);
        }
        let body = wire::whole(response).await?;
        serde_json::from_slice(&body).map_err(|_| Failure::NoAnswer("it is not its API".to_owned()))
    }

    fn with_key(&self, request: RequestBuilder) -> RequestBuilder {
        request.basic_auth(&self.user, Some(self.password.expose_secret()))
    }
}

async fn refused(response: reqwest::Response, now: DateTime<Utc>) -> Failure {
    let (status, after) = (response.status(), retry_after(response.headers(), now));
    let body = wire::whole::<Refusal>(response).await.unwrap_or_default();
    Failure::Refused(refusal(status, after, &body))
}

fn refusal(status: StatusCode, after: Option<Duration>, body: &[u8]) -> Refusal {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    Refusal {
        status: status.as_u16(),
        code: said["code"].as_u64().and_then(|code| code.try_into().ok()),
        message: without_numbers(&shortened(&plain(said["message"].as_str().unwrap_or_default()), WORDS)),
        after,
    }
}

/// Twilio repeats the number it was asked to text; nothing of ours may.
fn without_numbers(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut digits = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        match digits.len() {
            0..7 => kept.push_str(&digits),
            long => kept.extend(["…", &digits[long - 2..]]),
        }
        digits.clear();
        kept.push(c);
    }
    kept.truncate(kept.len() - 1);
    kept
}

fn read(message: &Value) -> Listed {
    let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
    let created = DateTime::parse_from_rfc2822(&text("date_created")).ok().map(|at| at.to_utc());
    Listed { sid: text("sid"), body: text("body"), created, status: text("status") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, body: &str) -> String {
        let status = StatusCode::from_u16(status).expect("a status");
        refusal(status, None, body.as_bytes()).to_string()
    }

    #[test]
    fn a_refusal_keeps_its_code_and_loses_the_number() {
        let lines = [
            said(
                400,
                r#"{"code":21211,"message":"The 'To' number +14155550123 is not a valid phone number.","status":400}"#,
            ),
            said(401, r#"{"code":20003,"message":"Authenticate","status":401}"#),
            said(502, "<html>bad gateway</html>"),
        ];
        insta::assert_snapshot!(lines.join("\n"), @"
        21211 Twilio answered 400: The 'To' number +…23 is not a valid phone number.
        20003 Twilio answered 401: Authenticate
        Twilio answered 502 with something that is not its API
        ");
    }
}
