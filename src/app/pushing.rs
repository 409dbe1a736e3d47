//! Web push: our key from the store, and the channel.

use std::sync::Arc;

use async_trait::async_trait;
use coatcheck_bots::push::{OwnKey, Push, Vapid};

use super::App;
use super::guarded::GuardedWebhooks;
use crate::engine::Rng;
use crate::store::Db;

/// Our key, made when it is first asked for.
struct StoredKey {
    db: Db,
    rng: Arc<Rng>,
}

#[async_trait]
impl OwnKey for StoredKey {
    async fn key(&self) -> Result<Vapid, String> {
        let new = || Vapid::generate(&mut || self.rng.bytes()).to_stored();
        let stored = self.db.push_key(new).await.map_err(|why| format!("the push key cannot be read: {why}"))?;
        Vapid::from_stored(&stored).ok_or_else(|| "the stored push key is none".to_owned())
    }
}

impl App {
    /// The key that browsers subscribe with.
    pub(super) fn push_key(&self) -> Arc<dyn OwnKey> {
        Arc::new(StoredKey { db: self.db.clone(), rng: Arc::clone(&self.rng) })
    }

    pub(super) fn push(&self) -> Push {
        let gate = Arc::new(GuardedWebhooks(Arc::clone(&self.guard)));
        let rng = Arc::clone(&self.rng);
        let (clock, key) = (Arc::clone(&self.clock), self.push_key());
        Push::new(self.http.clone(), gate, clock, key, Arc::new(move || rng.bytes()), self.push_contact())
    }

    /// Push services want a mail or web address of who runs this.
    fn push_contact(&self) -> Option<String> {
        let contact = self.settings.contact.as_deref().map(str::trim);
        let by_mail =
            contact.filter(|it| it.contains('@') && !it.contains([' ', ':', '/'])).map(|it| format!("mailto:{it}"));
        let by_web = contact.filter(|it| it.starts_with("https://") || it.starts_with("mailto:")).map(str::to_owned);
        by_mail.or(by_web).or_else(|| {
            let url = self.settings.public_url.as_ref().filter(|url| url.scheme() == "https")?;
            Some(url.to_string())
        })
    }
}
