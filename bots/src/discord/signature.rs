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

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};
    use proptest::prelude::*;

    use super::*;

    const BODY: &[u8] = br#"{"type":2,"id":"1","data":{"name":"watch"}}"#;
    const MADE: &str = "1800000000";

    fn keys() -> (PublicKey, SigningKey) {
        let signs = SigningKey::from_bytes(&[7; 32]);
        (PublicKey::parse(&hex::encode(signs.verifying_key().as_bytes())).expect("a key"), signs)
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a date")
    }

    proptest! {
        #[test]
        fn a_request_with_one_byte_changed_is_not_believed(place in 0..BODY.len(), at in 0..128_usize, change in 1..=255_u8) {
            let (key, signs) = keys();
            let signature = hex::encode(&signs.sign(&[MADE.as_bytes(), BODY].concat()).to_bytes());
            prop_assert_eq!(key.verify(&signature, MADE, BODY, now()), Ok(()));
            let mut body = BODY.to_vec();
            body[place] ^= change;
            prop_assert_eq!(key.verify(&signature, MADE, &body, now()), Err(Unverified::Signature));
            let mut other = signature.into_bytes();
            other[at] = if other[at] == b'0' { b'1' } else { b'0' };
            let other = String::from_utf8(other).expect("hex");
            prop_assert_eq!(key.verify(&other, MADE, BODY, now()), Err(Unverified::Signature));
        }

        #[test]
        fn a_made_up_signature_is_not_believed(signature in "[0-9a-f]{128}|\\PC{0,40}", made in "[0-9]{0,20}|\\PC{0,12}") {
            prop_assert!(keys().0.verify(&signature, &made, BODY, now()).is_err());
        }
    }
}
