//! Tokens of the API: long and random, so that a plain hash is enough to store.

use coatcheck_domain::hex;
use sha2::{Digest, Sha256};

/// Tokens begin so: whoever finds one in a file knows what it is.
const PREFIX: &str = "cc_";

/// A token, and the hash that is stored of it. The bytes must come from the system.
#[must_use]
pub fn new_token(random: &[u8; 32]) -> (String, String) {
    let token = format!("{PREFIX}{}", hex::encode(random));
    let hash = hash(&token);
    (token, hash)
}

/// What is stored of a token.
pub(super) fn hash(token: &str) -> String {
    hex::encode(&Sha256::digest(token))
}
