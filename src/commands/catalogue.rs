//! The names of all products, read once and shared by everybody who types or is answered.
//!
//! It is what words are resolved and completed against. What is in stock, and how fresh that is, each answer reads for
//! its own products.

use std::sync::Arc;
use std::time::Duration;

use coatcheck_domain::Clock;
use tokio::sync::Mutex;

use crate::store::stock::catalogue::{Product, Stamp};
use crate::store::{Db, StoreError};

/// Whether something changed is asked this often at most: a product that was just added can be named within a second.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Everything is read anew this often: for changed titles, which no look sees.
const RELOAD_EVERY: Duration = Duration::from_secs(60);

/// The shared read model.
pub struct Catalogue {
    db: Db,
    clock: Arc<dyn Clock>,
    loaded: Mutex<Option<Loaded>>,
}

struct Loaded {
    products: Arc<Vec<Product>>,
    stamp: Option<Stamp>,
    /// Monotonic.
    read_at: Duration,
    looked_at: Duration,
}

impl Catalogue {
    /// Nothing is read before somebody asks.
    #[must_use]
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock, loaded: Mutex::new(None) }
    }

    /// All products. Whoever comes while they are read waits for the same reading.
    pub(crate) async fn products(&self) -> Result<Arc<Vec<Product>>, StoreError> {
        let mut loaded = self.loaded.lock().await;
        let now = self.clock.monotonic();
        if let Some(known) = loaded.as_mut()
            && self.is_current(known, now).await?
        {
            return Ok(Arc::clone(&known.products));
        }
        // The stamp is read first: what changes in between is seen by the next look.
        let stamp = self.db.catalogue_stamp().await?;
        let products = Arc::new(self.db.catalogue().await?);
        *loaded = Some(Loaded { products: Arc::clone(&products), stamp, read_at: now, looked_at: now });
        Ok(products)
    }

    async fn is_current(&self, known: &mut Loaded, now: Duration) -> Result<bool, StoreError> {
        if now.saturating_sub(known.looked_at) < LOOK_EVERY {
            return Ok(true);
        }
        if now.saturating_sub(known.read_at) >= RELOAD_EVERY {
            return Ok(false);
        }
        known.looked_at = now;
        Ok(self.db.catalogue_stamp().await? == known.stamp)
    }
}
