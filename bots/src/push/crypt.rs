//! Web push as RFC 8291 seals it: one record of `aes128gcm` (RFC 8188), for the keys that a browser made. Pure: chance is an
//! argument.

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes128Gcm, Nonce};
use hkdf::Hkdf;
use p256::SecretKey;
use p256::elliptic_curve::sec1::ToEncodedPoint;
use sha2::Sha256;

use super::subscription::Subscription;

/// Push services take 4,096 bytes; before the text there are 86, behind it 17.
pub(super) const LONGEST: usize = 4096 - 86 - 17;
/// The record size that is written: all of it is one record.
const RECORD: u32 = 4096;
/// What ends the last record.
const LAST: u8 = 2;

/// What must be new in each message.
pub(super) struct Fresh {
    pub(super) salt: [u8; 16],
    /// A key of ours for this message alone.
    pub(super) key: SecretKey,
}

/// The body of the request. `None`: the text is too long.
pub(super) fn sealed(text: &[u8], to: &Subscription, fresh: &Fresh) -> Option<Vec<u8>> {
    if text.len() > LONGEST {
        return None;
    }
    let ours = fresh.key.public_key().to_encoded_point(false);
    let theirs = to.key.to_encoded_point(false);
    let secret = p256::ecdh::diffie_hellman(fresh.key.to_nonzero_scalar(), to.key.as_affine());
    let info = [b"WebPush: info\0", theirs.as_bytes(), ours.as_bytes()].concat();
    let material: [u8; 32] = derived(&to.auth, secret.raw_secret_bytes(), &info)?;
    let key: [u8; 16] = derived(&fresh.salt, &material, b"Content-Encoding: aes128gcm\0")?;
    let nonce: [u8; 12] = derived(&fresh.salt, &material, b"Content-Encoding: nonce\0")?;
    let record = Aes128Gcm::new(&key.into()).encrypt(Nonce::from_slice(&nonce), [text, &[LAST]].concat().as_slice());
    let ours = ours.as_bytes();
    let length = u8::try_from(ours.len()).ok()?;
    Some([&fresh.salt[..], &RECORD.to_be_bytes(), &[length], ours, &record.ok()?].concat())
}

fn derived<const LENGTH: usize>(salt: &[u8], material: &[u8], info: &[u8]) -> Option<[u8; LENGTH]> {
    let mut out = [0; LENGTH];
    Hkdf::<Sha256>::new(Some(salt), material).expand(info, &mut out).ok()?;
    Some(out)
}

/// A key from random bytes; nearly all are one.
pub(super) fn secret_key(random: &mut dyn FnMut() -> [u8; 32]) -> SecretKey {
    loop {
        if let Ok(key) = SecretKey::from_slice(&random()) {
            return key;
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        BASE64.decode(text).expect("base64")
    }

    #[test]
    fn the_example_of_rfc_8291_is_sealed_as_it_says() {
        let to = Subscription::new(
            "https://push.example.net/push/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV",
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "BTBZMqHH6r4Tts7J_aSIgg",
        );
        let fresh = Fresh {
            salt: bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().expect("16 bytes"),
            key: SecretKey::from_slice(&bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")).expect("a key"),
        };
        let body = sealed(b"When I grow up, I want to be a watermelon", &to.expect("a subscription"), &fresh);
        assert_eq!(
            BASE64.encode(body.expect("it fits")),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }
}
