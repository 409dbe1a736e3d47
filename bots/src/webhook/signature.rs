//! Standard Webhooks: `webhook-signature: v1,<base64 of HMAC-SHA256 over "{id}.{timestamp}.{body}">`.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac};
use secrecy::SecretString;
use sha2::Sha256;

const PREFIX: &str = "whsec_";

/// Seconds a timestamp may differ from the receiver's clock, either way.
const TOLERANCE: i64 = 300;

/// The key shared with one receiver. Does not print itself.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

/// A text that is no `whsec_…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a webhook's secret is whsec_ and 24 to 64 bytes in base64")]
pub struct NotASecret;

/// Why a request must not be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// The timestamp is no number.
    #[error("webhook-timestamp is not a number of seconds")]
    Timestamp,
    /// Older or younger than five minutes: a recording, or clocks that differ.
    #[error("webhook-timestamp is more than five minutes off")]
    Stale,
    /// None of the signatures is ours.
    #[error("webhook-signature does not fit")]
    Signature,
}

/// A new secret in the form that is stored and shown once. `random` comes from the system's generator.
#[must_use]
pub fn new_secret(random: [u8; 32]) -> SecretString {
    SecretString::from(format!("{PREFIX}{}", STANDARD.encode(random)))
}

impl FromStr for Secret {
    type Err = NotASecret;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let key = STANDARD.decode(text.trim().strip_prefix(PREFIX).ok_or(NotASecret)?).map_err(|_| NotASecret)?;
        if (24..=64).contains(&key.len()) { Ok(Self(key)) } else { Err(NotASecret) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// The `webhook-signature` header.
    #[must_use]
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let code = self.code(id, &timestamp.to_string(), body).finalize().into_bytes();
        format!("v1,{}", STANDARD.encode(code))
    }

    fn code(&self, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
        let mut code = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            code.update(part);
        }
        code
    }
}

/// Checks a request as its receiver must: the three headers and the raw body, before anything is read out of it.
///
/// `signatures` may hold several, parted by blanks (a secret being changed); one must fit. Compared in constant time.
pub fn verify(
    secret: &Secret,
    id: &str,
    timestamp: &str,
    signatures: &str,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<(), Distrust> {
    let seconds: i64 = timestamp.parse().map_err(|_| Distrust::Timestamp)?;
    if seconds.abs_diff(now.timestamp()) > TOLERANCE.unsigned_abs() {
        return Err(Distrust::Stale);
    }
    let fits = signatures
        .split(' ')
        .filter_map(|signature| STANDARD.decode(signature.strip_prefix("v1,")?).ok())
        .any(|signature| secret.code(id, timestamp, body).verify_slice(&signature).is_ok());
    if fits { Ok(()) } else { Err(Distrust::Signature) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;

    /// The example of the Standard Webhooks libraries.
    const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const TIMESTAMP: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    fn secret() -> Secret {
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().expect("a secret")
    }

    fn at(offset: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(TIMESTAMP + offset, 0).expect("a date")
    }

    fn check(timestamp: &str, signatures: &str, body: &[u8], offset: i64) -> Result<(), Distrust> {
        verify(&secret(), ID, timestamp, signatures, body, at(offset))
    }

    #[test]
    fn the_standards_own_example_is_signed_and_believed() {
        assert_eq!(secret().sign(ID, TIMESTAMP, BODY), SIGNATURE);
        assert_eq!(check("1614265330", SIGNATURE, BODY, 299), Ok(()));
        assert_eq!(check("1614265330", &format!("v1,AAAA v2,x {SIGNATURE}"), BODY, 0), Ok(()));
    }

    #[test]
    fn a_forged_or_recorded_request_is_not_believed() {
        assert_eq!(check("1614265330", SIGNATURE, b"{}", 0), Err(Distrust::Signature));
        assert_eq!(check("1614265331", SIGNATURE, BODY, 0), Err(Distrust::Signature));
        assert_eq!(check("1614265330", "", BODY, 0), Err(Distrust::Signature));
        assert_eq!(check("1614265330", SIGNATURE, BODY, 301), Err(Distrust::Stale));
        assert_eq!(check("1614265330", SIGNATURE, BODY, -301), Err(Distrust::Stale));
        assert_eq!(check("-9223372036854775808", SIGNATURE, BODY, 0), Err(Distrust::Stale));
        assert_eq!(check("soon", SIGNATURE, BODY, 0), Err(Distrust::Timestamp));
    }

    #[test]
    fn a_new_secret_is_one_and_does_not_print_itself() {
        let text = new_secret([7; 32]);
        let secret: Secret = text.expose_secret().parse().expect("a secret");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        for bad in ["", "whsec_", "whsec_!!!", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
            assert_eq!(bad.parse::<Secret>().err(), Some(NotASecret), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_headers_panic(timestamp in ".{0,12}|-?[0-9]{0,20}", signatures in "(v1,)?.{0,40}", body in ".{0,20}") {
            let _ = check(&timestamp, &signatures, body.as_bytes(), 0);
        }
    }
}
