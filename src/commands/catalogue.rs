//! The products, kept in memory for a second: autocomplete asks with every letter.

use std::sync::Arc;
use std::time::Duration;

use coatcheck_domain::Clock;
use tokio::sync::Mutex;

use crate::store::stock::catalogue::Product;
use crate::store::{Db, StoreError};

const KEPT_FOR: Duration = Duration::from_secs(1);

/// The products as they were at most a second ago.
pub(crate) struct Catalogue {
    db: Db,
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<(Duration, Arc<Vec<Product>>)>>,
}

impl Catalogue {
    pub(crate) fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock, kept: Mutex::new(None) }
    }

    /// All products. Whoever comes while they are loaded waits for the same load.
    pub(crate) async fn products(&self) -> Result<Arc<Vec<Product>>, StoreError> {
        let mut kept = self.kept.lock().await;
        let now = self.clock.monotonic();
        if let Some((since, products)) = kept.as_ref()
            && now.saturating_sub(*since) < KEPT_FOR
        {
            return Ok(Arc::clone(products));
        }
        let products = Arc::new(self.db.catalogue().await?);
        *kept = Some((now, Arc::clone(&products)));
        Ok(products)
    }

    /// Forgets what is kept: something was just added.
    pub(crate) async fn refresh(&self) {
        *self.kept.lock().await = None;
    }
}
