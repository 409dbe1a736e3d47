//! When a header that a shop is sent ends: some values say it themselves. Pure.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};

/// Ends sooner than this are said.
pub const SOON: TimeDelta = TimeDelta::days(7);

/// A header that ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending<'a> {
    /// Its name. The value may be a secret.
    pub name: &'a str,
    /// When.
    pub at: DateTime<Utc>,
}

impl Ending<'_> {
    /// Has it ended, or does it soon?
    #[must_use]
    pub fn is_soon(&self, now: DateTime<Utc>) -> bool {
        self.at - now < SOON
    }

    /// What is to be said of it, like `its header Authorization expires at 2026-10-21 07:28 UTC`.
    #[must_use]
    pub fn words(&self, now: DateTime<Utc>) -> String {
        let verb = if self.at <= now { "expired" } else { "expires" };
        format!("its header {} {verb} at {}", self.name, self.at.format("%Y-%m-%d %H:%M UTC"))
    }
}

/// The header that ends first, of those that say when they do.
#[must_use]
pub fn first_to_end(headers: &[(String, String)]) -> Option<Ending<'_>> {
    let endings = headers.iter().filter_map(|(name, value)| Some(Ending { name, at: end_of(value)? }));
    endings.min_by_key(|ending| ending.at)
}

/// When a signature (RFC 9421: `expires`, as in the `Signature-Input` by which Shopify knows a bot) or a JSON Web Token
/// (RFC 7519: `exp`) ends. Others do not say.
fn end_of(value: &str) -> Option<DateTime<Utc>> {
    let words = value.split(|c: char| c.is_whitespace() || matches!(c, '=' | ';' | ','));
    let tokens = words.filter_map(claims).filter_map(|claims| DateTime::from_timestamp(claims["exp"].as_i64()?, 0));
    tokens.chain(signatures(value)).min()
}

fn claims(word: &str) -> Option<serde_json::Value> {
    let mut parts = word.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

fn signatures(value: &str) -> impl Iterator<Item = DateTime<Utc>> + '_ {
    value.split(';').filter_map(|parameter| {
        let (name, seconds) = parameter.trim().split_once('=')?;
        let digits: String = seconds.trim().chars().take_while(char::is_ascii_digit).collect();
        (name.trim() == "expires").then(|| DateTime::from_timestamp(digits.parse().ok()?, 0)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_when_it_ends_in_whatever_header_it_stands() {
        let token =
            format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(r#"{"sub":"1","exp":1800000000}"#));
        for value in [format!("Bearer {token}"), format!("session={token}; theme=dark"), token] {
            assert_eq!(end_of(&value).map(|at| at.timestamp()), Some(1_800_000_000), "{value}");
        }
        for value in ["Bearer abc", "a.b.c", "", "text/html; q=0.9, 1.2.3", "expires=soon", "a;expires="] {
            assert_eq!(end_of(value), None, "{value}");
        }
    }

    #[test]
    fn a_signature_of_a_bot_says_when_it_ends() {
        let input = r#"sig1=("@authority" "signature-agent");keyid="k";created=1790000000;expires=1797000000;tag="web-bot-auth""#;
        let all = |input: &str| {
            vec![("Signature".to_owned(), "sig1=:c2ln:".to_owned()), ("Signature-Input".to_owned(), input.to_owned())]
        };
        let headers = all(input);
        let ending = first_to_end(&headers).expect("it ends");
        assert_eq!((ending.name, ending.at.timestamp()), ("Signature-Input", 1_797_000_000));
        let early = ending.at - TimeDelta::days(8);
        assert!(!ending.is_soon(early) && ending.is_soon(early + TimeDelta::days(2)));
        assert_eq!(ending.words(early), "its header Signature-Input expires at 2026-12-11 14:40 UTC");
        assert!(first_to_end(&all("sig1=()")).is_none());
    }
}
