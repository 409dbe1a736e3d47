//! Interactions by HTTP: signed as Discord signs them.

use ed25519_dalek::{Signer, SigningKey};

use super::Discord;

/// Seeds the one key of this Discord; nothing real was ever signed with it.
const SEED: [u8; 32] = [42; 32];

impl Discord {
    /// What `DISCORD_PUBLIC_KEY` must be: hex.
    #[must_use]
    pub fn public_key(&self) -> String {
        hex(SigningKey::from_bytes(&SEED).verifying_key().as_bytes())
    }

    /// `X-Signature-Ed25519` for a body sent with `X-Signature-Timestamp: timestamp`.
    #[must_use]
    pub fn signature(&self, timestamp: &str, body: &str) -> String {
        hex(&SigningKey::from_bytes(&SEED).sign(format!("{timestamp}{body}").as_bytes()).to_bytes())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
