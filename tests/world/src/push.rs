//! A push service, and the browser behind it: it takes what is signed and sealed as RFC 8291 and 8292 say, and reads it.

use std::io;
use std::net::Ipv4Addr;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes128Gcm, Nonce};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use hkdf::Hkdf;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::elliptic_curve::sec1::ToEncodedPoint;
use p256::{PublicKey, SecretKey};
use sha2::Sha256;

use crate::Heard;
use crate::front::{Front, Honest};

/// The browser's secret that only senders share.
const AUTH: [u8; 16] = *b"sixteen of these";

/// A push service with one browser.
pub struct PushService {
    front: Front,
    shown: Arc<Mutex<Vec<String>>>,
}

impl PushService {
    /// Opens on a free port of loopback.
    ///
    /// # Errors
    /// There is no port, thread or file handle to be had.
    pub fn open() -> io::Result<Self> {
        let shown = Arc::<Mutex<Vec<String>>>::default();
        let behind = Arc::clone(&shown);
        let honest: Honest = Arc::new(move |heard| take(heard, &behind));
        Ok(Self { front: Front::start((Ipv4Addr::LOCALHOST, 0).into(), honest)?, shown })
    }

    /// Where the browser is pushed to.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.front.url("/push/1")
    }

    /// The browser's public key, as `getKey("p256dh")` gives it, in base64url.
    #[must_use]
    pub fn p256dh(&self) -> String {
        BASE64.encode(browser().public_key().to_encoded_point(false).as_bytes())
    }

    /// The same of `getKey("auth")`.
    #[must_use]
    pub fn auth(&self) -> String {
        BASE64.encode(AUTH)
    }

    /// What the browser read.
    #[must_use]
    pub fn read(&self) -> Vec<String> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Deref for PushService {
    type Target = Front;

    fn deref(&self) -> &Front {
        &self.front
    }
}

fn browser() -> SecretKey {
    SecretKey::from_slice(&[9; 32]).expect("a key")
}

/// As a push service: 201 to what it may deliver.
fn take(heard: &Heard, shown: &Mutex<Vec<String>>) -> Response {
    if signed(heard).is_none() {
        return StatusCode::FORBIDDEN.into_response();
    }
    if heard.header("ttl").is_none_or(|ttl| ttl.parse::<u32>().is_err()) {
        return StatusCode::BAD_REQUEST.into_response();
    }
    match opened(&heard.body) {
        Some(text) => {
            shown.lock().unwrap_or_else(PoisonError::into_inner).push(text);
            StatusCode::CREATED.into_response()
        }
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}

/// RFC 8292: signed by the key that is named, for this service.
fn signed(heard: &Heard) -> Option<()> {
    let (word, key) = heard.header("authorization")?.strip_prefix("vapid t=")?.split_once(", k=")?;
    let (signed, signature) = word.rsplit_once('.')?;
    let key = VerifyingKey::from_sec1_bytes(&BASE64.decode(key).ok()?).ok()?;
    let signature = Signature::from_slice(&BASE64.decode(signature).ok()?).ok()?;
    key.verify(signed.as_bytes(), &signature).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&BASE64.decode(signed.split('.').nth(1)?).ok()?).ok()?;
    (claims["aud"] == format!("http://{}", heard.header("host")?)).then_some(())
}

/// RFC 8291, as the browser reads it.
fn opened(body: &[u8]) -> Option<String> {
    let (salt, rest) = body.split_at_checked(16)?;
    let (_record, rest) = rest.split_at_checked(4)?;
    let (length, rest) = rest.split_first()?;
    let (sender, record) = rest.split_at_checked(usize::from(*length))?;
    let key = browser();
    let secret =
        p256::ecdh::diffie_hellman(key.to_nonzero_scalar(), PublicKey::from_sec1_bytes(sender).ok()?.as_affine());
    let ours = key.public_key().to_encoded_point(false);
    let mut material = [0; 32];
    let info = [b"WebPush: info\0", ours.as_bytes(), sender].concat();
    Hkdf::<Sha256>::new(Some(&AUTH), secret.raw_secret_bytes()).expand(&info, &mut material).ok()?;
    let (mut key, mut nonce) = ([0; 16], [0; 12]);
    let hkdf = Hkdf::<Sha256>::new(Some(salt), &material);
    hkdf.expand(b"Content-Encoding: aes128gcm\0", &mut key).ok()?;
    hkdf.expand(b"Content-Encoding: nonce\0", &mut nonce).ok()?;
    let mut text = Aes128Gcm::new(&key.into()).decrypt(Nonce::from_slice(&nonce), record).ok()?;
    (text.pop() == Some(2)).then_some(())?;
    String::from_utf8(text).ok()
}
