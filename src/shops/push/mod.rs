//! What a shop posts to us when something changed: does the shop say it, and which product does it name? Pure.
//!
//! Three forms, known by their headers: Shopify's, WooCommerce's, and [Standard Webhooks](https://www.standardwebhooks.com).

mod form;
mod hint;

use std::fmt;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use chrono::{DateTime, Utc};
use coatcheck_domain::hex;
use coatcheck_domain::push::Hint;
use hmac::{Hmac, Mac};
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

pub use form::Form;

/// Seconds that a signed time may be off, either way.
const FRESH: u64 = 300;
/// Signatures that are tried, at most: one, or two while a secret is changed.
const MOST_SIGNATURES: usize = 4;
/// Characters of a secret that a shop made, at least.
pub const SHORTEST_SECRET: usize = 16;

/// Why a push is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distrust {
    /// It is signed by none of the secrets, or not at all.
    Signature,
    /// It is signed, and too old or too young: it may be a recording.
    Stale,
}

/// A push that its shop made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The same for each repetition of it.
    pub key: String,
    /// What it is about.
    pub hint: Hint,
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signature => "The signature does not fit.",
            Self::Stale => "The timestamp is more than five minutes off.",
        })
    }
}

/// Believes a request, or not, by its headers and its raw body, before anything is read out of it. Any one of the secrets
/// may have signed it: one that is being changed is known in two.
///
/// # Errors
/// [`Distrust`].
pub fn believe(
    form: Form,
    headers: &HeaderMap,
    body: &[u8],
    secrets: &[SecretString],
    now: DateTime<Utc>,
) -> Result<Push, Distrust> {
    let text = |name: &str| headers.get(name).map(|value| value.as_bytes()).unwrap_or_default();
    let given = signatures(form, text(form.signature()));
    let signed: Vec<&[u8]> = match form {
        Form::Shopify | Form::WooCommerce => vec![body],
        Form::Standard => vec![text(form.id()), b".", text("webhook-timestamp"), b".", body],
    };
    // All are tried, so that an answer takes the same time whichever fits.
    let fits = secrets.iter().filter(|secret| fits(&key(form, secret), &signed, &given)).count() > 0;
    if !fits {
        return Err(Distrust::Signature);
    }
    if form == Form::Standard && !is_fresh(text("webhook-timestamp"), now) {
        return Err(Distrust::Stale);
    }
    let id = text(form.id());
    let key = digest(form, if id.is_empty() { body } else { id });
    Ok(Push { key, hint: hint::of(form, text(form.topic()), body) })
}

/// Is it the greeting that WooCommerce posts to a new webhook's address, which it does not sign? It may come after the
/// first push, and says nothing.
#[must_use]
pub fn is_ping(headers: &HeaderMap, body: &[u8]) -> bool {
    let is_form =
        headers.get("content-type").is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form"));
    let number = body.strip_prefix(b"webhook_id=");
    is_form && number.is_some_and(|number| number.len() < 20 && number.iter().all(u8::is_ascii_digit))
}

/// The bytes that sign: of Standard Webhooks' own secrets those behind `whsec_`, of all others the text itself.
fn key(form: Form, secret: &SecretString) -> Vec<u8> {
    let text = secret.expose_secret().trim();
    let coded = text.strip_prefix("whsec_").filter(|_| form == Form::Standard);
    let decoded = coded.and_then(|coded| BASE64_STANDARD_NO_PAD.decode(coded.trim_end_matches('=')).ok());
    decoded.unwrap_or_else(|| text.as_bytes().to_vec())
}

fn signatures(form: Form, header: &[u8]) -> Vec<Vec<u8>> {
    let header = std::str::from_utf8(header).unwrap_or_default();
    let decoded = |text: &str| BASE64_STANDARD.decode(text).ok();
    match form {
        Form::Shopify | Form::WooCommerce => decoded(header.trim()).into_iter().collect(),
        Form::Standard => {
            let each = header.split(' ').filter_map(|one| decoded(one.strip_prefix("v1,")?));
            each.take(MOST_SIGNATURES).collect()
        }
    }
}

/// In constant time for each signature.
fn fits(key: &[u8], signed: &[&[u8]], given: &[Vec<u8>]) -> bool {
    let mut code = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    signed.iter().for_each(|part| code.update(part));
    given.iter().filter(|given| code.clone().verify_slice(given).is_ok()).count() > 0
}

fn is_fresh(timestamp: &[u8], now: DateTime<Utc>) -> bool {
    let made: Option<i64> = std::str::from_utf8(timestamp).ok().and_then(|text| text.parse().ok());
    made.is_some_and(|made| made.abs_diff(now.timestamp()) <= FRESH)
}

/// An id may be long, and of any bytes.
fn digest(form: Form, id: &[u8]) -> String {
    let whole = Sha256::new().chain_update(form.id()).chain_update([0]).chain_update(id).finalize();
    hex::encode(&whole[..16])
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
