//! Who may try a password how often, and whether it is the right one.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use coatcheck_domain::{Clock, hex};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::web::limit::Limits;
use crate::web::password::PasswordHash;

/// Tries of one address, …
const EACH: u64 = 10;
/// … and of all together, …
const ALL: u64 = 100;
/// … within this time.
const WITHIN: Duration = Duration::from_secs(15 * 60);
/// Who waits longer than this for the others' passwords to be checked is sent away.
const TURN_TIMEOUT: Duration = Duration::from_secs(5);

/// The door of the admin pages.
pub(super) struct Door {
    password: PasswordHash,
    peers: Limits,
    all: Limits,
    /// Passwords are checked one after the other: each takes a core and 19 MiB.
    turn: Arc<Semaphore>,
}

/// What came of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tried {
    /// It is the password.
    Right,
    /// It is not.
    Wrong,
    /// Too many tries: the next may come after so many seconds.
    TooOften(u64),
}

impl Door {
    pub(super) fn new(password: PasswordHash, clock: Arc<dyn Clock>) -> Self {
        Self {
            password,
            peers: Limits::new(Arc::clone(&clock), EACH, WITHIN),
            all: Limits::new(clock, ALL, WITHIN),
            turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// One try.
    pub(super) async fn tries(&self, peer: Option<&IpAddr>, password: String) -> Tried {
        let waits = [self.peers.take(peer).wait, self.all.take(None).wait];
        if let Some(wait) = waits.into_iter().flatten().max() {
            return Tried::TooOften(wait);
        }
        let turn = tokio::time::timeout(TURN_TIMEOUT, Arc::clone(&self.turn).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Tried::TooOften(TURN_TIMEOUT.as_secs()) };
        let hash = self.password.clone();
        let checked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            hash.is(&password)
        });
        if checked.await.unwrap_or(false) { Tried::Right } else { Tried::Wrong }
    }

    /// What is stored of a cookie. Another password makes another hash, so that all log-ins end with it.
    pub(super) fn hash_of(&self, token: &str) -> String {
        let digest = Sha256::new().chain_update(token).chain_update([0]).chain_update(self.password.as_str());
        hex::encode(&digest.finalize())
    }
}
