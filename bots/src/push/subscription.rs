//! Where a browser is pushed to, as it gave it to a page.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use coatcheck_domain::{Destination, hex};
use p256::PublicKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

/// Letters of an address, at most.
const LONGEST: usize = 1000;
/// Where Chrome, Edge, Firefox and Safari are pushed to.
const WELL_KNOWN: [&str; 4] =
    ["fcm.googleapis.com", "push.services.mozilla.com", "notify.windows.com", "push.apple.com"];

/// A browser's address at its push service, and its keys. Who knows it can push there: it is kept sealed.
#[derive(Clone)]
pub struct Subscription {
    pub(super) endpoint: Url,
    pub(super) key: PublicKey,
    pub(super) auth: Vec<u8>,
    stored: StoredSubscription,
}

#[derive(Clone, Serialize, Deserialize)]
struct StoredSubscription {
    endpoint: String,
    p256dh: String,
    auth: String,
}

impl Subscription {
    /// From what `PushSubscription.toJSON()` says. `None`: it is none.
    #[must_use]
    pub fn new(endpoint: &str, p256dh: &str, auth: &str) -> Option<Self> {
        let unpadded = |text: &str| text.trim_end_matches('=').replace('+', "-").replace('/', "_");
        if endpoint.len() > LONGEST || p256dh.len() > LONGEST || auth.len() > LONGEST {
            return None;
        }
        let stored =
            StoredSubscription { endpoint: endpoint.to_owned(), p256dh: unpadded(p256dh), auth: unpadded(auth) };
        Self::of(stored)
    }

    /// From what [`Self::to_stored`] gave.
    #[must_use]
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::of(serde_json::from_str(text).ok()?)
    }

    fn of(stored: StoredSubscription) -> Option<Self> {
        let endpoint = Url::parse(&stored.endpoint).ok()?;
        let usable = matches!(endpoint.scheme(), "http" | "https")
            && endpoint.host().is_some()
            && endpoint.username().is_empty()
            && endpoint.password().is_none();
        let auth = BASE64.decode(&stored.auth).ok().filter(|auth| auth.len() == 16)?;
        let key = point(&BASE64.decode(&stored.p256dh).ok()?)?;
        usable.then_some(Self { endpoint, key, auth, stored })
    }

    /// For the column that is sealed.
    #[must_use]
    pub fn to_stored(&self) -> String {
        serde_json::to_string(&self.stored).unwrap_or_default()
    }

    /// Where it is pushed to.
    #[must_use]
    pub fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// Is it the push service of a browser that many people use?
    #[must_use]
    pub fn is_well_known(&self) -> bool {
        let host = self.endpoint.host_str().unwrap_or_default();
        self.endpoint.scheme() == "https"
            && WELL_KNOWN
                .iter()
                .any(|known| host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
    }

    /// Its destination: the push service's host, and a hash. The same browser has the same until it makes new keys.
    #[must_use]
    pub fn destination(&self) -> Option<Destination> {
        let host = self.endpoint.host_str()?;
        let host = self.endpoint.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        let digest = Sha256::digest(self.to_stored().as_bytes());
        format!("push:{host}/{}", hex::encode(&digest[..12])).parse().ok()
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("at", &self.endpoint.host_str()).finish_non_exhaustive()
    }
}

/// A point as it is sent: 65 bytes.
fn point(bytes: &[u8]) -> Option<PublicKey> {
    if bytes.len() == 65 { PublicKey::from_sec1_bytes(bytes).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    #[test]
    fn a_subscription_has_one_destination_and_shows_no_secret() {
        let it = Subscription::new("https://push.example:8443/s3cret", KEY, AUTH).expect("a subscription");
        let destination = it.destination().expect("a destination");
        assert_eq!(destination.lane(), "push:push.example:8443");
        let again = Subscription::from_stored(&it.to_stored()).expect("as stored");
        assert_eq!(again.destination(), Some(destination.clone()));
        assert!(!format!("{it:?} {destination}").contains("s3cret"));
    }

    #[test]
    fn well_known_push_services_are_known_by_their_whole_host() {
        let is_known = |endpoint: &str| Subscription::new(endpoint, KEY, AUTH).expect(endpoint).is_well_known();
        assert!(
            is_known("https://fcm.googleapis.com/fcm/send/x")
                && is_known("https://wns2-par02p.notify.windows.com/w/?x")
        );
        for other in
            ["https://evilpush.apple.com/x", "https://push.apple.com.evil.example/x", "http://fcm.googleapis.com/x"]
        {
            assert!(!is_known(other), "{other}");
        }
    }

    #[test]
    fn new_keys_are_another_browser() {
        let endpoint = "https://push.example/x";
        let [one, other] = [AUTH, "BTBZMqHH6r4Tts7J_aSIgA"]
            .map(|auth| Subscription::new(endpoint, KEY, auth).expect(auth).destination());
        assert_ne!(one, other);
    }

    #[test]
    fn what_is_no_subscription_is_refused() {
        let off_curve = format!("{}B", &KEY[..KEY.len() - 1]);
        for (endpoint, key, auth) in [
            ("ftp://push.example/x", KEY, AUTH),
            ("https://user:word@push.example/x", KEY, AUTH),
            ("jacket", KEY, AUTH),
            ("https://push.example/x", "", AUTH),
            ("https://push.example/x", &off_curve, AUTH),
            ("https://push.example/x", KEY, "BTBZ"),
            (&format!("https://push.example/{}", "x".repeat(2000)), KEY, AUTH),
        ] {
            assert!(Subscription::new(endpoint, key, auth).is_none(), "{endpoint} {key} {auth}");
        }
    }
}
