//! The root keys: by them phone numbers are found (a hash) and kept (sealed), so that no number stands in a table.
//!
//! A root key is 32 random bytes, written `ck_…`. By HKDF-SHA256 it gives a look-up key, a seal key and their id. Where
//! several are given, the first one hashes and seals; the others only find and open what an earlier one left.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use coatcheck_domain::phone::Phone;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

const PREFIX: &str = "ck_";
const NONCE: usize = 24;

/// What is sealed. One kind's text does not open as another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// A phone number.
    Phone,
    /// A webhook's signing secret.
    Secret,
    /// A message that holds a code.
    Code,
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
        "key {0} is not one that coatcheck made: `ck_` and 43 letters and digits, the newest first, with spaces between them"
    )]
    Form(usize),
    /// One stands there twice.
    #[error("key {0} stands there twice")]
    Twice(usize),
}

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
    pub fn generate(chance: &mut dyn RngCore) -> SecretString {
        let mut bytes = [0; 32];
        chance.fill_bytes(&mut bytes);
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
    /// used for two texts, and no chance is needed; that two texts are the same can be seen.
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

    /// The hash of a code that proves an address: six digits are guessed in no time from a hash without a key.
    #[must_use]
    pub fn code(&self, subscriber_id: i64, address: &LookUp, code: &str) -> String {
        hex(&mac(&self.newest().codes, &[&subscriber_id.to_string(), &address.hash, code]))
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
        let bytes: [u8; 32] = BASE64.decode(word.strip_prefix(PREFIX)?).ok()?.try_into().ok()?;
        let root = Hkdf::<Sha256>::new(None, &bytes);
        Some(Self {
            id: hex(&derived::<4>(&root, "coatcheck 1 id")?),
            look_up: derived(&root, "coatcheck 1 look-up")?,
            codes: derived(&root, "coatcheck 1 codes")?,
            nonces: derived(&root, "coatcheck 1 nonces")?,
            seal: XChaCha20Poly1305::new(&derived::<32>(&root, "coatcheck 1 seal")?.into()),
        })
    }

    fn look_up(&self, phone: &Phone) -> LookUp {
        LookUp { key_id: self.id.clone(), hash: hex(&mac(&self.look_up, &[phone.expose()])) }
    }
}

impl Sealed {
    fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Secret => "secret",
            Self::Code => "code",
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(numbers: &[u8]) -> Keys {
        let words: Vec<String> = numbers.iter().map(|n| format!("{PREFIX}{}", BASE64.encode([*n; 32]))).collect();
        Keys::parse(&words.join(" ").into()).expect("keys")
    }

    fn phone() -> Phone {
        "+14155550123".parse().expect("a number")
    }

    #[test]
    fn a_number_is_found_and_opened_and_not_seen() {
        let keys = keys(&[1]);
        let sealed = keys.seal_phone(&phone());
        assert_eq!(keys.open_phone(&sealed), Some(phone()));
        assert_eq!(keys.look_up(&phone()), keys.look_up(&phone()));
        let all = format!("{sealed} {:?} {keys:?}", keys.look_up(&phone()));
        assert!(!all.contains("4155550123") && !all.contains(PREFIX), "{all}");
    }

    /// What is in databases must be read by later versions: these never change.
    #[test]
    fn what_was_written_once_is_read_for_ever() {
        let keys = keys(&[1]);
        insta::assert_snapshot!(keys.id(), @"55ce798c");
        insta::assert_snapshot!(keys.look_up(&phone()).hash, @"27acd62a4c9016c65c5cd5ff4030faace7d23ba1616181eaa8f39cac9a6678ba");
        insta::assert_snapshot!(keys.seal_phone(&phone()), @"55ce798c:SEoeYPN2slr99ndMWSZZZ9rij1uybpyqijBs-FC8zySfN6LkLHNixahWbiz7chZ95pmJNg");
    }

    #[test]
    fn another_key_neither_finds_nor_opens() {
        let (ours, theirs) = (keys(&[1]), keys(&[2]));
        assert_ne!(ours.look_up(&phone()), theirs.look_up(&phone()));
        assert_eq!(theirs.open_phone(&ours.seal_phone(&phone())), None);
    }

    #[test]
    fn a_newer_key_seals_and_an_older_one_still_opens() {
        let (old, both) = (keys(&[1]), keys(&[2, 1]));
        assert_eq!(both.open_phone(&old.seal_phone(&phone())), Some(phone()));
        assert_eq!(both.id(), keys(&[2]).id());
        assert_eq!(old.open_phone(&both.seal_phone(&phone())), None);
        assert_eq!(both.look_ups(&phone()), [keys(&[2]).look_up(&phone()), old.look_up(&phone())]);
    }

    #[test]
    fn what_was_changed_or_is_of_another_kind_does_not_open() {
        let keys = keys(&[1]);
        let sealed = keys.seal(Sealed::Secret, "whsec_x");
        assert_eq!(keys.open(Sealed::Secret, &sealed).as_deref(), Some("whsec_x"));
        assert_eq!(keys.open(Sealed::Canary, &sealed), None);
        let last = if sealed.ends_with('A') { "B" } else { "A" };
        assert_eq!(keys.open(Sealed::Secret, &format!("{}{last}", &sealed[..sealed.len() - 1])), None);
        assert!(is_sealed(&sealed) && !is_sealed("whsec_x") && !is_sealed(""));
        for text in ["", ":", "whsec_x", &format!("{}:", keys.id()), &format!("{}:AAAA", keys.id())] {
            assert_eq!(keys.open(Sealed::Secret, text), None, "{text:?}");
        }
    }

    #[test]
    fn a_code_is_one_persons_for_one_number() {
        let keys = keys(&[1]);
        let (here, there) = (keys.look_up(&phone()), keys.look_up(&"+14155550124".parse().expect("a number")));
        let hash = keys.code(1, &here, "123456");
        assert_eq!(hash, keys.code(1, &here, "123456"));
        for other in [keys.code(2, &here, "123456"), keys.code(1, &there, "123456"), keys.code(1, &here, "123457")] {
            assert_ne!(hash, other);
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        let refused = |text: &str| Keys::parse(&text.to_owned().into()).expect_err("no keys");
        let good = format!("{PREFIX}{}", BASE64.encode([7; 32]));
        assert_eq!(refused(" \n"), NotAKey::Empty);
        assert_eq!(refused("hunter2"), NotAKey::Form(1));
        assert_eq!(refused(&format!("{good}, {good}")), NotAKey::Twice(2));
        assert!(!refused(&format!("{good} hunter2")).to_string().contains("hunter2"));
    }

    #[test]
    fn a_made_key_is_one() {
        use rand::SeedableRng;
        let mut chance = rand::rngs::StdRng::seed_from_u64(1);
        let (one, two) = (Keys::generate(&mut chance), Keys::generate(&mut chance));
        assert_ne!(Keys::parse(&one).expect("a key").id(), Keys::parse(&two).expect("a key").id());
    }
}
