//! What pages and programs that may change something are given to do it with.

use std::sync::Arc;
use std::time::Duration;

use crate::commands::Tracking;
use crate::engine::Rng;
use crate::shops::Shops;

/// The tools.
#[derive(Clone)]
pub struct Desk {
    /// Decides what may be tracked.
    pub tracking: Tracking,
    /// Reads a page without storing anything.
    pub shops: Arc<Shops>,
    /// Random numbers from the system.
    pub rng: Arc<Rng>,
    /// How long an alert that is sent again is worth sending.
    pub expire_after: Duration,
}
