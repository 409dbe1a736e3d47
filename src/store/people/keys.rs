//! The root keys: by them phone numbers are found (a hash) and kept (sealed), so that no number stands in a table.
//!
//! A root key is 32 random bytes, written `ck_…`; any other word that is long enough will do as well. By HKDF-SHA256 it gives a look-up key, a seal key and their id. Where
//! several are given, the first one hashes and seals; the others only find and open what an earlier one left.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use chrono::{DateTime, Utc};
use coatcheck_domain::hex;
use coatcheck_domain::phone::Phone;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

const PREFIX: &str = "ck_";
const NONCE: usize = 24;
/// A page of one's own watches can be used for so many days.
const PAGE_DAYS: i64 = 90;
const DAY: i64 = 24 * 3600;
/// Characters of a key that was made elsewhere, at least. How hard it is to guess is up to whoever made it.
const SHORTEST: usize = 16;

/// What is sealed. One kind's text does not open as another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// A phone number.
    Phone,
    /// A webhook's signing secret.
    Secret,
    /// A message that holds a code.
    Code,
    /// What somebody said: there may be a number in it.
    Words,
    /// The word by which a wrong key is known.
    Canary,
}

/// All root keys, the newest first. `Debug` shows their ids.
#[derive(Clone)]
pub struct Keys(Arc<[Root]>);

/// What one root key gives.
struct Root {
    id: String,
    look_up: [u8; 32],
    codes: [u8; 32],
    links: [u8; 32],
    nonces: [u8; 32],
    seal: XChaCha20Poly1305,
}

/// A phone number as tables know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookUp {
    /// The key it was hashed by.
    pub key_id: String,
    /// HMAC-SHA256 of the E.164 text, in hex.
    pub hash: String,
}

/// Why a text gives no keys. Never shows the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAKey {
    /// There is nothing.
    #[error("no key is given; `coatcheck rekey` makes one")]
    Empty,
    /// One is not of the form.
    #[error(
        "key {0} is too short: a key has 16 characters at least, better 64 random hexadecimal digits (`openssl rand -hex 32`); \
         several are parted by blanks, the newest first"
    )]
    Form(usize),
    /// One stands there twice.
    #[error("key {0} stands there twice")]
    Twice(usize),
}

/// Letters of a short link's tag: one guess in two thousand millions is right.
const TAG: usize = 6;
/// All tags.
const TAGS: u64 = 36_u64.pow(6);

impl Keys {
    /// One key or several, the newest first, parted by spaces, lines or commas.
    ///
    /// # Errors
    /// [`NotAKey`] says which of them is not one.
    pub fn parse(text: &SecretString) -> Result<Self, NotAKey> {
        let words = text.expose_secret().split([' ', ',', '\n', '\r', '\t']).filter(|word| !word.is_empty());
        let mut roots: Vec<Root> = Vec::new();
        for (number, word) in (1..).zip(words) {
            let root = Root::parse(word).ok_or(NotAKey::Form(number))?;
            if roots.iter().any(|earlier| earlier.id == root.id) {
                return Err(NotAKey::Twice(number));
            }
            roots.push(root);
        }
        if roots.is_empty() { Err(NotAKey::Empty) } else { Ok(Self(roots.into())) }
    }

    /// The text of a new root key, for [`Keys::parse`].
    #[must_use]
    pub fn generate(rng: &mut dyn RngCore) -> SecretString {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        format!("{PREFIX}{}", BASE64.encode(bytes)).into()
    }

    /// The id of the key that hashes and seals.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.newest().id
    }

    /// The ids of all of them, the newest first.
    #[must_use]
    pub fn ids(&self) -> Vec<&str> {
        self.0.iter().map(|root| root.id.as_str()).collect()
    }

    /// How tables know a number.
    #[must_use]
    pub fn look_up(&self, phone: &Phone) -> LookUp {
        self.newest().look_up(phone)
    }

    /// How tables may know it from before the newest key, that one included and first.
    #[must_use]
    pub fn look_ups(&self, phone: &Phone) -> Vec<LookUp> {
        self.0.iter().map(|root| root.look_up(phone)).collect()
    }

    /// A word for the chat with this number that does not say the number.
    #[must_use]
    pub fn chat(&self, phone: &Phone) -> String {
        self.look_up(phone).hash
    }

    /// The number, sealed: `<key id>:<text>`. The same number gives the same text.
    #[must_use]
    pub fn seal_phone(&self, phone: &Phone) -> String {
        self.seal(Sealed::Phone, phone.expose())
    }

    /// The number that was sealed; nothing if none of these keys sealed it.
    #[must_use]
    pub fn open_phone(&self, sealed: &str) -> Option<Phone> {
        self.open(Sealed::Phone, sealed)?.parse().ok()
    }

    /// Seals a text by the newest key: `<key id>:<text>`. The nonce is a keyed hash of what is sealed, so it is never
    /// used for two texts, and no rng is needed; that two texts are the same can be seen.
    #[must_use]
    pub fn seal(&self, what: Sealed, text: &str) -> String {
        let root = self.newest();
        let nonce = &mac(&root.nonces, &[what.name(), text])[..NONCE];
        let payload = Payload { msg: text.as_bytes(), aad: what.name().as_bytes() };
        let cipher = root.seal.encrypt(XNonce::from_slice(nonce), payload).expect("a text of less than 256 GiB");
        format!("{}:{}", root.id, BASE64.encode([nonce, &cipher].concat()))
    }

    /// What was sealed; nothing if none of these keys sealed it, or it is something else.
    #[must_use]
    pub fn open(&self, what: Sealed, sealed: &str) -> Option<String> {
        let (id, text) = sealed.split_once(':')?;
        let root = self.0.iter().find(|root| root.id == id)?;
        let bytes = BASE64.decode(text).ok()?;
        let (nonce, cipher) = bytes.split_at_checked(NONCE)?;
        let payload = Payload { msg: cipher, aad: what.name().as_bytes() };
        let plain = root.seal.decrypt(XNonce::from_slice(nonce), payload).ok()?;
        String::from_utf8(plain).ok()
    }

    /// The name of a short link to a variant: its row, and a tag that only this key gives. Whoever counts rows finds nothing.
    #[must_use]
    pub fn link(&self, variant: i64) -> String {
        self.newest().link(variant)
    }

    /// The variant that a short link names; nothing if none of these keys gave that name.
    #[must_use]
    pub fn linked(&self, name: &str) -> Option<i64> {
        let row = name.get(..name.len().checked_sub(TAG)?)?;
        let variant = i64::from_str_radix(row, 36).ok()?;
        self.0.iter().any(|root| is_same(&root.link(variant), name)).then_some(variant)
    }

    /// The name of a page where who is notified at a destination manages their watches, until the end of this day (since 1970).
    /// It says nothing of the address.
    #[must_use]
    pub fn manage(&self, destination: i64, until_day: i64) -> String {
        self.newest().manage(destination, until_day)
    }

    /// The same name, good for 90 days from now on.
    #[must_use]
    pub fn own_page(&self, destination: i64, now: DateTime<Utc>) -> String {
        self.manage(destination, now.timestamp() / DAY + PAGE_DAYS)
    }

    /// The destination that such a name is for; nothing if none of these keys gave it, or if its day is over.
    #[must_use]
    pub fn managed(&self, name: &str, today: i64) -> Option<i64> {
        let mut parts = name.splitn(3, '-');
        let mut number = || i64::from_str_radix(parts.next()?, 36).ok();
        let (destination, until_day) = (number()?, number()?);
        let ours = self.0.iter().any(|root| is_same(&root.manage(destination, until_day), name));
        (ours && today <= until_day).then_some(destination)
    }

    /// The destination that such a name is for now.
    #[must_use]
    pub fn owner(&self, name: &str, now: DateTime<Utc>) -> Option<i64> {
        self.managed(name, now.timestamp() / DAY)
    }

    /// The hash of a code that proves an address: six digits are guessed in no time from a hash without a key.
    #[must_use]
    pub fn code(&self, subscriber_id: i64, address: &LookUp, code: &str) -> String {
        hex::encode(&mac(&self.newest().codes, &[&subscriber_id.to_string(), &address.hash, code]))
    }

    fn newest(&self) -> &Root {
        &self.0[0]
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.ids().join(", "))
    }
}

impl Root {
    fn parse(word: &str) -> Option<Self> {
        let ours = word.strip_prefix(PREFIX).and_then(|rest| BASE64.decode(rest).ok()).filter(|key| key.len() == 32);
        if ours.is_none() && word.chars().count() < SHORTEST {
            return None;
        }
        let root = Hkdf::<Sha256>::new(None, ours.as_deref().unwrap_or(word.as_bytes()));
        Some(Self {
            id: hex::encode(&derived::<4>(&root, "coatcheck 1 id")?),
            look_up: derived(&root, "coatcheck 1 look-up")?,
            codes: derived(&root, "coatcheck 1 codes")?,
            links: derived(&root, "coatcheck 1 links")?,
            nonces: derived(&root, "coatcheck 1 nonces")?,
            seal: XChaCha20Poly1305::new(&derived::<32>(&root, "coatcheck 1 seal")?.into()),
        })
    }

    fn link(&self, variant: i64) -> String {
        let [a, b, c, d, ..] = mac(&self.links, &[&variant.to_string()]);
        let tag = u64::from(u32::from_be_bytes([a, b, c, d])) % TAGS;
        format!("{}{:0>TAG$}", base36(variant.unsigned_abs()), base36(tag))
    }

    fn manage(&self, destination: i64, until_day: i64) -> String {
        let [a, b, c, d, e, f, g, h, ..] =
            mac(&self.links, &["manage", &destination.to_string(), &until_day.to_string()]);
        let tag = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        format!("{}-{}-{}", base36(destination.unsigned_abs()), base36(until_day.unsigned_abs()), base36(tag))
    }

    fn look_up(&self, phone: &Phone) -> LookUp {
        LookUp { key_id: self.id.clone(), hash: hex::encode(&mac(&self.look_up, &[phone.expose()])) }
    }
}

impl Sealed {
    fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Secret => "secret",
            Self::Code => "code",
            Self::Words => "words",
            Self::Canary => "canary",
        }
    }
}

/// Does a text look like one that [`Keys::seal`] gave: an id of eight letters, a colon?
#[must_use]
pub fn is_sealed(text: &str) -> bool {
    text.as_bytes().get(8) == Some(&b':')
}

/// Never `None`: HKDF gives up to 8,160 bytes.
fn derived<const LENGTH: usize>(root: &Hkdf<Sha256>, what: &str) -> Option<[u8; LENGTH]> {
    let mut key = [0; LENGTH];
    root.expand(what.as_bytes(), &mut key).ok()?;
    Some(key)
}

/// Parts are parted, so that no two lists of parts read the same.
fn mac(key: &[u8; 32], parts: &[&str]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

/// In the same time for every text of the same length.
fn is_same(one: &str, other: &str) -> bool {
    let differs = one.bytes().zip(other.bytes()).fold(0, |sum, (one, other)| sum | (one ^ other));
    one.len() == other.len() && differs == 0
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    while number > 0 {
        digits.extend(u32::try_from(number % 36).ok().and_then(|digit| char::from_digit(digit, 36)));
        number /= 36;
    }
    digits.into_iter().rev().collect()
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
