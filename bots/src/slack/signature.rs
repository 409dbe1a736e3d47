//! Requests that come by HTTP: believed only if Slack signed them, and lately.
//! <https://docs.slack.dev/authentication/verifying-requests-from-slack>

use chrono::{DateTime, Utc};
use coatcheck_domain::hex;
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// A signature older (or newer) than this many seconds is refused: it may be a copy.
const FRESH: u64 = 300;

/// Is the timestamp a number, and fresh?
pub(super) fn is_fresh(timestamp: &str, now: DateTime<Utc>) -> bool {
    let made: Option<i64> = timestamp.parse().ok();
    made.is_some_and(|made| now.timestamp().saturating_sub(made).unsigned_abs() <= FRESH)
}

/// `v0=` and the HMAC-SHA256 of `v0:{timestamp}:{body}`. Takes the same time whatever is wrong.
pub(super) fn fits(secret: &SecretString, signature: &str, timestamp: &str, body: &[u8]) -> bool {
    let given = signature.strip_prefix("v0=").and_then(hex::decode).unwrap_or_default();
    let key = secret.expose_secret().trim().as_bytes();
    let mut code = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in [b"v0:", timestamp.as_bytes(), b":", body] {
        code.update(part);
    }
    code.verify_slice(&given).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of Slack's documentation.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const TIMESTAMP: &str = "1531420618";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

    #[test]
    fn slacks_own_example_is_believed_and_nothing_else() {
        let secret = SECRET.to_owned().into();
        assert!(fits(&secret, SIGNATURE, TIMESTAMP, BODY.as_bytes()));
        assert!(!fits(&secret, SIGNATURE, "1531420619", BODY.as_bytes()));
        assert!(!fits(&secret, SIGNATURE, TIMESTAMP, format!("{BODY}&").as_bytes()));
        for wrong in ["", "v0=", "v0=zz", "v1=a2", "v0=é", &SIGNATURE[..60], &SIGNATURE.to_uppercase()] {
            assert!(!fits(&secret, wrong, TIMESTAMP, BODY.as_bytes()), "{wrong}");
        }
        let at = |seconds: i64| DateTime::from_timestamp(1_531_420_618 + seconds, 0).expect("a date");
        assert_eq!([0, 300, -300, 301, -301].map(|s| is_fresh(TIMESTAMP, at(s))), [true, true, true, false, false]);
        assert!(!is_fresh("soon", at(0)));
    }

    proptest! {
        #[test]
        fn a_request_with_one_byte_changed_is_not_believed(place in 0..BODY.len(), change in 1..=255_u8) {
            let mut body = BODY.as_bytes().to_vec();
            body[place] ^= change;
            prop_assert!(!fits(&SECRET.to_owned().into(), SIGNATURE, TIMESTAMP, &body));
        }

        #[test]
        fn a_made_up_signature_is_not_believed(signature in "(v0=)?[0-9a-f]{0,70}|\\PC{0,40}", timestamp in "\\PC{0,12}") {
            prop_assert!(!fits(&SECRET.to_owned().into(), &signature, &timestamp, BODY.as_bytes()));
            let _ = is_fresh(&timestamp, DateTime::UNIX_EPOCH);
        }
    }
}
