//! Who we are to push services (RFC 8292): a key of ours, and a short-lived word signed by it. Pure.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chrono::{DateTime, Duration, Utc};
use p256::SecretKey;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;

use super::crypt::secret_key;

/// Push services take no word that lasts longer than a day.
const LASTS: Duration = Duration::hours(12);

/// Our key.
#[derive(Clone)]
pub struct Vapid(SecretKey);

impl Vapid {
    /// A new one.
    #[must_use]
    pub fn generate(random: &mut dyn FnMut() -> [u8; 32]) -> Self {
        Self(secret_key(random))
    }

    /// From what [`Self::to_stored`] gave.
    #[must_use]
    pub fn from_stored(text: &SecretString) -> Option<Self> {
        let bytes = BASE64.decode(text.expose_secret()).ok()?;
        SecretKey::from_slice(&bytes).ok().map(Self)
    }

    /// To be sealed.
    #[must_use]
    pub fn to_stored(&self) -> SecretString {
        BASE64.encode(self.0.to_bytes()).into()
    }

    /// What browsers subscribe with.
    #[must_use]
    pub fn public(&self) -> String {
        BASE64.encode(self.0.public_key().to_encoded_point(false).as_bytes())
    }

    /// The `Authorization` of a request. `contact`: a `mailto:` or `https:` address of who runs this.
    pub(super) fn authorization(&self, endpoint: &Url, contact: Option<&str>, now: DateTime<Utc>) -> String {
        let mut claims = json!({
            "aud": endpoint.origin().ascii_serialization(),
            "exp": (now + LASTS).timestamp(),
        });
        if let Some(contact) = contact {
            claims["sub"] = json!(contact);
        }
        let head = BASE64.encode(r#"{"typ":"JWT","alg":"ES256"}"#);
        let signed = format!("{head}.{}", BASE64.encode(claims.to_string()));
        let signature: Signature = SigningKey::from(&self.0).sign(signed.as_bytes());
        format!("vapid t={signed}.{}, k={}", BASE64.encode(signature.to_bytes()), self.public())
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier;

    use super::*;

    #[test]
    fn our_word_is_signed_for_one_push_service_and_ends() {
        let vapid = Vapid::generate(&mut || [7; 32]);
        let kept = Vapid::from_stored(&vapid.to_stored()).expect("as stored");
        assert_eq!(kept.public(), vapid.public());
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a date");
        let endpoint = "https://push.example:8443/s3cret".parse().expect("an address");
        let said = vapid.authorization(&endpoint, Some("mailto:ann@coat.example"), now);
        let (word, key) = said.strip_prefix("vapid t=").and_then(|it| it.split_once(", k=")).expect("two parts");
        let (signed, signature) = word.rsplit_once('.').expect("a signature");
        let key = VerifyingKey::from_sec1_bytes(&BASE64.decode(key).expect("base64")).expect("a key");
        let signature = Signature::from_slice(&BASE64.decode(signature).expect("base64")).expect("a signature");
        key.verify(signed.as_bytes(), &signature).expect("ours");
        let claims = BASE64.decode(signed.rsplit_once('.').expect("claims").1).expect("base64");
        assert_eq!(
            String::from_utf8_lossy(&claims),
            r#"{"aud":"https://push.example:8443","exp":1800043200,"sub":"mailto:ann@coat.example"}"#
        );
    }
}
