//! Rng as an argument: one seeded generator, drawn from where jitter is wanted.

use std::sync::{Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng};
use secrecy::SecretString;

use crate::store::people::keys::Keys;

/// A source of rng. The same seed gives the same draws.
#[derive(Debug)]
pub struct Rng(Mutex<StdRng>);

impl Rng {
    /// From a seed, so that a test can be played again.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Mutex::new(StdRng::seed_from_u64(seed)))
    }

    /// From the system.
    #[must_use]
    pub fn from_system() -> Self {
        Self(Mutex::new(StdRng::from_os_rng()))
    }

    /// A number in `[0, 1)`.
    pub fn draw(&self) -> f64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).random()
    }

    /// Bytes for tokens and secrets; only from the system are they fit for that.
    pub fn bytes(&self) -> [u8; 32] {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).random()
    }

    /// Six digits for a code that is typed; only from the system are they fit for that.
    pub fn digits(&self) -> String {
        let number: u32 = self.0.lock().unwrap_or_else(PoisonError::into_inner).random_range(0..1_000_000);
        format!("{number:06}")
    }

    /// Eight letters and digits that are hard to guess and easy to type; only from the system are they fit for that.
    pub fn word(&self) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
        let mut rng = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (0..8).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect()
    }

    /// A new root key; only from the system is it fit for that.
    pub fn key(&self) -> SecretString {
        Keys::generate(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A word that nobody else has drawn.
    pub fn token(&self) -> String {
        let number: u128 = self.0.lock().unwrap_or_else(PoisonError::into_inner).random();
        format!("{number:032x}")
    }
}
