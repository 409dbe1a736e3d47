//! The guard of addresses, for webhooks.

use std::error::Error;
use std::sync::Arc;

use coatcheck_bots::webhook;
use url::Url;

use crate::shops::{Guard, Refused};

/// Allows the webhook addresses that the guard allows.
#[derive(Debug)]
pub(super) struct GuardedWebhooks(pub Arc<Guard>);

impl webhook::Gate for GuardedWebhooks {
    fn check(&self, url: &Url) -> Result<(), String> {
        self.0.check_url(url).map_err(|why| why.to_string())
    }

    fn is_refusal(&self, error: &(dyn Error + 'static)) -> bool {
        error.is::<Refused>()
    }
}
