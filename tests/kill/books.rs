//! The database beside the services: filled before the first one runs, read while one lies dead.

use std::sync::Arc;

use coatcheck::app::SystemClock;
use coatcheck::store::db::conn::Durability;
use coatcheck::store::people::announcement::{About, NewAnnouncement};
use coatcheck::store::people::watch::NewWatch;
use coatcheck::store::{Db, NoFaults};
use coatcheck_bots::webhook::signature::new_secret;
use coatcheck_domain::delivery::State;
use coatcheck_domain::watch::{Mode, Wish};
use coatcheck_domain::{Destination, SizeKey, StyleKey};
use secrecy::ExposeSecret;
use tokio::runtime::Runtime;

/// More deliveries than any run makes.
const ALL: u32 = u32::MAX >> 1;

/// A connection of the test's own.
pub(crate) struct Books {
    runtime: Runtime,
    db: Db,
}

impl Books {
    pub(crate) fn open(url: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime has threads to be had");
        let db = Db::open(url, Durability::Full, Arc::new(SystemClock::start()), Arc::new(NoFaults));
        let db = runtime.block_on(db).expect("the database is there");
        Self { runtime, db }
    }

    /// Lets whoever listens at `hook` wait for every size of every product, each time.
    pub(crate) fn watch_all(&self, hook: &str) {
        let secret = || Some(new_secret([7; 32]).expose_secret().to_owned());
        self.watch(&format!("webhook:{hook}"), secret);
    }

    /// The same for whoever is at this address on a platform.
    pub(crate) fn waits(&self, to: &str) {
        self.watch(to, || None);
    }

    /// The first so many products are announced in this room.
    pub(crate) fn announces(&self, room: &str, products: usize) {
        let room: Destination = room.parse().expect("an address");
        self.runtime.block_on(async {
            let address = self.db.destination_for(&room, || None).await.expect("stored");
            for product in self.db.catalogue().await.expect("read").into_iter().take(products) {
                let new = NewAnnouncement {
                    subscriber_id: address.subscriber_id,
                    about: About::Product(product.id),
                    wish: Wish { size: SizeKey::default(), style: StyleKey::default() },
                    size: None,
                    style: None,
                    mention: None,
                    added_by: None,
                };
                self.db.announce(&new).await.expect("stored");
            }
        });
    }

    fn watch(&self, to: &str, secret: impl FnOnce() -> Option<String> + Send) {
        let to: Destination = to.parse().expect("an address");
        self.runtime.block_on(async {
            let address = self.db.destination_for(&to, secret).await.expect("stored");
            let products = self.db.catalogue().await.expect("read");
            let wishes: Vec<NewWatch> = products
                .iter()
                .map(|product| NewWatch {
                    subscriber_id: address.subscriber_id,
                    product_id: product.id,
                    wish: Wish { size: SizeKey::default(), style: StyleKey::default() },
                    size: None,
                    style: None,
                    mode: Mode::Every,
                })
                .collect();
            self.db.add_watches(&wishes).await.expect("stored");
        });
    }

    /// The keys of all deliveries in this state.
    pub(crate) fn keys(&self, state: State) -> Vec<String> {
        let all = self.runtime.block_on(self.db.deliveries(Some(state), ALL)).expect("read");
        all.into_iter().map(|delivery| delivery.dedupe_key).collect()
    }

    /// The channel of each delivery in this state.
    pub(crate) fn lanes(&self, state: State) -> Vec<String> {
        let all = self.runtime.block_on(self.db.deliveries(Some(state), ALL)).expect("read");
        let channel = |address: &str| address.split(':').next().unwrap_or_default().to_owned();
        all.iter().filter_map(|delivery| delivery.address.as_deref().map(channel)).collect()
    }

    /// How many deliveries are not final.
    pub(crate) fn unfinished(&self) -> usize {
        State::ALL.into_iter().filter(|state| !state.is_final()).map(|state| self.keys(state).len()).sum()
    }
}
