//! Interactions that come by HTTP: believed only if Discord signed them, and lately.

use std::fmt;

use chrono::{DateTime, Utc};
use coatcheck_domain::hex;
use serenity::interactions_endpoint::Verifier;

/// A signature older (or newer) than this is refused: it may be a copy.
const FRESH: i64 = 300;

/// The application's public key.
#[derive(Clone)]
pub struct PublicKey(Verifier);

/// `DISCORD_PUBLIC_KEY` is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a Discord public key is 64 hexadecimal digits, as on the application's page")]
pub struct BadKey;

/// Why a request is not believed. The answer is 401 either way, as Discord's own checks expect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// Not by Discord, or not this body.
    #[error("the signature does not fit")]
    Signature,
    /// Too long ago.
    #[error("the signature is not fresh")]
    Stale,
}

impl PublicKey {
    /// Reads the hex form.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let key: [u8; 32] = hex::decode(text.trim()).and_then(|key| key.try_into().ok()).ok_or(BadKey)?;
        Verifier::try_new(key).map(Self).map_err(|_| BadKey)
    }

    /// Checks `X-Signature-Ed25519` over `X-Signature-Timestamp` and the raw body.
    pub fn verify(&self, signature: &str, timestamp: &str, body: &[u8], now: DateTime<Utc>) -> Result<(), Unverified> {
        let made: i64 = timestamp.parse().map_err(|_| Unverified::Signature)?;
        self.0.verify(signature, timestamp, body).map_err(|()| Unverified::Signature)?;
        let age = now.timestamp().saturating_sub(made).unsigned_abs();
        if age > FRESH.unsigned_abs() { Err(Unverified::Stale) } else { Ok(()) }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey")
    }
}
